// /api/v1/settings/mail[/preview|/templates]: what a tenant sets of its mails, and how they read.

#include <boost/json.hpp>

#include "base/limits.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/json_body.h"
#include "mail/settings.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using http::Method, http::Reply, http::Request;

constexpr std::array languages{page::Language::ja, page::Language::en};

struct Stands {
  mail::MailSettings settings;
  std::int64_t version = 0;
};

Result<Stands> read(const Inside& in, store::Transaction& tx) {
  const auto section = TRY(in.settings.read(tx, mail::settings_section));
  if (!section) return Stands{};
  return Stands{TRY(mail::parse_settings(section->json)), section->version};
}

Reply told(const mail::MailSettings& settings, std::int64_t version) {
  auto reply = Reply::json(200, mail::settings_json(settings));
  reply.with("ETag", entity_tag(version));
  return reply;
}

json::object told(const mail::Text& text) { return {{"subject", text.subject}, {"body", text.body}}; }

json::object told(mail::Occasion occasion, const mail::MailSettings& settings) {
  json::array variables;
  for (const std::string_view name : mail::variables_of(occasion)) variables.emplace_back(name);
  json::object out{{"mail", mail::word_of(occasion)}, {"variables", std::move(variables)}};
  for (const page::Language language : languages) {
    auto text = told(settings.words(occasion, language));
    text["reworded"] = settings.wording.contains({occasion, language});
    text["built_in"] = told(mail::built_in(occasion, language));
    out[page::code_of(language)] = std::move(text);
  }
  return out;
}

// What somebody wants to see: a mail in a language, in words that aren't kept yet or in those that are.
struct Preview {
  mail::Occasion occasion;
  page::Language language;
  std::optional<std::string> subject, body;
};

Result<Preview> parse_preview(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  const auto occasion = mail::occasion_named(TRY(body.required_text("mail")));
  if (!occasion) return fail(Kind::malformed, "mail_unknown");
  Preview wanted{*occasion, TRY(mail::language_named(TRY(body.required_text("language")))), TRY(body.text("subject")), TRY(body.text("body"))};
  TRY(body.done());
  return wanted;
}

Result<Reply> preview(const Inside& in, const Request& request, const Clock& clock) {
  const auto wanted = TRY(parse_preview(request));
  const auto stands = TRY(read_as(in, request, Permission::settings_read, [&](store::Transaction& tx) { return read(in, tx); }));
  mail::Text words = stands.settings.words(wanted.occasion, wanted.language);
  if (wanted.subject) words.subject = *wanted.subject;
  if (wanted.body) words.body = *wanted.body;
  TRY(mail::check_wording(wanted.occasion, words));
  const bool ja = wanted.language == page::Language::ja;
  auto values = mail::sample_values(wanted.occasion, clock.now());
  values.emplace_back("name", ja ? "山田 花子" : "Hanako Yamada");
  values.emplace_back("company", request.site.display_name);
  values.emplace_back("url", request.site.base_url + "/");
  return json_reply(200, told(mail::filled(words, values, wanted.language, {})));
}

}  // namespace

void add_mail_routes(http::Routes& routes, const Inside& in) {
  const std::string path = "/settings/mail";
  routes.add(row(Method::get, path, "mail_settings_get", [in](Request& request) -> Result<Reply> {
    const auto stands = TRY(read_as(in, request, Permission::settings_read, [&](store::Transaction& tx) { return read(in, tx); }));
    return told(stands.settings, stands.version);
  }));
  auto put = row(Method::put, path, "mail_settings_put", [in](Request& request) -> Result<Reply> {
    const auto version = TRY(if_match(request));
    const auto wanted = TRY(mail::parse_settings(request.body));
    const auto now = TRY(write_as(in, request, Permission::settings_write, [&](store::Transaction& tx, const audit::Event& by) {
      return in.settings.write(tx, mail::settings_section, mail::settings_json(wanted), version, by);
    }));
    return told(wanted, now);
  });
  put.body = {http::Body::Type::json, limits::settings_bytes};
  routes.add(std::move(put));
  routes.add(row(Method::get, path + "/templates", "mail_templates", [in](Request& request) -> Result<Reply> {
    const auto stands = TRY(read_as(in, request, Permission::settings_read, [&](store::Transaction& tx) { return read(in, tx); }));
    json::array rows;
    for (std::size_t i = 0; i < mail::occasions; ++i) rows.push_back(told(static_cast<mail::Occasion>(i), stands.settings));
    return json_reply(200, {{"templates", std::move(rows)}});
  }));
  routes.add(row(Method::post, path + "/preview", "mail_preview", [in](Request& request) { return preview(in, request, system_clock()); }));
}

}  // namespace kidoban::console
