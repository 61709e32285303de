#include "tenant/renaming.h"

#include "base/limits.h"
#include "base/text.h"

namespace kidoban::tenant {

namespace {
constexpr store::Sql set_name{"set_tenant_name", "update tenants set name = $2 where id = $1"};
}  // namespace

Status rename(store::Transaction& tx, audit::Audit& audit, std::string_view name, const audit::Event& by) {
  if (name.empty() || name.size() > limits::name_bytes || !is_display_text(name)) {
    return fail(Kind::malformed, "name_malformed", "the name is empty, too long or not plain text");
  }
  const Tenant before = TRY(Tenants::of(tx));
  if (before.name == name) return {};
  TRY(tx.execute(set_name, name));
  audit::Event event = by;
  event.name = "tenant.renamed";
  event.target_kind = "tenant";
  event.target = before.id.id;
  event.detail.emplace_back("name_before", before.name);
  event.detail.emplace_back("name", name);
  return audit.append(tx, event);
}

}  // namespace kidoban::tenant
