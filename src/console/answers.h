#pragma once
// What the API's answers have in common.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <string_view>

#include "base/id.h"
#include "http/reply.h"
#include "http/request.h"
#include "http/routes.h"

namespace kidoban::console {

// Where a page begins and how long it is: `after` (what "next" of the page before said) and `limit` (1 to 500, 100).
// malformed/"page_malformed".
struct Page {
  std::optional<Id> after;
  std::size_t limit = 100;
};
Result<Page> page_of(const http::Request& request);
// {"<plural>": rows, "next": "…"}; `next` is there while there may be more.
http::Reply page_reply(std::string_view plural, boost::json::array rows, const Page& page, std::optional<Id> last);
http::Reply page_reply(std::string_view plural, boost::json::array rows, std::optional<Id> next);

http::Reply json_reply(int status, const boost::json::object& body);
// ETag: "3" (RFC 9110 §8.8.3); and what If-Match asks for: a version, or nothing. malformed/"if_match_malformed".
std::string entity_tag(std::int64_t version);
Result<std::optional<std::int64_t>> if_match(const http::Request& request);

// RFC 9457, with the statuses that HTTP has for preconditions (412), media types (415) and keys sent with another request (422).
http::Reply problem(const http::Request& request, const Error& error);

// The row of an API's resource: tenant's, JSON, from our own pages or no page at all.
enum class Takes : std::uint8_t { nothing, json, file };  // a file: text/csv
http::Route row(http::Method method, std::string path, std::string name, http::Handler handler, Takes takes);
inline http::Route row(http::Method method, std::string path, std::string name, http::Handler handler) {
  const bool has_body = method == http::Method::post || method == http::Method::patch;
  return row(method, std::move(path), std::move(name), std::move(handler), has_body ? Takes::json : Takes::nothing);
}

}  // namespace kidoban::console
