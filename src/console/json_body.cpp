#include "console/json_body.h"

#include <boost/json.hpp>

#include "base/strict_json.h"
#include "base/text.h"

namespace kidoban::console {

namespace {

Failure of_another_type(std::string_view name, std::string_view wanted) {
  return fail(Kind::malformed, "member_malformed", std::string(name) + " isn't " + std::string(wanted));
}

}  // namespace

Result<JsonBody> JsonBody::parse(std::string_view text) {
  auto object = strict_object(text);
  if (!object) return fail(Kind::malformed, "json_malformed", "the body isn't a JSON object");
  return JsonBody(std::move(*object));
}

const boost::json::value* JsonBody::find(std::string_view name) {
  asked_.emplace(name);
  return object_.if_contains(name);
}

Result<std::optional<std::string>> JsonBody::text(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_string()) return of_another_type(name, "a string");
  return std::string(value->get_string());
}

Result<std::optional<bool>> JsonBody::flag(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (!value->is_bool()) return of_another_type(name, "true or false");
  return value->get_bool();
}

Result<std::optional<std::optional<Time>>> JsonBody::time(std::string_view name) {
  const auto* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_null()) return std::optional<std::optional<Time>>(std::in_place);
  const auto at = value->is_string() ? from_rfc3339(std::string_view(value->get_string())) : std::nullopt;
  if (!at) return of_another_type(name, "a time such as 2026-04-01T00:00:00Z");
  return std::optional(std::optional(from_us(*at)));
}

Result<std::string> JsonBody::required_text(std::string_view name) {
  auto value = TRY(text(name));
  if (!value) return fail(Kind::malformed, "member_missing", std::string(name) + " is missing");
  return std::move(*value);
}

Status JsonBody::done() const {
  for (const auto& member : object_) {
    if (!asked_.contains(std::string_view(member.key()))) return fail(Kind::malformed, "member_unknown", std::string(member.key()));
  }
  return {};
}

}  // namespace kidoban::console
