#include "service/configuration_file.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

#include "base/text.h"
#include "service/toml.h"

namespace kidoban::service {

namespace {

namespace json = boost::json;

constexpr int deepest = 12;  // settings nest four levels

Failure malformed(const std::string& name, toml::source_position at, const std::string& what) {
  return fail(Kind::malformed, "configuration_file_malformed",
              name + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": " + what);
}

// Where a string that opens at `at` is over: past its last quote, or where its line or the text ends.
std::size_t past_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const bool several = text.substr(at, 3) == std::string(3, quote);
  for (at += several ? 3 : 1; at < text.size(); ++at) {
    if (text[at] == '\\' && quote == '"') {
      ++at;
    } else if (text[at] == quote) {
      if (!several) return at + 1;
      const std::size_t run = std::min(text.find_first_not_of(quote, at), text.size()) - at;
      if (run >= 3) return at + std::min<std::size_t>(run, 5);  // two of them may be the text's own last
      at += run - 1;
    } else if (text[at] == '\n' && !several) {
      return at;
    }
  }
  return text.size();
}

// Letters beyond ASCII stand in strings and comments alone (TOML 1.0). Said here, since toml++ 3.3 runs into what it holds to be
// unreachable when it asks whether one of U+00A1 to U+0499 is a space.
Status check_letters(std::string_view text, const std::string& name) {
  toml::source_position place{1, 1};
  std::size_t line_begins = 0;
  for (std::size_t i = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; i < text.size();) {
    std::size_t next = i + 1;
    if (text[i] == '#') next = std::min(text.find('\n', i), text.size());
    else if (text[i] == '"' || text[i] == '\'') next = past_string(text, i);
    else if (static_cast<unsigned char>(text[i]) >= 0x80) {
      const auto before = text.substr(line_begins, i - line_begins);
      place.column = 1 + static_cast<toml::source_index>(std::ranges::count_if(before, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
      return malformed(name, place, "a letter that stands in quotes alone");
    }
    for (; i < next; ++i) {
      if (text[i] != '\n') continue;
      ++place.line;
      line_begins = i + 1;
    }
  }
  return {};
}

class Reader {
 public:
  explicit Reader(Written& written) : written_(written) {}

  Result<json::object> table(const toml::table& from, const std::string& path, int depth) {
    if (depth > deepest) return malformed(written_.name, from.source().begin, "this is nested too deep");
    // In the order in which they stand, not in the alphabet's.
    std::vector<std::pair<const toml::key*, const toml::node*>> members;
    for (const auto& [key, node] : from) members.emplace_back(&key, &node);
    std::ranges::sort(members, [](const auto& a, const auto& b) {
      const auto at = [](const auto& one) { return std::pair(one.first->source().begin.line, one.first->source().begin.column); };
      return at(a) < at(b);
    });
    json::object out;
    for (const auto& [key, node] : members) {
      const std::string name(key->str());
      const std::string inner = path.empty() ? name : path + "." + name;
      const auto at = key->source().begin;
      written_.places.emplace(inner, Place{at.line, at.column});
      out[name] = TRY(value(*node, inner, depth + 1));
    }
    return out;
  }

 private:
  Result<json::value> value(const toml::node& node, const std::string& path, int depth) {
    if (const auto* text = node.as_string()) return json::value(text->get());
    if (const auto* number = node.as_integer()) return json::value(number->get());
    if (const auto* flag = node.as_boolean()) return json::value(flag->get());
    if (const auto* inner = node.as_table()) return json::value(TRY(table(*inner, path, depth)));
    const auto* array = node.as_array();
    if (array == nullptr) return malformed(written_.name, node.source().begin, "a date, a time or a fraction: here stand texts, whole numbers, true and false");
    if (depth > deepest) return malformed(written_.name, node.source().begin, "this is nested too deep");
    json::array all;
    for (const toml::node& one : *array) {
      const std::string inner = path + "[" + std::to_string(all.size()) + "]";
      const auto at = one.source().begin;
      written_.places.emplace(inner, Place{at.line, at.column});
      all.push_back(TRY(value(one, inner, depth + 1)));
    }
    return json::value(std::move(all));
  }

  Written& written_;
};

bool is_bare(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; });
}

enum class Lines : std::uint8_t { one, as_many_as_it_has };

// TOML's basic string; over several lines where the text has several, so that a mail reads like a mail.
std::string quoted(std::string_view text, Lines lines = Lines::as_many_as_it_has) {
  const bool several = lines == Lines::as_many_as_it_has && text.find('\n') != std::string_view::npos;
  std::string out = several ? "\"\"\"\n" : "\"";
  int quotes = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    // Three of them would end it, and so would one at its end.
    const bool bare_quote = c == '"' && several && quotes < 2 && i + 1 < text.size();
    quotes = bare_quote ? quotes + 1 : 0;
    if (c == '\\') out += "\\\\";
    else if (c == '"') out += bare_quote ? "\"" : "\\\"";
    else if (c == '\n') out += several ? "\n" : "\\n";
    else if (c == '\t') out += "\\t";
    else if (c == '\r') out += "\\r";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape;
    } else out += c;
  }
  return out + (several ? "\"\"\"" : "\"");
}

std::string key_of(std::string_view key) { return is_bare(key) ? std::string(key) : quoted(key, Lines::one); }

std::string inline_value(const json::value& value);

std::string inline_table(const json::object& object) {
  std::string out = "{";
  for (const auto& member : object) {
    if (member.value().is_null()) continue;
    out += (out.size() == 1 ? " " : ", ") + key_of(member.key()) + " = " + inline_value(member.value());
  }
  return out + (out.size() == 1 ? "}" : " }");
}

std::string inline_value(const json::value& value) {
  if (value.is_string()) return quoted(value.get_string());
  if (value.is_bool()) return value.get_bool() ? "true" : "false";
  if (value.is_int64()) return std::to_string(value.get_int64());
  if (value.is_uint64()) return std::to_string(value.get_uint64());
  if (value.is_object()) return inline_table(value.get_object());
  if (!value.is_array()) return quoted(json::serialize(value));
  const auto& all = value.get_array();
  if (all.empty()) return "[]";
  if (all.size() == 1) return "[" + inline_value(all.front()) + "]";
  // One a line: what is added is one line of a difference.
  std::string out = "[\n";
  for (const auto& one : all) out += "  " + inline_value(one) + ",\n";
  return out + "]";
}

bool is_tables(const json::value& value) {
  return value.is_array() && !value.get_array().empty() && std::ranges::all_of(value.get_array(), [](const auto& one) { return one.is_object(); });
}

class Printer {
 public:
  explicit Printer(const Comments& comments) : comments_(comments) {}

  // `header` is the path as TOML spells it, `path` as comments do.
  void members(const json::object& object, const std::string& header, const std::string& path) {
    for (const auto& member : object) {
      if (member.value().is_null() || member.value().is_object() || is_tables(member.value())) continue;
      comment(path.empty() ? std::string(member.key()) : path + "." + std::string(member.key()));
      out_ += key_of(member.key()) + " = " + inline_value(member.value()) + "\n";
    }
    for (const auto& member : object) {
      const bool tables = is_tables(member.value());
      if (!member.value().is_object() && !tables) continue;
      const std::string inner = header.empty() ? key_of(member.key()) : header + "." + key_of(member.key());
      const std::string inner_path = path.empty() ? std::string(member.key()) : path + "." + std::string(member.key());
      if (!tables) {
        const auto& inside = member.value().get_object();
        const bool only_tables = !inside.empty() && std::ranges::all_of(inside, [](const auto& one) { return one.value().is_object() || is_tables(one.value()); });
        blank();
        comment(inner_path);
        if (!only_tables) out_ += "[" + inner + "]\n";
        members(inside, inner, inner_path);
        continue;
      }
      bool first = true;
      for (const auto& one : member.value().get_array()) {
        blank();
        if (std::exchange(first, false)) comment(inner_path);
        out_ += "[[" + inner + "]]\n";
        members(one.get_object(), inner, inner_path);
      }
    }
  }

  void comment(const std::string& path) {
    for (const auto& [where, text] : comments_) {
      if (where != path) continue;
      for (const auto line : split(text, '\n')) out_ += (line.empty() ? "#" : "# ") + std::string(line) + "\n";
    }
  }

  void blank() {
    if (!out_.empty() && !out_.ends_with("\n\n")) out_ += "\n";
  }

  std::string take() { return std::move(out_); }

 private:
  const Comments& comments_;
  std::string out_;
};

}  // namespace

std::string Written::at(std::string_view path) const {
  for (;;) {
    const auto found = places.find(path);
    if (found != places.end()) return name + ":" + std::to_string(found->second.line) + ":" + std::to_string(found->second.column) + ": ";
    const auto end = path.find_last_of(".[");
    if (end == std::string_view::npos) return name + ": ";
    path = path.substr(0, end);
  }
}

Result<Written> read_configuration(std::string_view text, const std::string& name) {
  if (text.size() > configuration_bytes) return fail(Kind::malformed, "file_too_large", name + " has more than " + std::to_string(configuration_bytes) + " bytes");
  TRY(check_letters(text, name));
  Written written{.name = name, .content = {}, .places = {}};
  try {
    const toml::table table = toml::parse(text, name);
    written.content = TRY(Reader(written).table(table, "", 0));
  } catch (const toml::parse_error& error) {
    return malformed(name, error.source().begin, std::string(error.description()));
  } catch (const std::runtime_error& error) {
    return fail(Kind::malformed, "configuration_file_malformed", name + ": " + error.what());
  }
  return written;
}

std::string print_configuration(const json::object& content, const Comments& comments) {
  Printer printer(comments);
  printer.comment("");
  printer.blank();
  printer.members(content, "", "");
  return printer.take();
}

}  // namespace kidoban::service
