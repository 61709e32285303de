#include "transfer/still_may.h"

namespace kidoban::transfer {

namespace {

Result<directory::PermissionSet> rights_of(directory::Directory& directory, const Clock& clock, store::Transaction& tx, const audit::Actor& actor) {
  if (actor.kind == audit::ActorKind::person) {
    const auto person = TRY(directory.get_person(tx, *actor.id));
    if (!person.is_active(clock.now())) return directory::PermissionSet();
    return TRY(directory.roles().grant_of(tx, person.id, person.administrator)).everywhere;
  }
  const auto account = TRY(directory.service_accounts().get(tx, *actor.id));
  return account.enabled ? account.permissions : directory::PermissionSet();
}

}  // namespace

Status still_may(directory::Directory& directory, const Clock& clock, store::Transaction& tx, const audit::Actor& actor, directory::Permission needed) {
  if (actor.kind == audit::ActorKind::operator_ || actor.kind == audit::ActorKind::system) return {};
  const bool is_known = actor.id && (actor.kind == audit::ActorKind::person || actor.kind == audit::ActorKind::service_account);
  const auto rights = is_known ? rights_of(directory, clock, tx, actor) : Result<directory::PermissionSet>();
  if (!rights && rights.error().kind != Kind::not_found) return std::unexpected(rights.error());
  if (rights && directory::holds(*rights, needed)) return {};
  return fail(Kind::forbidden, "permission_missing", std::string(directory::word_of(needed)));
}

}  // namespace kidoban::transfer
