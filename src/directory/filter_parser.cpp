// Reads filters and PATCH paths: one character of look-ahead, and a bound on everything.

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/limits.h"
#include "base/text.h"
#include "directory/filter.h"

namespace kidoban::directory {

namespace {

constexpr std::array<std::pair<std::string_view, Compare>, 10> operators{{
    {"eq", Compare::eq}, {"ne", Compare::ne}, {"co", Compare::co}, {"sw", Compare::sw}, {"ew", Compare::ew},
    {"gt", Compare::gt}, {"ge", Compare::ge}, {"lt", Compare::lt}, {"le", Compare::le}, {"pr", Compare::pr},
}};

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_char(char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_'; }
// What a URN and the path after it are written with (RFC 8141 §2), but for brackets and parentheses, which are ours.
bool is_path_char(char c) { return is_name_char(c) || std::string_view(".:$%/+~!*@=&;,'").find(c) != std::string_view::npos; }

// ATTRNAME = ALPHA *(nameChar). "$ref" is an attribute of RFC 7643 §2.4 that its grammar forgets.
bool is_attribute_name(std::string_view text) {
  if (text.starts_with('$')) text.remove_prefix(1);
  return !text.empty() && is_alpha(text.front()) && std::ranges::all_of(text, is_name_char);
}

}  // namespace

class FilterParser {
 public:
  explicit FilterParser(std::string_view text) : text_(text) {}
  std::size_t at() const { return at_; }

  Result<Filter> whole_filter() {
    TRY(check_size());
    auto root = TRY(any(Place::top));
    skip_spaces();
    if (!at_end()) return malformed("something follows the filter");
    return Filter(std::move(root));
  }

  Result<ItemPath> whole_path() {
    TRY(check_size());
    ItemPath path;
    path.attribute = TRY(attribute());
    if (peek() == '[') {
      path.items = Filter(TRY(bracketed()));
      if (peek() == '.') {
        ++at_;
        const std::string_view name = run(is_path_char);
        if (!is_attribute_name(name)) return malformed("a sub-attribute is missing");
        path.sub = ascii_lower(name);
      }
    }
    if (!at_end()) return malformed("something follows the path");
    return path;
  }

 private:
  using Node = Filter::Node;
  using Kind = Filter::Kind;
  enum class Place : std::uint8_t { top, bracket };

  using ErrorKind = kidoban::Kind;
  static Failure malformed(std::string note) { return fail(ErrorKind::malformed, "filter_malformed", std::move(note)); }
  Status check_size() const {
    if (text_.size() <= limits::filter_bytes) return {};
    return fail(ErrorKind::malformed, "filter_too_complex", "the filter is too long");
  }

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  void skip_spaces() {
    while (peek() == ' ') ++at_;
  }
  template <class Is>
  std::string_view run(Is is) {
    const std::size_t from = at_;
    while (!at_end() && is(text_[at_])) ++at_;
    return text_.substr(from, at_ - from);
  }
  // A word of letters that ends where a word ends; taken only if it is this one.
  bool take_word(std::string_view word) {
    if (!ascii_iequals(text_.substr(at_, word.size()), word)) return false;
    const std::size_t after = at_ + word.size();
    if (after < text_.size() && text_[after] != ' ' && text_[after] != '(') return false;
    at_ = after;
    return true;
  }
  Result<Node> counted(Node node) {
    if (++nodes_ > limits::filter_nodes) return fail(ErrorKind::malformed, "filter_too_complex", "the filter has too many parts");
    return node;
  }

  // `or` binds least, then `and`, then `not` (RFC 7644 §3.4.2.2, table 5).
  Result<Node> any(Place place) { return series(Kind::any, "or", [this, place] { return all(place); }); }
  Result<Node> all(Place place) { return series(Kind::all, "and", [this, place] { return term(place); }); }

  template <class One>
  Result<Node> series(Kind kind, std::string_view word, const One& one) {
    Node first = TRY(one());
    Node joined{.kind = kind, .op = Compare::pr, .attribute = {}, .literal = {}, .parts = {}};
    for (;;) {
      const std::size_t before = at_;
      skip_spaces();
      // "a pr)and(b pr)" has no spaces, and can be read all the same.
      if ((before == at_ && (before == 0 || text_[before - 1] != ')')) || !take_word(word)) {
        at_ = before;
        break;
      }
      if (joined.parts.empty()) joined.parts.push_back(std::move(first));
      joined.parts.push_back(TRY(one()));
    }
    if (joined.parts.empty()) return first;
    return counted(std::move(joined));
  }

  Result<Node> term(Place place) {
    skip_spaces();
    const std::size_t before = at_;
    const bool negated = take_word("not");
    if (negated) skip_spaces();
    if (peek() == '(') {
      Node inner = TRY(grouped(place));
      if (!negated) return inner;
      Node negation{.kind = Kind::negation, .op = Compare::pr, .attribute = {}, .literal = {}, .parts = {}};
      negation.parts.push_back(std::move(inner));
      return counted(std::move(negation));
    }
    at_ = before;  // an attribute may be called "not"
    return expression(place);
  }

  // Something deeper: counted, since reading it recurses.
  template <class Inner>
  Result<Node> deeper(char close, const Inner& inner) {
    if (++depth_ > limits::filter_depth) return fail(ErrorKind::malformed, "filter_too_complex", "the filter is too deep");
    ++at_;
    Node node = TRY(inner());
    skip_spaces();
    if (peek() != close) return malformed(std::string("a ") + close + " is missing");
    ++at_;
    --depth_;
    return node;
  }
  Result<Node> grouped(Place place) {
    return deeper(')', [this, place] { return any(place); });
  }
  Result<Node> bracketed() {
    return deeper(']', [this] { return any(Place::bracket); });
  }

  Result<Node> expression(Place place) {
    Node node;
    node.attribute = TRY(attribute());
    if (peek() == '[') {
      if (place == Place::bracket) return malformed("brackets within brackets");
      node.kind = Kind::items;
      node.parts.push_back(TRY(bracketed()));
      if (peek() == '.') TRY(compare_part(node));
      return counted(std::move(node));
    }
    TRY(comparison(node));
    return counted(std::move(node));
  }

  // emails[type eq "work"].value eq "…": no rule of RFC 7644 has it, Entra ID looks people up so. It is one item of which both hold.
  Status compare_part(Node& items) {
    ++at_;
    const std::string_view name = run(is_path_char);
    if (!is_attribute_name(name)) return malformed("a sub-attribute is missing");
    Node part;
    part.attribute.name = ascii_lower(name);
    TRY(comparison(part));
    Node both{.kind = Kind::all, .op = Compare::pr, .attribute = {}, .literal = {}, .parts = {}};
    both.parts.push_back(std::move(items.parts.front()));
    both.parts.push_back(TRY(counted(std::move(part))));
    items.parts.front() = TRY(counted(std::move(both)));
    return {};
  }

  // The operator and the value that stand after an attribute.
  Status comparison(Node& node) {
    if (peek() != ' ') return malformed("an operator is missing");
    skip_spaces();
    const std::string word = ascii_lower(run(is_alpha));
    const auto* const found = std::ranges::find(operators, std::string_view(word), &std::pair<std::string_view, Compare>::first);
    if (found == operators.end()) return malformed("an operator is missing");
    node.op = found->second;
    if (node.op == Compare::pr) return {};
    if (peek() != ' ') return malformed("a value is missing");
    skip_spaces();
    node.literal = TRY(literal());
    return {};
  }

  Result<AttributePath> attribute() {
    const std::size_t from = at_;
    std::string_view text = run(is_path_char);
    const auto refused = [&] {
      at_ = from;
      return malformed("an attribute's name is missing");
    };
    AttributePath path;
    // Everything up to the last colon is the schema: the name after it has none (RFC 7644 §3.10).
    if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
      if (colon < 4 || !ascii_iequals(text.substr(0, 4), "urn:")) return refused();
      path.schema = ascii_lower(text.substr(0, colon));
      text.remove_prefix(colon + 1);
    }
    const auto dot = text.find('.');
    const std::string_view name = text.substr(0, dot);
    if (!is_attribute_name(name)) return refused();
    path.name = ascii_lower(name);
    if (dot != std::string_view::npos) {
      if (!is_attribute_name(text.substr(dot + 1))) return refused();
      path.sub = ascii_lower(text.substr(dot + 1));
    }
    return path;
  }

  Result<Literal> literal() {
    const std::size_t from = at_;
    if (peek() == '"') {
      for (++at_; !at_end() && text_[at_] != '"'; ++at_) {
        if (text_[at_] == '\\') ++at_;
        if (at_end()) break;
      }
      if (at_end()) {
        at_ = from;
        return malformed("a closing quote is missing");
      }
      ++at_;
    } else {
      run([](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '+' || c == '.'; });
    }
    auto read = json_literal(text_.substr(from, at_ - from));
    if (!read) at_ = from;
    return read;
  }

  static Result<Literal> json_literal(std::string_view text) {
    boost::system::error_code error;
    // `true` and its like are literals of the grammar, and so case-insensitive (RFC 5234 §2.3).
    const std::string word = text.starts_with('"') ? std::string(text) : ascii_lower(text);
    const auto value = boost::json::parse(word, error);
    Literal out;
    if (error) return malformed("a value is a JSON literal");
    if (value.is_null()) out.value = nullptr;
    else if (value.is_bool()) out.value = value.as_bool();
    else if (value.is_int64()) out.value = value.as_int64();
    else if (value.is_double()) out.value = value.as_double();
    else if (value.is_uint64()) out.value = static_cast<double>(value.as_uint64());
    else if (value.is_string()) {
      std::string content(value.as_string());
      if (content.find('\0') != std::string::npos) return malformed("a value has a NUL");
      out.folded = folded_text(content);
      out.instant = instant_of(content);
      out.value = std::move(content);
    } else {
      return malformed("a value is a JSON literal");
    }
    return out;
  }

  std::string_view text_;
  std::size_t at_ = 0, nodes_ = 0, depth_ = 0;
};

Result<Filter> Filter::parse(std::string_view text, std::size_t* at) {
  FilterParser parser(text);
  auto read = parser.whole_filter();
  if (!read && at != nullptr) *at = parser.at();
  return read;
}

Result<ItemPath> ItemPath::parse(std::string_view text, std::size_t* at) {
  FilterParser parser(text);
  auto read = parser.whole_path();
  if (read) return read;
  if (at != nullptr) *at = parser.at();
  if (read.error().reason == "filter_malformed") return fail(Kind::malformed, "path_malformed", read.error().note);
  return read;
}

}  // namespace kidoban::directory
