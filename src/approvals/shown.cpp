#include "approvals/shown.h"

#include <boost/json.hpp>

namespace kidoban::approvals {

namespace {

namespace json = boost::json;

std::string text_of(const std::optional<Id>& id) { return id ? id->text() : std::string(); }

Result<std::optional<Id>> id_in(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return TRY(Id::parse(text));
}

}  // namespace

std::string shown_json(const Shown& s) {
  return json::serialize(json::object{{"what", s.what},
                                      {"target_kind", s.target_kind},
                                      {"target", s.target},
                                      {"target_name", s.target_name},
                                      {"asker_name", s.asker_name},
                                      {"client_address", s.client_address},
                                      {"user_agent", s.user_agent},
                                      {"session", text_of(s.session)},
                                      {"token", text_of(s.token)},
                                      {"effects", effects_json(s.effects)}});
}

Result<Shown> shown_from_json(std::string_view from) {
  json::error_code error;
  const auto parsed = json::parse({from.data(), from.size()}, error);
  const auto* object = error ? nullptr : parsed.if_object();
  const auto* effects = object == nullptr ? nullptr : object->if_contains("effects");
  if (effects == nullptr || !effects->is_array()) return fail(Kind::internal, "approval_damaged");
  const auto text = [&](std::string_view name) {
    const auto* value = object->if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  Shown out{text("what"),       text("target_kind"),    text("target"),    text("target_name"), text("asker_name"),
            text("client_address"), text("user_agent"), {}, {}, TRY(effects_from_json(effects->get_array()))};
  out.session = TRY(id_in(text("session")));
  out.token = TRY(id_in(text("token")));
  return out;
}

}  // namespace kidoban::approvals
