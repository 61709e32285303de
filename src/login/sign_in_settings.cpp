#include "login/sign_in_settings.h"

#include <boost/json.hpp>

#include "base/strict_json.h"

namespace kidoban::login {

namespace json = boost::json;

Result<SignInSettings> parse_sign_in_settings(std::string_view text) {
  const auto object = strict_object(text);
  if (!object) return fail(Kind::malformed, "json_malformed", "the body isn't a JSON object");
  SignInSettings out;
  for (const auto& member : *object) {
    if (member.key() != "mail_new_browser") return fail(Kind::malformed, "member_unknown", std::string(member.key()));
    if (!member.value().is_bool()) return fail(Kind::malformed, "member_malformed", std::string(member.key()));
    out.mail_new_browser = member.value().get_bool();
  }
  return out;
}

std::string sign_in_settings_json(const SignInSettings& settings) {
  return json::serialize(json::object{{"mail_new_browser", settings.mail_new_browser}});
}

}  // namespace kidoban::login
