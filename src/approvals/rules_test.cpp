// What is on, what two may do together, and what an act is said to change.
#include <doctest/doctest.h>

#include "approvals/approvals.h"
#include "page/words.h"

namespace kidoban::approvals {
namespace {

using directory::Grant, directory::Permission, directory::PermissionSet, directory::Scope;

PermissionSet set(std::initializer_list<Permission> all) {
  PermissionSet out;
  for (const Permission one : all) out.set(static_cast<std::size_t>(one));
  return out;
}

std::string reason(std::string_view json) {
  const auto read = settings_from_json(json);
  return read ? "" : std::string(read.error().reason.text());
}

TEST_CASE("whoever could make the second person, or switch this off, needs one as soon as anything does") {
  const auto some = settings_from_json(R"({"acts":["exports"]})");
  REQUIRE(some);
  CHECK(some->has(Act::exports));
  CHECK(some->has(Act::administrators));
  CHECK(some->has(Act::approvals));
  CHECK(some->has(Act::service_accounts));
  CHECK_FALSE(some->has(Act::removal));
  CHECK_FALSE(settings_from_json(R"({"acts":[]})")->any());
  CHECK_FALSE(ApprovalSettings{}.any());
}

TEST_CASE("settings are read strictly, within their bounds, and come back as they are") {
  CHECK(reason("[]") == "json_malformed");
  CHECK(reason(R"({"acts":"exports"})") == "member_malformed");
  CHECK(reason(R"({"acts":["flying"]})") == "act_unknown");
  CHECK(reason(R"({"open_hours":0})") == "member_malformed");
  CHECK(reason(R"({"open_hours":337})") == "member_malformed");
  CHECK(reason(R"({"deletions_above":-1})") == "member_malformed");
  CHECK(reason(R"({"other":1})") == "member_unknown");
  const std::string all = R"({"acts":["administrators","removal","deletions","domains","service_accounts","audit_settings","password_policy","exports","approvals"],"open_hours":336,"deletions_above":0})";
  const auto read = settings_from_json(all);
  REQUIRE(read);
  CHECK(settings_json(*read) == all);
}

TEST_CASE("two may do together what each of them may, and nothing by two different ways") {
  const Scope group{Scope::Kind::group, "g"}, domain{Scope::Kind::domain, "d.example"};
  Grant asker{set({Permission::people_read, Permission::people_write}), {{group, set({Permission::people_reset})}}, {{"people", set({Permission::people_read})}}};
  Grant approver{set({Permission::people_read, Permission::people_reset}), {{domain, set({Permission::people_write})}}, {{"help_desk", {}}}};
  const Grant together = both(asker, approver);
  CHECK(together.everywhere == set({Permission::people_read}));
  CHECK(together.by_role == asker.by_role);
  REQUIRE(together.scoped.size() == 2);
  CHECK(together.scoped[0] == std::pair(group, set({Permission::people_read, Permission::people_reset})));
  CHECK(together.scoped[1] == std::pair(domain, set({Permission::people_read, Permission::people_write})));
  // The one reaches somebody by a group, the other by a domain: neither way is both's.
  asker = {{}, {{group, set({Permission::people_write})}}, {}};
  approver = {{}, {{domain, set({Permission::people_write})}}, {}};
  CHECK(both(asker, approver).anywhere().none());
}

audit::Record record(std::string name, std::optional<Id> target, std::string detail) {
  audit::Record out{};
  out.name = std::move(name);
  out.target_kind = "person";
  out.target = target;
  out.detail_json = std::move(detail);
  return out;
}

TEST_CASE("what an act changes is what its records say, without who, where, and what is drawn anew") {
  Id known{}, fresh{};
  known.bytes.fill(1);
  fresh.bytes.fill(2);
  const auto effects = effects_of(
      {record("person.changed", known, R"({"client_address":"192.0.2.1","permission":"people_write","role":"people","department":"営業","department_before":"","administrator":"true","administrator_before":"false"})"),
       record("session.ended", known, R"({"why":"x"})"), record("role.assigned", known, R"({"role":"auditor","scope":"everywhere","approval":"x"})"),
       record("service_token.issued", fresh, R"({"token":"x","label":"first"})")},
      {known.text()});
  REQUIRE(effects.size() == 3);
  CHECK(effects[0] == Effect{"person.changed", "person", known.text(), {{"department", "", "営業"}, {"administrator", "false", "true"}}});
  CHECK(effects[1].changes == std::vector<Difference>{{"role", "", "auditor"}, {"scope", "", "everywhere"}});
  CHECK(effects[2] == Effect{"service_token.issued", "person", "", {{"label", "", "first"}}});
  Shown shown{"person_change", "person", known.text(), "花子", "太郎", "192.0.2.1", "curl", known, {}, effects};
  const auto again = shown_from_json(shown_json(shown));
  REQUIRE(again);
  CHECK(again->effects == effects);
  CHECK(again->session == known);
  CHECK_FALSE(again->token);
  CHECK_FALSE(shown_from_json("{}"));
}

TEST_CASE("both languages have the same words of approvals") {
  const page::Words words(resources());
  for (const auto& [key, word] : words.all(page::Language::en)) {
    INFO(key);
    CHECK(words.find(page::Language::ja, key) != nullptr);
  }
  CHECK(words.all(page::Language::en).size() == words.all(page::Language::ja).size());
}

}  // namespace
}  // namespace kidoban::approvals
