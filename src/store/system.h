#pragma once
// Transactions across tenants: creating a tenant, finding one by its host, housekeeping. `$1` is the
// caller's first argument here; nothing is bound for it. Only the folders that src/deps.txt marks may include this.

#include "store/store.h"

namespace kidoban::store {

class SystemTransaction {
 public:
  explicit SystemTransaction(Engine& engine) : engine_(engine) {}
  SystemTransaction(const SystemTransaction&) = delete;
  SystemTransaction& operator=(const SystemTransaction&) = delete;

  template <class... Args>
  Result<Rows> query(const Sql& sql, const Args&... args) {
    const std::array<Value, sizeof...(Args)> values{Value(args)...};
    return engine_.query(sql, values);
  }
  template <class... Args>
  Result<std::int64_t> execute(const Sql& sql, const Args&... args) {
    const std::array<Value, sizeof...(Args)> values{Value(args)...};
    return engine_.execute(sql, values);
  }
  // One tenant's transaction inside this one (its first audit record, its key).
  Transaction as(TenantId tenant) { return Transaction(engine_, tenant); }

 private:
  Engine& engine_;
};

template <class Body>
auto Store::system_read(runtime::Deadline deadline, Body&& body) {
  return run_body(Mode::read, nullptr, deadline, [](Engine& engine) { return SystemTransaction(engine); }, body);
}

template <class Body>
auto Store::system_write(runtime::Deadline deadline, Body&& body) {
  return run_body(Mode::write, nullptr, deadline, [](Engine& engine) { return SystemTransaction(engine); }, body);
}

}  // namespace kidoban::store
