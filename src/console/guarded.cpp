#include "console/guarded.h"

#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "console/answers.h"
#include "console/json_body.h"
#include "console/kept_request.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using approvals::Act, approvals::Approval, approvals::ApprovalSettings, approvals::Effect;
using http::Reply, http::Request;
using Effects = std::vector<Effect>;

directory::PermissionSet set_in(const approvals::Difference* told, bool now) {
  return told == nullptr ? directory::PermissionSet() : directory::permissions_in(now ? told->to : told->from);
}

bool anything(const Effects&, const ApprovalSettings&) { return true; }

bool widens(const Effects& effects, const ApprovalSettings&) {
  return std::ranges::any_of(effects, [](const Effect& one) {
    const auto* permissions = one.find("permissions");
    const auto* enabled = one.find("enabled");
    return (set_in(permissions, true) & ~set_in(permissions, false)).any() || (enabled != nullptr && enabled->to == "true");
  });
}

std::int64_t number_in(std::string_view object, std::string_view name) {
  json::error_code error;
  const auto parsed = json::parse({object.data(), object.size()}, error);
  const auto* value = error || !parsed.is_object() ? nullptr : parsed.get_object().if_contains(name);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

bool deletes_many(const Effects& effects, const ApprovalSettings& settings) {
  return std::ranges::any_of(effects, [&](const Effect& one) {
    const auto* counts = one.find("counts");
    return counts != nullptr && number_in(counts->to, "delete") > settings.deletions_above;
  });
}

// Groups alone are no people.
bool tells_of_people(const Effects& effects, const ApprovalSettings&) {
  return std::ranges::any_of(effects, [](const Effect& one) { return one.event == "export.made" && one.find("kind") != nullptr && one.find("kind")->to != "groups"; });
}

json::value list_in(std::string_view object, std::string_view name) {
  json::error_code error;
  const auto parsed = json::parse({object.data(), object.size()}, error);
  const auto* value = error || !parsed.is_object() ? nullptr : parsed.get_object().if_contains(name);
  return value == nullptr ? json::value(json::array()) : *value;
}

// Who gets a copy of a mail with somebody's password can be them.
bool copies_passwords(const Effects& effects, const ApprovalSettings&) {
  return std::ranges::any_of(effects, [](const Effect& one) {
    const auto* value = one.find("value");
    return value != nullptr && list_in(value->to, "issued_copies") != list_in(value->from, "issued_copies");
  });
}

struct Guarded {
  std::string_view row;
  Act act;
  // Whether what it would change is such an act. Without one the directory says so (directory::Watch), row by row of whatever comes.
  bool (*is_one)(const Effects&, const ApprovalSettings&) = nullptr;
};
constexpr Guarded table[] = {
    {"person_create", Act::administrators},
    {"person_change", Act::administrators},
    {"password_reset", Act::administrators},
    {"person_role_assign", Act::administrators, anything},
    {"role_change", Act::administrators, widens},
    {"mail_settings_put", Act::administrators, copies_passwords},
    {"person_remove", Act::removal, anything},
    {"import_run", Act::deletions, deletes_many},
    {"domain_remove", Act::domains, anything},
    {"service_account_create", Act::service_accounts, anything},
    {"service_account_change", Act::service_accounts, widens},
    {"service_token_issue", Act::service_accounts, anything},
    {"service_secret_issue", Act::service_accounts, anything},
    {"service_key_register", Act::service_accounts, anything},
    {"audit_settings_put", Act::audit_settings, anything},
    {"password_rules_set", Act::password_policy, anything},
    {"export_create", Act::exports, tells_of_people},
    {"webhook_create", Act::exports, anything},  // the audit tells of people, too
    {"webhook_change", Act::exports, anything},
    {"approval_settings_put", Act::approvals, anything},
};

// What somebody records from begin() to end().
class Witness {
 public:
  Status begin(const Inside& in, store::Transaction& tx, const Id& actor) {
    actor_ = actor;
    seen_.clear();
    const auto newest = TRY(in.audit.read(tx, {.actor = actor_, .target = {}, .name = {}, .from = {}, .until = {}}, {}, most));
    // Records of a node whose clock is ahead, or of one that was set back: what is recorded now would stand behind them, unseen.
    if (newest.size() > most / 2 && newest[most / 2].at > in.clock.now()) return fail_for_now(Kind::unavailable, "clocks_apart", 1);
    for (const auto& record : newest) seen_.insert(record.id);
    return {};
  }
  Result<Effects> end(const Inside& in, store::Transaction& tx, const Request& request) const {
    std::vector<audit::Record> fresh;
    for (auto& record : TRY(in.audit.read(tx, {.actor = actor_, .target = {}, .name = {}, .from = {}, .until = {}}, {}, most))) {
      if (!seen_.contains(record.id)) fresh.push_back(std::move(record));
    }
    std::ranges::reverse(fresh);
    std::set<std::string, std::less<>> known;
    for (const auto& [name, value] : request.path_values) known.insert(value);
    return approvals::effects_of(fresh, known);
  }

 private:
  static constexpr std::size_t most = 100;
  Id actor_;
  std::set<Id> seen_;
};

// The row of that name, standing on a house in which `replay` is gone through.
Result<Reply> go_through(const Inside& in, const Replay& replay, std::string_view name, Request request) {
  Inside inner = in;
  inner.replay = &replay;
  const auto rows = rows_of(inner);
  const auto row = std::ranges::find(rows, name, &http::Route::name);
  if (row == rows.end()) return fail(Kind::conflict, "approval_outdated", "no row of that name any more");
  return row->handler(request);
}

bool is_rehearsed(const Result<Reply>& reply) { return !reply && reply.error().reason == "rehearsed"; }

approvals::Company company_of(const Request& request) { return {request.site.display_name, request.site.base_url}; }

// Whom it is about, as they are called now.
Result<approvals::Shown> shown_of(const Inside& in, store::Transaction& tx, std::string_view what, const Request& request, Effects effects) {
  approvals::Shown out{};
  out.what = what;
  out.client_address = request.client_address;
  out.user_agent = audit::from(request, {.name = "approval.asked"}).user_agent;
  out.effects = std::move(effects);
  for (const auto& [name, value] : request.path_values) {
    out.target_kind = name == "account" ? "service_account" : name;
    out.target = value;
  }
  const auto id = Id::parse(out.target);
  if (out.target_kind == "person" && id) out.target_name = TRY(in.approvals.name_of(tx, {audit::ActorKind::person, *id}));
  if (out.target_kind == "service_account" && id) out.target_name = TRY(in.approvals.name_of(tx, {audit::ActorKind::service_account, *id}));
  if (out.target_kind == "role") out.target_name = TRY(in.directory.roles().get(tx, out.target)).name;
  if (out.target_kind == "domain") out.target_name = out.target;
  return out;
}

// A typed password is never kept, and one that is told in the answer would be told to the wrong one: it goes to its owner.
Status may_be_kept(const Guarded& guarded, const Request& request) {
  if (guarded.row != "password_reset") return {};
  auto body = TRY(JsonBody::parse(request.body));
  if (TRY(body.flag("mail")).value_or(false)) return {};
  return fail(Kind::conflict, "approval_needs_mail", "the password of somebody who may approve is made here and mailed to them");
}

Result<Reply> keep(const Inside& in, const Guarded& guarded, const Request& request, const Id& id, Effects effects) {
  const std::string kept = kept_json(guarded.row, request);
  const auto made = TRY(in.store.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Result<Approval> {
    const auto who = TRY(login::asker(in.login, in.directory, tx, request));
    const auto event = event_of(request, who);
    if (who.credential) TRY(in.directory.service_accounts().note_use(tx, *who.credential, event));
    const approvals::Asker asker{who.actor, who.session, who.credential ? std::optional(who.credential->id) : std::nullopt};
    return in.approvals.ask(tx, {id, guarded.act, asker, TRY(shown_of(in, tx, guarded.row, request, effects)), kept}, company_of(request), event);
  }));
  return told_approval(in, request, 202, made);
}

// Does what is no such act, and keeps what is one.
Result<Reply> ask_first(const Inside& in, const Guarded& guarded, const Request& request, const ApprovalSettings& settings) {
  TRY(may_be_kept(guarded, request));
  Witness witness;
  Effects effects;
  Replay replay;
  replay.before = [&](store::Transaction& tx) -> Status { return witness.begin(in, tx, *TRY(login::asker(in.login, in.directory, tx, request)).actor.id); };
  replay.after = [&](store::Transaction& tx) -> Status {
    effects = TRY(witness.end(in, tx, request));
    const bool is_one = replay.approval || (!effects.empty() && guarded.is_one(effects, settings));
    return is_one ? fail(Kind::conflict, "rehearsed") : Status();
  };
  const Id id = in.approvals.new_one();
  if (guarded.is_one == nullptr) replay.approval = id;
  auto reply = go_through(in, replay, guarded.row, request);
  if (!reply && reply.error().reason == "approval_required" && !replay.approval) {
    replay.approval = id;
    reply = go_through(in, replay, guarded.row, request);
  }
  if (!is_rehearsed(reply)) return reply;
  return keep(in, guarded, request, id, std::move(effects));
}

}  // namespace

audit::Event event_of(const Request& request, const login::Asker& who) {
  auto event = audit::from(request, {.name = "console.request", .actor = who.actor});
  event.session = who.session;
  if (who.credential) event.detail.emplace_back(directory::word_of(who.credential->kind), who.credential->id.text());
  return event;
}

bool knows_its_rows(const std::vector<http::Route>& rows) {
  return std::ranges::all_of(table, [&](const Guarded& one) { return std::ranges::find(rows, one.row, &http::Route::name) != rows.end(); });
}

bool may_wait(std::string_view row) { return std::ranges::find(table, row, &Guarded::row) != std::end(table); }

http::Route guarded(http::Route row, const Inside& in) {
  const auto* found = std::ranges::find(table, row.name, &Guarded::row);
  if (found == std::end(table) || in.asker) return row;  // the operator stands outside the tenant
  row.handler = [in, found, act = std::move(row.handler)](Request& request) -> Result<Reply> {
    if (found->is_one == nullptr) {
      auto reply = act(request);
      if (reply || reply.error().reason != "approval_required") return reply;
      return ask_first(in, *found, request, {});
    }
    const auto stands = TRY(in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) { return in.approvals.settings(tx); }));
    if (!stands.settings.has(found->act)) return act(request);
    return ask_first(in, *found, request, stands.settings);
  };
  return row;
}

namespace {

// Whether the one who asked could still have it done, had the other the rights for it.
Result<void> could_alone(const Inside& in, const Approval& approval, const KeptRequest& kept) {
  Replay alone{.approval = approval.id, .asker = approval.by_whom()};
  alone.after = [](store::Transaction&) -> Status { return fail(Kind::conflict, "rehearsed"); };
  const auto tried = go_through(in, alone, kept.row, kept.request);
  if (is_rehearsed(tried)) return {};
  if (tried) return fail(Kind::conflict, "approval_outdated");
  return std::unexpected(tried.error());
}

// What is no fault of the act's: it may be tried again.
bool passes(const Error& error) {
  return error.kind == Kind::unavailable || error.kind == Kind::internal || error.kind == Kind::rate_limited || error.kind == Kind::sealed ||
         error.kind == Kind::unauthenticated;
}

Status note_failure(const Inside& in, const Request& decision, const Id& id, const Error& why) {
  return in.store.write(*decision.site.tenant, decision.deadline, [&](store::Transaction& tx) -> Status {
    const auto who = TRY(login::asker(in.login, in.directory, tx, decision));
    const auto approval = TRY(in.approvals.may_decide(tx, id, who.actor, who.grant));
    return in.approvals.failed(tx, approval, why.reason.text(), company_of(decision), event_of(decision, who));
  });
}

std::string answer_json(const Reply& reply) {
  json::object out{{"status", reply.status}};
  if (!reply.body.empty()) out["body"] = json::parse(reply.body);
  if (const auto location = reply.header("Location"); !location.empty()) out["location"] = location;
  return json::serialize(out);
}

}  // namespace

Result<Reply> carry_out(const Inside& in, const Request& decision, const Id& id) {
  const auto deciding = [&](store::Transaction& tx) -> Result<std::pair<login::Asker, Approval>> {
    auto who = TRY(login::asker(in.login, in.directory, tx, decision));
    auto approval = TRY(in.approvals.may_decide(tx, id, who.actor, who.grant));
    return std::pair(std::move(who), std::move(approval));
  };
  std::string text;
  const auto [approver, approval] = TRY(in.store.read(*decision.site.tenant, decision.deadline, [&](store::Transaction& tx) -> Result<std::pair<login::Asker, Approval>> {
    auto out = TRY(deciding(tx));
    text = TRY(in.approvals.request(tx, id));
    return out;
  }));
  auto kept = TRY(kept_from_json(text));
  kept.request.site = decision.site;
  kept.request.deadline = decision.deadline;
  kept.request.trace = decision.trace;

  Witness witness;
  bool claimed = false;
  std::optional<Error> undecided;
  Replay replay{.approval = id, .asker = approval.by_whom(), .approver = approver.actor.id};
  // Granting comes first, in the act's own transaction: of two who agree at once, the second finds it decided.
  replay.before = [&](store::Transaction& tx) -> Status {
    claimed = false;
    undecided.reset();
    const auto grant = [&]() -> Status {
      const auto [who, now] = TRY(deciding(tx));
      return in.approvals.grant(tx, now, company_of(decision), event_of(decision, who));
    };
    if (const auto granted = grant(); !granted) {
      undecided = granted.error();
      return granted;
    }
    claimed = true;
    return witness.begin(in, tx, *approval.asker.id);
  };
  // What is done is what was seen by whoever agreed.
  replay.after = [&](store::Transaction& tx) -> Status {
    if (TRY(witness.end(in, tx, kept.request)) == approval.shown.effects) return {};
    return fail(Kind::conflict, "approval_outdated", "it would not change what was shown any more");
  };
  auto done = go_through(in, replay, kept.row, kept.request);
  if (undecided) return std::unexpected(std::move(*undecided));
  if (done && (!claimed || done->status >= 400)) done = fail(Kind::conflict, "approval_outdated");
  if (!done) {
    Error why = done.error();
    if (passes(why)) return done;
    if (why.kind == Kind::forbidden) {
      const auto alone = could_alone(in, approval, kept);
      if (alone) return fail(Kind::forbidden, "approval_not_yours", "who agrees must be one who may do it");
      if (passes(alone.error())) return std::unexpected(alone.error());
      why = alone.error();
    }
    TRY(note_failure(in, decision, id, why));
    return std::unexpected(std::move(why));
  }
  const auto now = TRY(in.store.write(*decision.site.tenant, decision.deadline, [&](store::Transaction& tx) -> Result<Approval> {
    TRY(in.approvals.keep_answer(tx, id, answer_json(*done)));
    return in.approvals.get(tx, id);
  }));
  return told_approval(in, decision, 200, now);
}

}  // namespace kidoban::console
