#include "service/import_passwords.h"

#include <memory>

namespace kidoban::service {

Status ImportPasswords::check(std::string_view typed) {
  TRY(factors::password::one_spelling(Secret::of(typed)));
  return {};
}

Result<ImportPasswords::Set> ImportPasswords::prepare(TenantId tenant, const Secret& typed, runtime::Deadline deadline) {
  return prepare_for(tenant, {}, typed, deadline);
}

Result<ImportPasswords::Set> ImportPasswords::prepare_for(TenantId tenant, const Owner& owner, const Secret& typed, runtime::Deadline deadline) {
  auto chosen = TRY(factor_.choose(factors::owner_of(tenant, owner.person, owner.profile, {}), typed, deadline));
  if (const auto* faults = std::get_if<std::vector<factors::Fault>>(&chosen)) return fail(Kind::malformed, faults->front().reason);
  auto prepared = std::get<factors::PreparedPassword>(std::move(chosen));
  prepared.temporary = true;  // whoever made the file knows it
  return setter(std::move(prepared));
}

Result<ImportPasswords::Set> ImportPasswords::prepare_hash(std::string_view encoded) {
  return setter(TRY(factor_.take_hash(encoded)));
}

ImportPasswords::Set ImportPasswords::setter(factors::PreparedPassword prepared) const {
  return [factor = &factor_, kept = std::make_shared<const factors::PreparedPassword>(std::move(prepared))](
             store::Transaction& tx, const Id& person, const audit::Event& by) { return factor->set(tx, person, *kept, by); };
}

}  // namespace kidoban::service
