#include "tenant/domains.h"

#include <doctest/doctest.h>

#include <deque>
#include <thread>

#include "base/limits.h"
#include "kit/name_server.h"
#include "kit/two_tenants.h"
#include "tenant/domain_store.h"
#include "tenant/tenant.h"

namespace kidoban::tenant {
namespace {

using kit::reason_of;
using std::chrono::hours, std::chrono::minutes;

const std::vector<store::Feature> features{{"tenant", resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}};
const audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};

struct World : kit::TwoTenants {
  kit::NameServer& names;
  audit::Audit audit{keys, clock, random};
  std::unique_ptr<dns::Resolver> resolver;
  runtime::Lane lane{"dns", 4, 4, 2};
  Domains domains;

  World(store::Store& on, kit::NameServer& server)
      : TwoTenants(on), names(server), resolver(*dns::Resolver::open({{server.address()}})),
        domains(store, audit, clock, random, *resolver, lane) {}

  // A second passes with each act, so that records stand in their order.
  auto add(const TenantId& tenant, std::string_view name) {
    clock.advance(std::chrono::seconds(1));
    return write(tenant, [&](store::Transaction& tx) { return domains.add(tx, name, by); });
  }
  auto get(const TenantId& tenant, std::string_view name) {
    return read(tenant, [&](store::Transaction& tx) { return domains.get(tx, name); });
  }
  auto list(const TenantId& tenant) {
    return *read(tenant, [&](store::Transaction& tx) { return domains.list(tx, "", 500); });
  }
  auto remove(const TenantId& tenant, std::string_view name) {
    return write(tenant, [&](store::Transaction& tx) { return domains.remove(tx, name, by); });
  }
  auto check(const TenantId& tenant, std::string_view name) {
    clock.advance(std::chrono::seconds(1));
    return domains.check(tenant, name, [](store::Transaction&) -> Result<audit::Event> { return by; }, soon());
  }
  auto login(const TenantId& tenant, std::string_view login) {
    return reason_of(read(tenant, [&](store::Transaction& tx) -> Result<int> {
      TRY(check_login(tx, login));
      return 0;
    }));
  }
  std::string events(const TenantId& tenant) {
    std::string all;
    const auto records = read(tenant, [&](store::Transaction& tx) { return audit.read(tx, {}, {}, 500); });
    for (const auto& one : *records) all = one.name + " " + all;
    return all;
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::NameServer names;
  kit::each_engine(features, [&](store::Store& store) {
    names.publish({{"acme.example", ""}});
    World world(store, names);
    body(world);
  });
}

std::string record(const Domain& domain, std::string_view at = "_kidoban") { return std::string(at) + " TXT \"" + domain.record_value() + "\"\n"; }

TEST_CASE("a domain has one spelling, and is nobody's suffix") {
  const std::pair<const char*, const char*> same[] = {{"acme.example", "acme.example"}, {" ACME.Example ", "acme.example"}, {"ＡＣＭＥ．example", "acme.example"},
                                                      {"acme。example", "acme.example"}, {"例え.jp", "xn--r8jz45g.jp"}, {"XN--R8JZ45G.jp", "xn--r8jz45g.jp"}, {"a.b.co.jp", "a.b.co.jp"}};
  for (const auto& [typed, name] : same) {
    CAPTURE(std::string(typed));
    REQUIRE(canonical_domain(typed));
    CHECK(*canonical_domain(typed) == name);
  }
  for (const char* bad : {"", "acme", ".acme.example", "acme.example.", "a..example", "acme_.example", "-a.example", "a b.example", "192.0.2.1", "[::1]", "a.example/x",
                          "a.example\n", "\xff.example", "xn--a.example", "hanako@acme.example"}) {
    CAPTURE(std::string(bad));
    CHECK(reason_of(canonical_domain(bad)) == "domain_malformed");
  }
  const std::string label(63, 'a');
  CHECK(reason_of(canonical_domain(label + "." + label + "." + label + "." + std::string(53, 'a') + ".example")) == "domain_malformed");  // no room for _kidoban.
  for (const char* suffix : {"co.jp", "CO.JP", "co.uk", "github.io", "tokyo.jp", "公司.香港", "個人.香港"}) {
    CAPTURE(std::string(suffix));
    CHECK(reason_of(canonical_domain(suffix)) == "domain_public_suffix");
  }
}

TEST_CASE("a domain is proved by its record, at its own name or at the domain") {
  on_each([](World& w) {
    const auto made = w.add(w.a, "Acme.example");
    REQUIRE(made);
    CHECK(made->name == "acme.example");
    CHECK(reason_of(w.add(w.a, "ACME.example")) == "domain_exists");
    CHECK(made->token.size() == 32);
    CHECK(w.check(w.a, "acme.example")->found == "nothing");
    w.names.publish({{"acme.example", "_kidoban TXT \"kidoban-domain-verification=another\"\n@ TXT \"v=spf1 -all\"\n"}});
    const auto wrong = w.check(w.a, "acme.example");
    CHECK(wrong->found == "other_values");
    CHECK(wrong->seen == std::vector<std::string>{"kidoban-domain-verification=another"});
    CHECK(wrong->state == DomainState::pending);
    w.names.publish({{"acme.example", "broken"}});
    CHECK(w.check(w.a, "acme.example")->found == "dns_server_failed");
    w.names.publish({{"acme.example", record(*made, "@")}});
    const auto proved = w.check(w.a, "acme.example");
    CHECK(proved->state == DomainState::proved);
    CHECK(proved->proved_at == w.clock.now());
    CHECK(w.get(w.a, "acme.example")->state == DomainState::proved);
    CHECK(w.events(w.a) == "domain.added domain.proved ");
    // The second tenant finds nothing of it.
    CHECK(reason_of(w.get(w.b, "acme.example")) == "domain_unknown");
    CHECK(reason_of(w.check(w.b, "acme.example")) == "domain_unknown");
    CHECK(reason_of(w.remove(w.b, "acme.example")) == "domain_unknown");
    CHECK(w.list(w.b).empty());
    CHECK(w.events(w.b).empty());
    CHECK(w.remove(w.a, "acme.example"));
    CHECK(w.list(w.a).empty());
  });
}

TEST_CASE("a domain is proved for one tenant at a time, and moves when the first one's proof is gone") {
  on_each([](World& w) {
    const auto first = *w.add(w.a, "acme.example"), second = *w.add(w.b, "acme.example");
    CHECK(first.token != second.token);
    // Another's proof proves nothing.
    w.names.publish({{"acme.example", record(first)}});
    CHECK(w.check(w.b, "acme.example")->found == "other_values");
    CHECK(w.check(w.a, "acme.example")->state == DomainState::proved);
    w.names.publish({{"acme.example", record(first) + record(second)}});
    CHECK(reason_of(w.check(w.b, "acme.example")) == "domain_taken");
    CHECK(w.get(w.b, "acme.example")->state == DomainState::pending);
    CHECK(w.get(w.b, "acme.example")->seen.empty());
    CHECK(w.get(w.a, "acme.example")->state == DomainState::proved);
    w.names.publish({{"acme.example", record(second)}});
    CHECK(w.check(w.b, "acme.example")->state == DomainState::proved);
    CHECK(w.get(w.a, "acme.example")->state == DomainState::pending);
    CHECK(w.events(w.a) == "domain.added domain.proved domain.lost ");
    CHECK(w.events(w.b) == "domain.added domain.proved ");
  });
}

TEST_CASE("proofs are looked for again by themselves; one that is gone is marked and kept") {
  on_each([](World& w) {
    const auto made = *w.add(w.a, "acme.example");
    REQUIRE(w.domains.check_due());
    CHECK_FALSE(w.get(w.a, "acme.example")->checked_at);  // a minute to publish it
    w.clock.advance(minutes(1));
    REQUIRE(w.domains.check_due());
    CHECK(w.get(w.a, "acme.example")->found == "nothing");
    CHECK(w.get(w.a, "acme.example")->next_check_at == w.clock.now() + minutes(1));
    w.clock.advance(hours(3));
    REQUIRE(w.domains.check_due());
    CHECK(w.get(w.a, "acme.example")->next_check_at == w.clock.now() + hours(3) + minutes(1));
    w.clock.advance(hours(24 * 30));
    REQUIRE(w.domains.check_due());
    CHECK(w.get(w.a, "acme.example")->next_check_at == w.clock.now() + hours(24 * 7));
    w.names.publish({{"acme.example", record(made)}});
    w.clock.advance(hours(24 * 7));
    REQUIRE(w.domains.check_due());
    CHECK(w.get(w.a, "acme.example")->state == DomainState::proved);
    CHECK(w.get(w.a, "acme.example")->next_check_at == w.clock.now() + hours(24));
    // What can't be said isn't held against anybody.
    w.names.publish({{"acme.example", "broken"}});
    w.clock.advance(hours(24));
    REQUIRE(w.domains.check_due());
    CHECK(w.get(w.a, "acme.example")->state == DomainState::proved);
    CHECK(w.get(w.a, "acme.example")->next_check_at == w.clock.now() + hours(1));
    w.names.publish({{"acme.example", ""}});
    w.clock.advance(hours(1));
    REQUIRE(w.domains.check_due());
    CHECK(w.get(w.a, "acme.example")->state == DomainState::proof_missing);
    CHECK(w.login(w.a, "taro@acme.example") == "it went well");
    w.names.publish({{"acme.example", record(made)}});
    w.clock.advance(hours(24));
    REQUIRE(w.domains.check_due());
    REQUIRE(w.domains.check_due());
    CHECK(w.get(w.a, "acme.example")->state == DomainState::proved);
    CHECK(w.events(w.a) == "domain.added domain.proved domain.proof_missing domain.proof_returned ");
  });
}

TEST_CASE("what is due is taken by one node") {
  on_each([](World& w) {
    for (int i = 0; i < 5; ++i) REQUIRE(w.add(i % 2 == 0 ? w.a : w.b, "d" + std::to_string(i) + ".example"));
    w.clock.advance(minutes(5));
    const auto claim = [&](std::size_t limit) {
      return w.store.system_write(w.soon(), [&](store::SystemTransaction& tx) { return claim_due(tx, w.clock.now(), w.clock.now() + minutes(10), limit); })->size();
    };
    CHECK(claim(3) == 3);
    CHECK(claim(3) == 2);
    CHECK(claim(3) == 0);
  });
}

TEST_CASE("with its first proved domain a tenant's logins are in one, and nobody else's") {
  on_each([](World& w) {
    const auto made = *w.add(w.a, "acme.example");
    REQUIRE(w.add(w.a, "other.example"));
    CHECK(w.login(w.a, "x@anything.example") == "it went well");
    w.names.publish({{"acme.example", record(made)}});
    REQUIRE(w.check(w.a, "acme.example"));
    CHECK(w.login(w.a, "x@acme.example") == "it went well");
    CHECK(w.login(w.b, "x@acme.example") == "login_domain_taken");  // who has proved none is as little let in as who has
    for (const char* outside : {"x@other.example", "x@sub.acme.example", "x@notacme.example", "x@acme.example.org"}) CHECK(w.login(w.a, outside) == "login_outside_domains");
    CHECK(w.login(w.b, "x@anything.example") == "it went well");
    const auto theirs = *w.add(w.b, "acme.example");
    w.names.publish({{"acme.example", record(theirs)}});
    REQUIRE(w.check(w.b, "acme.example"));
    CHECK(w.login(w.a, "x@acme.example") == "login_domain_taken");
    CHECK(w.login(w.b, "x@acme.example") == "it went well");
    REQUIRE(w.remove(w.a, "acme.example"));  // what isn't theirs any more is no loss to whoever has it
    CHECK(w.login(w.a, "x@acme.example") == "login_domain_taken");
    REQUIRE(w.remove(w.b, "acme.example"));
    CHECK(w.login(w.a, "x@acme.example") == "it went well");
  });
}

TEST_CASE("whose a domain is, and whether a login may be, needs no look at the others") {
  kit::each_engine(features, [](store::Store& store) {
    const bool sqlite = store.engine_name() == "sqlite";
    for (const store::Sql& find : domain_finding_statements()) {
      // A statement's text is known by its address, for as long as the program runs.
      static std::deque<std::string> texts;
      texts.push_back((sqlite ? "explain query plan " : "explain ") + std::string(find.text));
      const store::Sql explain{"explain", texts.back().c_str()};
      const bool has_tenant = texts.back().find("$2") != std::string::npos;
      const auto plan = store.system_read(kit::TwoTenants::soon(), [&](store::SystemTransaction& tx) -> Result<std::string> {
        const auto rows = TRY(has_tenant ? tx.query(explain, TenantId{}, std::string_view("acme.example")) : tx.query(explain, std::string_view("acme.example")));
        std::string all;
        for (std::size_t i = 0; i < rows.size(); ++i) all += rows[i].text(sqlite ? 3 : 0);
        return all;
      });
      REQUIRE(plan);
      CAPTURE(*plan);
      CHECK((plan->find("domains_p") != std::string::npos || plan->find("USING PRIMARY KEY (tenant=?") != std::string::npos));
      CHECK(plan->find("SCAN domains") == std::string::npos);
      CHECK(plan->find("Seq Scan") == std::string::npos);
    }
  });
}

TEST_CASE("a tenant has so many domains at most") {
  on_each([](World& w) {
    for (std::size_t i = 0; i < limits::domains; ++i) REQUIRE(w.add(w.a, "d" + std::to_string(i) + ".example"));
    CHECK(reason_of(w.add(w.a, "more.example")) == "too_many_domains");
    CHECK(w.add(w.b, "more.example"));
  });
}

TEST_CASE("two tenants who prove one domain at the same moment don't both have it") {
  on_each([](World& w) {
    const auto first = *w.add(w.a, "acme.example"), second = *w.add(w.b, "acme.example");
    w.names.publish({{"acme.example", record(first) + record(second)}});
    std::string said;
    std::jthread other([&] { said = reason_of(w.check(w.b, "acme.example")); });
    const auto mine = reason_of(w.check(w.a, "acme.example"));
    other.join();
    CHECK(((mine == "it went well") != (said == "it went well")));
    CHECK((mine == "domain_taken" || said == "domain_taken"));
  });
}

}  // namespace
}  // namespace kidoban::tenant
