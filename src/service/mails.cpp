#include "service/mails.h"

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

}  // namespace kidoban::service
