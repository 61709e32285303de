#include <doctest/doctest.h>

#include <thread>

#include "jobs/engine.h"
#include "jobs/jobs.h"
#include "kit/two_tenants.h"

namespace kidoban::jobs {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{{"seal", seal::resources()}, {"audit", audit::resources()}, {"jobs", resources()}};

// Counts to ten, by whatever a test wants to happen on the way.
struct Counting final : Work {
  std::function<Status(Running&)> before = [](Running&) { return Status(); };
  int steps = 0;
  std::string_view kind() const override { return "counting"; }
  Status step(Running& running) override {
    ++steps;
    TRY(before(running));
    return running.commit(kit::TwoTenants::soon(), [&](store::Transaction&) -> Result<Progress> {
      const std::int64_t done = running.job().done + 1;
      return Progress{.cursor = std::to_string(done), .done = done, .total = 10, .counts = "{\"counted\":" + std::to_string(done) + "}", .over = done == 10};
    });
  }
};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  Jobs jobs{audit, clock, random};
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::person, new_id(clock, random)}};
  Counting counting;
  std::vector<std::string> ended;
  EngineOptions options{};
  Engine engine = make();

  using TwoTenants::TwoTenants;
  Engine make() {
    return {store, audit, clock, random, {&counting}, [this](store::Transaction&, const Job& job) {
              ended.emplace_back(word_of(job.state));
              return Status();
            }, options};
  }
  auto create(const TenantId& tenant, std::string_view kind = "counting") {
    return write(tenant, [&](store::Transaction& tx) { return jobs.create(tx, {kind, new_id(clock, random), by.actor, 10}, by); });
  }
  auto get(const TenantId& tenant, const Id& id) {
    return read(tenant, [&](store::Transaction& tx) { return jobs.get(tx, id); });
  }
  auto list(const TenantId& tenant, std::optional<Id> before = {}, std::size_t limit = 100) {
    return read(tenant, [&](store::Transaction& tx) { return jobs.list(tx, before, limit); });
  }
  auto cancel(const TenantId& tenant, const Id& id) {
    return write(tenant, [&](store::Transaction& tx) { return jobs.cancel(tx, id, by); });
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

TEST_CASE("a job is done step by step, and says who, when, how far and how it ended") {
  on_each([](World& w) {
    const auto made = w.create(w.a);
    REQUIRE(made);
    CHECK(made->state == State::waiting);
    w.clock.advance(std::chrono::seconds(1));
    REQUIRE(w.engine.run_one() == true);
    const auto done = w.get(w.a, made->id);
    REQUIRE(done);
    CHECK(done->state == State::done);
    CHECK(done->done == 10);
    CHECK(done->counts == "{\"counted\":10}");
    CHECK(done->actor.id == w.by.actor.id);
    CHECK(done->started_at);
    CHECK(done->ended_at);
    CHECK(w.counting.steps == 10);
    CHECK(w.ended == std::vector<std::string>{"done"});
    CHECK(w.engine.run_one() == false);
    const auto records = w.read(w.a, [&](store::Transaction& tx) { return w.audit.read(tx, {}, {}, 10); });
    REQUIRE(records->size() == 2);
    CHECK((*records)[0].name == "job.ended");
    CHECK((*records)[1].name == "job.created");
  });
}

TEST_CASE("a tenant's jobs are its own") {
  on_each([](World& w) {
    const auto made = w.create(w.a);
    CHECK(reason_of(w.get(w.b, made->id)) == "job_unknown");
    CHECK(reason_of(w.cancel(w.b, made->id)) == "job_unknown");
    CHECK(w.list(w.b)->empty());
    CHECK(w.list(w.a)->size() == 1);
  });
}

TEST_CASE("history comes in pages, newest first") {
  on_each([](World& w) {
    std::vector<Id> made;
    for (int i = 0; i < 5; ++i) {
      w.clock.advance(std::chrono::seconds(1));
      made.push_back(w.create(w.a)->id);
    }
    const auto first = w.list(w.a, {}, 2);
    REQUIRE(first->size() == 2);
    CHECK(first->front().id == made[4]);
    CHECK(w.list(w.a, first->back().id, 10)->size() == 3);
  });
}

TEST_CASE("a node that dies in a step loses and repeats nothing") {
  on_each([](World& w) {
    const auto made = w.create(w.a);
    struct Died {};
    w.counting.before = [](Running& running) -> Status {
      if (running.job().done == 4) throw Died();  // nothing is said or written any more
      return {};
    };
    CHECK_THROWS_AS((void)w.engine.run_one(), Died);
    CHECK(w.get(w.a, made->id)->state == State::running);
    CHECK(w.engine.run_one() == false);  // still held
    w.clock.advance(std::chrono::seconds(11));
    w.counting.before = [](Running&) { return Status(); };
    w.counting.steps = 0;
    CHECK(w.engine.run_one() == true);
    CHECK(w.counting.steps == 6);
    CHECK(w.get(w.a, made->id)->done == 10);
  });
}

TEST_CASE("a node that was given up can't write any more") {
  on_each([](World& w) {
    const auto made = w.create(w.a);
    Engine other = w.make();
    bool meanwhile = false;
    w.counting.before = [&](Running& running) -> Status {
      if (running.job().done != 3 || std::exchange(meanwhile, true)) return {};
      w.clock.advance(std::chrono::seconds(11));
      CHECK(other.run_one() == true);  // the other node takes it and ends it
      return {};
    };
    CHECK(w.engine.run_one() == true);
    CHECK(w.get(w.a, made->id)->done == 10);
    CHECK(w.ended.size() == 1);
  });
}

TEST_CASE("a cancelled job ends after its step, a waiting one at once") {
  on_each([](World& w) {
    const auto first = w.create(w.a), second = w.create(w.a);
    w.counting.before = [&](Running& running) -> Status {
      if (running.job().done == 2) CHECK(w.cancel(w.a, first->id));
      return {};
    };
    CHECK(w.cancel(w.a, second->id)->state == State::cancelled);
    CHECK(w.engine.run_one() == true);
    const auto ended = w.get(w.a, first->id);
    CHECK(ended->state == State::cancelled);
    CHECK(ended->done == 2);
    CHECK(w.engine.run_one() == false);
    CHECK(w.cancel(w.a, first->id));  // as before
    const auto third = w.create(w.a);
    w.counting.before = [](Running&) { return Status(); };
    CHECK(w.engine.run_one() == true);
    CHECK(reason_of(w.cancel(w.a, third->id)) == "job_ended");
  });
}

TEST_CASE("what fails for now is tried again, what fails for good ends the job") {
  on_each([](World& w) {
    const auto made = w.create(w.a);
    w.counting.before = [](Running& running) -> Status {
      if (running.job().done == 5) return fail(Kind::unavailable, "store_busy");
      return {};
    };
    CHECK(w.engine.run_one() == true);
    CHECK(w.get(w.a, made->id)->state == State::running);
    CHECK(w.engine.run_one() == false);
    w.clock.advance(std::chrono::seconds(6));
    w.counting.before = [](Running& running) -> Status {
      if (running.job().done == 7) return fail(Kind::malformed, "cursor_malformed");
      if (running.job().done == 9) throw std::runtime_error("never seen");
      return {};
    };
    CHECK(w.engine.run_one() == true);
    CHECK(w.get(w.a, made->id)->state == State::failed);
    CHECK(w.get(w.a, made->id)->reason == "cursor_malformed");
    const auto thrown = w.create(w.a);
    w.counting.before = [](Running&) -> Status { throw std::runtime_error("a fault"); };
    CHECK(w.engine.run_one() == true);
    CHECK(w.get(w.a, thrown->id)->reason == "job_threw");
    CHECK(w.ended == std::vector<std::string>{"failed", "failed"});
  });
}

TEST_CASE("a tenant's jobs run one after another in the order they were asked for, and others don't wait for them") {
  on_each([](World& w) {
    const auto first = w.create(w.a);
    w.clock.advance(std::chrono::seconds(1));
    const auto second = w.create(w.a);
    w.clock.advance(std::chrono::seconds(1));
    const auto other = w.create(w.b);
    w.clock.advance(std::chrono::seconds(1));
    w.options.turn = std::chrono::seconds(0);  // one look, no step: each taking hands it back
    Engine slow = w.make();
    CHECK(slow.run_one() == true);
    CHECK(w.get(w.a, first->id)->state == State::running);
    CHECK(w.engine.run_one() == true);  // the second may not begin, so it is the other tenant's turn
    CHECK(w.get(w.b, other->id)->state == State::done);
    CHECK(w.get(w.a, second->id)->state == State::waiting);
    CHECK(w.engine.run_one() == true);
    CHECK(w.get(w.a, first->id)->state == State::done);
    CHECK(w.engine.run_one() == true);
    CHECK(w.get(w.a, second->id)->state == State::done);
  });
}

TEST_CASE("a tenant has so many open jobs and no more, and old ones go") {
  on_each([](World& w) {
    for (int i = 0; i < Jobs::most_open; ++i) REQUIRE(w.create(w.a));
    CHECK(reason_of(w.create(w.a)) == "jobs_too_many");
    CHECK(w.create(w.b));
    while (w.engine.run_one() == true) {}
    w.clock.advance(std::chrono::days(89));
    CHECK(w.create(w.a));
    CHECK(purge(w.store, w.clock.now()));
    CHECK(w.list(w.a)->size() == 21);
    w.clock.advance(std::chrono::days(2));
    CHECK(purge(w.store, w.clock.now()));
    CHECK(w.list(w.a)->size() == 1);
  });
}

TEST_CASE("started threads do what they are woken for") {
  on_each([](World& w) {
    w.engine.start();
    const auto made = w.create(w.a);
    w.engine.wake();
    for (int i = 0; i < 500 && w.get(w.a, made->id)->state != State::done; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(w.get(w.a, made->id)->state == State::done);
    w.engine.stop();
  });
}

}  // namespace
}  // namespace kidoban::jobs
