#include "transfer/outcome.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace kidoban::transfer {

namespace {

namespace json = boost::json;
constexpr std::array<std::string_view, 5> words = {"create", "update", "delete", "skip", "error"};

std::int64_t number(const json::object& o, std::string_view name) {
  const auto* value = o.if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}
std::string text(const json::value& value) { return value.is_string() ? std::string(value.get_string()) : std::string(); }

json::value told(const Outcome& one, const json::storage_ptr& memory) {
  json::array changed(memory), faults(memory);
  changed.reserve(one.changed.size());
  for (const Changed& c : one.changed) changed.push_back(json::array({c.attribute, c.from, c.to}, memory));
  for (const CellFault& f : one.faults) faults.push_back(json::array({f.column, f.line, f.reason}, memory));
  json::object o({{"k", static_cast<std::int64_t>(one.kind)}, {"r", one.row}, {"l", one.line}, {"w", one.who}}, 6, memory);
  if (!changed.empty()) o["c"] = std::move(changed);
  if (!faults.empty()) o["f"] = std::move(faults);
  return o;
}

Outcome read(const json::object& o) {
  Outcome one{static_cast<Outcome::Kind>(number(o, "k")), number(o, "r"), number(o, "l"), text(o.at("w")), {}, {}};
  if (const auto* changed = o.if_contains("c")) {
    for (const auto& c : changed->as_array()) one.changed.push_back({text(c.at(0)), text(c.at(1)), text(c.at(2))});
  }
  if (const auto* faults = o.if_contains("f")) {
    for (const auto& f : faults->as_array()) one.faults.push_back({f.at(0).as_int64(), f.at(1).as_int64(), text(f.at(2))});
  }
  return one;
}

}  // namespace

std::string_view word_of(Outcome::Kind kind) { return words[static_cast<std::size_t>(kind)]; }

void Counts::add(Outcome::Kind kind) {
  switch (kind) {
    case Outcome::Kind::create: ++create; break;
    case Outcome::Kind::update: ++update; break;
    case Outcome::Kind::remove: ++remove; break;
    case Outcome::Kind::skip: ++skip; break;
    case Outcome::Kind::error: ++error; break;
  }
}

std::string counts_json(const Counts& c) {
  return json::serialize(json::object{{"create", c.create}, {"update", c.update}, {"delete", c.remove}, {"skip", c.skip}, {"error", c.error}});
}

Counts counts_from_json(std::string_view from) {
  boost::system::error_code error;
  const auto value = json::parse({from.data(), from.size()}, error);
  if (error || !value.is_object()) return {};
  const auto& o = value.get_object();
  return {number(o, "create"), number(o, "update"), number(o, "delete"), number(o, "skip"), number(o, "error")};
}

std::string outcomes_json(const std::vector<Outcome>& all) {
  json::monotonic_resource memory;
  json::array rows(&memory);
  rows.reserve(all.size());
  for (const Outcome& one : all) rows.push_back(told(one, &memory));
  return json::serialize(rows);
}

Result<std::vector<Outcome>> outcomes_from_json(std::string_view from) {
  try {
    std::vector<Outcome> all;
    const auto parsed = json::parse({from.data(), from.size()});
    for (const auto& one : parsed.as_array()) all.push_back(read(one.as_object()));
    return all;
  } catch (const std::exception& thrown) {
    return fail(Kind::internal, "sealed_value_damaged", thrown.what());
  }
}

}  // namespace kidoban::transfer
