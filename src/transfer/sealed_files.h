#pragma once
// What stands sealed in the tables of files: pages, outcomes, headers, each bound to its row.

#include <string>
#include <string_view>

#include "seal/seal.h"
#include "transfer/outcome.h"
#include "transfer/transfer_store.h"

namespace kidoban::transfer {

class SealedFiles {
 public:
  explicit SealedFiles(seal::TenantKeyPointer key) : key_(std::move(key)) {}

  Status put_page(store::Transaction& tx, const Id& file, PageRow page) const;  // content in the clear
  Result<PageRow> page(store::Transaction& tx, const Id& file, std::int64_t part, std::int64_t number) const;
  Result<std::string> open_page(const Id& file, const PageRow& page) const;
  Status put_outcomes(store::Transaction& tx, const Id& file, int phase, std::int64_t number, const std::vector<Outcome>& all) const;
  Result<std::vector<Outcome>> open_outcomes(const Id& file, int phase, const OutcomeRow& row) const;
  std::string seal_value(std::string_view table, std::string_view column, const Id& row, std::string_view plain) const;
  Result<std::string> open_value(std::string_view table, std::string_view column, const Id& row, std::string_view sealed) const;
  crypto::Digest key_of(std::string_view about) const { return key_->blind_index("transfer_keys.key", about); }

 private:
  seal::TenantKeyPointer key_;
};

}  // namespace kidoban::transfer
