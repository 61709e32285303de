#include "directory/filter.h"

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"

namespace kidoban::directory {

std::string folded_text(std::string_view text) {
  // Most is ASCII, and needs no more than lower case.
  if (std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; })) return ascii_lower(text);
  UErrorCode error = U_ZERO_ERROR;
  const auto* fold = icu::Normalizer2::getNFKCCasefoldInstance(error);
  if (U_FAILURE(error)) return std::string(text);
  const auto in = icu::UnicodeString::fromUTF8({text.data(), static_cast<std::int32_t>(text.size())});
  const icu::UnicodeString out = fold->normalize(in, error);
  if (U_FAILURE(error)) return std::string(text);
  std::string folded;
  out.toUTF8String(folded);
  return folded;
}

std::string_view word_of(Compare op) {
  constexpr std::array<std::string_view, 10> words{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"};
  return words[static_cast<std::size_t>(op)];
}

template <class T>
bool Comparison::ordered(const T& is, const T& wanted) const {
  switch (op_) {
    case Compare::eq: return is == wanted;
    case Compare::ne: return is != wanted;
    case Compare::gt: return is > wanted;
    case Compare::ge: return is >= wanted;
    case Compare::lt: return is < wanted;
    case Compare::le: return is <= wanted;
    case Compare::pr: return true;
    case Compare::co:
    case Compare::sw:
    case Compare::ew: return false;
  }
  return false;
}

bool Comparison::text_holds(std::string_view is, std::string_view wanted) const {
  switch (op_) {
    case Compare::co: return is.find(wanted) != std::string_view::npos;
    case Compare::sw: return is.starts_with(wanted);
    case Compare::ew: return is.ends_with(wanted);
    default: return ordered(is, wanted);
  }
}

bool Comparison::holds(std::string_view text, Case as) const {
  if (op_ == Compare::pr) return true;
  const auto* wanted = std::get_if<std::string>(&literal_.value);
  if (wanted == nullptr) return op_ == Compare::ne;
  switch (as) {
    case Case::exact: return text_holds(text, *wanted);
    case Case::folded_already: return text_holds(text, literal_.folded);
    case Case::folded: return text_holds(folded_text(text), literal_.folded);
  }
  return false;
}

bool Comparison::holds(bool truth) const {
  if (op_ == Compare::pr) return true;
  const auto* wanted = std::get_if<bool>(&literal_.value);
  std::optional<bool> meant = wanted != nullptr ? std::optional(*wanted) : std::nullopt;
  if (!meant && literal_.folded == "true") meant = true;
  if (!meant && literal_.folded == "false") meant = false;
  if (op_ == Compare::eq) return meant == truth;
  return op_ == Compare::ne && meant != truth;
}

bool Comparison::holds(std::int64_t number) const {
  if (const auto* wanted = std::get_if<std::int64_t>(&literal_.value)) return ordered(number, *wanted);
  return holds(static_cast<double>(number));
}

bool Comparison::holds(double number) const {
  if (op_ == Compare::pr) return true;
  if (const auto* wanted = std::get_if<double>(&literal_.value)) return ordered(number, *wanted);
  if (const auto* whole = std::get_if<std::int64_t>(&literal_.value)) return ordered(number, static_cast<double>(*whole));
  return op_ == Compare::ne;
}

bool Comparison::holds(Time instant) const {
  if (op_ == Compare::pr) return true;
  return literal_.instant ? ordered(instant, *literal_.instant) : op_ == Compare::ne;
}

bool Filter::holds(const Node& node, const Subject& subject) {
  const auto part = [&](const Node& one) { return holds(one, subject); };
  switch (node.kind) {
    case Kind::all: return std::ranges::all_of(node.parts, part);
    case Kind::any: return std::ranges::any_of(node.parts, part);
    case Kind::negation: return !part(node.parts.front());
    case Kind::items: return subject.any_item(node.attribute, ItemTest(node.parts.front()));
    case Kind::compare: break;
  }
  const Found found = subject.compare(node.attribute, Comparison(node.op, node.literal));
  // RFC 7643 §2.5: what isn't assigned is null, which differs from whatever is something.
  const bool null = node.op != Compare::pr && std::holds_alternative<std::nullptr_t>(node.literal.value);
  if (node.op == Compare::pr || (node.op == Compare::ne && null)) return found != Found::nothing;
  if (null) return node.op == Compare::eq && found == Found::nothing;
  return found == Found::matching || (node.op == Compare::ne && found == Found::nothing);
}

bool Filter::matches(const Subject& subject) const { return holds(root_, subject); }

namespace {

Status visit_below(const Filter::Node& node, const AttributePath* around, const Filter::Visitor& visit) {
  const bool names = node.kind == Filter::Kind::compare || node.kind == Filter::Kind::items;
  if (names) TRY(visit(node, around));
  for (const auto& part : node.parts) TRY(visit_below(part, node.kind == Filter::Kind::items ? &node.attribute : around, visit));
  return {};
}

const Literal* required_below(const Filter::Node& node, std::string_view name) {
  if (node.kind == Filter::Kind::compare) {
    const bool fits = node.op == Compare::eq && node.attribute.sub.empty() && node.attribute.name == name;
    return fits && !std::holds_alternative<std::nullptr_t>(node.literal.value) ? &node.literal : nullptr;
  }
  if (node.kind != Filter::Kind::all) return nullptr;
  for (const auto& part : node.parts) {
    if (const auto* found = required_below(part, name)) return found;
  }
  return nullptr;
}

std::optional<int> digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(0, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  text.remove_prefix(count);
  return number;
}

bool skip(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

Status Filter::each(const Visitor& visit) const { return visit_below(root_, nullptr, visit); }
const Literal* Filter::required(std::string_view name) const { return required_below(root_, name); }

std::optional<Time> instant_of(std::string_view text) {
  using namespace std::chrono;
  const auto year_ = digits(text, 4);
  if (!year_ || !skip(text, "-")) return std::nullopt;
  const auto month_ = digits(text, 2);
  if (!month_ || !skip(text, "-")) return std::nullopt;
  const auto day_ = digits(text, 2);
  if (!day_ || !skip(text, "Tt")) return std::nullopt;
  const auto hour_ = digits(text, 2);
  if (!hour_ || !skip(text, ":")) return std::nullopt;
  const auto minute_ = digits(text, 2);
  if (!minute_ || !skip(text, ":")) return std::nullopt;
  const auto second_ = digits(text, 2);
  const year_month_day date(year(*year_), month(static_cast<unsigned>(*month_)), day(static_cast<unsigned>(*day_)));
  // 60 is a leap second (RFC 3339 §5.7): the second after.
  if (!second_ || !date.ok() || *hour_ > 23 || *minute_ > 59 || *second_ > 60) return std::nullopt;
  Duration fraction{0};
  if (skip(text, ".")) {
    if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
    for (std::int64_t worth = 100'000; !text.empty() && text.front() >= '0' && text.front() <= '9'; worth /= 10) {
      fraction += Duration(worth * (text.front() - '0'));
      text.remove_prefix(1);
    }
  }
  minutes zone{0};
  if (!skip(text, "Zz")) {
    if (text.empty() || (text.front() != '+' && text.front() != '-')) return std::nullopt;
    const int sign = text.front() == '-' ? -1 : 1;
    text.remove_prefix(1);
    const auto zone_hours = digits(text, 2);
    if (!zone_hours || !skip(text, ":")) return std::nullopt;
    const auto zone_minutes = digits(text, 2);
    if (!zone_minutes || *zone_hours > 23 || *zone_minutes > 59) return std::nullopt;
    zone = minutes(sign * (*zone_hours * 60 + *zone_minutes));
  }
  if (!text.empty()) return std::nullopt;
  return Time(sys_days(date)) + hours(*hour_) + minutes(*minute_) + seconds(*second_) + fraction - zone;
}

}  // namespace kidoban::directory
