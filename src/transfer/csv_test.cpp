#include <doctest/doctest.h>

#include "base/limits.h"
#include "transfer/cell.h"
#include "transfer/csv_reader.h"
#include "transfer/encoding.h"

namespace kidoban::transfer {
namespace {

using Cells = std::vector<std::string>;

std::vector<Cells> all_of(std::string_view text) {
  CsvReader reader(text);
  std::vector<Cells> rows;
  for (;;) {
    auto row = reader.next();
    REQUIRE(row);
    if (!*row) return rows;
    rows.push_back((*row)->cells);
  }
}

// "line:column reason" of what the reader stops at.
std::string fault_of(std::string_view text) {
  CsvReader reader(text);
  for (;;) {
    const auto row = reader.next();
    if (!row) return std::to_string(row.error().line) + ":" + std::to_string(row.error().column) + " " + std::string(row.error().reason.text());
    if (!*row) return "none";
  }
}

TEST_CASE("rows are read as RFC 4180 writes them") {
  CHECK(all_of("a,b\r\nc,d\r\n") == std::vector<Cells>{{"a", "b"}, {"c", "d"}});
  CHECK(all_of("a,b\nc,d") == std::vector<Cells>{{"a", "b"}, {"c", "d"}});
  CHECK(all_of("a,\n,b\n") == std::vector<Cells>{{"a", ""}, {"", "b"}});
  CHECK(all_of("\"a,\"\"b\"\"\r\nc\",d\n") == std::vector<Cells>{{"a,\"b\"\r\nc", "d"}});
  CHECK(all_of("\n\r\na\n,,\n\n") == std::vector<Cells>{{"a"}});
  CHECK(all_of("").empty());
}

TEST_CASE("a row knows where it and its cells begin") {
  CsvReader reader("a,b\n\n\"x\ny\",z\nlast", 5);
  CHECK((*reader.next())->line == 5);
  const auto second = *reader.next();
  CHECK(second->line == 7);
  CHECK(second->lines == std::vector<std::int64_t>{7, 8});
  CHECK(second->text == "\"x\ny\",z\n");
  CHECK((*reader.next())->line == 9);
}

TEST_CASE("what isn't CSV is named with its line and column") {
  CHECK(fault_of("a,b\nc,\"d") == "2:2 quote_malformed");
  CHECK(fault_of("a,b\nc\"c,d") == "2:1 quote_malformed");
  CHECK(fault_of("a,b\nc,\"d\"e") == "2:2 quote_malformed");
  CHECK(fault_of("a\rb") == "1:1 line_end_malformed");
  CHECK(fault_of(std::string_view("a,\0b", 4)) == "1:2 character_refused");
  CHECK(fault_of("a\n\"x\x1b\"") == "2:1 character_refused");
  CHECK(fault_of(std::string(limits::csv_columns - 1, ',')) == "none");
  CHECK(fault_of("a" + std::string(limits::csv_columns, ',')) == "1:301 columns_too_many");
  CHECK(fault_of(std::string(limits::csv_cell_bytes, 'a')) == "none");
  CHECK(fault_of("b\n," + std::string(limits::csv_cell_bytes + 1, 'a')) == "2:2 cell_too_large");
  CHECK(fault_of("\"" + std::string(limits::csv_cell_bytes + 1, 'a')) == "1:1 cell_too_large");
  std::string wide;
  for (int i = 0; i < 9; ++i) wide += std::string(30'000, 'a') + ",";
  CHECK(fault_of(wide) == "1:9 row_too_large");
}

TEST_CASE("an encoding is what the bytes are, or what was said") {
  const auto text_of = [](std::string_view bytes, std::optional<Encoding> said = {}) {
    const auto decoded = decode(bytes, said);
    return decoded ? std::string(word_of(decoded->encoding)) + ":" + decoded->text : std::string(decoded.error().reason.text());
  };
  CHECK(text_of("山田") == "utf-8:山田");
  CHECK(text_of("\xEF\xBB\xBF山田") == "utf-8-bom:山田");
  CHECK(text_of("\x8E\x52\x93\x63") == "cp932:山田");
  // What JIS X 0208 doesn't have and Windows does; and the characters that each system reads in its own way.
  CHECK(text_of("\x87\x40\xFB\xFC\xED\x95\x81\x60\x5C\x7E\xB1") == "cp932:①髙﨑～\\~ｱ");
  CHECK(text_of("ascii", Encoding::cp932) == "cp932:ascii");
  CHECK(text_of("\x8E\x52", Encoding::utf8) == "encoding_malformed");
  CHECK(text_of("\xFF\xFE" "a\0") == "encoding_unsupported");
  const auto bad = decode("ok\nok\n\x81", std::nullopt);
  REQUIRE(!bad);
  CHECK(bad.error().line == 3);
  const auto bad_utf8 = decode("ok\nok\nok\n\xE5\xB1", Encoding::utf8);
  REQUIRE(!bad_utf8);
  CHECK(bad_utf8.error().line == 4);
  std::string large;
  for (int i = 0; i < 30'000; ++i) large += "\x8E\x52";  // more than one of ICU's buffers
  CHECK(decode(large, std::nullopt)->text.size() == 90'000);
}

TEST_CASE("what CP932 can't say is named, and never becomes another character") {
  CHECK(*encode("山田①髙﨑～\\~ｱ", Encoding::cp932) == "\x8E\x52\x93\x63\x87\x40\xFB\xFC\xFA\xB1\x81\x60\x5C\x7E\xB1");  // IBM's place for 﨑, as Windows does
  for (const auto& [text, character] : std::vector<std::pair<std::string, char32_t>>{{"𠮷野", U'𠮷'}, {"김", U'김'}, {"José", U'é'}, {"a〜b", U'〜'}}) {
    const auto written = encode(text, Encoding::cp932);
    REQUIRE(!written);
    CHECK(written.error().character == character);
  }
}

TEST_CASE("no cell is a formula, and every text comes back as it was") {
  for (const char* text : {"=1+1", "+81312345678", "-1", "@SUM(A1)", "\tx", "\r=x", "＝1", "'=1", "''=1", "'", "'Aisha", "O'Brien", "", "a=b"}) {
    CAPTURE(std::string(text));
    const std::string cell = guarded(text);
    CHECK(bare(cell) == text);
    CHECK(std::string("=+-@\t\r\n").find(cell.empty() ? 'x' : cell.front()) == std::string::npos);
  }
  CHECK(guarded("=1") == "'=1");
  CHECK(guarded("'Aisha") == "'Aisha");
  CHECK(csv_row(Cells{"a,b", "=\"x\"", "c"}) == "\"a,b\",\"'=\"\"x\"\"\",c\r\n");
}

TEST_CASE("several values stand in one cell") {
  CHECK(write_list(Cells{"a", "b c", "d;e", "f\"g", "", " h"}) == "a;b c;\"d;e\";\"f\"\"g\";\"\";\" h\"");
  for (const Cells& values : std::vector<Cells>{{}, {"a"}, {"a", "b"}, {"a;b", "\"", ""}, {" x "}}) CHECK(read_list(write_list(values)) == values);
  CHECK(read_list(" a ; b ;") == Cells{"a", "b"});
  for (const char* bad : {"a;;b", ";", "\"a", "a\"b", "\"a\"b"}) CHECK(!read_list(bad));
}

}  // namespace
}  // namespace kidoban::transfer
