#include "service/output.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <map>

namespace kidoban::service {

namespace {

boost::json::object as_object(const Fields& fields) {
  boost::json::object out;
  for (const auto& [name, value] : fields) out[name] = value;
  return out;
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fputc('\n', stdout);
}

// Columns of a terminal: 漢字 are two wide each, and a combining mark is none (UAX #11, as terminals have it).
std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  for (std::int32_t i = 0, length = static_cast<std::int32_t>(text.size()); i < length;) {
    UChar32 c = 0;
    U8_NEXT(bytes, i, length, c);
    const auto category = c < 0 ? 0 : u_charType(c);
    if (category == U_NON_SPACING_MARK || category == U_ENCLOSING_MARK || category == U_FORMAT_CHAR) continue;
    const auto wide = c < 0 ? 0 : u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
    width += wide == U_EA_WIDE || wide == U_EA_FULLWIDTH ? 2 : 1;
  }
  return width;
}

std::string padded(std::string text, std::size_t width) {
  if (const std::size_t has = width_of(text); has < width) text.append(width - has, ' ');
  return text;
}

// What others wrote doesn't steer a terminal: controls of ASCII and of Latin-1 (U+0080 to U+009F).
std::string shown(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c1) ++i;
    out += c < 0x20 || c == 0x7f || c1 ? ' ' : text[i];
  }
  return out;
}

}  // namespace

void Output::one(const Fields& fields) const {
  if (json_) return print(boost::json::serialize(as_object(fields)));
  std::size_t width = 0;
  for (const auto& [name, value] : fields) width = std::max(width, name.size());
  for (const auto& [name, value] : fields) print(padded(name, width + 2) + shown(value));
}

void Output::many(std::string_view plural, const std::vector<Fields>& rows) const {
  if (json_) {
    boost::json::array list;
    for (const Fields& row : rows) list.push_back(as_object(row));
    boost::json::object out;
    out[plural] = std::move(list);
    return print(boost::json::serialize(out));
  }
  if (rows.empty()) return print("(no " + std::string(plural) + ")");
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < rows.front().size(); ++c) {
    std::size_t width = rows.front()[c].first.size();
    for (const Fields& row : rows) width = std::max(width, width_of(shown(row[c].second)));
    widths.push_back(width + 2);
  }
  std::string heading;
  for (std::size_t c = 0; c < widths.size(); ++c) heading += padded(rows.front()[c].first, widths[c]);
  print(heading.substr(0, heading.find_last_not_of(' ') + 1));
  for (const Fields& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < widths.size(); ++c) line += padded(shown(row[c].second), widths[c]);
    print(line.substr(0, line.find_last_not_of(' ') + 1));
  }
}

void Output::raw(const std::string& json) const { print(json); }

void Output::done(std::string_view sentence) const {
  print(json_ ? std::string("{\"done\":true}") : std::string(sentence));
}

std::string text_of(const boost::json::value& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_bool()) return value.get_bool() ? "yes" : "no";
  if (!value.is_array()) return boost::json::serialize(value);
  std::string out;
  for (const auto& one : value.get_array()) out += (out.empty() ? "" : ", ") + text_of(one);
  return out;
}

int explain(const Error& error, Say how) {
  const std::string sentence =
      error.note.empty() ? std::string(name_of(error.kind)) + ": " + std::string(error.reason.text()) : error.note;
  if (how == Say::json) {
    const boost::json::object told{{"error", {{"reason", error.reason.text()}, {"message", sentence}}}};
    std::fprintf(stderr, "%s\n", boost::json::serialize(told).c_str());
  } else {
    std::fprintf(stderr, "kidoban: %s\n", sentence.c_str());
  }
  static const std::map<std::string_view, int> codes{
      {"configuration_invalid", 2}, {"root_key_missing", 4},   {"root_key_wrong", 4},
      {"root_key_exposed", 4},      {"root_key_malformed", 4}, {"root_key_unusable", 4},
      {"port_busy", 5},             {"port_forbidden", 5},     {"certificate_unusable", 2},
      {"address_unusable", 5},
  };
  if (const auto found = codes.find(error.reason.text()); found != codes.end()) return found->second;
  if (error.reason.text().starts_with("store_") || error.reason.text().starts_with("data_") ||
      error.reason.text().starts_with("schema_") || error.reason.text().starts_with("migration_")) {
    return 3;
  }
  return 1;
}

}  // namespace kidoban::service
