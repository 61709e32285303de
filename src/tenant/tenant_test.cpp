#include "tenant/tenant.h"

#include <doctest/doctest.h>

#include <deque>

#include "kit/two_tenants.h"
#include "tenant/tenant_store.h"

namespace kidoban::tenant {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{{"tenant", resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}};
const audit::Actor by_operator{audit::ActorKind::operator_, std::nullopt};
const auto soon = [] { return kit::TwoTenants::soon(); };

struct World {
  kit::TwoTenants two;
  audit::Audit audit{two.keys, two.clock, two.random};
  Tenants tenants{two.store, two.keys, audit, two.clock, two.random};
  explicit World(store::Store& store) : two(store) {}
  Result<Tenant> make(std::string slug, std::string host = "", std::string name = "Acme") { return tenants.create({std::move(slug), std::move(name), std::move(host)}, by_operator, soon()); }
};

TEST_CASE("a tenant is made with its key and its first record, and found by slug and host") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    const auto acme = w.make("acme", "login.acme.example");
    const auto other = w.make("other");
    REQUIRE(acme);
    REQUIRE(other);
    CHECK(w.tenants.find_by_slug("acme", soon())->id == acme->id);
    CHECK(w.tenants.find_by_host("login.acme.example", soon())->id == acme->id);
    const auto records = w.two.read(acme->id, [&](store::Transaction& tx) { return w.audit.read(tx, {}, std::nullopt, 10); });
    REQUIRE(records);
    REQUIRE(records->size() == 1);
    CHECK(records->front().name == "tenant.created");
    CHECK(w.two.read(other->id, [&](store::Transaction& tx) { return w.audit.read(tx, {}, std::nullopt, 10); })->front().target == other->id.id);
    CHECK(reason_of(w.make("acme")) == "slug_taken");
    CHECK(reason_of(w.make("third", "login.acme.example")) == "host_taken");
    CHECK(reason_of(w.tenants.find_by_slug("third", soon())) == "tenant_unknown");  // undone as a whole
    CHECK(*w.tenants.count(soon()) == 2);
    CHECK(w.tenants.list("", 1, soon())->front().slug == "acme");
    CHECK(w.tenants.list("acme", 10, soon())->front().slug == "other");
    for (const char* bad : {"", "-a", "a-", "A", "a.b", "a_b", "木", "a/b", "a b"}) CHECK(reason_of(w.make(bad)) == "slug_malformed");
    CHECK(reason_of(w.make(std::string(64, 'a'))) == "slug_malformed");
    for (const char* bad : {"login", "a..b", "a b.example", "https://a.example", "a.example:443", "-a.example"}) CHECK(reason_of(w.make("fourth", bad)) == "host_malformed");
    CHECK(reason_of(w.make("fourth", "", "")) == "name_malformed");
    CHECK(reason_of(w.make("fourth", "", std::string(500, 'a'))) == "name_malformed");
  });
}

TEST_CASE("finding a tenant needs no look at the others") {
  kit::each_engine(features, [](store::Store& store) {
    for (const store::Sql& find : finding_statements()) {
      // A statement's text is known by its address, for as long as the program runs.
      static std::deque<std::string> texts;
      texts.push_back((store.engine_name() == "sqlite" ? "explain query plan " : "explain ") + std::string(find.text));
      const store::Sql explain{"explain", texts.back().c_str()};
      const auto plan = store.system_read(soon(), [&](store::SystemTransaction& tx) -> Result<std::string> {
        const auto rows = TRY(tx.query(explain, std::string_view("acme")));
        std::string all;
        for (std::size_t i = 0; i < rows.size(); ++i) all += rows[i].text(store.engine_name() == "sqlite" ? 3 : 0);
        return all;
      });
      REQUIRE(plan);
      CAPTURE(*plan);
      CHECK(plan->find("tenants_by_") != std::string::npos);
      CHECK(plan->find("SCAN") == std::string::npos);
      CHECK(plan->find("Seq Scan") == std::string::npos);
    }
  });
}

struct Found {
  World& w;
  std::unique_ptr<http::SiteFinder> finder;
  std::string at(std::string_view host, std::string_view path, std::string* below = nullptr) {
    const auto place = finder->locate(host, path);
    if (below != nullptr) *below = place.path;
    if (place.scope == http::Scope::service) return "service";
    const auto site = finder->find(place, true, soon());
    return site ? site->slug + " " + site->base_url : std::string(site.error().reason.text());
  }
};

TEST_CASE("a request's tenant is told by the path, by the host's first label, or by a host of its own") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    REQUIRE(w.make("acme"));
    REQUIRE(w.make("own", "login.own.example"));
    std::string below;
    const Addressing by_path{"https://id.example.com", "{public_url}/t/{slug}"};
    REQUIRE(check(by_path));
    Found path{w, make_site_finder(w.tenants, by_path)};
    CHECK(path.at("id.example.com", "/t/acme/oauth2/token", &below) == "acme https://id.example.com/t/acme");
    CHECK(below == "/oauth2/token");
    CHECK(path.at("id.example.com", "/t/acme", &below) == "acme https://id.example.com/t/acme");
    CHECK(below == "/");
    CHECK(path.at("id.example.com", "/t/nobody/x") == "tenant_unknown");
    CHECK(path.at("id.example.com", "/t/Acme/x") == "tenant_unknown");
    CHECK(path.at("id.example.com", "/t//x") != "acme https://id.example.com/t/acme");
    CHECK(path.at("id.example.com", "/healthz") == "service");
    CHECK(path.at("id.example.com", "/tacme/x") == "service");
    CHECK(path.at("login.own.example", "/oauth2/token", &below) == "own https://login.own.example");
    CHECK(below == "/oauth2/token");
    const Addressing by_host{"https://id.example.com", "https://{slug}.id.example.com"};
    REQUIRE(check(by_host));
    Found host{w, make_site_finder(w.tenants, by_host)};
    CHECK(host.at("acme.id.example.com", "/oauth2/token", &below) == "acme https://acme.id.example.com");
    CHECK(below == "/oauth2/token");
    CHECK(host.at("acme.id.example.com:443", "/x") == "acme https://acme.id.example.com");
    CHECK(host.at("a.b.id.example.com", "/x") == "tenant_unknown");
    CHECK(host.at("id.example.com", "/healthz") == "service");
    CHECK(host.at("acme.id.example.com.evil.example", "/x") == "tenant_unknown");
    for (const char* bad : {"", "/t/{slug}", "{public_url}/t/acme", "{public_url}/{slug}/{slug}", "{public_url}/t/{slug}/x", "ftp://{slug}.a", "https://a{slug}.b", "https://{slug}.a/x"}) {
      CAPTURE(bad);
      CHECK_FALSE(check({"https://id.example.com", bad}));
    }
  });
}

TEST_CASE("a suspended tenant answers nobody, others go on, and what is remembered is told without the store") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    const auto acme = w.make("acme");
    REQUIRE(acme);
    REQUIRE(w.make("other"));
    const Addressing addressing{"https://id.example.com", "{public_url}/t/{slug}"};
    Found before{w, make_site_finder(w.tenants, addressing)};
    const auto place = before.finder->locate("id.example.com", "/t/acme/x");
    CHECK_FALSE(before.finder->remembered(place, true));
    CHECK(before.at("id.example.com", "/t/acme/x") == "acme https://id.example.com/t/acme");
    REQUIRE(before.finder->remembered(place, true));
    CHECK(before.finder->remembered(place, true)->tenant == acme->id);
    w.two.clock.advance(std::chrono::seconds(1));
    CHECK(w.tenants.set_state(acme->id, State::suspended, by_operator, soon()));
    w.two.clock.advance(std::chrono::seconds(1));
    Found after{w, make_site_finder(w.tenants, addressing)};
    CHECK(after.at("id.example.com", "/t/acme/x") == "tenant_suspended");
    CHECK_FALSE(after.finder->remembered(place, true));
    CHECK(after.at("id.example.com", "/t/other/x") == "other https://id.example.com/t/other");
    CHECK(w.tenants.set_state(acme->id, State::active, by_operator, soon()));
    CHECK(reason_of(w.tenants.set_state(TenantId{new_id(w.two.clock, w.two.random)}, State::active, by_operator, soon())) == "tenant_unknown");
    const auto records = w.two.read(acme->id, [&](store::Transaction& tx) { return w.audit.read(tx, {}, std::nullopt, 10); });
    REQUIRE(records);
    CHECK(records->at(0).name == "tenant.resumed");
    CHECK(records->at(1).name == "tenant.suspended");
  });
}

}  // namespace
}  // namespace kidoban::tenant
