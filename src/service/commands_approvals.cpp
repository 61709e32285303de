// approvals subcommands: what the operator does where a tenant can't help itself any more. The operator stands outside the tenant and
// needs nobody's agreement; each act is in the tenant's audit as the operator's.

#include <memory>

#include "base/text.h"
#include "service/commands.h"
#include "service/operator_api.h"

namespace kidoban::service {

namespace {

Fields fields_of(const approvals::Approval& one) {
  return {{"id", one.id.text()},
          {"act", std::string(approvals::word_of(one.act))},
          {"what", one.shown.what},
          {"target", one.shown.target_name.empty() ? one.shown.target : one.shown.target_name},
          {"asked_by", one.shown.asker_name},
          {"state", std::string(approvals::word_of(one.state))},
          {"asked_at", rfc3339(to_us(one.asked_at))},
          {"expires_at", rfc3339(to_us(one.expires_at))}};
}

}  // namespace

Status approvals_list(const Config& config, const Output& out, const std::string& tenant) {
  const auto opened = TRY(open_tenant(config, tenant));
  const auto all = TRY(opened.house->store->read(opened.tenant.id, command_deadline(),
                                                 [&](store::Transaction& tx) { return opened.house->approvals.list(tx, {}, {}, 500); }));
  std::vector<Fields> rows;
  for (const auto& one : all) rows.push_back(fields_of(one));
  out.many("approvals", rows);
  return {};
}

Status approvals_refuse(const Config& config, const Output& out, const std::string& tenant, const std::string& id, const std::string& reason) {
  const auto opened = TRY(open_tenant(config, tenant));
  House& house = *opened.house;
  const Id approval = TRY(Id::parse(id));
  out.one(fields_of(TRY(house.store->write(opened.tenant.id, command_deadline(), [&](store::Transaction& tx) -> Result<approvals::Approval> {
    const auto one = TRY(house.approvals.get(tx, approval));
    if (one.state != approvals::State::pending) return fail(Kind::conflict, "approval_decided", "it doesn't wait any more");
    TRY(house.approvals.refuse(tx, one, reason, {opened.tenant.name, tenant::base_url(house.addressing, opened.tenant)}, by_operator()));
    return house.approvals.get(tx, approval);
  }))));
  return {};
}

Status approvals_off(const Config& config, const Output& out, const std::string& tenant) {
  const auto opened = TRY(open_tenant(config, tenant));
  House& house = *opened.house;
  TRY(house.store->write(opened.tenant.id, command_deadline(), [&](store::Transaction& tx) -> Status {
    auto settings = TRY(house.approvals.settings(tx)).settings;
    settings.acts = 0;
    TRY(house.approvals.set(tx, settings, {}, by_operator()));
    return {};
  }));
  out.done("Nothing in " + tenant + " needs an approval any more.");
  return {};
}

}  // namespace kidoban::service
