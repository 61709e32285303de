#include "factors/password/policy.h"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <set>

#include "base/strict_json.h"

namespace kidoban::factors::password {

namespace {

namespace json = boost::json;

constexpr std::size_t most_overrides = 50;
constexpr std::size_t most_groups = 50;

template <class T>
struct Number {
  std::string_view name;
  std::int64_t T::*member;
  std::int64_t least, most;
};
constexpr std::array<Number<Policy>, 7> policy_numbers{{
    {"min_length", &Policy::min_length, 8, 128},
    {"max_length", &Policy::max_length, 64, 256},
    {"min_strength", &Policy::min_strength, 0, 4},
    {"character_kinds", &Policy::character_kinds, 0, 4},
    {"history", &Policy::history, 0, 24},
    {"expires_after_days", &Policy::expires_after_days, 0, 999},
    {"temporary_life_hours", &Policy::temporary_life_hours, 1, 2160},
}};
constexpr std::array<std::pair<std::string_view, bool Policy::*>, 2> policy_flags{{
    {"refuse_breached", &Policy::refuse_breached},
    {"refuse_own_words", &Policy::refuse_own_words},
}};
constexpr std::array<Number<Lock>, 4> lock_numbers{{
    {"threshold", &Lock::threshold, 1, 100},
    {"first_delay_s", &Lock::first_delay_s, 1, 3600},
    {"longest_delay_s", &Lock::longest_delay_s, 1, 86'400},
    {"forget_after_hours", &Lock::forget_after_hours, 1, 720},
}};

// Reads members and remembers what is wrong.
class Reader {
 public:
  std::vector<RuleFault> faults;

  const json::object* object(const json::value* value, const std::string& path) {
    if (value == nullptr) return nullptr;
    if (!value->is_object()) return wrong<json::object>(path, "not_an_object");
    return &value->get_object();
  }
  const json::array* list(const json::value* value, const std::string& path, std::size_t most) {
    if (value == nullptr) return wrong<json::array>(path, "missing");
    if (!value->is_array()) return wrong<json::array>(path, "not_a_list");
    if (value->get_array().size() > most) return wrong<json::array>(path, "too_many");
    return &value->get_array();
  }
  void none_but(const json::object& in, const std::string& path, const std::set<std::string_view>& known) {
    for (const auto& member : in) {
      if (!known.contains(std::string_view(member.key()))) add(path + std::string(member.key()), "unknown");
    }
  }
  template <class T, std::size_t N>
  void numbers(T& into, const json::object& in, const std::string& path, const std::array<Number<T>, N>& table) {
    for (const auto& row : table) {
      const json::value* value = in.if_contains(row.name);
      if (value == nullptr) continue;
      if (!value->is_int64()) add(path + std::string(row.name), "not_a_whole_number");
      else if (value->get_int64() < row.least || value->get_int64() > row.most) add(path + std::string(row.name), "out_of_range");
      else into.*row.member = value->get_int64();
    }
  }
  Policy policy(Policy base, const json::object& in, const std::string& path) {
    std::set<std::string_view> known;
    for (const auto& row : policy_numbers) known.insert(row.name);
    for (const auto& [name, member] : policy_flags) {
      known.insert(name);
      const json::value* value = in.if_contains(name);
      if (value == nullptr) continue;
      if (!value->is_bool()) add(path + std::string(name), "not_true_or_false");
      else base.*member = value->get_bool();
    }
    none_but(in, path, known);
    numbers(base, in, path, policy_numbers);
    if (base.min_length > base.max_length) add(path + "min_length", "above_max_length");
    return base;
  }
  Override override_of(const Policy& base, const json::value& value, const std::string& path) {
    Override one{{}, base};
    const json::object* in = object(&value, path);
    if (in == nullptr) return one;
    none_but(*in, path + ".", {"groups", "policy"});
    if (const json::array* groups = list(in->if_contains("groups"), path + ".groups", most_groups)) {
      if (groups->empty()) add(path + ".groups", "missing");
      for (const json::value& group : *groups) {
        const auto id = group.is_string() ? Id::parse(std::string(group.get_string())) : fail(Kind::malformed, "id_malformed");
        if (id) one.groups.push_back(*id);
        else add(path + ".groups", "not_an_id");
      }
    }
    const json::value* policy_value = in->if_contains("policy");
    if (policy_value == nullptr) add(path + ".policy", "missing");
    if (const json::object* its = object(policy_value, path + ".policy")) one.policy = policy(base, *its, path + ".policy.");
    return one;
  }
  void add(std::string member, Reason reason) { faults.push_back({std::move(member), reason}); }

 private:
  template <class T>
  const T* wrong(const std::string& path, Reason reason) {
    add(path, reason);
    return nullptr;
  }
};

json::object told(const Policy& policy) {
  json::object out;
  for (const auto& row : policy_numbers) out[row.name] = policy.*row.member;
  for (const auto& [name, member] : policy_flags) out[name] = policy.*member;
  return out;
}

}  // namespace

const Policy& Rules::policy_of(const std::vector<Id>& groups) const {
  for (const Override& one : overrides) {
    const bool fits = std::ranges::any_of(one.groups, [&](const Id& group) { return std::ranges::find(groups, group) != groups.end(); });
    if (fits) return one.policy;
  }
  return everyone;
}

std::variant<std::vector<RuleFault>, Rules> parse_rules(std::string_view text) {
  Reader reader;
  const auto in = strict_object(text);
  if (!in) {
    reader.add("", "not_an_object");
    return reader.faults;
  }
  reader.none_but(*in, "", {"default", "overrides", "lock"});
  Rules rules;
  if (const json::object* everyone = reader.object(in->if_contains("default"), "default")) {
    rules.everyone = reader.policy(Policy{}, *everyone, "default.");
  }
  if (in->contains("overrides")) {
    if (const json::array* all = reader.list(in->if_contains("overrides"), "overrides", most_overrides)) {
      for (const json::value& one : *all) {
        rules.overrides.push_back(reader.override_of(rules.everyone, one, "overrides." + std::to_string(rules.overrides.size())));
      }
    }
  }
  if (const json::object* lock = reader.object(in->if_contains("lock"), "lock")) {
    reader.none_but(*lock, "lock.", {"threshold", "first_delay_s", "longest_delay_s", "forget_after_hours"});
    reader.numbers(rules.lock, *lock, "lock.", lock_numbers);
    if (rules.lock.first_delay_s > rules.lock.longest_delay_s) reader.add("lock.first_delay_s", "above_longest_delay");
  }
  if (!reader.faults.empty()) return reader.faults;
  return rules;
}

std::string write_rules(const Rules& rules) {
  json::array overrides;
  for (const Override& one : rules.overrides) {
    json::array groups;
    for (const Id& group : one.groups) groups.emplace_back(group.text());
    overrides.push_back(json::object{{"groups", std::move(groups)}, {"policy", told(one.policy)}});
  }
  json::object lock;
  for (const auto& row : lock_numbers) lock[row.name] = rules.lock.*row.member;
  return json::serialize(json::object{{"default", told(rules.everyone)}, {"overrides", std::move(overrides)}, {"lock", std::move(lock)}});
}

std::string rules_schema() {
  const auto whole = [](const auto& row, std::int64_t usual) {
    return json::object{{"type", "integer"}, {"minimum", row.least}, {"maximum", row.most}, {"default", usual}};
  };
  json::object policy, lock;
  for (const auto& row : policy_numbers) policy[row.name] = whole(row, Policy{}.*row.member);
  for (const auto& [name, member] : policy_flags) policy[name] = json::object{{"type", "boolean"}, {"default", Policy{}.*member}};
  for (const auto& row : lock_numbers) lock[row.name] = whole(row, Lock{}.*row.member);
  const auto closed = [](json::object properties) {
    return json::object{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
  };
  const json::object group{{"type", "string"}, {"format", "uuid"}};
  const json::object groups{{"type", "array"}, {"items", group}, {"minItems", 1}, {"maxItems", most_groups}};
  auto one = closed({{"groups", groups}, {"policy", closed(policy)}});
  one["required"] = json::array{"groups", "policy"};
  const json::object overrides{{"type", "array"}, {"items", std::move(one)}, {"maxItems", most_overrides}};
  return json::serialize(closed({{"default", closed(policy)}, {"overrides", overrides}, {"lock", closed(lock)}}));
}

std::optional<Time> expiry_of(const Policy& policy, Time changed_at) {
  if (policy.expires_after_days == 0) return std::nullopt;
  return changed_at + std::chrono::days(policy.expires_after_days);
}

LockRule lock_rule_of(const Lock& lock) {
  return {lock.threshold, std::chrono::seconds(lock.first_delay_s), std::chrono::seconds(lock.longest_delay_s),
          std::chrono::hours(lock.forget_after_hours)};
}

}  // namespace kidoban::factors::password
