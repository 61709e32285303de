#include "federation/applications.h"

#include <doctest/doctest.h>

#include "federation/applications_store.h"
#include "kit/two_tenants.h"

namespace kidoban::federation {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{
    {"seal", seal::resources()}, {"audit", audit::resources()}, {"federation", resources()}};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  Applications applications{keys, audit, clock, random};
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};

  using TwoTenants::TwoTenants;

  static Application wanted(std::string identifier) {
    return {.id = {}, .protocol = "oidc", .identifier = std::move(identifier), .name = "給与明細",
            .launch_url = "https://pay.example.com/start", .settings = R"({"secret":"s3cret-of-pay"})"};
  }
  auto create(const TenantId& tenant, const Application& one) {
    return write(tenant, [&](store::Transaction& tx) { return applications.create(tx, one, by); });
  }
  auto find(const TenantId& tenant, std::string_view protocol, std::string_view identifier) {
    return read(tenant, [&](store::Transaction& tx) { return applications.find(tx, protocol, identifier); });
  }
  auto get(const TenantId& tenant, const Id& id) {
    return read(tenant, [&](store::Transaction& tx) { return applications.get(tx, id); });
  }
  auto change(const TenantId& tenant, const Application& one) {
    return write(tenant, [&](store::Transaction& tx) { return applications.change(tx, one, by); });
  }
  auto list(const TenantId& tenant, std::optional<Id> after = {}, std::size_t limit = 500) {
    return read(tenant, [&](store::Transaction& tx) { return applications.list(tx, after, limit); });
  }
  auto records(const TenantId& tenant) {
    return read(tenant, [&](store::Transaction& tx) { return audit.read(tx, {}, {}, 500); });
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

// A client_id is in other people's configuration, and the row is found by it: a change that answered with another
// one than stands in the store would have lied.
TEST_CASE("what an application is called by doesn't change") {
  on_each([](World& w) {
    const auto made = w.create(w.a, World::wanted("pay"));
    REQUIRE(made);
    auto renamed = *made;
    renamed.identifier = "wages";
    CHECK(reason_of(w.change(w.a, renamed)) == "identifier_fixed");
    auto other_protocol = *made;
    other_protocol.protocol = "saml";
    CHECK(reason_of(w.change(w.a, other_protocol)) == "identifier_fixed");
    CHECK(w.get(w.a, made->id)->version == 1);
    CHECK(w.records(w.a)->size() == 1);
  });
}

TEST_CASE("an application's values are held to their limits, when made and when changed") {
  on_each([](World& w) {
    const auto with = [](auto&& set) {
      auto a = World::wanted("pay");
      set(a);
      return a;
    };
    const std::string name_too_long(401, 'n'), uri_too_long(2049, 'u');
    const std::vector<std::pair<Application, std::string_view>> refused{
        {with([](auto& a) { a.name = ""; }), "name_malformed"},
        {with([&](auto& a) { a.name = name_too_long; }), "name_malformed"},
        {with([](auto& a) { a.name = "a\nb"; }), "name_malformed"},
        {with([](auto& a) { a.name = "\xff"; }), "name_malformed"},
        {with([](auto& a) { a.identifier = ""; }), "identifier_malformed"},
        {with([&](auto& a) { a.identifier = uri_too_long; }), "identifier_malformed"},
        {with([](auto& a) { a.identifier = std::string("a\0b", 3); }), "identifier_malformed"},
        {with([&](auto& a) { a.launch_url = uri_too_long; }), "launch_url_malformed"},
        {with([](auto& a) { a.launch_url = "https://example.com/\xff"; }), "launch_url_malformed"},
        {with([](auto& a) { a.settings = "{\"a\":\"\xff\"}"; }), "settings_malformed"},
    };
    for (const auto& [application, reason] : refused) CHECK(reason_of(w.create(w.a, application)) == reason);
    CHECK(w.list(w.a)->empty());
    CHECK(w.records(w.a)->empty());

    const auto made = w.create(w.a, World::wanted("pay"));
    REQUIRE(made);
    for (const auto& [application, reason] : refused) {
      auto changed = application;
      changed.id = made->id;
      CHECK(reason_of(w.change(w.a, changed)) == reason);
    }
    CHECK(w.get(w.a, made->id)->version == 1);
    CHECK(w.create(w.a, with([](auto& a) {
      a.name = std::string(400, 'n');
      a.identifier = std::string(2048, 'u');
      a.launch_url = std::string(2048, 'u');
    })));
    CHECK(w.list(w.a)->size() == 2);
  });
}

TEST_CASE("a row moved to another tenant doesn't open there") {
  on_each([](World& w) {
    const auto made = w.create(w.a, World::wanted("pay"));
    REQUIRE(made);
    std::string sealed;
    REQUIRE(w.read(w.a, [&](store::Transaction& tx) -> Status {
      sealed = TRY(get_application(tx, made->id))->sealed;
      return {};
    }));
    REQUIRE(w.write(w.b, [&](store::Transaction& tx) {
      return insert_application(tx, {made->id, "oidc", "pay", true, 1, sealed});
    }));
    CHECK(reason_of(w.get(w.b, made->id)) == "sealed_value_damaged");
    CHECK(reason_of(w.find(w.b, "oidc", "pay")) == "sealed_value_damaged");
  });
}

TEST_CASE("an application and its record are made together or not at all") {
  on_each([](World& w) {
    CHECK_FALSE(w.write(w.a, [&](store::Transaction& tx) -> Status {
      TRY(w.applications.create(tx, World::wanted("pay"), w.by));
      return fail(Kind::conflict, "undone");
    }));
    CHECK(w.list(w.a)->empty());
    CHECK(w.records(w.a)->empty());
  });
}

TEST_CASE("what was sealed for one application doesn't open as another's") {
  on_each([](World& w) {
    const auto one = w.create(w.a, World::wanted("one"));
    const auto two = w.create(w.a, World::wanted("two"));
    REQUIRE((one && two));
    // A value moved by somebody who can write to the disk opens nowhere else.
    const auto moved = w.store.system_write(w.soon(), [&](store::SystemTransaction& tx) -> Status {
      const auto rows = TRY(tx.query({"test_read_one", "select sealed from applications where id = $1"}, one->id));
      TRY(tx.execute({"test_move", "update applications set sealed = $1 where id = $2"},
                     store::Value::blob(rows.front().blob_text(0)), two->id));
      return {};
    });
    REQUIRE(moved);
    CHECK(reason_of(w.get(w.a, two->id)) == "sealed_value_damaged");
    CHECK(w.get(w.a, one->id));
  });
}

}  // namespace
}  // namespace kidoban::federation
