#include "transfer/values.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "transfer/cell.h"

namespace kidoban::transfer {

namespace {

using directory::AttributeType;
using directory::Contact, directory::Contacts, directory::Value;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '|' || c == '*' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string write_contact(const Contact& one) {
  std::string out = one.primary ? "*" : "";
  if (!one.type.empty() || one.value.find(':') != std::string::npos) out += escaped(one.type) + ":";
  // A colon behind the one that ends the type means nothing.
  for (const char c : one.value) {
    if (c == '|' || c == '*' || c == '\\') out += '\\';
    out += c;
  }
  if (!one.display.empty()) out += "|" + escaped(one.display);
  return out;
}

std::optional<Contact> read_contact(std::string_view item) {
  Contact one;
  if (item.starts_with('*')) {
    one.primary = true;
    item.remove_prefix(1);
  }
  std::string part;
  bool has_type = false, in_display = false;
  for (std::size_t i = 0; i < item.size(); ++i) {
    const char c = item[i];
    if (c == '\\') {
      if (++i == item.size()) return std::nullopt;
      part += item[i];
    } else if (c == ':' && !has_type && !in_display) {
      has_type = true;
      one.type = std::string(trim(std::exchange(part, {})));
    } else if (c == '|' && !in_display) {
      in_display = true;
      one.value = std::string(trim(std::exchange(part, {})));
    } else {
      part += c;
    }
  }
  (in_display ? one.display : one.value) = std::string(trim(part));
  if (one.value.empty()) return std::nullopt;
  return one;
}

// Year, month and day with - or / between them, as 2026-04-01.
std::optional<std::string> read_date(std::string_view cell) {
  const char between = cell.find('/') != std::string_view::npos ? '/' : '-';
  const auto parts = split(cell, between);
  if (parts.size() != 3 || parts[0].size() != 4) return std::nullopt;
  std::string out;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto number = to_integer(parts[i]);
    if (!number || *number < 0 || (i > 0 && parts[i].size() > 2)) return std::nullopt;
    if (i > 0) out += parts[i].size() == 1 ? "-0" : "-";
    out += parts[i];
  }
  return out;
}

}  // namespace

std::optional<bool> read_flag(std::string_view cell) {
  constexpr std::array<std::pair<std::string_view, bool>, 6> words{{{"true", true}, {"false", false}, {"1", true}, {"0", false}, {"yes", true}, {"no", false}}};
  const std::string lower = ascii_lower(trim(cell));
  const auto found = std::ranges::find(words, lower, &std::pair<std::string_view, bool>::first);
  if (found == words.end()) return std::nullopt;
  return found->second;
}

std::optional<Value> read_value(AttributeType type, std::string_view cell) {
  const std::string_view text = trim(cell);
  if (text.empty()) return Value();
  switch (type) {
    case AttributeType::text:
    case AttributeType::person: return Value(std::string(text));
    case AttributeType::flag: {
      const auto flag = read_flag(text);
      return flag ? std::optional<Value>(*flag) : std::nullopt;
    }
    case AttributeType::number: {
      const auto number = to_integer(text);
      return number ? std::optional<Value>(*number) : std::nullopt;
    }
    case AttributeType::date: {
      auto date = read_date(text);
      return date ? std::optional<Value>(std::move(*date)) : std::nullopt;
    }
    case AttributeType::texts: {
      auto texts = read_list(text);
      return texts ? std::optional<Value>(std::move(*texts)) : std::nullopt;
    }
    case AttributeType::contacts: {
      const auto items = read_list(text);
      if (!items) return std::nullopt;
      Contacts all;
      for (const std::string& item : *items) {
        auto one = read_contact(item);
        if (!one) return std::nullopt;
        all.push_back(std::move(*one));
      }
      return Value(std::move(all));
    }
  }
  return std::nullopt;
}

std::string write_value(const Value& value) {
  struct Writer {
    std::string operator()(std::monostate) const { return {}; }
    std::string operator()(const std::string& text) const { return text; }
    std::string operator()(bool yes) const { return yes ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(const std::vector<std::string>& texts) const { return write_list(texts); }
    std::string operator()(const Contacts& contacts) const {
      std::vector<std::string> items;
      for (const Contact& one : contacts) items.push_back(write_contact(one));
      return write_list(items);
    }
  };
  return std::visit(Writer{}, value);
}

}  // namespace kidoban::transfer
