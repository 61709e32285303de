#include "service/demo.h"

#include "federation/oidc/client_admin.h"

namespace kidoban::service {

namespace {

struct DemoPerson {
  const char *login, *name, *given_name, *family_name, *locale;
  bool administrator;
};
constexpr DemoPerson people[] = {
    {"hanako@demo.example", "山田 花子", "花子", "山田", "ja", true},
    {"john@demo.example", "John Miller", "John", "Miller", "en", false},
};

Status make_people(House& house, store::Transaction& tx, const factors::password::Prepared& credential,
                   const audit::Event& by) {
  for (const DemoPerson& one : people) {
    if (TRY(house.directory.find_by_login(tx, one.login))) continue;
    directory::Directory::NewPerson wanted;
    wanted.profile.login = wanted.profile.email = one.login;
    wanted.profile.email_verified = true;
    wanted.profile.display_name = one.name;
    wanted.profile.given_name = one.given_name;
    wanted.profile.family_name = one.family_name;
    wanted.profile.locale = one.locale;
    wanted.profile.zoneinfo = "Asia/Tokyo";
    wanted.administrator = one.administrator;
    const auto person = TRY(house.directory.create_person(tx, wanted, by));
    TRY(house.password.set(tx, person.id, credential, by));
  }
  return {};
}

Status make_applications(House& house, store::Transaction& tx, const audit::Event& by) {
  using federation::oidc::ClientWanted;
  ClientWanted one;
  one.client_id = "sample-one";
  one.client_secret = "sample-one-demo-secret-0123456789abcdef";
  one.name = "Sample One";
  one.launch_url = "http://localhost:8091/";
  one.redirect_uris = {"http://localhost:8091/callback"};
  one.post_logout_redirect_uris = {"http://localhost:8091/"};
  ClientWanted two;
  two.client_id = "sample-two";
  two.name = "Sample Two";
  two.token_endpoint_auth_method = "none";
  two.launch_url = "http://localhost:8092/";
  two.redirect_uris = {"http://localhost:8092/callback"};
  two.post_logout_redirect_uris = {"http://localhost:8092/"};
  for (const ClientWanted& wanted : {one, two}) {
    if (TRY(house.applications.find(tx, "oidc", wanted.client_id))) continue;
    TRY(federation::oidc::create_client(tx, house.applications, wanted, by, house.random));
  }
  return {};
}

}  // namespace

Status make_demo(House& house) {
  const auto deadline = command_deadline();
  auto tenant = house.tenants.find_by_slug("demo", deadline);
  if (!tenant) {
    if (tenant.error().kind != Kind::not_found) return std::unexpected(std::move(tenant.error()));
    tenant = house.tenants.create({"demo", "Demo Company", ""}, {audit::ActorKind::system, std::nullopt}, deadline);
    if (!tenant) return std::unexpected(std::move(tenant.error()));
  }
  const TenantId id = tenant->id;
  const bool complete = TRY(house.store->read(id, deadline, [&](store::Transaction& tx) -> Result<bool> {
    for (const DemoPerson& one : people) {
      if (!TRY(house.directory.find_by_login(tx, one.login))) return false;
    }
    for (const char* client : {"sample-one", "sample-two"}) {
      if (!TRY(house.applications.find(tx, "oidc", client))) return false;
    }
    return true;
  }));
  if (complete) return {};
  const auto credential = TRY(house.password.prepare({id, {}, {}}, Secret::of(demo_password), deadline));
  return house.store->write(id, deadline, [&](store::Transaction& tx) -> Status {
    const audit::Event by{.name = "demo.made", .actor = {audit::ActorKind::system, std::nullopt}};
    TRY(make_people(house, tx, credential, by));
    return make_applications(house, tx, by);
  });
}

}  // namespace kidoban::service
