#include "approvals/effects.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace kidoban::approvals {

namespace {

namespace json = boost::json;

constexpr std::string_view before = "_before";
// Who and from where, what came of a fresh draw, and when it runs out if it is done now.
constexpr std::array<std::string_view, 12> passing{"client_address", "user_agent",  "trace_id", "permission", "token",    "secret",
                                                   "key",            "credential",  "approval", "approved_by", "asked_at", "temporary_until"};

bool counts(const audit::Record& record, std::string_view name) {
  if (name == "role") return record.name == "role.assigned" || record.name == "role.withdrawn";  // elsewhere it is the asker's
  return std::ranges::find(passing, name) == passing.end();
}

std::string text_of(const json::value& value) { return value.is_string() ? std::string(value.get_string()) : json::serialize(value); }

std::vector<Difference> changes_of(const audit::Record& record) {
  json::error_code error;
  const auto parsed = json::parse(record.detail_json, error);
  std::vector<Difference> out;
  if (error || !parsed.is_object()) return out;
  const auto& detail = parsed.get_object();
  for (const auto& member : detail) {
    const std::string name(member.key());
    if (!counts(record, name)) continue;
    if (name.ends_with(before) && detail.contains(std::string_view(name).substr(0, name.size() - before.size()))) continue;
    const auto* was = detail.if_contains(name + std::string(before));
    out.push_back({name, was == nullptr ? std::string() : text_of(*was), text_of(member.value())});
  }
  return out;
}

}  // namespace

const Difference* Effect::find(std::string_view what) const {
  const auto found = std::ranges::find(changes, what, &Difference::what);
  return found == changes.end() ? nullptr : &*found;
}

std::vector<Effect> effects_of(const std::vector<audit::Record>& records, const std::set<std::string, std::less<>>& known) {
  std::vector<Effect> out;
  for (const audit::Record& record : records) {
    // What follows from the act, and what only asking for it left behind.
    if (record.name == "session.ended" || record.name.ends_with(".first_used")) continue;
    const std::string target = record.target ? record.target->text() : std::string();
    out.push_back({record.name, record.target_kind, known.contains(target) ? target : std::string(), changes_of(record)});
  }
  return out;
}

json::array effects_json(const std::vector<Effect>& effects) {
  json::array out;
  for (const Effect& one : effects) {
    json::array changes;
    for (const Difference& change : one.changes) changes.push_back(json::object{{"what", change.what}, {"from", change.from}, {"to", change.to}});
    out.push_back(json::object{{"event", one.event}, {"target_kind", one.target_kind}, {"target", one.target}, {"changes", std::move(changes)}});
  }
  return out;
}

Result<std::vector<Effect>> effects_from_json(const json::array& array) {
  std::vector<Effect> out;
  try {
    const auto text = [](const json::object& from, std::string_view name) { return json::value_to<std::string>(from.at(name)); };
    for (const json::value& one : array) {
      const auto& object = one.as_object();
      Effect effect{text(object, "event"), text(object, "target_kind"), text(object, "target"), {}};
      for (const json::value& change : object.at("changes").as_array()) {
        const auto& told = change.as_object();
        effect.changes.push_back({text(told, "what"), text(told, "from"), text(told, "to")});
      }
      out.push_back(std::move(effect));
    }
  } catch (const std::exception& error) {
    return fail(Kind::internal, "approval_damaged", error.what());
  }
  return out;
}

}  // namespace kidoban::approvals
