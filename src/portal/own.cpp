// What somebody changes of themselves.

#include "portal/own.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "directory/profile.h"
#include "portal/address_store.h"

namespace kidoban::portal {

namespace {

constexpr std::string_view address_attribute = "private_email";

// Each of these writes to somebody else, who mustn't be flooded.
login::LockoutOptions limit_of(std::string scope) {
  using std::chrono::minutes, std::chrono::hours;
  login::LockoutOptions options;
  options.scope = std::move(scope);
  options.person = {5, minutes(1), hours(1), hours(24)};
  options.address = {100, minutes(1), minutes(15), hours(1)};
  return options;
}

crypto::Digest hash_of(std::string_view token) { return crypto::sha256(token); }

audit::Event by_person(const http::Request& request, Reason name, const Id& person) {
  return audit::from(request, {.name = name, .actor = {audit::ActorKind::person, person}, .target_kind = "person", .target = person});
}

directory::Change own_change(std::map<std::string, directory::Value, std::less<>> attributes) {
  directory::Change change;
  change.attributes = std::move(attributes);
  change.writer.kind = directory::Writer::Kind::self;
  return change;
}

}  // namespace

Own::Own(store::Store& store, seal::Keyring& keys, audit::Audit& audit, directory::Directory& directory, login::Login& login,
         notices::Notices& notices, const page::Pages& pages, const Clock& clock, Random& random)
    : store_(store), keys_(keys), audit_(audit), directory_(directory), login_(login), notices_(notices), pages_(pages), clock_(clock),
      random_(random), reports_(keys, clock, limit_of("sign_in_reports")), addresses_(keys, clock, limit_of("address_changes")) {
  directory_.when_gone([](store::Transaction& tx, const Id& person) { return drop_address_change(tx, person); });
}

std::vector<std::string> Own::editable(const directory::Schema& schema) {
  std::vector<std::string> out;
  for (const auto& one : directory::attributes()) {
    if (schema.self_editable(one.name)) out.emplace_back(one.name);
  }
  for (const auto& one : schema.custom) {
    std::string name = std::string(directory::custom_prefix) + one.name;
    if (schema.self_editable(name)) out.push_back(std::move(name));
  }
  return out;
}

Result<std::optional<Own::Pending>> Own::pending(store::Transaction& tx, const Id& person) {
  const auto key = TRY(keys_.of(tx));
  const auto found = TRY(find_address_change(tx, *key, person, clock_.now()));
  if (!found) return std::nullopt;
  return Pending{found->address, found->expires_at};
}

Result<Own::Pending> Own::ask_to_confirm(store::Transaction& tx, const http::Request& request, const directory::Person& person, const std::string& address) {
  if (const auto wait = TRY(addresses_.charge(tx, person.profile.login, request.client_address)); wait > 0) {
    return fail_for_now(Kind::rate_limited, "too_many_addresses", wait);
  }
  const std::string token = base64url(random_.bytes<32>());
  const AddressChange wanted{address, clock_.now() + address_link_lifetime};
  TRY(put_address_change(tx, *TRY(keys_.of(tx)), person.id, hash_of(token), wanted));
  auto event = by_person(request, "person.address_asked", person.id);
  event.detail.emplace_back("private_email", address);
  TRY(audit_.append(tx, event));
  TRY(notices_.tell_at(tx, address, person, mail::Occasion::address_confirmation,
                       {{"address", address}, {"link", TRY(notices_.url_of(tx)) + "/account/address/" + token}, {"expires", wanted.expires_at}}, wanted.expires_at));
  TRY(notices_.tell(tx, person, mail::Occasion::address_changing, {{"address", address}, {"at", clock_.now()}}));
  return Pending{wanted.address, wanted.expires_at};
}

Result<Own::Changed> Own::change(store::Transaction& tx, const http::Request& request, const directory::Person& person,
                                 std::map<std::string, directory::Value, std::less<>> attributes, std::optional<std::int64_t> version) {
  if (version && *version != person.version) return fail(Kind::conflict, "version_changed");
  std::optional<std::string> address;
  if (auto found = attributes.find(address_attribute); found != attributes.end()) {
    const auto schema = TRY(directory_.schema(tx));
    if (!schema.self_editable(address_attribute)) return fail(Kind::forbidden, "attribute_not_yours", std::string(address_attribute));
    // In the one spelling that it would have.
    auto profile = person.profile;
    TRY(directory::set_value(profile, address_attribute, std::move(found->second), schema.custom));
    auto checked = directory::checked(profile, schema.custom);
    if (!checked) {
      if (checked.error().reason == "email_malformed") checked.error().note = address_attribute;
      return std::unexpected(std::move(checked.error()));
    }
    address = checked->private_email;
    if (address == person.profile.private_email) {
      address.reset();
      TRY(drop_address_change(tx, person.id));  // they thought better of it
    }
    if (!address || !address->empty()) attributes.erase(found);
    else found->second = std::monostate();
  }
  Changed out{TRY(directory_.change_person(tx, person.id, own_change(std::move(attributes)), version, by_person(request, "person.changed", person.id))), {}};
  if (address && !address->empty()) {
    out.pending = TRY(ask_to_confirm(tx, request, person, *address));
  } else if (address) {
    TRY(drop_address_change(tx, person.id));
    // Where mail reached them until now.
    TRY(notices_.tell(tx, person, mail::Occasion::address_changing, {{"address", "–"}, {"at", clock_.now()}}));
  }
  if (!out.pending) out.pending = TRY(pending(tx, person.id));
  return out;
}

Result<std::string> Own::address_of(store::Transaction& tx, const Id& person, std::string_view token) {
  const auto found = TRY(find_address_change(tx, *TRY(keys_.of(tx)), person, hash_of(token), clock_.now()));
  if (!found) return fail(Kind::expired, "address_gone");
  return found->address;
}

Status Own::confirm(store::Transaction& tx, const http::Request& request, const Id& person, std::string_view token) {
  const auto address = TRY(address_of(tx, person, token));
  TRY(drop_address_change(tx, person));
  TRY(directory_.change_person(tx, person, own_change({{std::string(address_attribute), address}}), {}, by_person(request, "person.changed", person)));
  return {};
}

Status Own::purge() {
  constexpr std::int64_t bite = 500;
  for (;;) {
    const auto gone = TRY(store_.system_write(runtime::Deadline::after(limits::request_time),
                                              [&](store::SystemTransaction& tx) { return purge_address_changes(tx, clock_.now(), bite); }));
    if (gone < bite) return {};
  }
}

}  // namespace kidoban::portal
