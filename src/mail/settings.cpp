#include "mail/settings.h"

#include <boost/json.hpp>

#include "base/limits.h"
#include "base/strict_json.h"
#include "base/text.h"
#include "mail/header.h"

namespace kidoban::mail {

namespace {

namespace json = boost::json;

Failure of_another_type(std::string_view name) { return fail(Kind::malformed, "member_malformed", std::string(name)); }

Result<std::string> text_of(std::string_view name, const json::value& value) {
  if (!value.is_string()) return of_another_type(name);
  return std::string(value.get_string());
}

Result<std::string> address_of(std::string_view typed) {
  auto address = sendable_address(trim(typed));
  if (!address) return fail(Kind::malformed, "email_malformed", "the e-mail address isn't one");
  return std::move(*address);
}

Result<std::vector<std::string>> addresses_of(std::string_view name, const json::value& value) {
  if (!value.is_array()) return of_another_type(name);
  if (value.get_array().size() > limits::mail_destinations) return fail(Kind::malformed, "destinations_too_many");
  std::vector<std::string> out;
  for (const json::value& one : value.get_array()) out.push_back(TRY(address_of(TRY(text_of(name, one)))));
  return out;
}

Result<Text> wording_of(Occasion occasion, const json::value& value) {
  if (!value.is_object()) return of_another_type(word_of(occasion));
  Text text;
  for (const auto& [name, inner] : value.get_object()) {
    if (name == "subject") text.subject = TRY(text_of(name, inner));
    else if (name == "body") text.body = TRY(text_of(name, inner));
    else return fail(Kind::malformed, "member_unknown", std::string(name));
  }
  TRY(check_wording(occasion, text));
  return text;
}

Status take_wording(const json::value& value, MailSettings& settings) {
  if (!value.is_object()) return of_another_type("wording");
  for (const auto& [word, languages] : value.get_object()) {
    const auto occasion = occasion_named(word);
    if (!occasion) return fail(Kind::malformed, "mail_unknown", std::string(word));
    if (!languages.is_object()) return of_another_type(word);
    for (const auto& [code, text] : languages.get_object()) {
      settings.wording[{*occasion, TRY(language_named(code))}] = TRY(wording_of(*occasion, text));
    }
  }
  return {};
}

Status take(std::string_view name, const json::value& value, MailSettings& settings) {
  if (name == "from_name") {
    settings.from_name = trim(TRY(text_of(name, value)));
    if (settings.from_name.size() > limits::name_bytes || (!settings.from_name.empty() && !is_display_text(settings.from_name))) {
      return fail(Kind::malformed, "name_malformed");
    }
  } else if (name == "reply_to") {
    const auto typed = TRY(text_of(name, value));
    settings.reply_to = typed.empty() ? std::string() : TRY(address_of(typed));
  } else if (name == "default_language") {
    settings.default_language = TRY(language_named(TRY(text_of(name, value))));
  } else if (name == "system_destinations") {
    settings.system_destinations = TRY(addresses_of(name, value));
  } else if (name == "issued_copies") {
    settings.issued_copies = TRY(addresses_of(name, value));
  } else if (name == "wording") {
    return take_wording(value, settings);
  } else {
    return fail(Kind::malformed, "member_unknown", std::string(name));
  }
  return {};
}

json::array listed(const std::vector<std::string>& addresses) {
  json::array out;
  for (const std::string& one : addresses) out.emplace_back(one);
  return out;
}

}  // namespace

Result<page::Language> language_named(std::string_view code) {
  if (code == "ja") return page::Language::ja;
  if (code == "en") return page::Language::en;
  return fail(Kind::malformed, "language_unknown", std::string(code));
}

Text MailSettings::words(Occasion occasion, page::Language language) const {
  const auto own = wording.find({occasion, language});
  return own == wording.end() ? built_in(occasion, language) : own->second;
}

Result<MailSettings> parse_settings(std::string_view text) {
  const auto object = strict_object(text);
  if (!object) return fail(Kind::malformed, "json_malformed", "the body isn't a JSON object");
  MailSettings settings;
  for (const auto& [name, value] : *object) TRY(take(name, value, settings));
  return settings;
}

std::string settings_json(const MailSettings& settings) {
  json::object wording;
  for (const auto& [key, text] : settings.wording) {
    const auto& [occasion, language] = key;
    auto& languages = wording[word_of(occasion)];
    if (!languages.is_object()) languages = json::object();
    languages.get_object()[page::code_of(language)] = json::object{{"subject", text.subject}, {"body", text.body}};
  }
  return json::serialize(json::object{{"from_name", settings.from_name},
                                      {"reply_to", settings.reply_to},
                                      {"default_language", page::code_of(settings.default_language)},
                                      {"system_destinations", listed(settings.system_destinations)},
                                      {"issued_copies", listed(settings.issued_copies)},
                                      {"wording", std::move(wording)}});
}

}  // namespace kidoban::mail
