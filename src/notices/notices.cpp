#include "notices/notices.h"

#include "base/limits.h"
#include "directory/administrators.h"

namespace kidoban::notices {

namespace {

mail::Message message_of(const tenant::Tenant& tenant, const tenant::Addressing& addressing, mail::Occasion occasion, mail::Values values,
                         std::optional<Time> useless_after) {
  return {.occasion = occasion, .to = {}, .company = tenant.name, .url = tenant::base_url(addressing, tenant) + "/", .values = std::move(values),
          .useless_after = useless_after};
}

mail::Recipient recipient_of(const directory::Person& person, const std::string& address) {
  const auto& profile = person.profile;
  return {person.id, address, profile.display_name, profile.locale, profile.zoneinfo};
}

}  // namespace

Status Notices::tell(store::Transaction& tx, const directory::Person& person, mail::Occasion occasion, mail::Values values,
                     std::optional<Time> useless_after) {
  values.emplace_back("login", person.profile.login);
  auto message = message_of(TRY(tenant::Tenants::of(tx)), addressing_, occasion, std::move(values), useless_after);
  for (const std::string& address : directory::mail_addresses(person.profile)) {
    message.to = recipient_of(person, address);
    TRY(mail_.send(tx, message));
  }
  return {};
}

Status Notices::tell(store::Transaction& tx, const Id& id, mail::Occasion occasion, mail::Values values) {
  const auto person = directory_.get_person(tx, id);
  if (!person && person.error().kind == Kind::not_found) return {};
  if (!person) return std::unexpected(person.error());
  if (person->state == directory::PersonState::pending_deletion) return {};
  return tell(tx, *person, occasion, std::move(values));
}

Status Notices::tell_at(store::Transaction& tx, const std::string& address, const directory::Person& person, mail::Occasion occasion,
                        mail::Values values, std::optional<Time> useless_after) {
  values.emplace_back("login", person.profile.login);
  auto message = message_of(TRY(tenant::Tenants::of(tx)), addressing_, occasion, std::move(values), useless_after);
  message.to = recipient_of(person, address);
  return mail_.send(tx, message);
}

Status Notices::tell_system(store::Transaction& tx, mail::Occasion occasion, mail::Values values, std::optional<Time> useless_after) {
  return mail_.send_to_system(tx, message_of(TRY(tenant::Tenants::of(tx)), addressing_, occasion, std::move(values), useless_after));
}

Status Notices::tell_responsible(store::Transaction& tx, mail::Occasion occasion, const mail::Values& values) {
  if (!TRY(mail_.settings(tx)).settings.system_destinations.empty()) return tell_system(tx, occasion, values);
  auto message = message_of(TRY(tenant::Tenants::of(tx)), addressing_, occasion, values, {});
  for (const Id& id : TRY(directory::administrators(tx, limits::mail_destinations))) {
    const auto person = TRY(directory_.get_person(tx, id));
    message.to = recipient_of(person, person.profile.email);
    TRY(mail_.send(tx, message));
  }
  return {};
}

Result<page::Language> Notices::system_language(store::Transaction& tx) { return TRY(mail_.settings(tx)).settings.default_language; }

Result<std::string> Notices::url_of(store::Transaction& tx) { return tenant::base_url(addressing_, TRY(tenant::Tenants::of(tx))); }

}  // namespace kidoban::notices
