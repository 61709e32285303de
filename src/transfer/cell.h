#pragma once
// What stands in one cell: a text that no spreadsheet takes for a formula, or several values.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kidoban::transfer {

// A spreadsheet computes what begins with one of = + - @ (full-width ones, too), a tab or an end of line (OWASP, CSV
// Injection). Such a text gets an apostrophe before it, which a spreadsheet doesn't show as part of the text, and so does
// one that is apostrophes before such a beginning; nothing else does. So `bare(guarded(x)) == x` for every text.
std::string guarded(std::string_view text);
std::string_view bare(std::string_view cell);

// Several values in a cell: `a;b;"c;d"`. A value with ; or " in it, or a space at an end, or that is empty, stands in
// quotes, a quote in it is doubled. One space around a value doesn't belong to it. "" is no value at all.
std::string write_list(std::span<const std::string> values);
// Nothing where a quote is neither at an end nor doubled, or a value is missing (`a;;b`).
std::optional<std::vector<std::string>> read_list(std::string_view cell);

// One row with its end of line: cells guarded, and quoted where they must be (RFC 4180).
std::string csv_row(std::span<const std::string> cells);
// As above, but cells as they are: for what a person sent us and gets back.
std::string csv_row_as_is(std::span<const std::string> cells);

}  // namespace kidoban::transfer
