#include "service/output.h"

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

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

}  // namespace

void Output::one(const Fields& fields) const {
  if (json_) return print(boost::json::serialize(as_object(fields)));
  std::size_t width = 0;
  for (const auto& [name, value] : fields) width = std::max(width, name.size());
  for (const auto& [name, value] : fields) print(padded(name, width + 2) + value);
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
    for (const Fields& row : rows) width = std::max(width, row[c].second.size());
    widths.push_back(width + 2);
  }
  std::string heading;
  for (std::size_t c = 0; c < widths.size(); ++c) heading += padded(rows.front()[c].first, widths[c]);
  print(heading);
  for (const Fields& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < widths.size(); ++c) line += padded(row[c].second, widths[c]);
    print(line.substr(0, line.find_last_not_of(' ') + 1));
  }
}

void Output::done(std::string_view sentence) const {
  print(json_ ? std::string("{\"done\":true}") : std::string(sentence));
}

int explain(const Error& error) {
  const std::string sentence =
      error.note.empty() ? std::string(name_of(error.kind)) + ": " + std::string(error.reason.text()) : error.note;
  std::fprintf(stderr, "kidoban: %s\n", sentence.c_str());
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
