// /api/v1/settings/password: the tenant's rules. /api/v1/people/{person}/password and /unlock: what the help desk does.

#include <boost/json.hpp>

#include "base/limits.h"
#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/json_body.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using directory::Person;
using http::Method, http::Reply, http::Request;

http::Route with_body(http::Route route) {
  route.body = {http::Body::Type::json, limits::json_body_bytes};
  return route;
}

// A problem that names everything that is wrong.
Reply problem_with(const Request& request, const Error& error, std::string_view list, json::array wrong) {
  auto reply = console::problem(request, error);
  auto body = json::parse(reply.body).as_object();
  body[list] = std::move(wrong);
  reply.body = json::serialize(body);
  return reply;
}

Reply rules_reply(const factors::PasswordRules& rules) {
  auto reply = Reply::json(200, rules.json);
  reply.with("ETag", entity_tag(rules.version));
  return reply;
}

json::value time_or_null(const std::optional<Time>& at) { return at ? json::value(rfc3339(to_us(*at))) : json::value(nullptr); }

json::object told(const std::optional<factors::PasswordStatus>& status, const std::optional<Time>& locked_until) {
  return {{"set", status.has_value()},
          {"changed_at", status ? time_or_null(status->changed_at) : json::value(nullptr)},
          {"temporary", status && status->temporary},
          {"expires_at", status ? time_or_null(status->expires_at) : json::value(nullptr)},
          {"locked", locked_until.has_value()},
          {"locked_until", time_or_null(locked_until)}};
}

// What an administrator gives somebody: a password, another system's hash, or (neither) a new temporary one.
struct Wanted {
  std::optional<Secret> password;
  std::optional<std::string> hash;
  bool temporary = true;
  bool mail = false;  // a temporary one goes to the person, and isn't in the answer
};
Result<Wanted> parse_wanted(const Request& request) {
  auto body = TRY(JsonBody::parse(request.body));
  Wanted wanted;
  if (const auto text = TRY(body.text("password"))) wanted.password = Secret::of(*text);
  wanted.hash = TRY(body.text("hash"));
  wanted.temporary = TRY(body.flag("temporary")).value_or(!wanted.hash);
  wanted.mail = TRY(body.flag("mail")).value_or(false);
  TRY(body.done());
  if (wanted.mail && (wanted.password || wanted.hash)) return fail(Kind::malformed, "member_malformed", "only a password that is made here is mailed");
  if (wanted.password && wanted.hash) return fail(Kind::malformed, "member_malformed", "password and hash are two ways of one thing");
  if (!wanted.password && !wanted.hash && !wanted.temporary) return fail(Kind::malformed, "member_missing", "a lasting password must be given");
  return wanted;
}

// Told to them wherever mail reaches them: the mailbox for it may stand behind this very sign-in.
Status mail_to(const Inside& in, store::Transaction& tx, const Request& request, const Person& person, mail::Occasion occasion, mail::Values values,
               std::optional<Time> useless_after) {
  const auto& profile = person.profile;
  values.emplace_back("login", profile.login);
  for (const std::string& address : directory::mail_addresses(profile)) {
    TRY(in.mail.send(tx, {.occasion = occasion,
                          .to = {person.id, address, profile.display_name, profile.locale, profile.zoneinfo},
                          .company = request.site.display_name,
                          .url = request.site.base_url + "/",
                          .values = values,
                          .useless_after = useless_after}));
  }
  return {};
}

Result<Reply> reset(const Inside& in, const Request& request) {
  const Id id = TRY(Id::parse(request.path_value("person")));
  auto wanted = TRY(parse_wanted(request));
  const auto person = TRY(read_as(in, request, Permission::people_reset, [&](store::Transaction& tx) { return in.directory.get_person(tx, id); }));
  factors::PreparedPassword prepared;
  std::optional<Secret> generated;
  if (wanted.password) {
    const auto owner = factors::owner_of(*request.site.tenant, id, person.profile, request.site.display_name);
    auto chosen = TRY(in.passwords.choose(owner, *wanted.password, request.deadline));
    if (const auto* faults = std::get_if<std::vector<factors::Fault>>(&chosen)) {
      json::array wrong;
      for (const auto& fault : *faults) wrong.push_back(json::object{{"reason", fault.reason.text()}, {"value", fault.value}});
      return problem_with(request, fail(Kind::malformed, "password_unusable").error(), "faults", std::move(wrong));
    }
    prepared = std::get<factors::PreparedPassword>(std::move(chosen));
  } else if (wanted.hash) {
    prepared = TRY(in.passwords.take_hash(*wanted.hash));
  } else {
    auto made = TRY(in.passwords.generate(*request.site.tenant, request.deadline));
    generated = std::move(made.text);
    prepared = std::move(made.prepared);
  }
  prepared.temporary = wanted.temporary;
  prepared.announced = wanted.mail;
  auto answer = TRY(write_as(in, request, Permission::people_reset, [&](store::Transaction& tx, const audit::Event& by) -> Result<json::object> {
    const auto now = TRY(in.directory.get_person(tx, id));
    const bool had_one = TRY(in.passwords.password_status(tx, id)).has_value();
    TRY(in.passwords.set(tx, id, prepared, by));
    TRY(in.login.sessions().end_all(tx, id, by, "password_set"));
    // Their guesses were at the old one.
    TRY(in.login.lockout().unlock(tx, now.profile.login));
    const auto status = TRY(in.passwords.password_status(tx, id));
    if (generated && wanted.mail) {
      const auto until = status ? status->expires_at : std::nullopt;
      mail::Values values{{"password", std::string(generated->reveal_text())}};
      if (until) values.emplace_back("expires", *until);
      TRY(mail_to(in, tx, request, now, had_one ? mail::Occasion::new_temporary_password : mail::Occasion::account_issued, std::move(values), until));
    }
    return told(status, std::nullopt);
  }));
  if (generated && !wanted.mail) answer["temporary_password"] = generated->reveal_text();
  return json_reply(200, answer);
}

}  // namespace

void add_password_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/settings/password", "password_rules_get", [in](Request& request) -> Result<Reply> {
    return rules_reply(TRY(read_as(in, request, Permission::policies_read, [&](store::Transaction& tx) { return in.passwords.rules(tx); })));
  }));
  routes.add(with_body(row(Method::put, "/settings/password", "password_rules_set", [in](Request& request) -> Result<Reply> {
    const auto version = TRY(if_match(request));
    std::vector<factors::RuleFault> faults;
    const auto rules = TRY(write_as(in, request, Permission::policies_write, [&](store::Transaction& tx, const audit::Event& by) -> Result<factors::PasswordRules> {
      faults = TRY(in.passwords.set_rules(tx, request.body, version, by));
      return in.passwords.rules(tx);
    }));
    if (faults.empty()) return rules_reply(rules);
    json::array wrong;
    for (const auto& fault : faults) wrong.push_back(json::object{{"member", fault.member}, {"reason", fault.reason.text()}});
    return problem_with(request, fail(Kind::malformed, "settings_malformed").error(), "errors", std::move(wrong));
  })));
  routes.add(row(Method::get, "/people/{person}/password", "password_get", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("person")));
    return json_reply(200, TRY(read_as(in, request, Permission::people_read, [&](store::Transaction& tx) -> Result<json::object> {
      const auto person = TRY(in.directory.get_person(tx, id));
      return told(TRY(in.passwords.password_status(tx, id)), TRY(in.login.lockout().locked_until(tx, person.profile.login)));
    })));
  }));
  routes.add(row(Method::post, "/people/{person}/password", "password_reset", [in](Request& request) { return reset(in, request); }));
  auto unlock = row(Method::post, "/people/{person}/unlock", "person_unlock", [in](Request& request) -> Result<Reply> {
    const Id id = TRY(Id::parse(request.path_value("person")));
    TRY(write_as(in, request, Permission::people_unlock, [&](store::Transaction& tx, const audit::Event& by) -> Status {
      const auto person = TRY(in.directory.get_person(tx, id));
      return in.login.unlock(tx, person, by);
    }));
    return Reply::empty(204);
  });
  unlock.body = {http::Body::Type::none, 0};
  routes.add(std::move(unlock));
}

}  // namespace kidoban::console
