// Choosing a password: the tenant's rules, everything that is wrong with what was chosen, and the step of a sign-in in
// which one is chosen anew.

#include "base/text.h"
#include "factors/password/password.h"
#include "factors/password/password_store.h"
#include "factors/password/strength.h"
#include "runtime/log.h"
#include "runtime/metrics.h"

namespace kidoban::factors::password {

namespace {

runtime::Counter breach_checks("kidoban_breach_checks_total", "Chosen passwords looked for among breached ones.", "outcome",
                               {"unknown", "known", "unavailable"});

// Without what is mistaken for something else (l and 1, o and 0): 32 characters, five bits each.
constexpr std::string_view readable = "abcdefghijkmnpqrstuvwxyz23456789";

}  // namespace

Result<Rules> PasswordFactor::read_rules(store::Transaction& tx) {
  const auto stored = TRY(settings_.read(tx, section));
  if (!stored) return Rules{};
  auto parsed = parse_rules(stored->json);
  if (const auto* faults = std::get_if<std::vector<RuleFault>>(&parsed)) {
    return fail(Kind::internal, "password_rules_unreadable", faults->front().member);
  }
  return std::get<Rules>(std::move(parsed));
}

Result<PasswordRules> PasswordFactor::rules(store::Transaction& tx) {
  const auto stored = TRY(settings_.read(tx, section));
  return PasswordRules{write_rules(TRY(read_rules(tx))), stored ? stored->version : 0};
}

Result<std::vector<RuleFault>> PasswordFactor::set_rules(store::Transaction& tx, std::string_view json,
                                                         std::optional<std::int64_t> version, const audit::Event& by) {
  auto parsed = parse_rules(json);
  if (auto* faults = std::get_if<std::vector<RuleFault>>(&parsed)) return std::move(*faults);
  const Rules& rules = std::get<Rules>(parsed);
  std::vector<RuleFault> faults;
  for (std::size_t i = 0; i < rules.overrides.size(); ++i) {
    for (const Id& group : rules.overrides[i].groups) {
      const auto found = directory_.groups().get(tx, group);
      if (!found && found.error().kind != Kind::not_found) return std::unexpected(found.error());
      if (!found) faults.push_back({"overrides." + std::to_string(i) + ".groups", "group_unknown"});
    }
  }
  if (!faults.empty()) return faults;
  TRY(settings_.write(tx, section, write_rules(rules), version, by));
  TRY(watch_expiry(tx, rules));
  return faults;
}

Result<LockRule> PasswordFactor::lock_rule(store::Transaction& tx) { return lock_rule_of(TRY(read_rules(tx)).lock); }

Result<Policy> PasswordFactor::policy_of(store::Transaction& tx, const std::optional<Id>& person) {
  const auto rules = TRY(read_rules(tx));
  if (!person || rules.overrides.empty()) return rules.everyone;
  std::vector<Id> groups;
  for (const auto& group : TRY(directory_.groups().of(tx, *person))) groups.push_back(group.id);
  return rules.policy_of(groups);
}

// The first operator's tenant isn't there yet when the password is chosen: the built-in policy.
Result<PasswordFactor::Grounds> PasswordFactor::grounds_for(const PasswordOwner& owner, runtime::Deadline deadline) {
  if (owner.tenant.id.is_nil()) return Grounds{};
  return store_.read(owner.tenant, deadline, [&](store::Transaction& tx) -> Result<Grounds> {
    Grounds grounds{TRY(policy_of(tx, owner.person)), {}};
    if (!owner.person) return grounds;
    const auto key = TRY(keys_.of(tx));
    if (const auto row = TRY(find_credential(tx, *owner.person))) {
      grounds.former.push_back(TRY(key->open({"password_credentials", "hash", owner.person->span()}, row->sealed)));
    }
    for (const FormerRow& row : TRY(find_history(tx, *owner.person, grounds.policy.history))) {
      grounds.former.push_back(TRY(key->open({"password_history", "hash", row.id.span()}, row.sealed)));
    }
    return grounds;
  });
}

// One hash each, 25 at most; an imported one may be over what was typed.
Result<bool> PasswordFactor::is_former(const Secret& typed, const Secret& spelled, const Grounds& grounds, runtime::Deadline deadline) const {
  using crypto::PasswordMatch;
  const bool same = constant_time_equal(typed.reveal(), spelled.reveal());
  for (const Secret& encoded : grounds.former) {
    if (deadline.passed()) return fail(Kind::unavailable, "deadline_passed");
    if (TRY(crypto::verify_password(spelled, encoded.reveal_text(), options_.cost)) != PasswordMatch::no) return true;
    const bool ours = encoded.reveal_text().starts_with("$argon2id$");
    if (!ours && !same && TRY(crypto::verify_password(typed, encoded.reveal_text(), options_.cost)) != PasswordMatch::no) return true;
  }
  return false;
}

Result<PasswordFactor::Breach> PasswordFactor::ask_breaches(TenantId tenant, const Secret& spelled, runtime::Deadline deadline) {
  const auto known = options_.breaches->knows(tenant, spelled, deadline);
  if (known) {
    breach_checks.add(*known ? 1 : 0);
    return *known ? Breach::known : Breach::unknown_to_it;
  }
  breach_checks.add(2);
  runtime::log(runtime::Level::warning, "breach_check_unavailable", known.error());
  if (options_.when_unasked == PasswordOptions::WhenUnasked::refuse) return std::unexpected(known.error());
  return Breach::unasked;
}

Result<ChosenPassword> PasswordFactor::choose(const PasswordOwner& owner, const Secret& typed, runtime::Deadline deadline) {
  const auto spelled = one_spelling(typed);
  if (!spelled) {
    if (spelled.error().kind != Kind::malformed) return std::unexpected(spelled.error());
    return ChosenPassword(std::vector<Fault>{{"password_malformed", ""}});
  }
  const auto grounds = TRY(grounds_for(owner, deadline));
  Prepared prepared;
  // Asked before the lane is entered: another server's slowness must not hold a place.
  auto breach = Breach::unknown_to_it;
  if (grounds.policy.refuse_breached && options_.breaches != nullptr) breach = TRY(ask_breaches(owner.tenant, *spelled, deadline));
  prepared.breach_unchecked = breach == Breach::unasked;
  const auto lane = TRY(lane_.enter(owner.tenant, deadline));
  auto faults = faults_of(spelled->reveal_text(), grounds.policy, owner.own_words);
  if (breach == Breach::known) faults.push_back({"password_breached", ""});
  if (TRY(is_former(typed, *spelled, grounds, deadline))) faults.push_back({"password_reused", ""});
  if (!faults.empty()) return ChosenPassword(std::move(faults));
  prepared.encoded = Secret::of(TRY(crypto::hash_password(*spelled, options_.cost, random_)));
  return ChosenPassword(std::move(prepared));
}

Result<Prepared> PasswordFactor::prepare(const PasswordOwner& owner, const Secret& typed, runtime::Deadline deadline) {
  auto chosen = TRY(choose(owner, typed, deadline));
  if (auto* prepared = std::get_if<Prepared>(&chosen)) return std::move(*prepared);
  const auto& faults = std::get<std::vector<Fault>>(chosen);
  std::string all;
  for (const Fault& fault : faults) all += (all.empty() ? "" : ", ") + std::string(fault.reason.text());
  return fail(Kind::malformed, faults.front().reason, all);
}

Result<GeneratedPassword> PasswordFactor::generate(TenantId tenant, runtime::Deadline deadline) {
  std::string text;
  for (const std::uint8_t byte : random_.bytes<16>()) {
    if (!text.empty() && text.size() % 5 == 4) text += '-';
    text += readable[byte % readable.size()];
  }
  GeneratedPassword made{Secret::of(text), {}};
  const auto lane = TRY(lane_.enter(tenant, deadline));
  made.prepared.encoded = Secret::of(TRY(crypto::hash_password(made.text, options_.cost, random_)));
  made.prepared.temporary = true;
  return made;
}

Result<Prompt> PasswordFactor::show_renewal(const Step& step, const Renewal& renewal) {
  const auto policy = TRY(store_.read(step.tenant, step.deadline, [&](store::Transaction& tx) -> Result<Policy> {
    return policy_of(tx, step.person == nullptr ? std::nullopt : std::optional(step.person->id));
  }));
  Prompt prompt{"renewal", {}, ""};
  prompt.data.text["login"] = std::string(step.typed_login);
  prompt.data.text["min_length"] = std::to_string(policy.min_length);
  prompt.data.text["kinds"] = policy.character_kinds > 1 ? std::to_string(policy.character_kinds) : "";
  prompt.data.flags[renewal.why] = true;
  return prompt;
}

Result<Renewed> PasswordFactor::renew(const Step& step, const Renewal& renewal, const http::Form& answer) {
  const Secret typed = Secret::of(answer.get_or("new_password"));
  if (typed.empty()) return Renewed{{{"password_missing", ""}}, {}};
  if (answer.get_or("new_password") != answer.get_or("new_password_again")) return Renewed{{{"passwords_differ", ""}}, {}};
  const Id person = step.person->id;
  auto chosen = TRY(choose(owner_of(step.tenant, person, step.person->profile, step.request.site.display_name), typed, step.deadline));
  if (auto* faults = std::get_if<std::vector<Fault>>(&chosen)) return Renewed{std::move(*faults), {}};
  // A record may run again, and may be copied: the secret is shared, and wiped with the last of them.
  const auto prepared = std::make_shared<Prepared>(std::get<Prepared>(std::move(chosen)));
  const auto by = audit::from(step.request, {.name = "password.set", .actor = {audit::ActorKind::person, person}});
  return Renewed{{}, [this, prepared, person, by, proof = renewal.proof](store::Transaction& tx) -> Status {
    const auto row = TRY(find_credential(tx, person));
    // Replaced since it was shown (by an administrator, or in another window): what was shown opens nothing any more.
    if (!row || std::to_string(to_us(row->changed_at)) != proof) return fail(Kind::conflict, "renewal_stale");
    return set(tx, person, *prepared, by);
  }};
}

}  // namespace kidoban::factors::password
