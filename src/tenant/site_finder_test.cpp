#include <doctest/doctest.h>

#include "kit/two_tenants.h"
#include "tenant/tenant.h"

namespace kidoban::tenant {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{
    {"tenant", resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}};
const audit::Actor by_operator{audit::ActorKind::operator_, std::nullopt};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  Tenants tenants{store, keys, audit, clock, random};

  using TwoTenants::TwoTenants;

  Result<Tenant> make(std::string slug, std::string host = {}) {
    return tenants.create({std::move(slug), "Acme 株式会社", std::move(host)}, by_operator, soon());
  }
  // Behind the finder's back.
  void lose_all_tenants() {
    REQUIRE(store.system_write(soon(), [](store::SystemTransaction& tx) {
      return tx.execute({"test_lose_tenants", "delete from tenants"});
    }));
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

const Addressing by_path{"http://localhost:8080", "{public_url}/t/{slug}"};
const Addressing by_label{"https://id.example.com", "https://{slug}.id.example.com:8443"};

Result<http::Site> find(http::SiteFinder& finder, std::string_view host, std::string_view path) {
  return finder.find(finder.locate(host, path), true, kit::TwoTenants::soon());
}

TEST_CASE("a port, an address or a loopback name tells no tenant of its own") {
  on_each([](World& w) {
    REQUIRE(w.make("acme", "login.acme.example"));
    const auto finder = make_site_finder(w.tenants, by_path);
    for (const char* service : {"localhost", "localhost:8080", "kidoban.localhost:1", "127.0.0.1", "127.0.0.1:8080", "[::1]",
                                "[::1]:8080", "", "machine", "machine:80", ":80", "["}) {
      CAPTURE(std::string(service));
      const auto place = finder->locate(service, "/healthz");
      CHECK(place.scope == http::Scope::service);
      CHECK(place.path == "/healthz");
      CHECK(find(*finder, service, "/t/acme/x")->slug == "acme");  // the path names it, whatever the host
    }
    for (const char* own : {"login.acme.example", "login.acme.example:443", "login.acme.example:8443"}) {
      CAPTURE(std::string(own));
      const auto site = find(*finder, own, "/x");
      REQUIRE(site);
      CHECK(site->slug == "acme");
      CHECK(site->base_url == "https://login.acme.example");
      CHECK(site->base_path.empty());
      CHECK(site->secure);
      CHECK(site->display_name == "Acme 株式会社");
    }
    for (const char* unknown : {"acme.example", "x.login.acme.example", "login.acme.example.", "login.acme.example.evil.example",
                                "loginxacme.example", "a..b"}) {
      CAPTURE(std::string(unknown));
      CHECK(reason_of(find(*finder, unknown, "/x")) == "tenant_unknown");
    }
  });
}

TEST_CASE("a site in a path says where it stands") {
  on_each([](World& w) {
    const auto made = w.make("acme", "login.acme.example");
    REQUIRE(made);
    const auto finder = make_site_finder(w.tenants, by_path);
    const auto place = finder->locate("localhost:8080", "/t/acme/oauth2/token");
    CHECK(place.scope == http::Scope::tenant);
    CHECK(place.slug == "acme");
    CHECK(place.host.empty());
    CHECK(place.base_path == "/t/acme");
    CHECK(place.path == "/oauth2/token");
    const auto site = finder->find(place, false, w.soon());
    REQUIRE(site);
    CHECK(site->tenant == made->id);
    CHECK(site->base_url == "http://localhost:8080/t/acme");
    CHECK(site->base_path == "/t/acme");
    CHECK_FALSE(site->secure);
    CHECK(finder->locate("localhost", "/t/acme/").path == "/");
    for (const char* service : {"/", "/t", "/t/", "/t//x", "/T/acme", "/x/t/acme"}) {
      CAPTURE(std::string(service));
      CHECK(finder->locate("localhost", service).scope == http::Scope::service);
    }
    for (const char* unknown : {"/t/ACME", "/t/acme%", "/t/ac me", "/t/-acme", "/t/..", "/t/acme'--"}) {
      CAPTURE(std::string(unknown));
      CHECK(reason_of(find(*finder, "localhost", unknown)) == "tenant_unknown");
    }
  });
}

TEST_CASE("a site in a host's first label keeps the template's port") {
  on_each([](World& w) {
    REQUIRE(w.make("acme"));
    const auto finder = make_site_finder(w.tenants, by_label);
    for (const char* host : {"acme.id.example.com", "acme.id.example.com:8443", "acme.id.example.com:1"}) {
      const auto site = find(*finder, host, "/t/other/x");
      REQUIRE(site);
      CHECK(site->slug == "acme");
      CHECK(site->base_url == "https://acme.id.example.com:8443");
    }
    CHECK(finder->locate("acme.id.example.com", "/t/other/x").path == "/t/other/x");
    CHECK(reason_of(find(*finder, "nobody.id.example.com", "/")) == "tenant_unknown");
    CHECK(finder->locate(".id.example.com", "/").scope == http::Scope::tenant);
    CHECK(reason_of(find(*finder, ".id.example.com", "/")) == "tenant_unknown");
  });
}

// The service's own address may be a label beside its tenants': it is the service's all the same.
TEST_CASE("the service's own host is the service's, wherever it stands") {
  on_each([](World& w) {
    REQUIRE(w.make("acme"));
    const Addressing beside{"https://console.id.example.com", "https://{slug}.id.example.com"};
    REQUIRE(check(beside));
    const auto finder = make_site_finder(w.tenants, beside);
    const auto site = find(*finder, "console.id.example.com:443", "/healthz");
    REQUIRE(site);
    CHECK_FALSE(site->tenant);
    CHECK(site->base_url == "https://console.id.example.com");
    CHECK(find(*finder, "acme.id.example.com", "/")->slug == "acme");
    const auto by_upper = make_site_finder(w.tenants, {"https://ID.Example.COM", "{public_url}/t/{slug}"});
    CHECK(by_upper->locate("id.example.com", "/healthz").scope == http::Scope::service);
    CHECK(find(*by_upper, "id.example.com", "/t/acme")->base_url == "https://id.example.com/t/acme");
  });
}

TEST_CASE("what was found, and what wasn't, is remembered") {
  on_each([](World& w) {
    const auto made = w.make("acme", "login.acme.example");
    REQUIRE(made);
    const auto finder = make_site_finder(w.tenants, by_path);
    const auto by_slug = finder->locate("localhost", "/t/acme/x"), by_host = finder->locate("login.acme.example", "/x");
    CHECK_FALSE(finder->remembered(by_slug, true));
    REQUIRE(finder->find(by_slug, true, w.soon()));
    CHECK_FALSE(finder->remembered(by_host, true));  // another door: found for itself
    REQUIRE(finder->find(by_host, true, w.soon()));
    CHECK(reason_of(find(*finder, "localhost", "/t/late/x")) == "tenant_unknown");
    REQUIRE(w.make("late"));
    CHECK(reason_of(find(*finder, "localhost", "/t/late/x")) == "tenant_unknown");  // half a minute's worth
    w.lose_all_tenants();
    CHECK(finder->remembered(by_slug, true)->tenant == made->id);
    CHECK(finder->remembered(by_host, true)->base_url == "https://login.acme.example");
    CHECK(finder->find(by_slug, true, w.soon()));
    CHECK(reason_of(find(*make_site_finder(w.tenants, by_path), "localhost", "/t/acme/x")) == "tenant_unknown");
    const auto service = finder->locate("localhost", "/healthz");
    REQUIRE(finder->remembered(service, true));
    CHECK_FALSE(finder->remembered(service, true)->tenant);
  });
}

TEST_CASE("a store that can't answer is not taken for a tenant that isn't there") {
  on_each([](World& w) {
    REQUIRE(w.make("acme"));
    const auto finder = make_site_finder(w.tenants, by_path);
    const auto place = finder->locate("localhost", "/t/acme/x");
    const auto late = finder->find(place, true, runtime::Deadline::after(std::chrono::seconds(-1)));
    REQUIRE_FALSE(late);
    CHECK(late.error().kind == Kind::unavailable);
    CHECK(finder->find(place, true, w.soon()));
  });
}

TEST_CASE("a tenant's base URL is its own host's, or the template's") {
  Tenant tenant{};
  tenant.slug = "acme";
  CHECK(base_url(by_path, tenant) == "http://localhost:8080/t/acme");
  CHECK(base_url({"http://localhost:8080/", "{public_url}/t/{slug}"}, tenant) == "http://localhost:8080/t/acme");
  CHECK(base_url(by_label, tenant) == "https://acme.id.example.com:8443");
  CHECK(base_url({"https://ID.example.com/Base", "{public_url}/T/{slug}"}, tenant) == "https://id.example.com/Base/T/acme");
  tenant.host = "login.acme.example";
  CHECK(base_url(by_path, tenant) == "https://login.acme.example");
  CHECK(base_url(by_label, tenant) == "https://login.acme.example");
}

}  // namespace
}  // namespace kidoban::tenant
