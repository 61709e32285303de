#include "directory/group_rules.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "directory/group_store.h"
#include "runtime/cache.h"
#include "directory/member_store.h"
#include "directory/rule_store.h"

namespace kidoban::directory {

namespace {

// Each change of somebody asks all of a tenant's rules.
constexpr std::size_t rules_of_tenant = 200;
constexpr std::size_t asked_at_once = 200, previewed_at_once = 500, first_shown = 20, waiting_at_once = 100;
constexpr std::chrono::seconds left_alone{10};
constexpr std::size_t tenants_in_memory = 256;
constexpr std::chrono::minutes kept{10};

const Id last_of_all = [] {
  Id id;
  id.bytes.fill(0xff);
  return id;
}();

runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(15)); }
bool is_over(std::chrono::steady_clock::time_point until) { return std::chrono::steady_clock::now() >= until; }

}  // namespace

struct Groups::Rules {
  struct One {
    Id group;
    Filter filter;
  };
  Id stamp;
  std::vector<One> all;
};

struct Groups::RuleCache {
  runtime::Cache<TenantId, Rules> cache{tenants_in_memory, kept};
};

Groups::Groups(Directory& directory, seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random)
    : directory_(directory), keys_(keys), audit_(audit), clock_(clock), random_(random), rules_(std::make_unique<RuleCache>()) {}
Groups::~Groups() = default;

// The stamp is drawn at random: what was read of a change that was undone afterwards is never taken for another's.
Result<std::shared_ptr<const Groups::Rules>> Groups::rules(store::Transaction& tx) {
  const auto stamp = TRY(select_rule_stamp(tx));
  if (!stamp) return std::shared_ptr<const Rules>();
  if (auto cached = rules_->cache.get(tx.tenant()); cached && cached->stamp == *stamp) return cached;
  auto read = std::make_shared<Rules>();
  read->stamp = *stamp;
  for (const Group& group : TRY(opened(tx, TRY(select_groups_by_rule(tx, rules_of_tenant))))) {
    if (auto filter = Filter::parse(group.rule)) read->all.push_back({group.id, std::move(*filter)});
  }
  rules_->cache.put(tx.tenant(), read);
  return std::shared_ptr<const Rules>(std::move(read));
}

Status Groups::check_rule(store::Transaction& tx, const Id& group, std::string_view rule) {
  TRY(rule_of(rule, TRY(directory_.schema(tx)).custom));
  if (TRY(has_groups_within(tx, group))) return fail(Kind::conflict, "group_has_groups", "take the groups within out first: a rule asks people");
  const auto by_rule = TRY(select_groups_by_rule(tx, rules_of_tenant));
  const auto others = std::ranges::count_if(by_rule, [&](const GroupRow& one) { return one.id != group; });
  if (std::cmp_greater_equal(others, rules_of_tenant)) return fail(Kind::conflict, "group_rules_too_many");
  return {};
}

Status Groups::rule_changed(store::Transaction& tx, const Id& group, std::string_view rule) {
  TRY(put_rule_stamp(tx, new_id(clock_, random_)));
  return rule.empty() ? delete_rule_pass(tx, group) : begin_rule_pass(tx, group, clock_.now());
}

Status Groups::settle(store::Transaction& tx, const Person& person, const audit::Event& by) {
  const auto rules_now = TRY(rules(tx));
  if (!rules_now || rules_now->all.empty()) return {};
  const auto in = TRY(select_rule_groups_of(tx, person.id));
  audit::Event event = by;
  event.detail.emplace_back("by_rule", "true");
  const Member member{person.id, MemberKind::person};
  for (const auto& [group, filter] : rules_now->all) {
    const bool is = std::ranges::find(in, group) != in.end(), should_be = matches(filter, person);
    if (is == should_be) continue;
    if (should_be) TRY(insert_member(tx, group, member));
    else TRY(delete_member(tx, group, member));
    std::vector<Member> changed{member}, none;
    TRY(told(tx, group, should_be ? changed : none, should_be ? none : changed, event));
  }
  return {};
}

Status Groups::settle_new(store::Transaction& tx, std::span<const Person* const> people, const audit::Event& by) {
  if (people.empty()) return {};
  const auto rules_now = TRY(rules(tx));
  if (!rules_now || rules_now->all.empty()) return {};
  audit::Event event = by;
  event.detail.emplace_back("by_rule", "true");
  for (const auto& [group, filter] : rules_now->all) {
    std::vector<Id> ids;
    std::vector<Member> added;
    for (const Person* person : people) {
      if (!matches(filter, *person)) continue;
      ids.push_back(person->id);
      added.push_back({person->id, MemberKind::person});
    }
    TRY(insert_people_in(tx, group, ids));
    TRY(told(tx, group, added, {}, event));
  }
  return {};
}

Result<std::optional<RulePass>> Groups::rule_pass(store::Transaction& tx, const Id& group) {
  const auto row = TRY(select_rule_pass(tx, group));
  if (!row) return std::nullopt;
  return RulePass{row->seen, row->added, row->removed};
}

Result<bool> Groups::ask_some(store::Transaction& tx, const Id& group) {
  auto pass = TRY(select_rule_pass(tx, group));
  if (!pass) return true;
  const auto filter = TRY(Filter::parse(TRY(get(tx, group)).rule));
  const auto people = TRY(directory_.list_people(tx, pass->after, asked_at_once));
  const bool is_last = people.size() < asked_at_once;
  const Id last = is_last ? last_of_all : people.back().id;
  auto in = TRY(select_people_between(tx, group, pass->after, last));
  std::vector<Member> added, removed;
  for (const Person& person : people) {
    const bool is = std::ranges::binary_search(in, person.id), should_be = matches(filter, person);
    if (should_be && !is) added.push_back({person.id, MemberKind::person});
    if (!should_be && is) removed.push_back({person.id, MemberKind::person});
  }
  std::vector<Id> coming, going;
  for (const Member& one : added) coming.push_back(one.id);
  for (const Member& one : removed) going.push_back(one.id);
  TRY(insert_people_in(tx, group, coming));
  TRY(delete_members(tx, group, MemberKind::person, going));
  audit::Event event{.name = "group.rule_applied", .actor = {audit::ActorKind::system, std::nullopt}, .target_kind = "group", .target = group};
  event.detail.emplace_back("by_rule", "true");
  TRY(told(tx, group, added, removed, event));
  pass->after = last;
  pass->seen += static_cast<std::int64_t>(people.size());
  pass->added += static_cast<std::int64_t>(added.size());
  pass->removed += static_cast<std::int64_t>(removed.size());
  if (!is_last) {
    TRY(update_rule_pass(tx, group, *pass, clock_.now()));
    return false;
  }
  TRY(delete_rule_pass(tx, group));
  event.detail.emplace_back("people", std::to_string(pass->seen));
  event.detail.emplace_back("added", std::to_string(pass->added));
  event.detail.emplace_back("removed", std::to_string(pass->removed));
  TRY(audit_.append(tx, event));
  return true;
}

Status ask_everybody(store::Store& store, Directory& directory, TenantId tenant, const Id& group, Duration at_most) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  while (!TRY(store.write(tenant, soon(), [&](store::Transaction& tx) { return directory.groups().ask_some(tx, group); }))) {
    if (is_over(until)) return {};
  }
  return {};
}

Status ask_waiting(store::Store& store, Directory& directory, Time now, Duration at_most) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  const auto all = TRY(store.system_read(soon(), [&](store::SystemTransaction& tx) { return select_waiting_passes(tx, now - left_alone, waiting_at_once); }));
  for (const GroupOfTenant& one : all) {
    const auto left = std::chrono::duration_cast<Duration>(until - std::chrono::steady_clock::now());
    if (left <= Duration::zero()) break;
    TRY(ask_everybody(store, directory, one.tenant, one.group, left));
  }
  return {};
}

Result<Preview> preview_of(store::Store& store, Directory& directory, TenantId tenant, const Filter& rule, Duration at_most) {
  const auto until = std::chrono::steady_clock::now() + at_most;
  Preview out;
  for (std::optional<Id> after; !out.complete && !is_over(until);) {
    auto people = TRY(store.read(tenant, soon(), [&](store::Transaction& tx) { return directory.list_people(tx, after, previewed_at_once); }));
    out.complete = people.size() < previewed_at_once;
    if (!people.empty()) after = people.back().id;
    out.seen += static_cast<std::int64_t>(people.size());
    for (Person& one : people) {
      if (!matches(rule, one)) continue;
      ++out.matching;
      if (out.first.size() < first_shown) out.first.push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace kidoban::directory
