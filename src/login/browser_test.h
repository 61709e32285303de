#pragma once
// For tests of signing in: a tenant with a person, a protocol that tells what it was told, and a browser
// that keeps cookies. Every part is the real one.

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include "base/text.h"
#include "factors/password/password.h"
#include "federation/protocol.h"
#include "kit/world.h"
#include "login/login.h"
#include "store/system.h"
#include "tenant/settings.h"
#include "tenant/tenant.h"

namespace kidoban::login {

inline constexpr std::string_view right_password = "gate of the lantern street";

inline runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(30)); }

class TellingProtocol final : public federation::Protocol {
 public:
  std::string_view name() const override { return "telling"; }
  Result<http::Reply> admit(store::Transaction&, const http::Request&, const federation::SignInRequest& asked,
                            const federation::SignIn& in) override {
    return http::Reply::see_other("https://app.example/in?person=" + in.person.text() + "&session=" +
                                  in.session.text() + "&at=" + std::to_string(to_s(in.signed_in_at)) + "&amr=" +
                                  join(in.amr, "+") + "&state=" + asked.state);
  }
  Result<http::Reply> refuse(const http::Request&, const federation::SignInRequest&,
                             federation::Refusal refusal) override {
    return http::Reply::see_other("https://app.example/no?" + std::to_string(static_cast<int>(refusal)));
  }
};

// One service on one store.
struct World {
  explicit World(store::Store& s)
      : store(s), root(kit::make_root_key(random)), keys(*root, clock, random), audit(keys, clock, random),
        settings(keys, audit, clock), directory(keys, audit, clock, random), lane("password_hash", 2, 64, 64),
        password(store, keys, audit, clock, random, settings, directory, lane, {{1024, 1, 1}}),
        pages({{"login", login::resources()}, {"factors/password", factors::password::resources()}}),
        login(store, keys, audit, directory, pages, clock, random, {&password}) {
    login.add_protocol(protocol);
    login.add_routes(routes);
  }

  TenantId make_tenant() {
    const TenantId id{new_id(clock, random)};
    REQUIRE(store.write(id, soon(), [&](store::Transaction& tx) -> Status {
      TRY(keys.create(tx));
      return {};
    }));
    return id;
  }
  Id make_person(TenantId tenant, const std::string& address, bool administrator = false) {
    const auto credential = password.prepare({tenant, {}, {}}, Secret::of(right_password), soon());
    REQUIRE(credential.has_value());
    const audit::Event by{"test", audit::Outcome::success, {}, {}, {}, {}};
    const auto made = store.write(tenant, soon(), [&](store::Transaction& tx) -> Result<Id> {
      directory::Directory::NewPerson wanted;
      wanted.profile.login = address;
      wanted.profile.display_name = "Hanako";
      wanted.administrator = administrator;
      const auto person = TRY(directory.create_person(tx, wanted, by));
      TRY(password.set(tx, person.id, *credential, by));
      return person.id;
    });
    REQUIRE(made.has_value());
    return *made;
  }
  void set_state(TenantId tenant, const Id& person, directory::PersonState state) {
    const audit::Event by{"test", audit::Outcome::success, {}, {}, {}, {}};
    REQUIRE(store.write(tenant, soon(), [&](store::Transaction& tx) -> Status {
      return directory.set_state(tx, person, state, by);
    }));
  }
  std::vector<audit::Record> audited(TenantId tenant, const std::string& name) {
    audit::Audit::Filter filter;
    filter.name = name;
    auto all = store.read(tenant, soon(), [&](store::Transaction& tx) { return audit.read(tx, filter, {}, 500); });
    REQUIRE(all.has_value());
    return *all;
  }

  store::Store& store;
  kit::ManualClock clock;
  kit::SeededRandom random;
  std::unique_ptr<seal::RootKey> root;
  seal::Keyring keys;
  audit::Audit audit;
  tenant::Settings settings;
  directory::Directory directory;
  runtime::Lane lane;
  factors::password::PasswordFactor password;
  page::Pages pages;
  Login login;
  TellingProtocol protocol;
  http::Routes routes;
};

// Keeps cookies; talks JSON unless told otherwise.
class Browser {
 public:
  Browser(World& world, TenantId tenant, std::string slug = "acme") : world_(world), tenant_(tenant), slug_(std::move(slug)) {}

  std::string accept = "application/json";
  std::string address = "192.0.2.1";
  bool secure = false;

  http::Request request(http::Method method, std::string path) const {
    http::Request r;
    r.method = method;
    r.path = std::move(path);
    const std::string scheme = secure ? "https" : "http";
    r.site = {tenant_, slug_, scheme + "://id.example/t/" + slug_, "/t/" + slug_, secure, "Acme"};
    r.client_address = address;
    r.headers = {{"accept", accept}, {"accept-language", "en"}, {"user-agent", "Test/1"}};
    std::string all;
    for (const auto& [name, value] : cookies) all += (all.empty() ? "" : "; ") + name + "=" + value;
    if (!all.empty()) r.headers.emplace_back("cookie", all);
    r.trace = {"0123456789abcdef0123456789abcdef", "0123456789abcdef"};
    r.deadline = soon();
    return r;
  }
  http::Reply send(http::Request r) {
    const auto match = world_.routes.match(http::Scope::tenant, r.method, r.path);
    REQUIRE(match.route != nullptr);
    r.path_values = match.path_values;
    auto answer = match.route->handler(r);
    http::Reply reply = answer ? std::move(*answer) : match.route->errors(r, answer.error());
    keep(reply);
    return reply;
  }
  http::Reply get(std::string path) { return send(request(http::Method::get, std::move(path))); }
  http::Reply post(std::string path, const http::Form& form) {
    auto r = request(http::Method::post, std::move(path));
    r.headers.emplace_back("content-type", "application/x-www-form-urlencoded");
    r.body = form.encode();
    return send(std::move(r));
  }
  http::Reply ask(federation::SignInRequest asked) {
    auto r = request(http::Method::get, "/start");
    auto answer = world_.login.ask(r, std::move(asked));
    REQUIRE(answer.has_value());
    keep(*answer);
    return *answer;
  }
  // Starts a journey and returns its path below the site.
  std::string begin(federation::SignInRequest asked) {
    const auto reply = ask(std::move(asked));
    const std::string location(reply.header("Location"));
    const std::size_t at = location.find("/sign-in/");
    REQUIRE(at != std::string::npos);
    return location.substr(at);
  }
  boost::json::object look(const std::string& journey) {
    return boost::json::parse(get(journey).body).as_object();
  }
  // Answers the step that is due, with its csrf token.
  http::Reply answer(const std::string& journey, std::vector<std::pair<std::string, std::string>> fields) {
    const auto state = look(journey);
    http::Form form;
    form.add("csrf", std::string(state.at("csrf").as_string()));
    form.add("step", std::string(state.at("step").as_string()));
    for (auto& [name, value] : fields) form.add(name, value);
    return post(journey, form);
  }
  http::Reply sign_in(const std::string& journey, const std::string& address_typed, std::string_view password) {
    answer(journey, {{"login", address_typed}});
    return answer(journey, {{"password", std::string(password)}});
  }

  std::map<std::string, std::string> cookies;

 private:
  void keep(const http::Reply& reply) {
    for (const auto& [name, value] : reply.headers) {
      if (!ascii_iequals(name, "set-cookie")) continue;
      const std::string_view pair = split(value, ';').front();
      const std::size_t eq = pair.find('=');
      const std::string key(pair.substr(0, eq));
      if (value.find("Max-Age=0") != std::string::npos) cookies.erase(key);
      else cookies[key] = std::string(pair.substr(eq + 1));
      last_set_cookie = value;
    }
  }
  World& world_;
  TenantId tenant_;
  std::string slug_;

 public:
  std::string last_set_cookie;
};

inline federation::SignInRequest asking() {
  federation::SignInRequest asked;
  asked.protocol = "telling";
  asked.application.bytes.fill(7);
  asked.application_name = "Sample";
  asked.state = "s1";
  asked.return_origins = {"https://app.example"};
  return asked;
}

// Where a JSON reply says the browser would have gone.
inline std::string location_of(const http::Reply& reply) {
  if (!reply.header("Location").empty()) return std::string(reply.header("Location"));
  const auto parsed = boost::json::parse(reply.body).as_object();
  return parsed.contains("location") ? std::string(parsed.at("location").as_string()) : "";
}
inline std::string problem_of(const http::Reply& reply) {
  const auto parsed = boost::json::parse(reply.body);
  const auto& problem = parsed.as_object().at("problem");
  return problem.is_null() ? "" : std::string(problem.as_object().at("reason").as_string());
}

inline std::vector<store::Feature> sign_in_features() {
  return {{"tenant", tenant::resources()}, {"seal", seal::resources()},          {"audit", audit::resources()},
          {"directory", directory::resources()}, {"factors/password", factors::password::resources()},
          {"login", login::resources()}};
}

}  // namespace kidoban::login
