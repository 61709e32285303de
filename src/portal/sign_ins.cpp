// Somebody's own sign-ins, and the one that wasn't theirs.

#include <boost/json.hpp>

#include <algorithm>

#include "audit/sign_ins.h"
#include "base/text.h"
#include "login/client.h"
#include "portal/own.h"

namespace kidoban::portal {

namespace {

namespace json = boost::json;

constexpr std::size_t newest = 100;

std::string text_in(const json::object& detail, std::string_view name) {
  const auto* value = detail.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

SeenSignIn seen(const audit::Record& record) {
  SeenSignIn out;
  out.id = record.id;
  out.at = record.at;
  out.passed = record.name == "session.started";
  out.reason = record.reason;
  out.session = record.session;
  boost::system::error_code error;
  const auto parsed = json::parse(record.detail_json, error);
  if (error || !parsed.is_object()) return out;
  const auto& detail = parsed.get_object();
  out.client_address = text_in(detail, "client_address");
  out.user_agent = text_in(detail, "user_agent");
  out.application = text_in(detail, "application");
  out.new_browser = text_in(detail, "new_browser") == "true";
  out.methods = out.passed ? words_of(text_in(detail, "methods")) : std::vector{text_in(detail, "factor")};
  return out;
}

}  // namespace

Result<std::vector<SeenSignIn>> Own::sign_ins(store::Transaction& tx, const Id& person, std::optional<Id> before, std::size_t limit) {
  std::vector<SeenSignIn> out;
  for (const auto& record : TRY(audit::sign_ins_of(tx, keys_, person, before, limit))) out.push_back(seen(record));
  return out;
}

Result<SeenSignIn> Own::sign_in(store::Transaction& tx, const Id& person, const Id& id) {
  const auto record = TRY(audit::sign_in_of(tx, keys_, person, id));
  if (!record) return fail(Kind::not_found, "sign_in_unknown");
  return seen(*record);
}

Result<Own::Latest> Own::latest(store::Transaction& tx, const login::Login::SignedIn& who) {
  Latest out;
  for (SeenSignIn& one : TRY(sign_ins(tx, who.person.id, {}, newest))) {
    if (!out.current) {
      if (one.passed && one.session == who.session) out.current = std::move(one);
      else if (!one.passed) {  // since this session began
        ++out.failures;
        if (!out.failed) out.failed = std::move(one);
      }
      continue;
    }
    if (one.passed) {
      out.last = std::move(one);
      break;
    }
    ++out.failures;
    if (!out.failed) out.failed = std::move(one);
  }
  return out;
}

Status Own::report(store::Transaction& tx, const http::Request& request, const login::Login::SignedIn& who, const Id& id, bool end_others) {
  const auto& person = who.person;
  const auto one = TRY(sign_in(tx, person.id, id));
  if (const auto wait = TRY(reports_.charge(tx, person.profile.login, request.client_address)); wait > 0) {
    return fail_for_now(Kind::rate_limited, "too_many_reports", wait);
  }
  auto event = audit::from(request, {.name = "sign_in.reported", .actor = {audit::ActorKind::person, person.id}, .target_kind = "person", .target = person.id});
  event.session = who.session;
  event.detail.emplace_back("record", one.id.text());
  event.detail.emplace_back("reported_at", rfc3339(to_us(one.at)));
  event.detail.emplace_back("reported_address", one.client_address);
  event.detail.emplace_back("reported_user_agent", one.user_agent);
  event.detail.emplace_back("other_sessions", end_others ? "ended" : "kept");
  TRY(audit_.append(tx, event));
  if (end_others) {
    for (const auto& session : TRY(login_.sessions().list(tx, person.id))) {
      if (session.id != who.session) TRY(login_.sessions().end(tx, session.id, person.id, event, "reported_by_person"));
    }
  }
  const auto language = TRY(notices_.system_language(tx));
  return notices_.tell_responsible(tx, mail::Occasion::sign_in_reported,
                                   {{"login", person.profile.login},
                                    {"what", pages_.word(language, "portal", one.passed ? "history.passed" : "history.failed")},
                                    {"at", one.at},
                                    {"client_address", one.client_address},
                                    {"browser", login::told_of(login::client_of(one.user_agent))},
                                    {"link", TRY(notices_.url_of(tx)) + "/api/v1/people/" + person.id.text() + "/sign-ins"}});
}

}  // namespace kidoban::portal
