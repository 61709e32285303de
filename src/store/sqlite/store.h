#pragma once
// The embedded store: readers and one writer on one file.

#include "store/open.h"
#include "store/sqlite/checkpoints.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/writer.h"

namespace kidoban::store::sqlite {

class SqliteStore final : public Store {
 public:
  SqliteStore(const SqliteOptions& options, std::unique_ptr<Connection> writing)
      : readers_(options.file, options.readers, options.cache_kib), checkpoints_(options.file), writer_(std::move(writing)) {
    checkpoints_.follow(writer_.connection());
  }

  std::string_view engine_name() const override { return "sqlite"; }
  PoolLoad load() const override { return readers_.load(); }
  Status ping(runtime::Deadline deadline) override;

 protected:
  Status run(Mode mode, const TenantId* tenant, runtime::Deadline deadline, const EngineBody& body) override;

 private:
  Readers readers_;
  Checkpoints checkpoints_;
  Writer writer_;
};

}  // namespace kidoban::store::sqlite
