// What a tenant knows of its people beyond names: custom attributes, masters, joiners and leavers, the quota, the end.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "base/limits.h"
#include "directory/directory.h"
#include "directory/profile.h"
#include "kit/two_tenants.h"
#include "tenant/tenant.h"

namespace kidoban::directory {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{
    {"tenant", tenant::resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}, {"directory", resources()}};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  Directory directory{keys, audit, clock, random};
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};

  using TwoTenants::TwoTenants;

  static Directory::NewPerson named(std::string login) {
    Directory::NewPerson wanted;
    wanted.profile.login = std::move(login);
    wanted.profile.display_name = "山田 花子";
    return wanted;
  }
  auto create(const TenantId& tenant, const Directory::NewPerson& wanted) {
    return write(tenant, [&](store::Transaction& tx) { return directory.create_person(tx, wanted, by); });
  }
  auto change(const TenantId& tenant, const Id& id, const Change& wanted) {
    return write(tenant, [&](store::Transaction& tx) { return directory.change_person(tx, id, wanted, {}, by); });
  }
  auto get(const TenantId& tenant, const Id& id) {
    return read(tenant, [&](store::Transaction& tx) { return directory.get_person(tx, id); });
  }
  auto settle(const TenantId& tenant, std::string_view json) {
    return write(tenant, [&](store::Transaction& tx) -> Result<std::int64_t> { return directory.set_schema(tx, TRY(schema_from_json(json)), {}, by); });
  }
  auto usage(const TenantId& tenant) {
    return *read(tenant, [&](store::Transaction& tx) { return directory.usage(tx); });
  }
  auto quota(const TenantId& tenant, std::optional<std::int64_t> limit) {
    return write(tenant, [&](store::Transaction& tx) { return directory.set_quota(tx, limit, by); });
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

Change one(std::string name, Value value) {
  Change change;
  change.attributes.emplace(std::move(name), std::move(value));
  return change;
}

TEST_CASE("every attribute is kept as it was given, and taken away again") {
  on_each([](World& w) {
    auto wanted = World::named("hanako@example.com");
    auto& p = wanted.profile;
    p.family_name_kana = "ﾔﾏﾀﾞ";
    p.given_name_kana = "はなこ";
    p.phones = {{"０３-１２３４-５６７８", "work", "代表", true}, {"tel:+81-90-1234-5678", "mobile", "", false}};
    p.other_emails = {{"second@example.com", "work", "", false}};
    p.entitlements = {{"admin", "role", "", false}, {"viewer", "role", "", false}};
    p.title = "課長";
    p.department = "営業部";
    p.employee_number = "000123";
    p.external_id = "ad-4711";
    p.private_phone = "+81 80 0000 0000";
    const auto made = w.create(w.a, wanted);
    REQUIRE_MESSAGE(made, (made ? "" : made.error().note));
    const auto kept = w.get(w.a, made->id)->profile;
    CHECK(kept == made->profile);
    CHECK(kept.family_name_kana == "ヤマダ");
    CHECK(kept.given_name_kana == "ハナコ");
    CHECK(kept.phones[0] == Contact{"03-1234-5678", "work", "代表", true});
    CHECK(kept.phones[1].value == "+81-90-1234-5678");
    CHECK(kept.entitlements.size() == 2);
    for (const Attribute& attribute : attributes()) {
      if (attribute.name == "login" || attribute.name == "display_name" || attribute.name == "email") continue;
      CAPTURE(std::string(attribute.name));
      REQUIRE(w.change(w.a, made->id, one(std::string(attribute.name), {})));
      CHECK(std::holds_alternative<std::monostate>(value_of(w.get(w.a, made->id)->profile, attribute.name)));
    }
  });
}

TEST_CASE("what an attribute can't be is refused by its name") {
  on_each([](World& w) {
    const auto made = w.create(w.a, World::named("hanako@example.com"));
    REQUIRE(made);
    const auto refused = [&](std::string name, Value value) {
      const auto answer = w.change(w.a, made->id, one(name, std::move(value)));
      return answer ? "it went well" : std::string(answer.error().reason.text()) + " " + answer.error().note;
    };
    CHECK(refused("family_name_kana", "山田") == "kana_malformed family_name_kana");
    CHECK(refused("private_phone", "call me") == "phone_malformed private_phone");
    CHECK(refused("phones", Contacts(11, Contact{"03-1234-5678", "", "", false})) == "attribute_too_many phones");
    CHECK(refused("other_emails", Contacts(5, Contact{"a@example.com", "", "", false})) == "attribute_too_many other_emails");
    CHECK(refused("phones", Contacts(2, Contact{"03-1234-5678", "", "", true})) == "attribute_malformed phones");
    CHECK(refused("title", std::string(limits::name_bytes + 1, 'x')) == "name_malformed title");
    CHECK(refused("title", true) == "attribute_type title is a text");
    CHECK(refused("manager", "somebody") == "manager_malformed manager");
    CHECK(refused("shoe_size", "26") == "attribute_unknown shoe_size");
    CHECK(refused("custom.shoe_size", "26") == "attribute_unknown custom.shoe_size");
    CHECK(w.get(w.a, made->id)->version == 1);
  });
}

TEST_CASE("a tenant declares attributes of its own, and only it has them") {
  on_each([](World& w) {
    REQUIRE(w.settle(w.a, R"({"custom_attributes":[{"name":"badge","type":"number"},{"name":"floor","type":"text","choices":["1F","2F"]},
                             {"name":"joined","type":"date"},{"name":"skills","type":"texts"},{"name":"remote","type":"flag"}]})"));
    const auto mine = w.create(w.a, World::named("hanako@example.com")), theirs = w.create(w.b, World::named("hanako@example.com"));
    REQUIRE((mine && theirs));
    CHECK(reason_of(w.change(w.b, theirs->id, one("custom.badge", std::int64_t{7}))) == "attribute_unknown");
    Change all;
    all.attributes = {{"custom.badge", std::int64_t{4711}}, {"custom.floor", "2F"}, {"custom.joined", "2026-04-01"},
                      {"custom.skills", std::vector<std::string>{"C++", "日本語"}}, {"custom.remote", false}};
    REQUIRE(w.change(w.a, mine->id, all));
    for (const auto& [name, value] : all.attributes) CHECK(value_of(w.get(w.a, mine->id)->profile, name) == value);
    CHECK(reason_of(w.change(w.a, mine->id, one("custom.badge", "x"))) == "attribute_type");
    CHECK(reason_of(w.change(w.a, mine->id, one("custom.floor", "9F"))) == "attribute_malformed");
    CHECK(reason_of(w.change(w.a, mine->id, one("custom.joined", "2026-02-30"))) == "attribute_malformed");
    // No longer declared: kept, but nobody can change it; declared again, it is back.
    REQUIRE(w.settle(w.a, "{}"));
    CHECK(reason_of(w.change(w.a, mine->id, one("custom.badge", std::int64_t{1}))) == "attribute_unknown");
    REQUIRE(w.change(w.a, mine->id, one("title", "部長")));
    CHECK(value_of(w.get(w.a, mine->id)->profile, "custom.badge") == Value(std::int64_t{4711}));
  });
}

TEST_CASE("an attribute has one master") {
  on_each([](World& w) {
    const Source scim{SourceKind::scim, new_id(w.clock, w.random)}, other{SourceKind::sync, new_id(w.clock, w.random)};
    auto wanted = World::named("hanako@example.com");
    wanted.source = scim;
    const auto made = w.create(w.a, wanted);
    REQUIRE(made);
    REQUIRE(w.settle(w.a, R"({"masters":{"title":"console"}})"));
    const auto as = [](Writer writer, Change change, Change::Mastered mastered = Change::Mastered::refuse) {
      change.writer = writer;
      change.mastered = mastered;
      return change;
    };
    const Writer from_scim{Writer::Kind::source, scim}, from_other{Writer::Kind::source, other}, myself{Writer::Kind::self, {}};
    CHECK(reason_of(w.change(w.a, made->id, one("department", "営業部"))) == "attribute_mastered_elsewhere");
    CHECK(w.change(w.a, made->id, as(from_scim, one("department", "営業部"))));
    CHECK(w.change(w.a, made->id, one("department", "営業部")));  // nothing else than it is
    CHECK(reason_of(w.change(w.a, made->id, as(from_other, one("department", "開発部")))) == "attribute_mastered_elsewhere");
    CHECK(w.change(w.a, made->id, one("title", "課長")));
    CHECK(reason_of(w.change(w.a, made->id, as(from_scim, one("title", "部長")))) == "attribute_mastered_elsewhere");
    CHECK(w.change(w.a, made->id, as(from_scim, one("title", "部長"), Change::Mastered::skip))->profile.title == "課長");
    CHECK(w.change(w.a, made->id, as(myself, one("private_phone", "080-0000-0000"))));
    CHECK(reason_of(w.change(w.a, made->id, as(myself, one("title", "社長")))) == "attribute_not_yours");
    Change leave;
    leave.leave_source = true;
    CHECK(w.change(w.a, made->id, leave));
    CHECK(w.change(w.a, made->id, one("department", "開発部")));
    CHECK(w.change(w.a, made->id, as(from_other, one("department", "総務部")))->source == other);  // who writes first keeps them
  });
}

TEST_CASE("people come and leave at their time") {
  on_each([](World& w) {
    auto wanted = World::named("hanako@example.com");
    const Time now = w.clock.now();
    wanted.valid_from = now + std::chrono::hours(1);
    wanted.valid_until = now + std::chrono::hours(3);
    const auto made = w.create(w.a, wanted);
    REQUIRE(made);
    const auto kept = *w.get(w.a, made->id);
    CHECK_FALSE(kept.is_active(now));
    CHECK(kept.is_active(now + std::chrono::hours(1)));
    CHECK_FALSE(kept.is_active(now + std::chrono::hours(3)));
    wanted.profile.login = "taro@example.com";
    wanted.valid_until = now;
    CHECK(reason_of(w.create(w.a, wanted)) == "validity_malformed");
  });
}

TEST_CASE("an external id finds its people, and nobody in another tenant") {
  on_each([](World& w) {
    auto wanted = World::named("hanako@example.com");
    wanted.profile.external_id = "x-1";
    const auto made = w.create(w.a, wanted);
    REQUIRE(made);
    const auto find = [&](const TenantId& tenant, std::string_view id) {
      return w.read(tenant, [&](store::Transaction& tx) { return w.directory.find_by_external_id(tx, id); })->size();
    };
    CHECK(find(w.a, "x-1") == 1);
    CHECK(find(w.a, "x-2") == 0);
    CHECK(find(w.b, "x-1") == 0);
    REQUIRE(w.change(w.a, made->id, one("external_id", "x-2")));
    CHECK(find(w.a, "x-1") == 0);
    CHECK(find(w.a, "x-2") == 1);
  });
}

TEST_CASE("the quota holds, whoever comes at the same moment") {
  on_each([](World& w) {
    REQUIRE(w.quota(w.a, 20));
    std::atomic<int> made = 0, refused = 0, other = 0;
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
          for (int i = 0; i < 10; ++i) {
            const auto answer = w.create(w.a, World::named("p" + std::to_string(t) + "-" + std::to_string(i) + "@example.com"));
            if (answer) ++made;
            else if (answer.error().reason == "quota_reached") ++refused;
            else if (answer.error().reason != "store_busy") ++other;
          }
        });
      }
    }
    CHECK(other == 0);
    CHECK(made == 20);
    CHECK(w.usage(w.a).people == 20);
    CHECK(w.create(w.b, World::named("hanako@example.com")));  // another's limit is another's
    CHECK_FALSE(w.usage(w.b).quota);
    // Who is pending deletion doesn't count, and comes back only where there is room.
    const auto people = *w.read(w.a, [&](store::Transaction& tx) { return w.directory.list_people(tx, {}, 500); });
    Change gone, back;
    gone.state = PersonState::pending_deletion;
    back.state = PersonState::disabled;
    REQUIRE(w.change(w.a, people[0].id, gone));
    CHECK(w.usage(w.a).people == 19);
    REQUIRE(w.create(w.a, World::named("last@example.com")));
    CHECK(reason_of(w.change(w.a, people[0].id, back)) == "quota_reached");
    REQUIRE(w.quota(w.a, {}));
    CHECK(w.change(w.a, people[0].id, back));
    CHECK(w.usage(w.a).people == 21);
  });
}

TEST_CASE("who is deleted is kept as long as the tenant says, and then gone with all that is kept of them") {
  on_each([](World& w) {
    REQUIRE(w.settle(w.a, R"({"retention_days":7})"));
    const auto one_ = w.create(w.a, World::named("one@example.com")), two = w.create(w.a, World::named("two@example.com"));
    const auto theirs = w.create(w.b, World::named("one@example.com"));
    REQUIRE((one_ && two && theirs));
    std::vector<Id> forgotten;
    w.directory.when_gone([&](store::Transaction&, const Id& person) -> Status {
      forgotten.push_back(person);
      return {};
    });
    CHECK(reason_of(w.write(w.a, [&](store::Transaction& tx) { return w.directory.remove_person(tx, one_->id, w.by); })) == "person_not_pending");
    Change gone;
    gone.state = PersonState::pending_deletion;
    REQUIRE(w.change(w.a, one_->id, gone));
    CHECK(w.get(w.a, one_->id)->gone_at == w.clock.now() + std::chrono::days(7));
    CHECK(reason_of(w.create(w.a, World::named("one@example.com"))) == "login_taken");
    REQUIRE(w.directory.remove_due(w.store));
    CHECK(w.get(w.a, one_->id));
    w.clock.advance(std::chrono::days(7));
    REQUIRE(w.directory.remove_due(w.store));
    CHECK(reason_of(w.get(w.a, one_->id)) == "person_unknown");
    CHECK(forgotten == std::vector<Id>{one_->id});
    CHECK(w.get(w.a, two->id));
    CHECK(w.get(w.b, theirs->id));
    CHECK(w.create(w.a, World::named("one@example.com")));
    CHECK(w.usage(w.a).people == 2);
  });
}

TEST_CASE("what a tenant settles is strict") {
  const auto refused = [](std::string_view json) { return reason_of(schema_from_json(json)); };
  CHECK(refused("[]") == "json_malformed");
  CHECK(refused(R"({"x":1})") == "member_unknown");
  CHECK(refused(R"({"retention_days":-1})") == "member_malformed");
  CHECK(refused(R"({"retention_days":"7"})") == "member_malformed");
  CHECK(refused(R"({"custom_attributes":[{"name":"Badge","type":"text"}]})") == "attribute_name_malformed");
  CHECK(refused(R"({"custom_attributes":[{"name":"badge","type":"contacts"}]})") == "member_malformed");
  CHECK(refused(R"({"custom_attributes":[{"name":"badge"},{"name":"badge"}]})") == "attribute_taken");
  CHECK(refused(R"({"masters":{"shoe_size":"console"}})") == "attribute_unknown");
  CHECK(refused(R"({"masters":{"title":"me"}})") == "member_malformed");
  const auto whole = schema_from_json(R"({"custom_attributes":[{"name":"badge","label_ja":"社員証","label_en":"Badge","self_editable":true}],"masters":{"custom.badge":"source","title":"console"},"retention_days":0,"self_edit_contacts":false})");
  REQUIRE(whole);
  CHECK(schema_json(*schema_from_json(schema_json(*whole))) == schema_json(*whole));
  CHECK(whole->master_of("custom.badge") == Master::source);
  CHECK(whole->self_editable("custom.badge"));
  CHECK_FALSE(whole->self_editable("private_phone"));
}

}  // namespace
}  // namespace kidoban::directory
