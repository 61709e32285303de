#include "http/routes.h"

#include <array>
#include <unordered_map>

#include "base/require.h"
#include "base/text.h"

namespace kidoban::http {

namespace {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

constexpr std::size_t no_row = static_cast<std::size_t>(-1);
constexpr std::size_t method_count = static_cast<std::size_t>(Method::other) + 1;

// The rows of one path, by method.
struct Rows {
  std::array<std::size_t, method_count> by_method;
  Rows() { by_method.fill(no_row); }
  std::size_t& of(Method method) { return by_method[static_cast<std::size_t>(method)]; }
  // GET answers HEAD too, where no row of its own does.
  std::size_t answering(Method method) const {
    const std::size_t own = by_method[static_cast<std::size_t>(method)];
    if (own != no_row || method != Method::head) return own;
    return by_method[static_cast<std::size_t>(Method::get)];
  }
};

// A path with {names}: a segment is a literal, or empty for a value.
struct Pattern {
  std::vector<std::string> segments;
  Rows rows;

  bool fits(const std::vector<std::string_view>& path) const {
    if (path.size() != segments.size()) return false;
    for (std::size_t i = 0; i < path.size(); ++i) {
      if (segments[i].empty() ? path[i].empty() : segments[i] != path[i]) return false;
    }
    return true;
  }
};

struct Table {
  std::unordered_map<std::string, Rows, StringHash, std::equal_to<>> exact;
  std::vector<Pattern> patterns;
};

std::vector<std::string_view> segments_of(std::string_view path) { return split(path.substr(1), '/'); }
bool is_value(std::string_view segment) { return segment.size() > 2 && segment.front() == '{' && segment.back() == '}'; }

std::string list_of(const std::array<bool, method_count>& allowed) {
  std::string out;
  for (std::size_t m = 0; m < method_count; ++m) {
    if (allowed[m]) out += (out.empty() ? "" : ", ") + std::string(name_of(static_cast<Method>(m)));
  }
  return out;
}

}  // namespace

struct Routes::Index {
  std::array<Table, 2> tables;                          // by scope
  std::vector<std::vector<std::string>> value_names;    // by row, in the path's order
  Table& of(Scope scope) { return tables[static_cast<std::size_t>(scope)]; }
};

void Routes::add(Route route) {
  require(route.path.starts_with("/"), "a route's path begins with a slash");
  require(route.method != Method::other, "a route has a method");
  require(static_cast<bool>(route.handler) && static_cast<bool>(route.errors), "a route has a handler and its error words");
  require(!route.name.empty(), "a route has a name");
  if (!index_) index_ = std::make_shared<Index>();
  std::vector<std::string> shape, names;
  for (const std::string_view segment : segments_of(route.path)) {
    if (is_value(segment)) names.emplace_back(segment.substr(1, segment.size() - 2));
    shape.emplace_back(is_value(segment) ? std::string_view() : segment);
  }
  Table& table = index_->of(route.scope);
  Rows* rows = nullptr;
  if (names.empty()) {
    rows = &table.exact[route.path];
  } else {
    for (std::size_t i = 0, value = 0; i < shape.size(); ++i) {
      require(!shape[i].empty() || value++ < names.size(), "a segment of a path with {names} isn't empty");
    }
    for (Pattern& known : table.patterns) {
      if (known.segments == shape) rows = &known.rows;
    }
    if (rows == nullptr) {
      table.patterns.push_back({std::move(shape), {}});
      rows = &table.patterns.back().rows;
    }
  }
  require(rows->of(route.method) == no_row, "one row answers a scope, method and path: " + route.path);
  rows->of(route.method) = rows_.size();
  index_->value_names.push_back(std::move(names));
  rows_.push_back(std::move(route));
}

Routes::Match Routes::match(Scope scope, Method method, std::string_view path, Caller caller) const {
  Match match;
  if (!index_ || !path.starts_with("/")) return match;
  const Table& table = index_->of(scope);
  std::array<bool, method_count> allowed{};
  const auto answering = [&](const Rows& rows, Method asked) {
    const std::size_t row = rows.answering(asked);
    return row != no_row && caller == Caller::stranger && rows_[row].guard == Guard::internal ? no_row : row;
  };
  const auto add_allowed = [&](const Rows& rows) {
    for (std::size_t m = 0; m < method_count; ++m) allowed[m] = allowed[m] || answering(rows, static_cast<Method>(m)) != no_row;
  };
  if (const auto found = table.exact.find(path); found != table.exact.end()) {
    const std::size_t row = answering(found->second, method);
    if (row != no_row) {
      match.route = &rows_[row];
      return match;
    }
    add_allowed(found->second);
  }
  const auto segments = segments_of(path);
  for (const Pattern& pattern : table.patterns) {
    if (!pattern.fits(segments)) continue;
    const std::size_t row = answering(pattern.rows, method);
    if (row == no_row) {
      add_allowed(pattern.rows);
      continue;
    }
    match.route = &rows_[row];
    std::size_t next = 0;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (pattern.segments[i].empty()) match.path_values.emplace(index_->value_names[row][next++], segments[i]);
    }
    return match;
  }
  match.allowed = list_of(allowed);
  return match;
}

}  // namespace kidoban::http
