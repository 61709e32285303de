#include "directory/profile.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>

#include "base/limits.h"
#include "base/text.h"

namespace kidoban::directory {

namespace {

bool is_name(std::string_view text) { return text.size() <= limits::name_bytes && is_display_text(text); }

// BCP 47's shape: letters, digits and dashes.
bool is_tag(std::string_view text) {
  return text.size() <= 35 && std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) || c == '-'; });
}

// A name of the tz database: Asia/Tokyo, Etc/GMT+9.
bool is_zone(std::string_view text) {
  return text.size() <= 64 && std::ranges::all_of(text, [](unsigned char c) {
           return std::isalnum(c) || c == '/' || c == '_' || c == '-' || c == '+';
         });
}

std::string text_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

}  // namespace

Result<Profile> checked(const Profile& typed) {
  Profile out = typed;
  out.login = TRY(canonical_login(typed.login));
  if (out.display_name.empty() || !is_name(out.display_name) || !is_name(out.given_name) || !is_name(out.family_name)) {
    return fail(Kind::malformed, "name_malformed", "a name is missing, too long or not plain text");
  }
  out.email = trim(typed.email).empty() ? out.login : TRY(mail_address(typed.email));
  if (!is_tag(out.locale)) return fail(Kind::malformed, "locale_malformed", "a locale is a tag such as ja or en");
  if (!is_zone(out.zoneinfo)) return fail(Kind::malformed, "zoneinfo_malformed", "a time zone is a name such as Asia/Tokyo");
  return out;
}

std::string profile_json(const Profile& p) {
  return boost::json::serialize(boost::json::object{{"login", p.login},
                                                    {"display_name", p.display_name},
                                                    {"given_name", p.given_name},
                                                    {"family_name", p.family_name},
                                                    {"email", p.email},
                                                    {"email_verified", p.email_verified},
                                                    {"locale", p.locale},
                                                    {"zoneinfo", p.zoneinfo}});
}

Result<Profile> profile_from_json(std::string_view json) {
  boost::system::error_code error;
  const auto value = boost::json::parse({json.data(), json.size()}, error);
  if (error || !value.is_object()) return fail(Kind::internal, "sealed_value_damaged", "a person's profile");
  const auto& o = value.as_object();
  Profile p;
  p.login = text_of(o, "login");
  p.display_name = text_of(o, "display_name");
  p.given_name = text_of(o, "given_name");
  p.family_name = text_of(o, "family_name");
  p.email = text_of(o, "email");
  const auto* verified = o.if_contains("email_verified");
  p.email_verified = verified != nullptr && verified->is_bool() && verified->as_bool();
  p.locale = text_of(o, "locale");
  p.zoneinfo = text_of(o, "zoneinfo");
  return p;
}

}  // namespace kidoban::directory
