#pragma once
// A query's answer: who is found, in which order, and which page of them.

#include <boost/json/object.hpp>

#include <optional>
#include <string>

#include "directory/filter.h"
#include "http/request.h"
#include "provisioning/scim_server/inside.h"

namespace kidoban::scim {

struct Query {
  std::optional<directory::Filter> filter;
  std::string filter_text;
  std::optional<directory::AttributePath> sort_by;
  bool descending = false;
  std::size_t start_index = 1;
  std::size_t count = 100;             // limits::scim_page at most
  std::optional<std::string> cursor;   // "" for the first page (RFC 9865 §2)
  Selection selection;

  // malformed/"filter_malformed", "filter_too_complex", "path_malformed", "count_malformed".
  static Result<Query> parse(const http::Form& form);
};

enum class Among : std::uint8_t { users, groups, all };

// A ListResponse. malformed/"filter_unsupported", "too_many", "cursor_malformed"; expired/"cursor_expired".
Result<boost::json::object> list(const Inside& in, const http::Request& request, const Query& query, Among among);

}  // namespace kidoban::scim
