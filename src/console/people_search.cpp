#include "console/people_search.h"

#include <algorithm>

#include "base/text.h"
#include "directory/reading.h"
#include "search/cursor.h"
#include "search/matching.h"
#include "search/search.h"

namespace kidoban::console {

namespace {

using directory::Person;

// Where somebody may see people who may not see all.
search::Reach reach_of(const Asking& who) {
  search::Reach out;
  for (const auto& [scope, set] : who.grant.scoped) {
    if (!directory::holds(set, Permission::people_read)) continue;
    if (scope.kind == directory::Scope::Kind::domain) out.domains.push_back(scope.what);
    if (const auto id = Id::parse(scope.what); scope.kind == directory::Scope::Kind::group && id) out.groups.push_back(*id);
  }
  return out;
}

// An attribute with one value, or a time.
Result<search::Order> order_of(std::string_view text, const search::Names& names) {
  search::Order out;
  if (text.empty()) return out;
  out.descending = text.starts_with('-');
  if (out.descending) text.remove_prefix(1);
  const auto path = directory::ItemPath::parse(text);
  if (!path || path->items) return fail(Kind::malformed, "sort_malformed", std::string(text));
  out.by = names(path->attribute, nullptr);
  if (!out.by || out.by->kind == search::Field::Kind::items) return fail(Kind::malformed, "sort_malformed", std::string(text));
  return out;
}

// What all pages of one query have in common. None of the three has a line's end: they come from a URL as they are, but a filter's may.
std::string identity_of(const PeopleQuery& query) {
  std::string out = "people";
  for (const auto& one : {query.filter_text, query.search, query.sort}) out += "\n" + std::to_string(one.size()) + "\n" + one;
  return out;
}

}  // namespace

Result<PeopleQuery> PeopleQuery::parse(const http::Request& request) {
  const auto form = TRY(request.query_form());
  PeopleQuery out;
  out.filter_text = std::string(trim(form.get_or("filter")));
  out.search = std::string(trim(form.get_or("search")));
  out.sort = std::string(form.get_or("sort"));
  out.after = std::string(form.get_or("after"));
  if (const auto limit = form.get("limit")) {
    const auto number = to_integer(*limit);
    if (!number || *number < 1 || *number > 500) return fail(Kind::malformed, "page_malformed");
    out.limit = static_cast<std::size_t>(*number);
  }
  return out;
}

Result<FoundPeople> find_people(const Inside& in, store::Transaction& tx, const Asking& who, const directory::Schema& schema, const PeopleQuery& query,
                                runtime::Deadline deadline) {
  const std::int64_t now = to_s(in.clock.now());
  search::Query asked;
  asked.names = search::our_names(schema.custom);
  std::optional<directory::Filter> filter;
  if (!query.filter_text.empty()) filter = TRY(search::filter_of(query.filter_text, asked.names));
  asked.filter = filter ? &*filter : nullptr;
  asked.words = TRY(search::words_in(query.search));
  asked.order = TRY(order_of(query.sort, asked.names));
  asked.limit = query.limit;
  const search::Reach reach = reach_of(who);
  if (!who.may(Permission::people_read)) asked.reach = &reach;
  const auto key = TRY(in.keys.of(tx));
  const std::string identity = identity_of(query);
  search::Position from;
  if (!query.after.empty()) from = TRY(search::position_in(*key, identity, query.after, now));
  asked.after = from.after;
  const auto answer = TRY(in.search.ask(tx, asked, deadline));
  FoundPeople out;
  out.total = answer.total;
  auto people = TRY(directory::people_named(tx, in.keys, answer.page.ids));
  for (const Id& id : answer.page.ids) {
    const auto one = std::ranges::lower_bound(people, id, {}, &Person::id);
    if (one != people.end() && one->id == id) out.people.push_back(std::move(*one));
  }
  if (answer.page.more) out.next = search::cursor_to(*key, identity, {from.offset + answer.page.ids.size(), answer.page.last}, now);
  return out;
}

}  // namespace kidoban::console
