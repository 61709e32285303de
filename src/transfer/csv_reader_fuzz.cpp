// Files of strangers: decoded, read, written again, read again: the same.

#include <cstdlib>

#include "base/text.h"
#include "transfer/cell.h"
#include "transfer/csv_reader.h"
#include "transfer/encoding.h"

using namespace kidoban;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto decoded = transfer::decode(as_text({data, size}), std::nullopt);
  if (!decoded) return 0;
  if (!is_utf8(decoded->text)) std::abort();
  if (decoded->encoding == transfer::Encoding::cp932) {
    // What Windows' two spellings of one character decode to is written in one, and that means the same.
    if (const auto again = transfer::encode(decoded->text, transfer::Encoding::cp932)) {
      const auto once_more = transfer::decode(*again, transfer::Encoding::cp932);
      if (!once_more || once_more->text != decoded->text) std::abort();
    }
  }
  transfer::CsvReader reader(decoded->text);
  for (;;) {
    const auto row = reader.next();
    if (!row || !*row) return 0;
    const auto& cells = (*row)->cells;
    if (cells.size() != (*row)->lines.size()) std::abort();
    for (const std::string& cell : cells) {
      if (transfer::bare(transfer::guarded(cell)) != cell) std::abort();
      if (const auto values = transfer::read_list(cell)) {
        if (transfer::read_list(transfer::write_list(*values)) != values) std::abort();
      }
    }
    const std::string written = transfer::csv_row_as_is(cells);
    transfer::CsvReader second(written);
    const auto again = second.next();
    if (!again || !*again || (*again)->cells != cells) std::abort();
  }
}
