#pragma once
// GET /people with `filter`, `search` or `sort`: who is found, by the index in memory.

#include <optional>
#include <string>
#include <vector>

#include "console/asking.h"

namespace kidoban::console {

// What a list of people may be asked for. Without any of the three it is everybody, by id.
struct PeopleQuery {
  std::string filter_text, search, sort;   // `sort`: an attribute, "-" before it for descending
  std::string after;                       // what `next` of the page before said
  std::size_t limit = 100;
  bool is_search() const { return !filter_text.empty() || !search.empty() || !sort.empty(); }
  // malformed/"page_malformed".
  static Result<PeopleQuery> parse(const http::Request& request);
};

struct FoundPeople {
  std::vector<directory::Person> people;
  std::size_t total = 0;                   // of those whom the asker may see
  std::optional<std::string> next;
};
// malformed/"filter_malformed", "filter_too_complex", "filter_attribute_unknown", "filter_unsupported", "search_malformed", "sort_malformed",
// "cursor_malformed", "cursor_expired"; as search::Search::ask.
Result<FoundPeople> find_people(const Inside& in, store::Transaction& tx, const Asking& who, const directory::Schema& schema, const PeopleQuery& query,
                                runtime::Deadline deadline);

}  // namespace kidoban::console
