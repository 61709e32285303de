// domain subcommands.

#include <memory>

#include "base/domain_name.h"
#include "base/text.h"
#include "service/commands.h"
#include "service/house.h"

namespace kidoban::service {

namespace {

const audit::Event by_operator{.name = "operator.command", .actor = {audit::ActorKind::operator_, std::nullopt}};

std::string word_of(tenant::DomainState state) {
  switch (state) {
    case tenant::DomainState::pending: return "pending";
    case tenant::DomainState::proved: return "proved";
    case tenant::DomainState::proof_missing: return "proof_missing";
  }
  return "";
}

Fields fields_of(const tenant::Domain& domain) {
  return {{"name", domain.name},
          {"readable", readable_domain(domain.name)},
          {"state", word_of(domain.state)},
          {"record", domain.record_name() + " TXT " + domain.record_value()},
          {"found", domain.found},
          {"seen", join(domain.seen, ", ")}};
}

struct Opened {
  std::unique_ptr<House> house;
  TenantId tenant;
};
Result<Opened> open_tenant(const Config& config, const std::string& slug) {
  auto house = TRY(House::open(config));
  const auto tenant = TRY(house->tenants.find_by_slug(slug, command_deadline()));
  return Opened{std::move(house), tenant.id};
}

}  // namespace

Status domain_add(const Config& config, const Output& out, const std::string& tenant, const std::string& name) {
  const auto opened = TRY(open_tenant(config, tenant));
  const auto made = TRY(opened.house->store->write(
      opened.tenant, command_deadline(), [&](store::Transaction& tx) { return opened.house->domains.add(tx, name, by_operator); }));
  out.one(fields_of(made));
  return {};
}

Status domain_check(const Config& config, const Output& out, const std::string& tenant, const std::string& name) {
  const auto opened = TRY(open_tenant(config, tenant));
  const auto who = [](store::Transaction&) -> Result<audit::Event> { return by_operator; };
  out.one(fields_of(TRY(opened.house->domains.check(opened.tenant, name, who, command_deadline()))));
  return {};
}

Status domain_list(const Config& config, const Output& out, const std::string& tenant) {
  const auto opened = TRY(open_tenant(config, tenant));
  const auto all = TRY(opened.house->store->read(
      opened.tenant, command_deadline(), [&](store::Transaction& tx) { return opened.house->domains.list(tx, "", 500); }));
  std::vector<Fields> rows;
  for (const tenant::Domain& one : all) rows.push_back(fields_of(one));
  out.many("domains", rows);
  return {};
}

Status domain_remove(const Config& config, const Output& out, const std::string& tenant, const std::string& name) {
  const auto opened = TRY(open_tenant(config, tenant));
  House& house = *opened.house;
  TRY(house.store->write(opened.tenant, command_deadline(), [&](store::Transaction& tx) -> Status {
    const auto domain = TRY(house.domains.get(tx, name));
    if (domain.is_owned() && TRY(house.directory.has_login_in(tx, domain.name))) {
      return fail(Kind::conflict, "domain_in_use", "somebody's login is in " + domain.name);
    }
    return house.domains.remove(tx, name, by_operator);
  }));
  out.done(name + " is removed.");
  return {};
}

}  // namespace kidoban::service
