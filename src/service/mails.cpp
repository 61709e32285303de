#include "service/mails.h"

#include "login/client.h"
#include "login/sign_in_settings.h"

namespace kidoban::service {

namespace {

constexpr auto warned_before = std::chrono::days(14);

}  // namespace

Status tell_of_end(House& house, const tenant::Addressing& addressing, store::Transaction& tx, const jobs::Job& job) {
  if (job.actor.kind != audit::ActorKind::person || !job.actor.id) return {};
  const auto person = house.directory.get_person(tx, *job.actor.id);
  if (!person && person.error().kind == Kind::not_found) return {};  // gone meanwhile
  if (!person) return std::unexpected(person.error());
  const auto tenant = TRY(tenant::Tenants::of(tx));
  const std::string url = tenant::base_url(addressing, tenant);
  std::string outcome(jobs::word_of(job.state));
  if (!job.reason.empty()) outcome += " (" + job.reason + ")";
  if (!job.counts.empty() && job.counts != "{}") outcome += " " + job.counts;
  const auto& profile = person->profile;
  return house.mail.send(tx, {.occasion = mail::Occasion::job_finished,
                              .to = {person->id, profile.email, profile.display_name, profile.locale, profile.zoneinfo},
                              .company = tenant.name,
                              .url = url + "/",
                              .values = {{"job", job.kind}, {"outcome", outcome}, {"link", url + "/api/v1/jobs/" + job.id.text()}},
                              .useless_after = {}});
}

Status tell_of_webhook(House& house, const tenant::Addressing& addressing, store::Transaction& tx, const webhooks::Webhook& webhook, const webhooks::Attempt& last) {
  const auto tenant = TRY(tenant::Tenants::of(tx));
  // Not the whole URL: what stands behind the host may be a secret of the receiver's.
  constexpr std::size_t scheme = std::string_view("https://").size();
  const std::string host = webhook.url.substr(scheme, webhook.url.find_first_of("/?", scheme) - scheme);
  const std::string status = last.status == 0 ? std::string() : " (HTTP " + std::to_string(last.status) + ")";
  return house.mail.send_to_system(tx, {.occasion = mail::Occasion::webhook_switched_off,
                                        .to = {},
                                        .company = tenant.name,
                                        .url = tenant::base_url(addressing, tenant) + "/",
                                        .values = {{"webhook", webhook.name}, {"host", host}, {"reason", last.failure + status},
                                                   {"since", webhook.failing_since.value_or(last.at)}},
                                        .useless_after = {}});
}

Status warn_of_credentials(House& house, const tenant::Addressing& addressing) {
  return house.directory.service_accounts().warn_of_ends(
      *house.store, house.clock.now() + warned_before,
      [&](store::Transaction& tx, const directory::ServiceAccount& account, const directory::ServiceCredential& credential) -> Status {
        const auto tenant = TRY(tenant::Tenants::of(tx));
        return house.mail.send_to_system(tx, {.occasion = mail::Occasion::token_expiring,
                                              .to = {},
                                              .company = tenant.name,
                                              .url = tenant::base_url(addressing, tenant) + "/",
                                              .values = {{"token", account.name + " / " + credential.label}, {"expires", credential.expires_at}},
                                              .useless_after = credential.expires_at});
      });
}

Status warn_of_expiries(House& house) {
  return house.password.warn_of_ends([&house](store::Transaction& tx, const Id& id, Time expires_at) -> Status {
    const auto person = house.directory.get_person(tx, id);
    if (!person && person.error().kind == Kind::not_found) return {};
    if (!person) return std::unexpected(person.error());
    if (!person->is_active(house.clock.now())) return {};
    return house.notices.tell(tx, *person, mail::Occasion::password_expiring,
                              {{"expires", expires_at}, {"link", TRY(house.notices.url_of(tx)) + "/account/password"}}, expires_at);
  });
}

Status tell_of_domain(notices::Notices& notices, store::Transaction& tx, const tenant::Domain& domain, tenant::Domains::News news) {
  using News = tenant::Domains::News;
  using mail::Occasion;
  switch (news) {
    case News::proved: return notices.tell_system(tx, Occasion::domain_confirmed, {{"domain", domain.name}});
    case News::proof_missing:
      return notices.tell_system(tx, Occasion::domain_proof_missing,
                                 {{"domain", domain.name}, {"record", domain.record_name()}, {"value", domain.record_value()}});
    case News::lost: return notices.tell_system(tx, Occasion::domain_lost, {{"domain", domain.name}});
  }
  return {};
}

void tell_of_sign_ins(House& house, login::Options& options) {
  options.when_held_up = [&house](store::Transaction& tx, const directory::Person& person, Time until) {
    return house.notices.tell(tx, person, mail::Occasion::account_locked, {{"until", until}});
  };
  options.when_new_browser = [&house](store::Transaction& tx, const http::Request& request, const directory::Person& person) -> Status {
    const auto section = TRY(house.settings.read(tx, login::sign_in_section));
    const auto settled = section ? TRY(login::parse_sign_in_settings(section->json)) : login::SignInSettings{};
    if (!settled.mail_new_browser) return {};
    return house.notices.tell(tx, person, mail::Occasion::suspicious_sign_in,
                              {{"at", house.clock.now()},
                               {"client_address", request.client_address},
                               {"browser", login::told_of(login::client_of(request.header("user-agent")))}});
  };
}

Status expire_approvals(House& house, const tenant::Addressing& addressing) {
  return house.approvals.expire_due(*house.store, [&](store::Transaction& tx) -> Result<approvals::Company> {
    const auto tenant = TRY(tenant::Tenants::of(tx));
    return approvals::Company{tenant.name, tenant::base_url(addressing, tenant)};
  });
}

}  // namespace kidoban::service
