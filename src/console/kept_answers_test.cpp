#include "console/kept_answers.h"

#include <doctest/doctest.h>

#include "console/console.h"
#include "console/kept_answers_store.h"
#include "kit/two_tenants.h"

namespace kidoban::console {
namespace {

const std::vector<store::Feature> features{{"seal", seal::resources()}, {"console", resources()}};

constexpr store::Sql all_answers{"test_all_answers", "select answer from kept_answers where answer is not null"};

struct World : kit::TwoTenants {
  using TwoTenants::TwoTenants;
  KeptAnswers kept{keys, clock};
  login::Asker hanako{{audit::ActorKind::person, new_id(clock, random)}, {}, {}, {}};
  login::Asker connector{{audit::ActorKind::service_account, new_id(clock, random)}, {}, {}, {}};
  int made = 0;

  static http::Request request(const std::string& body, const std::string& key = "\"k\"") {
    http::Request out;
    out.method = http::Method::post;
    out.path = "/api/v1/people";
    out.body = body;
    out.headers.emplace_back("idempotency-key", key);
    return out;
  }
  Result<KeptAnswers::Told> once(const TenantId& tenant, const login::Asker& who, const http::Request& asked, Secrecy secrecy = Secrecy::none,
                                 std::optional<Error> failing = {}) {
    return write(tenant, [&](store::Transaction& tx) -> Result<KeptAnswers::Told> {
      return kept.once(tx, who, TRY(Creation::of(asked)), secrecy, [&](store::Transaction&) -> Result<http::Reply> {
        ++made;
        if (failing) return std::unexpected(*failing);
        auto reply = http::Reply::json(201, "{\"number\":" + std::to_string(made) + "}");
        reply.with("Location", "https://id.example/t/a/api/v1/people/" + hanako.actor.id->text());
        return reply;
      });
    });
  }
  std::int64_t rows() {
    const auto purged = store.system_write(soon(), [&](store::SystemTransaction& tx) -> Result<std::int64_t> {
      return static_cast<std::int64_t>(TRY(tx.query(all_answers)).size());
    });
    return purged ? *purged : -1;
  }
};

TEST_CASE("the same request with the same key is answered as the first time, and makes nothing") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    const auto first = w.once(w.a, w.hanako, World::request("{\"a\":1}"));
    REQUIRE(first);
    CHECK_FALSE(first->again);
    const auto second = w.once(w.a, w.hanako, World::request("{\"a\":1}"));
    REQUIRE(second);
    CHECK(second->again);
    CHECK(second->reply.status == 201);
    CHECK(second->reply.body == first->reply.body);
    CHECK(second->reply.headers == first->reply.headers);
    CHECK(w.made == 1);
    for (const auto& other : {World::request("{\"a\":2}"), [] { auto r = World::request("{\"a\":1}"); r.path = "/api/v1/groups"; return r; }(),
                              [] { auto r = World::request("{\"a\":1}"); r.query = "kind=people"; return r; }()}) {
      CHECK(kit::reason_of(w.once(w.a, w.hanako, other)) == "idempotency_key_reused");
    }
    CHECK(w.made == 1);
    w.clock.advance(KeptAnswers::kept_for);
    REQUIRE(w.once(w.a, w.hanako, World::request("{\"a\":2}")));
    CHECK(w.made == 2);
  });
}

TEST_CASE("a key is one asker's and one tenant's") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    REQUIRE(w.once(w.a, w.hanako, World::request("{}")));
    CHECK_FALSE(w.once(w.a, w.connector, World::request("{}"))->again);
    CHECK_FALSE(w.once(w.b, w.hanako, World::request("{}"))->again);
    CHECK(w.once(w.b, w.hanako, World::request("{}"))->again);
    CHECK(w.made == 3);
    // What the second tenant forgets is its own.
    REQUIRE(w.write(w.b, [&](store::Transaction& tx) { return forget_answers_about(tx, *w.hanako.actor.id); }));
    CHECK(w.rows() == 2);
    CHECK(w.once(w.a, w.hanako, World::request("{}"))->again);
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return forget_answers_about(tx, *w.hanako.actor.id); }));
    CHECK(w.rows() == 0);
  });
}

TEST_CASE("what was refused or failed leaves nothing") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    CHECK(kit::reason_of(w.once(w.a, w.hanako, World::request("{}"), Secrecy::none, fail(Kind::conflict, "login_taken").error())) == "login_taken");
    CHECK(kit::reason_of(w.once(w.a, w.hanako, World::request("{}"), Secrecy::none, fail(Kind::internal, "internal_error").error())) == "internal_error");
    const auto other = w.once(w.a, w.hanako, World::request("{\"mended\":true}"));
    REQUIRE(other);
    CHECK_FALSE(other->again);
  });
}

TEST_CASE("an answer is sealed, and one with a secret is kept for minutes alone") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    REQUIRE(w.once(w.a, w.hanako, World::request("{}"), Secrecy::told_once));
    REQUIRE(w.once(w.a, w.hanako, World::request("{}", "\"another\"")));
    CHECK(w.everything(all_answers).find("number") == std::string::npos);
    REQUIRE(purge_answers(w.store, w.clock.now()));
    CHECK(w.once(w.a, w.hanako, World::request("{}"), Secrecy::told_once)->again);
    w.clock.advance(KeptAnswers::secret_kept_for);
    // Nobody has come by to purge it, and still it isn't told.
    CHECK(kit::reason_of(w.once(w.a, w.hanako, World::request("{}"), Secrecy::told_once)) == "idempotency_answer_gone");
    REQUIRE(purge_answers(w.store, w.clock.now()));
    CHECK(w.rows() == 1);
    CHECK(kit::reason_of(w.once(w.a, w.hanako, World::request("{}"), Secrecy::told_once)) == "idempotency_answer_gone");
    CHECK(w.once(w.a, w.hanako, World::request("{}", "\"another\""))->again);
    w.clock.advance(KeptAnswers::kept_for);
    REQUIRE(purge_answers(w.store, w.clock.now()));
    CHECK(w.rows() == 0);
    CHECK(w.made == 2);
  });
}

TEST_CASE("while a request is answered, another of the same client with its key is told so") {
  kit::each_engine(features, [](store::Store& store) {
    World w(store);
    auto request = World::request("{}");
    request.site.tenant = w.a;
    {
      const auto first = w.kept.begin(request, "k");
      REQUIRE(first);
      CHECK(kit::reason_of(w.kept.begin(request, "k")) == "idempotency_key_in_use");
      CHECK(w.kept.begin(request, "l"));
      auto other = request;
      other.headers.emplace_back("authorization", "Bearer other");
      CHECK(w.kept.begin(other, "k"));
      other = request;
      other.site.tenant = w.b;
      CHECK(w.kept.begin(other, "k"));
    }
    CHECK(w.kept.begin(request, "k"));
  });
}

}  // namespace
}  // namespace kidoban::console
