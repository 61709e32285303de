#include "provisioning/scim_server/listing.h"

#include <algorithm>
#include <boost/json.hpp>

#include "base/limits.h"
#include "base/text.h"
#include "directory/reading.h"
#include "provisioning/scim_server/index_names.h"
#include "provisioning/scim_server/json_subject.h"
#include "provisioning/scim_server/user_json.h"
#include "search/cursor.h"
#include "search/search.h"

namespace kidoban::scim {

namespace json = boost::json;
using directory::Group, directory::Person, directory::PersonState;
using search::Position;

Result<Query> Query::parse(const http::Form& form) {
  Query out;
  if (const auto text = form.get("filter"); text && !trim(*text).empty()) {
    out.filter_text = std::string(trim(*text));
    out.filter = TRY(directory::Filter::parse(out.filter_text));
  }
  if (const auto sort = form.get("sortBy"); sort && !sort->empty()) out.sort_by = TRY(directory::ItemPath::parse(*sort)).attribute;
  out.descending = ascii_iequals(form.get_or("sortOrder"), "descending");
  const auto number = [&](std::string_view name, std::int64_t least, std::int64_t most) -> Result<std::optional<std::size_t>> {
    const auto text = form.get(name);
    if (!text || text->empty()) return std::nullopt;
    const auto value = to_integer(*text);
    if (!value) return fail(Kind::malformed, "count_malformed", std::string(name));
    return static_cast<std::size_t>(std::clamp(*value, least, most));  // §3.4.2.4: less than the least is the least
  };
  if (const auto start = TRY(number("startIndex", 1, std::numeric_limits<std::int32_t>::max()))) out.start_index = *start;
  if (const auto count = TRY(number("count", 0, limits::scim_page))) out.count = *count;
  if (const auto cursor = form.get("cursor")) out.cursor = std::string(*cursor);
  std::vector<std::string> include, exclude;
  for (const auto one : split(form.get_or("attributes"), ',')) include.emplace_back(one);
  for (const auto one : split(form.get_or("excludedAttributes"), ',')) exclude.emplace_back(one);
  out.selection = TRY(Selection::parse(include, exclude));
  return out;
}

namespace {

// One that was found, before it is shown whole: the person or group, and what it is sorted by.
struct Hit {
  std::optional<Person> person;
  std::optional<Group> group;
  std::string key;
  bool has_key = false;
};

const std::string* required_text(const Query& query, std::string_view name) {
  if (!query.filter) return nullptr;
  const auto* literal = query.filter->required(name);
  return literal == nullptr ? nullptr : std::get_if<std::string>(&literal->value);
}

// `members[value eq "…"]`, `members.value eq "…"`: whose groups are asked for.
std::optional<Id> member_asked(const Query& query) {
  if (!query.filter) return std::nullopt;
  using Kind_ = directory::Filter::Kind;
  const auto& root = query.filter->root();
  if (root.attribute.name != "members") return std::nullopt;
  const auto& node = root.kind == Kind_::items ? root.parts.front() : root;
  const std::string_view part = root.kind == Kind_::items ? node.attribute.name : node.attribute.sub;
  const auto* text = std::get_if<std::string>(&node.literal.value);
  if (node.kind != Kind_::compare || node.op != directory::Compare::eq || (part != "value" && !part.empty()) || text == nullptr) return std::nullopt;
  const auto id = Id::parse(*text);
  return id ? std::optional(*id) : std::nullopt;
}

bool mentions(const Query& query, std::string_view name) {
  bool found = query.sort_by && query.sort_by->name == name;
  if (query.filter) {
    (void)query.filter->each([&](const directory::Filter::Node& node, const directory::AttributePath* around) -> Status {
      found |= (around != nullptr ? around->name : node.attribute.name) == name;
      return {};
    });
  }
  return found;
}

// What a resource is sorted by: folded text, numbers and times in their order. Of several items the primary one (§3.4.2.3).
std::optional<std::string> sort_key(const ResourceShape& shape, const directory::AttributePath& path, const json::object& resource) {
  const auto place = resolve(shape, path);
  if (!place || place->attribute == nullptr) return std::nullopt;
  const json::value* value = value_at(resource, *place);
  if (value != nullptr && value->is_array()) {
    const json::value* chosen = value->get_array().empty() ? nullptr : &value->get_array().front();
    for (const auto& one : value->get_array()) {
      const auto* primary = one.is_object() ? one.get_object().if_contains("primary") : nullptr;
      if (primary != nullptr && primary->is_bool() && primary->get_bool()) chosen = &one;
    }
    value = chosen;
  }
  if (value != nullptr && value->is_object()) value = value->get_object().if_contains(place->sub != nullptr ? place->sub->name : "value");
  if (value == nullptr || is_nothing(*value)) return std::nullopt;
  if (value->is_string()) {
    const std::string_view text = value->get_string();
    return place->leaf().case_exact || place->leaf().type == Type::date_time ? std::string(text) : directory::folded_text(text);
  }
  if (value->is_int64()) {
    std::string digits = std::to_string(static_cast<std::uint64_t>(value->get_int64()) ^ (1ULL << 63U));
    return std::string(20 - digits.size(), '0') + digits;
  }
  return json::serialize(*value);
}

class Listing {
 public:
  Listing(const Inside& in, const http::Request& request, store::Transaction& tx, const Query& query, const directory::Schema& schema)
      : in_(in), request_(request), tx_(tx), query_(query), schema_(schema), user_shape_(user_shape(schema)) {}

  Status check(Among among) const {
    if (!query_.filter) return {};
    if (among == Among::users) return scim::check(user_shape_, *query_.filter);
    if (among == Among::groups) return scim::check(group_shape(), *query_.filter);
    return {};  // §3.4.2.1: an attribute that one kind hasn't is one without a value
  }

  Status find_users() {
    if (const auto* login = required_text(query_, "username")) {
      const auto person = TRY(in_.directory.find_by_login(tx_, *login));
      return person ? take(*person) : Status();
    }
    if (const auto* id = required_text(query_, "id")) {
      const auto parsed = Id::parse(*id);
      if (!parsed) return {};
      const auto person = in_.directory.get_person(tx_, *parsed);
      if (person) return take(*person);
      return person.error().kind == Kind::not_found ? Status() : std::unexpected(person.error());
    }
    if (const auto* key = required_text(query_, "externalid")) {
      for (const Person& one : TRY(in_.directory.find_by_external_id(tx_, *key))) TRY(take(one));
      return {};
    }
    if (const auto found = TRY(ask_index({.limit = limits::scim_scan}))) {
      if (found->page.more) return fail(Kind::malformed, "too_many");
      for (const Person& one : TRY(in_order(found->page.ids))) TRY(take(one));
      return {};
    }
    std::size_t seen = 0;
    for (std::optional<Id> after;;) {
      const auto page = TRY(in_.directory.list_people(tx_, after, 500));
      for (const Person& one : page) TRY(take(one));
      if (page.size() < 500) return {};
      if ((seen += page.size()) >= limits::scim_scan) return fail(Kind::malformed, "too_many");
      after = page.back().id;
    }
  }

  // A page of people from the index in memory, at any size; false where it can't answer this one.
  Result<bool> find_users_by_index(const Position& from, std::size_t count) {
    for (const std::string_view name : {"username", "id", "externalid"}) {
      if (required_text(query_, name) != nullptr) return false;  // by blind index
    }
    search::Query asked{.after = from.after, .offset = from.after ? 0 : from.offset, .limit = count};
    if (query_.sort_by) {
      const auto field = index_order(user_shape_, *query_.sort_by);
      if (!field) return false;
      asked.order = {*field, query_.descending};
    }
    const auto found = TRY(ask_index(std::move(asked)));
    if (!found) return false;
    for (const Person& one : TRY(in_order(found->page.ids))) hits_.push_back({one, {}, {}, false});
    total_ = found->total;
    last_ = found->page.last;
    return true;
  }
  const std::optional<search::Standing>& last_standing() const { return last_; }

  Status find_groups() {
    auto& groups = in_.directory.groups();
    if (const auto* name = required_text(query_, "displayname")) {
      const auto group = TRY(groups.find_by_name(tx_, *name));
      // Names are found as they are spelled; one that differs in case alone is found by looking at all.
      if (group) return take(*group);
    } else if (const auto* id = required_text(query_, "id")) {
      const auto parsed = Id::parse(*id);
      if (!parsed) return {};
      const auto group = groups.get(tx_, *parsed);
      if (group) return take(*group);
      return group.error().kind == Kind::not_found ? Status() : std::unexpected(group.error());
    } else if (const auto* key = required_text(query_, "externalid")) {
      for (const Group& one : TRY(groups.find_by_external_id(tx_, *key))) TRY(take(one));
      return {};
    } else if (const auto member = member_asked(query_); member && in_.directory.get_person(tx_, *member)) {
      for (std::optional<Id> after;;) {
        const auto page = TRY(groups.directly_of(tx_, *member, after, 1000));
        for (const auto& one : page) TRY(show(TRY(groups.get(tx_, one.id))));
        if (page.size() < 1000) return {};
        after = page.back().id;
      }
    }
    std::size_t seen = 0;
    for (std::optional<Id> after;;) {
      const auto page = TRY(groups.list(tx_, after, 500));
      for (const Group& one : page) TRY(take(one));
      if (page.size() < 500) return {};
      if ((seen += page.size()) >= limits::scim_scan) return fail(Kind::malformed, "too_many");
      after = page.back().id;
    }
  }

  // Everybody in the order of their making, from a place on: the one list that a tenant of any size can be read by. Whoever asks
  // by index reads what comes before, too.
  Status find_page(const Position& from, std::size_t count) {
    std::size_t skip = from.after ? 0 : from.offset;
    const auto begin = from.after ? std::optional(from.after->id) : std::nullopt;
    if (skip > limits::scim_scan) return fail(Kind::malformed, "too_many");
    for (std::optional<Id> after = begin; hits_.size() < count;) {
      const auto page = TRY(in_.directory.list_people(tx_, after, 500));
      for (const Person& one : page) {
        if (one.state == PersonState::pending_deletion) continue;
        if (skip > 0) --skip;
        else if (hits_.size() < count) hits_.push_back({one, {}, {}, false});
      }
      if (!hits_.empty()) last_ = search::Standing{false, "", hits_.back().person->id};
      if (page.size() < 500) return {};
      after = page.back().id;
    }
    return {};
  }

  void sort() {
    if (!query_.sort_by) return;
    std::ranges::stable_sort(hits_, [&](const Hit& a, const Hit& b) {
      // §3.4.2.3: who has no value comes last in ascending order, first in descending.
      if (a.has_key != b.has_key) return query_.descending ? !a.has_key : a.has_key;
      return query_.descending ? b.key < a.key : a.key < b.key;
    });
  }

  std::size_t total() const { return total_.value_or(hits_.size()); }

  Result<json::array> page(std::size_t from, std::size_t count) {
    json::array out;
    std::size_t members = 0;
    for (std::size_t i = from; i < hits_.size() && out.size() < count; ++i) {
      const Hit& hit = hits_[i];
      Shown shown = hit.person ? TRY(shown_user(in_, tx_, request_, schema_, *hit.person, query_.selection.wants("groups")))
                               : TRY(shown_group(in_, tx_, request_, *hit.group, query_.selection.wants("members")));
      const auto* inside = shown.resource.if_contains("members");
      if (inside != nullptr && (members += inside->get_array().size()) > limits::scim_members) return fail(Kind::malformed, "too_many");
      out.push_back(selected(hit.person ? user_shape_ : group_shape(), query_.selection, std::move(shown.resource)));
    }
    return out;
  }

 private:
  // Nothing where the filter names what the index hasn't, or the tenant is too large for one.
  Result<std::optional<search::Answer>> ask_index(search::Query query) {
    const auto names = index_names(user_shape_);
    if (query_.filter && !search::knows(*query_.filter, names)) return std::nullopt;
    query.filter = query_.filter ? &*query_.filter : nullptr;
    query.names = names;
    query.pending = false;
    auto answer = in_.search.ask(tx_, query, request_.deadline);
    if (answer) return std::optional(std::move(*answer));
    if (answer.error().reason == "search_too_large") return std::nullopt;
    return std::unexpected(std::move(answer.error()));
  }
  // Whoever went since the index was brought up to date isn't there.
  Result<std::vector<Person>> in_order(std::span<const Id> ids) {
    auto people = TRY(directory::people_named(tx_, in_.keys, ids));
    std::vector<Person> out;
    for (const Id& id : ids) {
      const auto found = std::ranges::lower_bound(people, id, {}, &Person::id);
      if (found != people.end() && found->id == id) out.push_back(std::move(*found));
    }
    return out;
  }
  // Whether it is found; `whole` where what costs most has to be looked at for that.
  template <class Show>
  Status consider(const ResourceShape& shape, const Show& show, Hit hit) {
    if (query_.filter || query_.sort_by) {
      const auto shown = TRY(show());
      if (query_.filter && !query_.filter->matches(JsonSubject(shape, shown.resource))) return {};
      if (query_.sort_by) {
        if (auto key = sort_key(shape, *query_.sort_by, shown.resource)) {
          hit.key = std::move(*key);
          hit.has_key = true;
        }
      }
    }
    hits_.push_back(std::move(hit));
    return {};
  }
  Status take(const Person& person) {
    if (person.state == PersonState::pending_deletion) return {};
    return consider(user_shape_, [&] { return shown_user(in_, tx_, request_, schema_, person, mentions(query_, "groups")); }, {person, {}, {}, false});
  }
  // One that is known to fit.
  Status show(const Group& group) {
    Hit hit{{}, group, {}, false};
    if (query_.sort_by) {
      if (auto key = sort_key(group_shape(), *query_.sort_by, TRY(shown_group(in_, tx_, request_, group, false)).resource)) {
        hit.key = std::move(*key);
        hit.has_key = true;
      }
    }
    hits_.push_back(std::move(hit));
    return {};
  }
  Status take(const Group& group) {
    return consider(group_shape(), [&] { return shown_group(in_, tx_, request_, group, mentions(query_, "members")); }, {{}, group, {}, false});
  }

  const Inside& in_;
  const http::Request& request_;
  store::Transaction& tx_;
  const Query& query_;
  const directory::Schema& schema_;
  ResourceShape user_shape_;
  std::vector<Hit> hits_;
  std::optional<std::size_t> total_;           // where more were found than stand in `hits_`
  std::optional<search::Standing> last_;       // of a page's last
};

// What all pages of one query have in common.
std::string identity_of(const Query& query, Among among) {
  std::string sort;
  if (query.sort_by) sort = query.sort_by->schema + ":" + query.sort_by->name + "." + query.sort_by->sub;
  return std::to_string(static_cast<int>(among)) + "\n" + sort + (query.descending ? "\nd\n" : "\na\n") + query.filter_text;
}

}  // namespace

Result<json::object> list(const Inside& in, const http::Request& request, const Query& query, Among among) {
  const auto needed = among == Among::groups ? Permission::groups_read : Permission::people_read;
  std::optional<directory::ServiceCredential> shown;
  auto answer = search::asking(in.search, in.store, *request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<json::object> {
    shown = TRY(caller(in, tx, request, needed)).credential;
    if (among == Among::all) TRY(caller(in, tx, request, Permission::groups_read));
    const auto schema = TRY(in.directory.schema(tx));
    Listing found(in, request, tx, query, schema);
    TRY(found.check(among));
    const auto key = TRY(in.keys.of(tx));
    const std::int64_t now = to_s(in.clock.now());
    const std::string identity = identity_of(query, among);
    Position from{query.start_index - 1, {}};
    if (query.cursor) from = query.cursor->empty() ? Position() : TRY(search::position_in(*key, identity, *query.cursor, now));
    const bool everybody = among == Among::users && !query.filter && !query.sort_by;
    // Whether what was found is this page alone, and not all from which it is cut.
    bool paged = everybody;
    if (everybody) TRY(found.find_page(from, query.count));
    else if (among == Among::users) paged = TRY(found.find_users_by_index(from, query.count));
    if (!paged) {
      if (among != Among::groups) TRY(found.find_users());
      if (among != Among::users) TRY(found.find_groups());
      found.sort();
    }
    const std::size_t total = everybody ? static_cast<std::size_t>(TRY(in.directory.usage(tx)).people) : found.total();
    auto rows = TRY(found.page(paged ? 0 : from.offset, query.count));
    json::object out{{"schemas", {"urn:ietf:params:scim:api:messages:2.0:ListResponse"}}, {"totalResults", total}, {"itemsPerPage", rows.size()}};
    if (query.cursor) {
      const Position next{from.offset + rows.size(), paged ? found.last_standing() : std::nullopt};
      const Position previous{from.offset > query.count ? from.offset - query.count : 0, {}};
      if (!rows.empty() && next.offset < total) out["nextCursor"] = search::cursor_to(*key, identity, next, now);
      if (from.offset > 0 && !everybody) out["previousCursor"] = search::cursor_to(*key, identity, previous, now);
    } else {
      out["startIndex"] = from.offset + 1;
    }
    out["Resources"] = std::move(rows);
    return out;
  });
  if (shown) login::note_use(in.store, in.directory, request, *shown);
  return answer;
}

}  // namespace kidoban::scim
