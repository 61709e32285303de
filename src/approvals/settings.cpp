#include "approvals/settings.h"

#include <array>
#include <boost/json.hpp>

#include "base/strict_json.h"

namespace kidoban::approvals {

namespace {

namespace json = boost::json;

// In the order of Act.
constexpr std::array<std::string_view, act_count> words{"administrators", "removal",         "deletions", "domains",  "service_accounts",
                                                        "audit_settings", "password_policy", "exports",   "approvals"};

Result<std::int64_t> number_in(std::string_view name, const json::value& value, std::int64_t least, std::int64_t most) {
  if (value.is_int64() && value.get_int64() >= least && value.get_int64() <= most) return value.get_int64();
  return fail(Kind::malformed, "member_malformed", std::string(name) + " is a number from " + std::to_string(least) + " to " + std::to_string(most));
}

}  // namespace

std::string_view word_of(Act act) { return words[static_cast<std::size_t>(act)]; }

std::optional<Act> act_named(std::string_view word) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == word) return static_cast<Act>(i);
  }
  return std::nullopt;
}

Result<ApprovalSettings> settings_from_json(std::string_view text) {
  const auto object = strict_object(text);
  if (!object) return fail(Kind::malformed, "json_malformed", "the body isn't a JSON object");
  ApprovalSettings out;
  for (const auto& member : *object) {
    const std::string_view name = member.key();
    const json::value& value = member.value();
    if (name == "open_hours") {
      out.open_hours = TRY(number_in(name, value, 1, 336));
    } else if (name == "deletions_above") {
      out.deletions_above = TRY(number_in(name, value, 0, 1'000'000));
    } else if (name == "acts") {
      if (!value.is_array()) return fail(Kind::malformed, "member_malformed", "acts is a list");
      for (const json::value& one : value.get_array()) {
        const auto act = one.is_string() ? act_named(one.get_string()) : std::nullopt;
        if (!act) return fail(Kind::malformed, "act_unknown");
        out.add(*act);
      }
    } else {
      return fail(Kind::malformed, "member_unknown", std::string(name));
    }
  }
  if (out.any()) {
    out.add(Act::administrators);
    out.add(Act::approvals);
    out.add(Act::service_accounts);  // who can make one alone asks by it, and agrees to it
  }
  return out;
}

std::string settings_json(const ApprovalSettings& settings) {
  json::array acts;
  for (std::size_t i = 0; i < act_count; ++i) {
    if (settings.has(static_cast<Act>(i))) acts.emplace_back(words[i]);
  }
  return json::serialize(json::object{{"acts", std::move(acts)}, {"open_hours", settings.open_hours}, {"deletions_above", settings.deletions_above}});
}

}  // namespace kidoban::approvals
