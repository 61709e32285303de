#pragma once
// A store on PostgreSQL.

#include "store/postgres/pool.h"
#include "store/postgres/turns.h"

namespace kidoban::store::postgres {

class PostgresStore final : public Store {
 public:
  PostgresStore(std::string conninfo, std::size_t connections) : pool_(std::move(conninfo), connections) {}

  std::string_view engine_name() const override { return "postgresql"; }
  PoolLoad load() const override { return pool_.load(); }
  Status ping(runtime::Deadline deadline) override;
  // Connects once, so that a wrong address or password is said at the start.
  Status check(runtime::Deadline deadline);

 protected:
  Status run(Mode mode, const TenantId* tenant, runtime::Deadline deadline, const EngineBody& body) override;

 private:
  Pool pool_;
  Turns turns_;
};

}  // namespace kidoban::store::postgres
