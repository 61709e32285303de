// Looking for proofs in DNS, and what follows from what was found.

#include <algorithm>

#include "base/text.h"
#include "runtime/log.h"
#include "runtime/metrics.h"
#include "tenant/domain_store.h"

namespace kidoban::tenant {

namespace {

using std::chrono::hours, std::chrono::minutes, std::chrono::seconds;

constexpr std::string_view proof_begins = "kidoban-domain-verification=";
// How long DNS may take: four tries of two servers, and the person at the button still waits.
constexpr seconds patience{6};
// A node looks at twice this many domains a minute.
constexpr std::size_t bite = 64;

runtime::Counter checks("kidoban_domain_checks_total", "Looks at DNS for the proof of a domain.", "found",
                        {"proof", "nothing", "other_values", "taken", "failed"});

std::size_t series_of(std::string_view found) {
  constexpr std::string_view series[] = {"proof", "nothing", "other_values", "taken"};
  return static_cast<std::size_t>(std::ranges::find(series, found) - std::begin(series));
}

// What can be shown of a stranger's record: plain, short, one line.
std::optional<std::string> shown(std::string_view text) {
  constexpr std::size_t most = 100;
  std::string_view part = text.substr(0, most);
  while (part.size() < text.size() && !part.empty() && !is_utf8(part)) part.remove_suffix(1);
  if (part.empty() || !is_display_text(part)) return std::nullopt;
  return std::string(part) + (part.size() < text.size() ? "…" : "");
}

Time next_look(const Domain& domain, std::string_view found, bool certain, Time now) {
  if (!domain.is_owned()) {
    return now + std::clamp<Duration>(now - domain.created_at, minutes(1), hours(24 * 7));
  }
  return now + (certain || found == "proof" ? hours(24) : hours(1));
}

}  // namespace

// What stands at a domain's two places.
struct Domains::Look {
  std::vector<std::string> values;  // all at _kidoban., and what looks like a proof at the domain itself
  bool certain = true;              // both places were answered for
  std::string failure;              // dns/'s reason, where one wasn't

  bool has(const Domain& domain) const { return std::ranges::find(values, domain.record_value()) != values.end(); }
  std::string found(const Domain& domain) const {
    if (has(domain)) return "proof";
    if (!certain) return failure;
    return values.empty() ? "nothing" : "other_values";
  }
  std::vector<std::string> seen(const Domain& domain) const {
    std::vector<std::string> all;
    for (const std::string& one : values) {
      const auto text = one == domain.record_value() || all.size() == 10 ? std::nullopt : shown(one);
      if (text) all.push_back(*text);
    }
    return all;
  }
};

std::vector<Domains::Look> Domains::look(std::span<const std::string> names, runtime::Deadline deadline) const {
  std::vector<std::string> questions;
  for (const std::string& name : names) {
    questions.push_back("_kidoban." + name);
    questions.push_back(name);
  }
  auto answers = resolver_.txt(questions, deadline);
  std::vector<Look> all(names.size());
  for (std::size_t i = 0; i < answers.size(); ++i) {
    Look& look = all[i / 2];
    const bool own_place = i % 2 == 0;
    if (answers[i]) {
      std::ranges::copy_if(*answers[i], std::back_inserter(look.values),
                           [&](const std::string& text) { return own_place || text.starts_with(proof_begins); });
    } else if (answers[i].error().kind != Kind::not_found) {
      look.certain = false;
      look.failure = answers[i].error().reason.text();
    }
  }
  return all;
}

Result<Domain> Domains::settle(const TenantId& tenant, const Domain& asked, const Look& look, const Who& who, runtime::Deadline deadline) {
  const auto act = [&](store::SystemTransaction& tx) -> Result<Domain> {
    auto inside = tx.as(tenant);
    audit::Event event = TRY(who(inside));
    auto stands = TRY(select_domain(inside, asked.name));
    // Removed, perhaps added again with another token, while DNS was asked.
    if (!stands || stands->token != asked.token) return fail(Kind::not_found, "domain_unknown");
    Domain& domain = *stands;
    const Time now = clock_.now();
    std::optional<Reason> happened;
    domain.found = look.found(domain);
    domain.seen = look.seen(domain);
    if (domain.found == "proof" && !domain.is_owned()) {
      auto owner = TRY(select_owner(tx, domain.name));
      if (owner && (!look.certain || look.has(owner->domain))) {
        domain.found = "taken";
        domain.seen.clear();  // another tenant's proof isn't this one's to read
      } else {
        if (owner) {
          auto theirs = tx.as(owner->tenant);
          owner->domain.state = DomainState::pending;
          owner->domain.found = "nothing";
          owner->domain.seen.clear();
          owner->domain.checked_at = now;
          owner->domain.next_check_at = now + hours(24);
          TRY(update_domain(theirs, owner->domain));
          TRY(audit_.append(theirs, {.name = "domain.lost", .actor = {audit::ActorKind::system, std::nullopt}, .target_kind = "domain",
                                     .detail = {{"domain", domain.name}}}));
          if (told_) TRY(told_(theirs, owner->domain, News::lost));
        }
        happened = Reason("domain.proved");
        domain.proved_at = now;
      }
    } else if (domain.found == "proof" && domain.state == DomainState::proof_missing) {
      happened = Reason("domain.proof_returned");
    } else if (look.certain && domain.found != "proof" && domain.state == DomainState::proved) {
      happened = Reason("domain.proof_missing");
      domain.state = DomainState::proof_missing;
    }
    if (happened && domain.found == "proof") domain.state = DomainState::proved;
    domain.checked_at = now;
    domain.next_check_at = next_look(domain, domain.found, look.certain, now);
    TRY(update_domain(inside, domain));
    if (!happened) return domain;
    event.name = *happened;
    event.target_kind = "domain";
    event.target.reset();
    event.detail.emplace_back("domain", domain.name);
    TRY(audit_.append(inside, event));
    if (told_ && *happened == "domain.proved") TRY(told_(inside, domain, News::proved));
    if (told_ && *happened == "domain.proof_missing") TRY(told_(inside, domain, News::proof_missing));
    return domain;
  };
  auto settled = store_.system_write(deadline, act);
  // Two who prove one domain at the same moment: the second sees the first's.
  if (!settled && settled.error().reason == "unique_taken") settled = store_.system_write(deadline, act);
  if (settled) checks.add(series_of(settled->found));
  return settled;
}

Result<Domain> Domains::check(const TenantId& tenant, std::string_view typed, const Who& who, runtime::Deadline deadline) {
  const auto asked = TRY(store_.read(tenant, deadline, [&](store::Transaction& tx) -> Result<Domain> {
    TRY(who(tx));
    return get(tx, typed);
  }));
  std::vector<Look> looks;
  {
    const auto place = TRY(lane_.enter(tenant, deadline));
    looks = look(std::span(&asked.name, 1), runtime::Deadline::after(std::min<runtime::Deadline::Steady::duration>(deadline.left(), patience)));
  }
  auto domain = TRY(settle(tenant, asked, looks.front(), who, deadline));
  if (domain.found == "taken") return fail(Kind::conflict, "domain_taken", "another tenant has " + domain.name + ", and its proof stands");
  return domain;
}

Status Domains::check_due() {
  const auto soon = [] { return runtime::Deadline::after(seconds(15)); };
  const Who nobody = [](store::Transaction&) -> Result<audit::Event> {
    return audit::Event{.name = "domain.checked", .actor = {audit::ActorKind::system, std::nullopt}};
  };
  for (int bites = 0; bites < 2; ++bites) {
    const Time now = clock_.now();
    const auto due = TRY(store_.system_write(
        soon(), [&](store::SystemTransaction& tx) { return claim_due(tx, now, now + minutes(10), bite); }));
    std::vector<std::string> names;
    for (const DomainOfTenant& one : due) names.push_back(one.domain.name);
    const auto looks = look(names, runtime::Deadline::after(patience));
    for (std::size_t i = 0; i < due.size(); ++i) {
      const auto settled = settle(due[i].tenant, due[i].domain, looks[i], nobody, soon());
      if (!settled && settled.error().kind != Kind::not_found) {
        runtime::log(runtime::Level::warning, "domain_check_failed", settled.error(), {{"tenant", due[i].tenant.text()}});
      }
    }
    if (due.size() < bite) return {};
  }
  return {};
}

}  // namespace kidoban::tenant
