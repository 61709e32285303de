#include <boost/json.hpp>

#include "login/journey.h"

namespace kidoban::login {

namespace {

namespace json = boost::json;
using federation::SignInRequest;

json::array array_of(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}
std::vector<std::string> texts_of(const json::value& value) {
  std::vector<std::string> out;
  for (const json::value& text : value.as_array()) out.emplace_back(text.as_string());
  return out;
}
json::value id_or_null(const std::optional<Id>& id) { return id ? json::value(id->text()) : json::value(nullptr); }
std::optional<Id> id_or_nothing(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  const auto id = Id::parse(std::string(value.as_string()));
  return id ? std::optional(*id) : std::nullopt;
}
std::string text_of(const json::object& object, std::string_view name) { return std::string(object.at(name).as_string()); }
// What a journey begun before an upgrade doesn't have.
std::string text_or_empty(const json::object& object, std::string_view name) { return object.contains(name) ? text_of(object, name) : ""; }

json::object encode_request(const SignInRequest& asked) {
  return {{"protocol", asked.protocol},
          {"application", asked.application.text()},
          {"application_name", asked.application_name},
          {"acr_values", array_of(asked.acr_values)},
          {"acr_essential", asked.acr_essential},
          {"max_age_s", asked.max_age_s ? json::value(*asked.max_age_s) : json::value(nullptr)},
          {"fresh", asked.fresh},
          {"silent", asked.silent},
          {"choose_account", asked.choose_account},
          {"person", id_or_null(asked.person)},
          {"renew", asked.renew},
          {"login_hint", asked.login_hint},
          {"ui_locales", asked.ui_locales},
          {"consent", static_cast<int>(asked.consent)},
          {"scopes", array_of(asked.scopes)},
          {"state", asked.state},
          {"return_origins", array_of(asked.return_origins)}};
}

SignInRequest decode_request(const json::object& in) {
  SignInRequest asked;
  asked.protocol = text_of(in, "protocol");
  asked.application = id_or_nothing(in.at("application")).value_or(Id{});
  asked.application_name = text_of(in, "application_name");
  asked.acr_values = texts_of(in.at("acr_values"));
  asked.acr_essential = in.at("acr_essential").as_bool();
  if (const auto& max_age = in.at("max_age_s"); !max_age.is_null()) asked.max_age_s = max_age.as_int64();
  asked.fresh = in.at("fresh").as_bool();
  asked.silent = in.at("silent").as_bool();
  asked.choose_account = in.at("choose_account").as_bool();
  asked.person = id_or_nothing(in.at("person"));
  asked.renew = text_or_empty(in, "renew");
  asked.login_hint = text_of(in, "login_hint");
  asked.ui_locales = text_of(in, "ui_locales");
  asked.consent = static_cast<SignInRequest::Consent>(in.at("consent").as_int64());
  asked.scopes = texts_of(in.at("scopes"));
  asked.state = text_of(in, "state");
  asked.return_origins = texts_of(in.at("return_origins"));
  return asked;
}

}  // namespace

std::string encode(const Progress& progress) {
  const json::object out{{"asked", encode_request(progress.asked)},
                         {"started_at", to_us(progress.started_at)},
                         {"login", progress.login},
                         {"passed", array_of(progress.passed)},
                         {"amr", array_of(progress.amr)},
                         {"renewing", progress.renewing},
                         {"renewal_why", progress.renewal.why},
                         {"renewal_proof", progress.renewal.proof},
                         {"chosen", progress.chosen},
                         {"session", id_or_null(progress.session)}};
  return json::serialize(out);
}

Result<Progress> decode(std::string_view text) {
  try {
    const json::value parsed = json::parse(text);
    const json::object& in = parsed.as_object();
    Progress progress;
    progress.asked = decode_request(in.at("asked").as_object());
    progress.started_at = from_us(in.at("started_at").as_int64());
    progress.login = text_of(in, "login");
    progress.passed = texts_of(in.at("passed"));
    progress.amr = texts_of(in.at("amr"));
    progress.renewing = text_or_empty(in, "renewing");
    progress.renewal = {text_or_empty(in, "renewal_why"), text_or_empty(in, "renewal_proof")};
    progress.chosen = in.at("chosen").as_bool();
    progress.session = id_or_nothing(in.at("session"));
    return progress;
  } catch (const std::exception& error) {
    return fail(Kind::internal, "journey_unreadable", error.what());
  }
}

}  // namespace kidoban::login
