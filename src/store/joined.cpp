#include "store/joined.h"

namespace kidoban::store {

namespace {

class Joined final : public Store {
 public:
  Joined(Store& whole, Engine& engine, TenantId tenant) : whole_(whole), engine_(engine), tenant_(tenant) {}

  std::string_view engine_name() const override { return whole_.engine_name(); }
  // Whether what is to be committed is what its parts wanted.
  Status whole() const {
    if (!broken_) return {};
    return fail(Kind::internal, "transaction_nested", "a joined transaction would be kept after a part of it had failed");
  }
  PoolLoad load() const override { return whole_.load(); }
  Status ping(runtime::Deadline) override { return {}; }

 protected:
  // A read within a write may see what isn't committed: it is ours. What asked for a snapshot gets more than it asked for.
  Status run(Mode mode, const TenantId* tenant, runtime::Deadline, const EngineBody& body) override {
    if (tenant == nullptr || *tenant != tenant_) {
      return fail(Kind::internal, "transaction_nested", "a joined transaction is one tenant's alone");
    }
    if (broken_) return fail(Kind::internal, "transaction_nested", "a joined transaction goes on after a failure");
    Status done = body(engine_);
    broken_ = !done && mode != Mode::read;
    return done;
  }

 private:
  Store& whole_;
  Engine& engine_;
  const TenantId tenant_;
  bool broken_ = false;  // what it wrote before it failed still stands in the whole
};

// A store's run() is for those that are stores: this one lends itself to begin another's.
class Begun : public Store {
 public:
  static Status read(Store& store, const TenantId& tenant, runtime::Deadline deadline, const std::function<Status(Store&)>& body) {
    return begin(Mode::read, store, tenant, deadline, body);
  }
  static Status write(Store& store, const TenantId& tenant, runtime::Deadline deadline, const std::function<Status(Store&)>& body) {
    return begin(Mode::write, store, tenant, deadline, body);
  }

 private:
  static Status begin(Mode mode, Store& store, const TenantId& tenant, runtime::Deadline deadline, const std::function<Status(Store&)>& body) {
    constexpr auto run_of = &Begun::run;
    return (store.*run_of)(mode, &tenant, deadline, [&](Engine& engine) -> Status {
      Joined joined(store, engine, tenant);
      TRY(body(joined));
      return joined.whole();
    });
  }
};

}  // namespace

Status write_joined(Store& store, TenantId tenant, runtime::Deadline deadline, const std::function<Status(Store& joined)>& body) {
  return Begun::write(store, tenant, deadline, body);
}

Status read_joined(Store& store, TenantId tenant, runtime::Deadline deadline, const std::function<Status(Store& joined)>& body) {
  return Begun::read(store, tenant, deadline, body);
}

}  // namespace kidoban::store
