// /api/v1/approvals[/{approval}[/approval|refusal|withdrawal|answer]], /settings/approvals: acts that want a second person.

#include <boost/json.hpp>

#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/guarded.h"
#include "console/json_body.h"
#include "page/page.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using approvals::Approval, approvals::Approvals, approvals::State;
using http::Method, http::Reply, http::Request;

json::value text_or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); }

std::string_view kind_of(audit::ActorKind kind) { return kind == audit::ActorKind::service_account ? "service_account" : "person"; }

json::object told(const Approval& one, const std::string& decider_name, const Request& request) {
  const auto language = page::choose_language({}, request.header("accept-language"));
  json::object out{{"id", one.id.text()},
                   {"act", approvals::word_of(one.act)},
                   {"what", one.shown.what},
                   {"says", approvals::said(one.shown.what, language)},
                   {"state", approvals::word_of(one.state)},
                   {"asked_by", {{"kind", kind_of(one.asker.kind)}, {"id", one.asker.id->text()}, {"name", one.shown.asker_name}}},
                   {"asked_at", rfc3339(to_us(one.asked_at))},
                   {"expires_at", rfc3339(to_us(one.expires_at))},
                   {"client_address", one.shown.client_address},
                   {"user_agent", one.shown.user_agent}};
  if (!one.shown.target_kind.empty()) {
    out["target"] = json::object{{"kind", one.shown.target_kind}, {"id", one.shown.target}, {"name", text_or_null(one.shown.target_name)}};
  }
  json::array effects;
  for (const auto& effect : one.shown.effects) {
    json::array changes;
    for (const auto& change : effect.changes) changes.push_back(json::object{{"what", change.what}, {"from", change.from}, {"to", change.to}});
    effects.push_back(json::object{{"event", effect.event}, {"changes", std::move(changes)}});
  }
  out["effects"] = std::move(effects);
  if (one.ended_at) out["ended_at"] = rfc3339(to_us(*one.ended_at));
  if (one.decider && one.state != State::withdrawn) out["decided_by"] = json::object{{"id", one.decider->text()}, {"name", text_or_null(decider_name)}};
  if (!one.note.empty()) out["reason"] = one.note;
  if (one.has_answer) out["answer"] = true;
  return out;
}

Result<std::string> decider_of(const Inside& in, store::Transaction& tx, const Approval& one) {
  return one.decider ? in.approvals.name_of(tx, {audit::ActorKind::person, *one.decider}) : Result<std::string>(std::string());
}

struct Viewer {
  login::Asker who;
  bool sees_all = false;
};
// Whoever may decide sees all of them, everybody else what they asked for.
Result<Viewer> viewer(const Inside& in, store::Transaction& tx, const Request& request) {
  auto who = TRY(login::asker(in.login, in.directory, tx, request));
  const bool all = directory::holds(who.grant.everywhere, Permission::approvals_write);
  return Viewer{std::move(who), all};
}

Result<Approval> own_or_seen(const Inside& in, store::Transaction& tx, const Request& request, const Viewer& viewer) {
  auto one = TRY(in.approvals.get(tx, TRY(Id::parse(request.path_value("approval")))));
  if (!viewer.sees_all && one.asker.id != viewer.who.actor.id) return fail(Kind::not_found, "approval_unknown");
  return one;
}

// That of whoever asks, and nobody else's.
Result<Approval> own(const Inside& in, store::Transaction& tx, const Request& request, const Viewer& viewer) {
  auto one = TRY(own_or_seen(in, tx, request, viewer));
  if (one.asker.id != viewer.who.actor.id) return fail(Kind::forbidden, "approval_not_own");
  return one;
}

Result<Reply> list(const Inside& in, const Request& request) {
  const auto page = TRY(page_of(request));
  const auto query = TRY(request.query_form());
  const auto state = query.get_or("state");
  if (!state.empty() && state != "pending") return fail(Kind::malformed, "page_malformed", "state is pending, or left out");
  json::array rows;
  std::optional<Id> last;
  TRY(in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Status {
    rows.clear();
    const auto who = TRY(viewer(in, tx, request));
    Approvals::Filter filter{{}, !state.empty()};
    if (!who.sees_all) filter.asker = who.who.actor.id;
    for (const Approval& one : TRY(in.approvals.list(tx, filter, page.after, page.limit))) {
      rows.push_back(told(one, TRY(decider_of(in, tx, one)), request));
      last = one.id;
    }
    return {};
  }));
  return page_reply("approvals", std::move(rows), page, last);
}

Result<Reply> refuse(const Inside& in, const Request& request) {
  const Id id = TRY(Id::parse(request.path_value("approval")));
  auto body = TRY(JsonBody::parse(request.body));
  const auto reason = TRY(body.required_text("reason"));
  TRY(body.done());
  const auto now = TRY(in.store.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<Approval> {
    const auto who = TRY(login::asker(in.login, in.directory, tx, request));
    const auto approval = TRY(in.approvals.may_decide(tx, id, who.actor, who.grant));
    TRY(in.approvals.refuse(tx, approval, reason, {request.site.display_name, request.site.base_url}, event_of(request, who)));
    return in.approvals.get(tx, id);
  }));
  return told_approval(in, request, 200, now);
}

Result<Reply> withdraw(const Inside& in, const Request& request) {
  const auto now = TRY(in.store.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<Approval> {
    const auto who = TRY(viewer(in, tx, request));
    const auto approval = TRY(own(in, tx, request, who));
    TRY(in.approvals.withdraw(tx, approval, event_of(request, who.who)));
    return in.approvals.get(tx, approval.id);
  }));
  return told_approval(in, request, 200, now);
}

// A service account's token or secret is for whoever could still have it made: not for a person whose rights are gone meanwhile, nor
// for an access token that was narrowed to less.
Status may_have_secret(const Inside& in, store::Transaction& tx, const login::Asker& who, const Approval& approval) {
  if (approval.act != approvals::Act::service_accounts) return {};
  const Asking they{who, Permission::service_accounts_write};
  TRY(check(they, Permission::service_accounts_write));
  if (approval.shown.target_kind != "service_account") return {};
  return may_hand_out(they, TRY(in.directory.service_accounts().get(tx, TRY(Id::parse(approval.shown.target)))).permissions);
}

// What the act answered, as it answered it, once.
Result<Reply> take_answer(const Inside& in, const Request& request) {
  const auto answer = TRY(in.store.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<std::string> {
    const auto who = TRY(viewer(in, tx, request));
    const auto approval = TRY(own(in, tx, request, who));
    TRY(may_have_secret(in, tx, who.who, approval));
    return in.approvals.take_answer(tx, approval.id);
  }));
  return Reply::json(200, answer);
}

}  // namespace

Reply told_approval(const Inside& in, const Request& request, int status, const Approval& approval) {
  const auto name = in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) { return decider_of(in, tx, approval); });
  auto reply = json_reply(status, told(approval, name.value_or(""), request));
  if (status == 202) reply.with("Location", request.site.base_url + "/api/v1/approvals/" + approval.id.text());
  return reply;
}

void add_approval_routes(http::Routes& routes, const Inside& in) {
  const std::string one = "/approvals/{approval}";
  routes.add(row(Method::get, "/approvals", "approvals_list", [in](Request& request) { return list(in, request); }));
  routes.add(row(Method::get, one, "approval_get", [in](Request& request) -> Result<Reply> {
    return json_reply(200, TRY(in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<json::object> {
      const auto approval = TRY(own_or_seen(in, tx, request, TRY(viewer(in, tx, request))));
      return told(approval, TRY(decider_of(in, tx, approval)), request);
    })));
  }));
  routes.add(row(Method::post, one + "/approval", "approval_grant", [in](Request& request) -> Result<Reply> {
    return carry_out(in, request, TRY(Id::parse(request.path_value("approval"))));
  }, Takes::nothing));
  routes.add(row(Method::post, one + "/refusal", "approval_refuse", [in](Request& request) { return refuse(in, request); }));
  routes.add(row(Method::post, one + "/withdrawal", "approval_withdraw", [in](Request& request) { return withdraw(in, request); }, Takes::nothing));
  routes.add(row(Method::post, one + "/answer", "approval_answer", [in](Request& request) { return take_answer(in, request); }, Takes::nothing));
}

void add_approval_settings_routes(http::Routes& routes, const Inside& in) {
  routes.add(row(Method::get, "/settings/approvals", "approval_settings_get", [in](Request& request) -> Result<Reply> {
    const auto stands = TRY(read_as(in, request, Permission::settings_read, [&](store::Transaction& tx) { return in.approvals.settings(tx); }));
    auto reply = Reply::json(200, approvals::settings_json(stands.settings));
    reply.with("ETag", entity_tag(stands.version));
    return reply;
  }));
  routes.add(row(Method::put, "/settings/approvals", "approval_settings_put", [in](Request& request) -> Result<Reply> {
    const auto version = TRY(if_match(request));
    const auto wanted = TRY(approvals::settings_from_json(request.body));
    const auto now = TRY(write_as(in, request, Permission::settings_write, [&](store::Transaction& tx, const audit::Event& by) { return in.approvals.set(tx, wanted, version, by); }));
    auto reply = Reply::json(200, approvals::settings_json(wanted));
    reply.with("ETag", entity_tag(now));
    return reply;
  }, Takes::json));
}

}  // namespace kidoban::console
