// What the index in memory answers to SCIM's filters is what they say of each person as SCIM shows them.
#include <doctest/doctest.h>

#include <algorithm>
#include <boost/json.hpp>
#include <random>

#include "base/text.h"
#include "kit/world.h"
#include "provisioning/scim_server/index_names.h"
#include "provisioning/scim_server/json_subject.h"
#include "provisioning/scim_server/user_json.h"
#include "search/matching.h"
#include "search/order.h"

namespace kidoban::scim {
namespace {

using directory::Contacts, directory::Person, directory::PersonState;

struct Dice {
  std::mt19937_64 engine;
  std::size_t below(std::size_t n) { return engine() % n; }
  const std::string& of(const std::vector<std::string>& all) { return all[below(all.size())]; }
};

const std::vector<std::string> some_texts{"Sales", "sales", "営業", "ＳＡＬＥＳ", "ヤマダ", "ﾔﾏﾀﾞ", "true", "7", "Chief of Sales", "a", "work", "WORK"};

Contacts random_contacts(Dice& dice) {
  Contacts out(dice.below(3));
  bool primary = false;
  for (auto& one : out) {
    one = {dice.of(some_texts), dice.below(2) == 0 ? "" : dice.of(some_texts), dice.below(2) == 0 ? "" : dice.of(some_texts), !primary && dice.below(3) == 0};
    primary = primary || one.primary;
  }
  return out;
}

Person random_person(Dice& dice, Id id) {
  Person out;
  out.id = id;
  out.state = static_cast<PersonState>(dice.below(2));
  out.created_at = from_us(1'700'000'000'000'000 + static_cast<std::int64_t>(dice.below(5)) * 1'000'000);
  out.updated_at = out.created_at;
  if (dice.below(2) == 0) out.valid_until = from_us(1'800'000'000'000'000 + static_cast<std::int64_t>(dice.below(3)) * 1'500'000);
  out.profile.login = "p" + std::to_string(dice.below(100)) + "@example.com";
  out.profile.display_name = dice.of(some_texts);
  out.profile.email = dice.of(some_texts);
  for (const auto& one : directory::attributes()) {
    if (one.name == "login" || one.name == "display_name" || one.name == "email" || dice.below(2) == 0) continue;
    if (const auto* text = std::get_if<std::string directory::Profile::*>(&one.place)) out.profile.*(*text) = dice.of(some_texts);
    else out.profile.*std::get<Contacts directory::Profile::*>(one.place) = random_contacts(dice);
  }
  // One address is the primary one, and stands first.
  for (auto& one : out.profile.other_emails) one.primary = false;
  if (dice.below(2) == 0) out.profile.custom["badge"] = dice.of(some_texts);
  if (dice.below(2) == 0) out.profile.custom["floor"] = static_cast<std::int64_t>(dice.below(10)) - 5;
  if (dice.below(2) == 0) out.profile.custom["keys"] = dice.below(2) == 0;
  if (dice.below(2) == 0) out.profile.custom["skills"] = std::vector<std::string>{dice.of(some_texts), dice.of(some_texts)};
  return out;
}

std::string random_comparison(Dice& dice, const std::string& path) {
  const std::string op = dice.of({"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"});
  if (op == "pr") return path + " pr";
  return path + " " + op + " " + dice.of({"\"" + dice.of(some_texts) + "\"", "\"\"", "true", "false", "null", "3", "-2", "\"False\"", "\"2023-11-14T22:13:21Z\"", "\"2027-01-15T17:00:01.5+09:00\""});
}

std::string random_filter(Dice& dice, int depth) {
  switch (depth == 0 ? 0 : dice.below(6)) {
    case 1: return random_filter(dice, depth - 1) + " and " + random_filter(dice, depth - 1);
    case 2: return "(" + random_filter(dice, depth - 1) + " or " + random_filter(dice, depth - 1) + ")";
    case 3: return "not (" + random_filter(dice, depth - 1) + ")";
    case 4: {
      const std::vector<std::string> in{"value", "type", "display", "primary"};
      std::string inner = random_comparison(dice, dice.of(in));
      if (dice.below(2) == 0) inner += " and " + random_comparison(dice, dice.of(in));
      return dice.of({"emails", "phoneNumbers", "ims", "entitlements"}) + "[" + inner + "]";
    }
    default: break;
  }
  const std::string ours(our_user_urn), enterprise(enterprise_urn);
  return random_comparison(dice, dice.of({"userName", "externalId", "displayName", "name", "name.familyName", "name.formatted", "title", "preferredLanguage", "active", "emails", "emails.type",
                                          "emails.primary", "phoneNumbers.value", "ims.display", "meta.created", "nickName", "roles", "id", enterprise + ":department", enterprise + ":manager",
                                          enterprise + ":manager.value", ours + ":familyNameKana", ours + ":linkingId", ours + ":validUntil", ours + ":custom.badge", ours + ":custom.floor",
                                          ours + ":custom.keys", ours + ":custom.skills"}));
}

TEST_CASE("the index holds SCIM's filters for those whose resources fulfil them, and orders them as their resources are ordered") {
  kit::SeededRandom random;
  kit::ManualClock clock;
  Dice dice{std::mt19937_64(random.bytes<1>()[0] + 256 * random.bytes<1>()[0])};
  directory::Schema schema;
  for (const auto& [name, type] : {std::pair{"badge", directory::AttributeType::text}, {"floor", directory::AttributeType::number}, {"keys", directory::AttributeType::flag}, {"skills", directory::AttributeType::texts}}) {
    auto& one = schema.custom.emplace_back();
    one.name = name;
    one.type = type;
  }
  const auto shape = user_shape(schema);
  const auto names = index_names(shape);
  search::People people;
  std::vector<std::pair<Id, boost::json::object>> all;
  for (int i = 0; i < 120; ++i) {
    clock.advance(std::chrono::milliseconds(1));
    const Person one = random_person(dice, new_id(clock, random));
    people.put(one);
    auto resource = user_json(one, schema, "https://example.com/scim/v2");
    resource["meta"] = boost::json::object{{"created", rfc3339(to_us(one.created_at))}, {"lastModified", rfc3339(to_us(one.updated_at))}};
    all.emplace_back(one.id, std::move(resource));
  }
  int asked = 0;
  for (int i = 0; i < 600; ++i) {
    const std::string text = random_filter(dice, 3);
    CAPTURE(text);
    const auto filter = directory::Filter::parse(text);
    REQUIRE(filter);
    if (!check(shape, *filter)) continue;  // refused, whoever would answer it
    REQUIRE(search::knows(*filter, names));
    const auto bits = search::matching(people, *filter, names, runtime::Deadline::never());
    REQUIRE(bits);
    ++asked;
    for (const auto& [id, resource] : all) CHECK(search::has_bit(*bits, *people.row_of(id)) == filter->matches(JsonSubject(shape, resource)));
  }
  CHECK(asked > 100);
  for (const char* other : {"groups.value eq \"x\"", "meta.version eq \"1\"", "schemas eq \"x\"", "meta.location pr"}) CHECK(!search::knows(*directory::Filter::parse(other), names));
  const auto order = [&](std::string_view path) { return index_order(shape, directory::ItemPath::parse(path)->attribute); };
  CHECK(order("emails")->ahead == "email");
  CHECK(order("name")->columns.empty());
  CHECK(!order("meta.version"));
  CHECK(!order("emails.primary"));
}

}  // namespace
}  // namespace kidoban::scim
