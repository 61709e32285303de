#pragma once
// A condition over attributes, in the language that SCIM has for it (RFC 7644 §3.4.2.2, with its errata):
//
//   userName sw "h" and not (title eq "Chief" or emails[type eq "work" and value co "@example.com"])
//
// Read once into a tree of bounded size and depth, then asked of any number of subjects. A Filter is plain data: any
// thread may ask it. Nothing here knows which attributes there are: each() lets the owner of a schema check names and types.
//
// Texts whose attribute isn't case-exact are compared as NFKC_Casefold has them (UAX #31): case, width and composition
// don't matter, so that ﾔﾏﾀﾞ finds ヤマダ.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace kidoban::directory {

// [schema:]name[.sub], all in lower case (RFC 7644 §3.10; names are case-insensitive). Parts that weren't there are "".
struct AttributePath {
  std::string schema, name, sub;
  friend bool operator==(const AttributePath&, const AttributePath&) = default;
};

// NFKC_Casefold of well-formed UTF-8; the text as it is where ICU can't.
std::string folded_text(std::string_view text);

// A JSON literal, made ready to be compared.
struct Literal {
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string> value;
  std::string folded;         // of a text
  std::optional<Time> instant;  // of a text that is a dateTime (RFC 7643 §2.3.5)
};

enum class Compare : std::uint8_t { eq, ne, co, sw, ew, gt, ge, lt, le, pr };
std::string_view word_of(Compare op);

// One comparison, which a subject asks of each value that it has. An empty text is no value: don't ask.
class Comparison {
 public:
  enum class Case : std::uint8_t { folded, exact, folded_already };
  Comparison(Compare op, const Literal& literal) : op_(op), literal_(literal) {}
  bool holds(std::string_view text, Case as) const;
  // The literal may be the text "True" too: Entra ID writes booleans so.
  bool holds(bool truth) const;
  bool holds(std::int64_t number) const;
  bool holds(double number) const;
  bool holds(Time instant) const;

 private:
  bool text_holds(std::string_view is, std::string_view wanted) const;
  template <class T>
  bool ordered(const T& is, const T& wanted) const;
  Compare op_;
  const Literal& literal_;
};

enum class Found : std::uint8_t { nothing, other, matching };

class ItemTest;

// What a filter is asked of: a person, a group, one of somebody's e-mail addresses.
class Subject {
 public:
  virtual ~Subject() = default;
  // `nothing` where the attribute has no value (or there is none of that name), `matching` where the comparison holds for one
  // of its values. A path without a sub-attribute to an attribute of several parts is its `value`; or, for `pr`, any part.
  virtual Found compare(const AttributePath& path, const Comparison& comparison) const = 0;
  // Whether one of the attribute's items, each a subject of its own, passes the test.
  virtual bool any_item(const AttributePath& path, const ItemTest& test) const = 0;
};

class Filter {
 public:
  enum class Kind : std::uint8_t { compare, all, any, negation, items };
  struct Node {
    Kind kind = Kind::compare;
    Compare op = Compare::pr;
    AttributePath attribute;  // of compare and items
    Literal literal;          // of compare
    std::vector<Node> parts;  // of all and any; one of negation and items
  };

  // malformed/"filter_malformed", malformed/"filter_too_complex" (limits::filter_*). `at` is then told where, in bytes.
  static Result<Filter> parse(std::string_view text, std::size_t* at = nullptr);

  bool matches(const Subject& subject) const;
  const Node& root() const { return root_; }
  // Every comparison and every items[…], with the path that stands around it in brackets, or nullptr.
  using Visitor = std::function<Status(const Node& node, const AttributePath* around)>;
  Status each(const Visitor& visit) const;
  // What the attribute must be equal to wherever the filter holds: a look-up by index can go ahead of the filter.
  const Literal* required(std::string_view name) const;

  friend class FilterParser;
  friend class ItemTest;

 private:
  explicit Filter(Node root) : root_(std::move(root)) {}
  static bool holds(const Node& node, const Subject& subject);
  Node root_;
};

class ItemTest {
 public:
  explicit ItemTest(const Filter::Node& node) : node_(node) {}
  bool holds(const Subject& item) const { return Filter::holds(node_, item); }

 private:
  const Filter::Node& node_;
};

// What a PATCH operation is about (RFC 7644 §3.5.2, figure 7): attrPath / attrPath "[" valFilter "]" ["." sub].
struct ItemPath {
  AttributePath attribute;      // with its own `sub` where no filter stands between
  std::optional<Filter> items;  // which of the attribute's items
  std::string sub;              // after the filter
  // malformed/"path_malformed", malformed/"filter_too_complex".
  static Result<ItemPath> parse(std::string_view text, std::size_t* at = nullptr);
};

// A dateTime with its zone ("2026-11-24T09:00:00.5+09:00"), to the microsecond. Nothing for what isn't one.
std::optional<Time> instant_of(std::string_view text);

}  // namespace kidoban::directory
