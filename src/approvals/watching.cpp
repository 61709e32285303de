// What is watched while anything wants a second person: that nobody makes one, becomes one, or is the last.

#include <algorithm>

#include "approvals/approvals.h"

namespace kidoban::approvals {

using directory::Permission, directory::PersonState, directory::Person;

namespace {

// Wherever a new password or a link to choose one would reach them.
bool has_other_ways_in(const Person& before, const Person& after) {
  return before.profile.login != after.profile.login || directory::mail_addresses(before.profile) != directory::mail_addresses(after.profile);
}

// Let in where they weren't: enabled, from earlier on, or for longer.
bool is_let_in(const Person& before, const Person& after) {
  const bool earlier = before.valid_from && (!after.valid_from || *after.valid_from < *before.valid_from);
  const bool longer = before.valid_until && (!after.valid_until || *after.valid_until > *before.valid_until);
  return before.state != PersonState::enabled || earlier || longer;
}

}  // namespace

Result<bool> Approvals::may_approve(store::Transaction& tx, const Person& person) {
  return directory::holds(TRY(directory_.roles().grant_of(tx, person.id, person.administrator)).everywhere, Permission::approvals_write);
}

Status Approvals::person_becomes(store::Transaction& tx, const Person* before, const Person& after, const audit::Event& by) {
  // Most changes are none of these, and pay nothing: somebody new has no role yet.
  const bool is_new = before == nullptr;
  if (is_new && !after.administrator) return {};
  const bool opens = is_new || (before->administrator != after.administrator && after.administrator) || is_let_in(*before, after);
  const bool shuts = !is_new && (before->administrator != after.administrator || before->state != after.state || before->valid_from != after.valid_from ||
                                 before->valid_until != after.valid_until);
  const bool moves = !is_new && has_other_ways_in(*before, after);
  if (!opens && !shuts && !moves) return {};
  if (!TRY(settings(tx)).settings.any()) return {};
  const bool could = !is_new && TRY(may_approve(tx, *before)), can = TRY(may_approve(tx, after));
  const bool is_agreed = is_approved(by) || by.actor.kind == audit::ActorKind::operator_;
  const bool is_self = by.actor.kind == audit::ActorKind::person && by.actor.id == after.id;
  if (!is_agreed && opens && can && after.state == PersonState::enabled) return fail(Kind::conflict, "approval_required");
  if (!is_agreed && moves && could && !is_self) return fail(Kind::conflict, "approval_required");
  if (!shuts || !could) return {};
  // As they stand before this change: whoever it is about is left out, unless they could still agree after it.
  const Time now = clock_.now();
  const auto stays = [&](const Person& one) { return can && one.is_active(now) && !one.valid_until; };
  if (stays(after)) return {};
  directory::PermissionSet needed;
  needed.set(static_cast<std::size_t>(Permission::approvals_write));
  needed.set(static_cast<std::size_t>(Permission::settings_write));
  auto left = TRY(directory_.who_hold(tx, needed, 3));
  std::erase_if(left, [&](const Person& one) { return one.id == after.id; });
  if (left.size() < 2) return fail(Kind::conflict, "last_approver");
  return {};
}

Status Approvals::way_in_changes(store::Transaction& tx, const Id& person, const audit::Event& by) {
  const bool is_self = by.actor.kind == audit::ActorKind::person && by.actor.id == person;
  if (is_self || by.actor.kind == audit::ActorKind::operator_ || is_approved(by)) return {};
  if (!TRY(settings(tx)).settings.any()) return {};
  if (TRY(may_approve(tx, TRY(directory_.get_person(tx, person))))) return fail(Kind::conflict, "approval_required");
  return {};
}

}  // namespace kidoban::approvals
