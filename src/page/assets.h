#pragma once
// Files a browser fetches beside a page: built in, compressed once at start, named by their content's hash, so that
// a browser may keep them for ever and never sees an old one.

#include <map>
#include <string>
#include <string_view>

#include "base/resource.h"
#include "http/reply.h"
#include "http/request.h"

namespace kidoban::page {

class Assets {
 public:
  // Those below static/.
  explicit Assets(Resources folder);
  // "/assets/kidoban.3f2a….css" for "kidoban.css"; a failed requirement for one that isn't there.
  const std::string& url(std::string_view name) const;
  // not_found/"asset_unknown".
  Result<http::Reply> answer(const http::Request& request) const;
  // What all of it weighs on the wire, compressed.
  std::size_t compressed_bytes() const;

 private:
  struct Asset {
    std::string_view content_type, plain;
    std::string gzip;
  };
  std::map<std::string, std::string, std::less<>> urls_;  // by name
  std::map<std::string, Asset, std::less<>> assets_;      // by the last segment of the URL
};

}  // namespace kidoban::page
