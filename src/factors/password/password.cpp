#include "factors/password/password.h"

#include "base/text.h"
#include "factors/password/password_store.h"

namespace kidoban::factors::password {

namespace {

using crypto::PasswordMatch;

seal::Place place_of(const Id& person) { return {"password_credentials", "hash", person.span()}; }

std::string unpadded(std::string text) {
  while (!text.empty() && text.back() == '=') text.pop_back();
  return text;
}

// A PHC string no password gives: made without hashing, so that starting costs nothing.
std::string hash_of_nobody(const crypto::Argon2Cost& cost, Random& random) {
  return "$argon2id$v=19$m=" + std::to_string(cost.memory_kib) + ",t=" + std::to_string(cost.passes) +
         ",p=" + std::to_string(cost.lanes) + "$" + unpadded(base64(random.bytes<16>())) + "$" +
         unpadded(base64(random.bytes<32>()));
}

}  // namespace

PasswordFactor::PasswordFactor(store::Store& store, seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random,
                               tenant::Settings& settings, directory::Directory& directory, runtime::Lane& lane,
                               const PasswordOptions& options)
    : store_(store), keys_(keys), audit_(audit), clock_(clock), random_(random), settings_(settings), directory_(directory),
      lane_(lane), options_(options), nobodys_hash_(hash_of_nobody(options.cost, random)) {}

Resources PasswordFactor::resources() const { return password::resources(); }

Result<bool> PasswordFactor::is_set_up(store::Transaction& tx, const Id& person) {
  return TRY(find_credential(tx, person)).has_value();
}

Result<Prompt> PasswordFactor::show(const Step& step) {
  Prompt prompt{"password", {}, ""};
  prompt.data.text["login"] = std::string(step.typed_login);
  return prompt;
}

// Reads even where there is nobody to read, so that the store takes as long for them.
Result<PasswordFactor::Known> PasswordFactor::read(const Step& step) {
  const Id person = step.person == nullptr ? Id{} : step.person->id;
  return store_.read(step.tenant, step.deadline, [&](store::Transaction& tx) -> Result<Known> {
    Known known{std::nullopt, TRY(policy_of(tx, person))};
    const auto row = TRY(find_credential(tx, person));
    if (!row) return known;
    const auto key = TRY(keys_.of(tx));
    known.credential.emplace(TRY(key->open(place_of(person), row->sealed)), row->imported, row->changed_at, row->temporary_until);
    return known;
  });
}

Result<PasswordMatch> PasswordFactor::compare(const Secret& typed, const Secret& spelled,
                                              const Credential& kept) const {
  const std::string_view encoded = kept.encoded.reveal_text();
  const bool same = constant_time_equal(typed.reveal(), spelled.reveal());
  if (kept.imported && !same) {
    const auto as_typed = TRY(crypto::verify_password(typed, encoded, options_.cost));
    // Right, but over another spelling than ours: it must be hashed anew.
    if (as_typed != PasswordMatch::no) return PasswordMatch::yes_but_outdated;
  }
  const auto match = TRY(crypto::verify_password(spelled, encoded, options_.cost));
  if (match == PasswordMatch::yes && kept.imported) return PasswordMatch::yes_but_outdated;
  return match;
}

Result<Record> PasswordFactor::rehashing(const Step& step, const Secret& spelled, Time changed_at) {
  const auto encoded = TRY(crypto::hash_password(spelled, options_.cost, random_));
  return Record([this, encoded, changed_at, person = step.person->id](store::Transaction& tx) -> Status {
    const auto key = TRY(keys_.of(tx));
    return rehash_credential(tx, person, key->seal(place_of(person), encoded), changed_at);
  });
}

Result<Verdict> PasswordFactor::judge(const Step& step, const http::Form& answer) {
  const Secret typed = Secret::of(answer.get_or("password"));
  if (typed.empty()) {
    auto prompt = TRY(show(step));
    prompt.problem = "password_missing";
    return Verdict(std::move(prompt));
  }
  auto spelled = one_spelling(typed);
  const auto known = TRY(read(step));
  const auto& kept = known.credential;
  const auto lane = TRY(lane_.enter(step.tenant, step.deadline));
  // Nobody there, no password, or not enabled: the same work, thrown away.
  if (step.person == nullptr || !kept || !spelled) {
    (void)crypto::verify_password(spelled ? *spelled : typed, nobodys_hash_, options_.cost);
    return Verdict(Refused{"password_wrong", {}});
  }
  const auto match = TRY(compare(typed, *spelled, *kept));
  if (match == PasswordMatch::no) return Verdict(Refused{"password_wrong", {}});
  const Time now = clock_.now();
  // Told to nobody who doesn't know it.
  if (kept->temporary_until && *kept->temporary_until <= now) return Verdict(Refused{"password_temporary_expired", {}});
  Passed passed{{"pwd"}, {}, {"", std::to_string(to_us(kept->changed_at))}};
  if (kept->temporary_until) passed.renewal.why = "password_temporary";
  else if (const auto expiry = expiry_of(known.policy, kept->changed_at); expiry && *expiry <= now) passed.renewal.why = "password_expired";
  if (match == PasswordMatch::yes_but_outdated) passed.record = TRY(rehashing(step, *spelled, kept->changed_at));
  return Verdict(std::move(passed));
}

Status PasswordFactor::forget(store::Transaction& tx, const Id& person) { return erase_passwords(tx, person); }

Result<std::optional<PasswordStatus>> PasswordFactor::password_status(store::Transaction& tx, const Id& person) {
  const auto row = TRY(find_credential(tx, person));
  if (!row) return std::nullopt;
  PasswordStatus status{row->changed_at, row->temporary_until.has_value(), row->temporary_until};
  if (!status.temporary) status.expires_at = expiry_of(TRY(policy_of(tx, person)), row->changed_at);
  return status;
}

Result<PreparedPassword> PasswordFactor::take_hash(std::string_view encoded) {
  if (!crypto::is_known_hash(encoded)) return fail(Kind::malformed, "hash_unsupported");
  return Prepared{Secret::of(encoded), true};
}

// What stands there becomes the newest of the former ones.
Result<bool> PasswordFactor::remember(store::Transaction& tx, const seal::TenantKey& key, const Id& person) {
  const auto policy = TRY(policy_of(tx, person));
  const auto before = TRY(find_credential(tx, person));
  if (before && policy.history > 0 && !before->temporary_until) {
    const auto encoded = TRY(key.open(place_of(person), before->sealed));
    const Id id = new_id(clock_, random_);
    TRY(add_history(tx, person, {id, key.seal({"password_history", "hash", id.span()}, encoded)}));
  }
  TRY(prune_history(tx, person, policy.history));
  return before.has_value();
}

Status PasswordFactor::set(store::Transaction& tx, const Id& person, const PreparedPassword& credential, const audit::Event& by) {
  const auto key = TRY(keys_.of(tx));
  const bool replaces = TRY(remember(tx, *key, person));
  const Time now = clock_.now();
  CredentialRow row{key->seal(place_of(person), credential.encoded), credential.imported, now, {}};
  if (credential.temporary) row.temporary_until = now + std::chrono::hours(TRY(policy_of(tx, person)).temporary_life_hours);
  TRY(put_credential(tx, person, row));
  audit::Event event = by;
  event.name = "password.set";
  event.target_kind = "person";
  event.target = person;
  if (credential.temporary) event.detail.emplace_back("temporary_until", rfc3339(to_us(*row.temporary_until)));
  if (credential.imported) event.detail.emplace_back("hash", "imported");
  if (credential.breach_unchecked) event.detail.emplace_back("breach_check", "unavailable");
  TRY(audit_.append(tx, event));
  if (!replaces || credential.announced || !replaced_) return {};
  return replaced_(tx, person, now);
}

}  // namespace kidoban::factors::password
