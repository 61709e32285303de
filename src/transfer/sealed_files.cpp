#include "transfer/sealed_files.h"

#include <algorithm>
#include <array>

namespace kidoban::transfer {

namespace {

// A row's key within its tenant: the file and two numbers.
struct RowKey {
  RowKey(const Id& file, std::int64_t one, std::int64_t two) {
    std::ranges::copy(file.bytes, bytes.begin());
    put(16, one);
    put(24, two);
  }
  void put(std::size_t at, std::int64_t number) {
    for (std::size_t i = 0; i < 8; ++i) bytes[at + i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> (8 * (7 - i)));
  }
  std::array<std::uint8_t, 32> bytes{};
};

}  // namespace

Status SealedFiles::put_page(store::Transaction& tx, const Id& file, PageRow page) const {
  const RowKey row(file, page.part, page.number);
  page.content = key_->seal({"transfer_pages", "content", row.bytes}, page.content);
  return insert_page(tx, file, page);
}

Result<PageRow> SealedFiles::page(store::Transaction& tx, const Id& file, std::int64_t part, std::int64_t number) const {
  auto page = TRY(select_page(tx, file, part, number));
  if (!page) return fail(Kind::not_found, "file_gone");
  page->content = TRY(open_page(file, *page));
  return std::move(*page);
}

Result<std::string> SealedFiles::open_page(const Id& file, const PageRow& page) const {
  const RowKey row(file, page.part, page.number);
  return key_->open_text({"transfer_pages", "content", row.bytes}, page.content);
}

Status SealedFiles::put_outcomes(store::Transaction& tx, const Id& file, int phase, std::int64_t number, const std::vector<Outcome>& all) const {
  const RowKey row(file, phase, number);
  const auto errors = std::ranges::count(all, Outcome::Kind::error, &Outcome::kind);
  return put_outcome(tx, file, phase, {number, errors, key_->seal({"transfer_outcomes", "content", row.bytes}, outcomes_json(all))});
}

Result<std::vector<Outcome>> SealedFiles::open_outcomes(const Id& file, int phase, const OutcomeRow& outcome) const {
  const RowKey row(file, phase, outcome.number);
  return outcomes_from_json(TRY(key_->open_text({"transfer_outcomes", "content", row.bytes}, outcome.content)));
}

std::string SealedFiles::seal_value(std::string_view table, std::string_view column, const Id& row, std::string_view plain) const {
  return key_->seal({table, column, row.span()}, plain);
}

Result<std::string> SealedFiles::open_value(std::string_view table, std::string_view column, const Id& row, std::string_view sealed) const {
  return key_->open_text({table, column, row.span()}, sealed);
}

}  // namespace kidoban::transfer
