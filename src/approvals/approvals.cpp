#include "approvals/approvals.h"

#include <algorithm>
#include <array>

#include "approvals/approval_store.h"
#include "base/text.h"

namespace kidoban::approvals {

namespace {

using directory::Grant, directory::Permission, directory::PermissionSet, directory::Person;

constexpr std::array<std::string_view, 6> states{"pending", "granted", "refused", "withdrawn", "expired", "failed"};

seal::Place place_of(std::string_view column, const Id& id) { return {"approvals", column, id.span()}; }

// Who could agree to switch it off: that, and nothing less, is what keeps a tenant from locking itself in.
PermissionSet to_switch_off() {
  PermissionSet out;
  out.set(static_cast<std::size_t>(Permission::approvals_write));
  out.set(static_cast<std::size_t>(Permission::settings_write));
  return out;
}

audit::Event about(audit::Event by, Reason name, const Approval& approval) {
  by.name = name;
  by.target_kind = "approval";
  by.target = approval.id;
  by.detail.emplace_back("act", word_of(approval.act));
  by.detail.emplace_back("what", approval.shown.what);
  return by;
}

Result<Approval> open(const seal::TenantKey& key, const Row& row, Time now) {
  const auto act = act_named(row.act);
  if (!act) return fail(Kind::internal, "approval_damaged", row.act);
  Approval out{row.id, *act, row.state, row.asker, row.asked_at, row.expires_at, {}, row.decider, row.ended_at, {}, row.has_answer};
  out.shown = TRY(shown_from_json(TRY(key.open_text(place_of("shown", row.id), row.shown))));
  if (!row.note.empty()) out.note = TRY(key.open_text(place_of("note", row.id), row.note));
  // Its time is over, though the chore that says so hasn't come by.
  if (out.state == State::pending && row.expires_at <= now) out.state = State::expired;
  return out;
}

// Whether they made what a service account shows who it is by: who has it would be both of the two.
Result<bool> has_credential_of(store::Transaction& tx, audit::Audit& audit, const Id& person, const Id& account) {
  for (const std::string_view made : {"service_token.issued", "service_secret.issued", "service_key.registered"}) {
    audit::Audit::Filter filter;
    filter.actor = person;
    filter.target = account;
    filter.name = made;
    if (!TRY(audit.read(tx, filter, {}, 1)).empty()) return true;
  }
  return false;
}

Status still_waits(const Approval& approval) {
  if (approval.state == State::expired) return fail(Kind::expired, "approval_expired");
  if (approval.state != State::pending) return fail(Kind::conflict, "approval_decided");
  return {};
}

}  // namespace

std::string_view word_of(State state) { return states[static_cast<std::size_t>(state)]; }

Result<Approvals::Set> Approvals::settings(store::Transaction& tx) {
  const auto section = TRY(settings_.read(tx, settings_section));
  if (!section) return Set{};
  return Set{TRY(settings_from_json(section->json)), section->version};
}

Result<std::int64_t> Approvals::set(store::Transaction& tx, const ApprovalSettings& wanted, std::optional<std::int64_t> version, const audit::Event& by) {
  if (wanted.any() && TRY(directory_.who_hold(tx, to_switch_off(), 2)).size() < 2) {
    return fail(Kind::conflict, "approvers_too_few", "two enabled people must hold approvals_write and settings_write");
  }
  return settings_.write(tx, settings_section, settings_json(wanted), version, by);
}

Status Approvals::enough_left(store::Transaction& tx) {
  if (!TRY(settings(tx)).settings.any()) return {};
  if (TRY(directory_.who_hold(tx, to_switch_off(), 2)).size() < 2) return fail(Kind::conflict, "last_approver");
  return {};
}

Result<Approval> Approvals::ask(store::Transaction& tx, const Wanted& wanted, const Company& company, const audit::Event& by) {
  if (wanted.request.size() > request_bytes) return fail(Kind::malformed, "approval_too_large");
  const Time now = clock_.now();
  const auto load = TRY(count_rows(tx, *wanted.asker.actor.id, now - std::chrono::days(1)));
  if (load.open >= most_open || load.open_of_asker >= most_open_of_one || load.of_asker >= most_a_day) {
    return fail_for_now(Kind::rate_limited, "approvals_too_many", 3600);
  }
  Approval made{wanted.id, wanted.act, State::pending, wanted.asker.actor, now, now + std::chrono::hours(TRY(settings(tx)).settings.open_hours),
                wanted.shown, {}, {}, {}, false};
  made.shown.session = wanted.asker.session;
  made.shown.token = wanted.asker.token;
  made.shown.asker_name = TRY(name_of(tx, wanted.asker.actor));
  const auto key = TRY(keys_.of(tx));
  Row row{.id = made.id, .act = std::string(word_of(made.act)), .asker = made.asker, .asked_at = now, .expires_at = made.expires_at, .request = {}, .shown = {},
          .decider = {}, .ended_at = {}, .note = {}};
  row.request = key->seal(place_of("request", made.id), wanted.request);
  row.shown = key->seal(place_of("shown", made.id), shown_json(made.shown));
  TRY(insert_row(tx, row));
  audit::Event event = about(by, "approval.asked", made);
  event.detail.emplace_back("expires_at", rfc3339(to_us(made.expires_at)));
  TRY(audit_.append(tx, event));
  TRY(tell_deciders(tx, made, company));
  return made;
}

Result<Approval> Approvals::get(store::Transaction& tx, const Id& id) {
  const auto row = TRY(select_row(tx, id));
  if (!row) return fail(Kind::not_found, "approval_unknown");
  return open(*TRY(keys_.of(tx)), *row, clock_.now());
}

Result<std::vector<Approval>> Approvals::list(store::Transaction& tx, const Filter& filter, std::optional<Id> before, std::size_t limit) {
  Id last;
  last.bytes.fill(0xFF);
  const auto key = TRY(keys_.of(tx));
  std::vector<Approval> all;
  for (const Row& row : TRY(select_rows(tx, filter, before.value_or(last), std::clamp<std::size_t>(limit, 1, 500)))) {
    all.push_back(TRY(open(*key, row, clock_.now())));
  }
  return all;
}

Result<std::string> Approvals::request(store::Transaction& tx, const Id& id) {
  const auto row = TRY(select_row(tx, id));
  if (!row) return fail(Kind::not_found, "approval_unknown");
  const auto key = TRY(keys_.of(tx));
  TRY(still_waits(TRY(open(*key, *row, clock_.now()))));
  return key->open_text(place_of("request", id), row->request);
}

Result<Approval> Approvals::may_decide(store::Transaction& tx, const Id& id, const audit::Actor& who, const Grant& grant) {
  if (who.kind != audit::ActorKind::person) return fail(Kind::forbidden, "approval_not_personal", "a second pair of eyes is a person's");
  if (!directory::holds(grant.everywhere, Permission::approvals_write)) return fail(Kind::forbidden, "permission_missing", "approvals_write");
  auto approval = TRY(get(tx, id));
  if (approval.asker.id == who.id) return fail(Kind::forbidden, "approval_own");
  if (approval.asker.kind == audit::ActorKind::service_account && TRY(has_credential_of(tx, audit_, *who.id, *approval.asker.id))) {
    return fail(Kind::forbidden, "approval_own", "who made a service account's token agrees to nothing that it asked for");
  }
  TRY(still_waits(approval));
  return approval;
}

Status Approvals::end(store::Transaction& tx, const Approval& approval, State state, std::string_view note, const audit::Event& by) {
  const auto key = TRY(keys_.of(tx));
  const std::string sealed = note.empty() ? std::string() : key->seal(place_of("note", approval.id), note);
  const bool is_persons = by.actor.kind == audit::ActorKind::person || by.actor.kind == audit::ActorKind::service_account;
  if (!TRY(end_row(tx, approval.id, state, is_persons ? by.actor.id : std::nullopt, clock_.now(), sealed))) {
    return fail(Kind::conflict, "approval_decided");
  }
  return {};
}

Status Approvals::grant(store::Transaction& tx, const Approval& approval, const Company& company, const audit::Event& by) {
  TRY(end(tx, approval, State::granted, {}, by));
  audit::Event event = about(by, "approval.granted", approval);
  event.detail.emplace_back("asked_by", approval.asker.id->text());
  TRY(audit_.append(tx, event));
  return tell_asker(tx, approval, State::granted, company);
}

Status Approvals::refuse(store::Transaction& tx, const Approval& approval, std::string_view reason, const Company& company, const audit::Event& by) {
  if (trim(reason).empty() || reason.size() > note_bytes || !is_plain_text(reason)) {
    return fail(Kind::malformed, "reason_malformed", "a reason is one line of at most 1000 bytes");
  }
  TRY(end(tx, approval, State::refused, trim(reason), by));
  audit::Event event = about(by, "approval.refused", approval);
  event.detail.emplace_back("reason", trim(reason));
  if (approval.asker.id) event.detail.emplace_back("asked_by", approval.asker.id->text());
  TRY(audit_.append(tx, event));
  return tell_asker(tx, approval, State::refused, company);
}

Status Approvals::withdraw(store::Transaction& tx, const Approval& approval, const audit::Event& by) {
  TRY(still_waits(approval));
  TRY(end(tx, approval, State::withdrawn, {}, by));
  return audit_.append(tx, about(by, "approval.withdrawn", approval));
}

Status Approvals::failed(store::Transaction& tx, const Approval& approval, std::string_view reason, const Company& company, const audit::Event& by) {
  TRY(end(tx, approval, State::failed, reason, by));
  audit::Event event = about(by, "approval.failed", approval);
  event.outcome = audit::Outcome::failed;
  event.reason = reason;
  TRY(audit_.append(tx, event));
  return tell_asker(tx, approval, State::failed, company);
}

Status Approvals::keep_answer(store::Transaction& tx, const Id& id, std::string_view answer) {
  if (answer.size() > answer_bytes) return {};  // a page of what everybody may read anyway
  return put_answer(tx, id, TRY(keys_.of(tx))->seal(place_of("answer", id), answer));
}

Result<std::string> Approvals::take_answer(store::Transaction& tx, const Id& id) {
  const auto sealed = TRY(take_answer_of(tx, id));
  if (!sealed) return fail(Kind::not_found, "answer_gone");
  return TRY(keys_.of(tx))->open_text(place_of("answer", id), *sealed);
}

Result<Grant> Approvals::grant_of(store::Transaction& tx, const Asker& asker) {
  const auto gone = [](const Error& error) -> Failure {
    if (error.kind != Kind::not_found) return Failure(error);
    return fail(Kind::forbidden, "asker_gone");
  };
  const Id id = asker.actor.id.value_or(Id{});
  if (asker.actor.kind == audit::ActorKind::person) {
    const auto person = directory_.get_person(tx, id);
    if (!person) return gone(person.error());
    if (!person->is_active(clock_.now())) return fail(Kind::forbidden, "asker_gone");
    return directory_.roles().grant_of(tx, id, person->administrator);
  }
  const auto account = directory_.service_accounts().get(tx, id);
  if (!account) return gone(account.error());
  // What was revoked meanwhile may have been somebody else's by the time it asked.
  bool is_good = !asker.token;
  for (const auto kind : {directory::CredentialKind::token, directory::CredentialKind::secret, directory::CredentialKind::key}) {
    for (const auto& one : TRY(directory_.service_accounts().credentials(tx, id, kind))) is_good |= one.id == asker.token && one.expires_at > clock_.now();
  }
  if (!account->enabled || !is_good) return fail(Kind::forbidden, "asker_gone");
  return Grant{account->permissions, {}, {}};
}

Result<std::string> Approvals::name_of(store::Transaction& tx, const audit::Actor& who) {
  const Id id = who.id.value_or(Id{});
  if (who.kind == audit::ActorKind::person) {
    const auto person = directory_.get_person(tx, id);
    if (person) return person->profile.display_name + " <" + person->profile.login + ">";
    if (person.error().kind != Kind::not_found) return std::unexpected(person.error());
  } else if (who.kind == audit::ActorKind::service_account) {
    const auto account = directory_.service_accounts().get(tx, id);
    if (account) return account->name;
    if (account.error().kind != Kind::not_found) return std::unexpected(account.error());
  }
  return std::string();
}

Status Approvals::forget(store::Transaction& tx, const Id& person) { return delete_rows_of(tx, person); }

bool is_approved(const audit::Event& by) {
  return std::ranges::any_of(by.detail, [](const auto& one) { return one.first == approval_detail; });
}

}  // namespace kidoban::approvals
