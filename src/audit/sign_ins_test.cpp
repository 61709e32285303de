#include <doctest/doctest.h>

#include "audit/sign_ins.h"
#include "kit/two_tenants.h"

namespace kidoban::audit {
namespace {

const std::vector<store::Feature> features{{"seal", seal::resources()}, {"audit", resources()}};

TEST_CASE("somebody's sign-ins and failed tries are a list of their own, in pages, theirs and their tenant's alone") {
  kit::each_engine(features, [](store::Store& store) {
    kit::TwoTenants w(store);
    Audit audit(w.keys, w.clock, w.random);
    const Id person = new_id(w.clock, w.random), another = new_id(w.clock, w.random);
    const auto happens = [&](Reason name, const Id& target, Outcome outcome = Outcome::success) {
      w.clock.advance(std::chrono::seconds(1));
      Event event{.name = name, .outcome = outcome, .target_kind = "person", .target = target};
      event.client_address = "192.0.2.7";
      REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return audit.append(tx, event); }));
    };
    happens("session.started", person);
    happens("sign_in.factor", person);  // a right answer: the session that followed says it
    happens("sign_in.factor", person, Outcome::refused);
    happens("session.started", another);
    happens("session.ended", person);
    happens("person.changed", person);
    happens("session.started", person);
    const auto names = [&](const TenantId& tenant, std::optional<Id> before, std::size_t limit) {
      const auto all = w.read(tenant, [&](store::Transaction& tx) { return sign_ins_of(tx, w.keys, person, before, limit); });
      REQUIRE(all);
      std::vector<std::string> out;
      for (const Record& one : *all) out.push_back(one.name + " " + one.outcome);
      return out;
    };
    CHECK(names(w.a, {}, 10) == std::vector<std::string>{"session.started success", "sign_in.factor refused", "session.started success"});
    CHECK(names(w.b, {}, 10).empty());
    const auto first = w.read(w.a, [&](store::Transaction& tx) { return sign_ins_of(tx, w.keys, person, {}, 2); });
    REQUIRE(first);
    REQUIRE(first->size() == 2);
    CHECK(first->front().detail_json.find("192.0.2.7") != std::string::npos);
    CHECK(names(w.a, first->back().id, 2) == std::vector<std::string>{"session.started success"});
    const auto one = [&](const TenantId& tenant, const Id& whose, const Id& id) {
      const auto found = w.read(tenant, [&](store::Transaction& tx) { return sign_in_of(tx, w.keys, whose, id); });
      REQUIRE(found);
      return found->has_value() ? (*found)->id : Id{};
    };
    const Id middle = first->back().id;
    CHECK(one(w.a, person, middle) == middle);
    CHECK(one(w.a, another, middle) == Id{});
    CHECK(one(w.b, person, middle) == Id{});
    Id near = middle;
    near.bytes[15] ^= 1;
    CHECK(one(w.a, person, near) == Id{});
  });
}

}  // namespace
}  // namespace kidoban::audit
