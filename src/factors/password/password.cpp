#include "factors/password/password.h"

#include <algorithm>
#include <array>

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

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// NIST SP 800-63B-4 §3.1.1.2 asks for a blocklist. At fifteen characters what is common is what
// repeats a short unit ("passwordpassword", "123123123…") or runs along the keyboard or alphabet.
bool is_common(std::string_view text) {
  const std::string lower = ascii_lower(text);
  for (std::size_t unit = 1; unit <= lower.size() / 2; ++unit) {
    bool repeats = true;
    for (std::size_t i = unit; i < lower.size() && repeats; ++i) repeats = lower[i] == lower[i - unit];
    if (repeats) return true;
  }
  constexpr std::array<std::string_view, 6> runs = {
      "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba",
      "123456789012345678901234567890", "098765432109876543210987654321",
      "qwertyuiopasdfghjklzxcvbnm",     "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik"};
  return std::any_of(runs.begin(), runs.end(),
                     [&](std::string_view run) { return run.find(lower) != std::string_view::npos; });
}

}  // namespace

PasswordFactor::PasswordFactor(store::Store& store, seal::Keyring& keys, audit::Audit& audit, const Clock& clock,
                               Random& random, runtime::Lane& lane, const PasswordOptions& options)
    : store_(store), keys_(keys), audit_(audit), clock_(clock), random_(random), lane_(lane), options_(options),
      nobodys_hash_(hash_of_nobody(options.cost, random)) {}

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
Result<std::optional<PasswordFactor::Credential>> PasswordFactor::read(const Step& step) {
  const Id person = step.person == nullptr ? Id{} : step.person->id;
  return store_.read(step.tenant, step.deadline,
                     [&](store::Transaction& tx) -> Result<std::optional<Credential>> {
                       const auto row = TRY(find_credential(tx, person));
                       if (!row) return std::nullopt;
                       const auto key = TRY(keys_.of(tx));
                       return Credential{TRY(key->open(place_of(person), row->sealed)), row->imported};
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

Result<Record> PasswordFactor::renewal(const Step& step, const Secret& spelled) {
  const auto encoded = TRY(crypto::hash_password(spelled, options_.cost, random_));
  return Record([this, encoded, person = step.person->id](store::Transaction& tx) -> Status {
    const auto key = TRY(keys_.of(tx));
    return put_credential(tx, person, {key->seal(place_of(person), encoded), false}, clock_.now());
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
  const auto kept = TRY(read(step));
  const auto lane = TRY(lane_.enter(step.tenant, step.deadline));
  // Nobody there, no password, or not enabled: the same work, thrown away.
  if (step.person == nullptr || !kept || !spelled) {
    (void)crypto::verify_password(spelled ? *spelled : typed, nobodys_hash_, options_.cost);
    return Verdict(Refused{"password_wrong", {}});
  }
  switch (TRY(compare(typed, *spelled, *kept))) {
    case PasswordMatch::no: return Verdict(Refused{"password_wrong", {}});
    case PasswordMatch::yes: return Verdict(Passed{{"pwd"}, {}});
    case PasswordMatch::yes_but_outdated: break;
  }
  return Verdict(Passed{{"pwd"}, TRY(renewal(step, *spelled))});
}

Status PasswordFactor::forget(store::Transaction& tx, const Id& person) { return delete_credential(tx, person); }

Result<Prepared> PasswordFactor::prepare(TenantId tenant, const Secret& typed, runtime::Deadline deadline) {
  const auto spelled = TRY(one_spelling(typed));
  if (characters(spelled.reveal_text()) < options_.least_characters) return fail(Kind::malformed, "password_too_short");
  if (is_common(spelled.reveal_text())) return fail(Kind::malformed, "password_too_common");
  const auto lane = TRY(lane_.enter(tenant, deadline));
  return Prepared{Secret::of(TRY(crypto::hash_password(spelled, options_.cost, random_))), false};
}

Result<Prepared> PasswordFactor::prepare_hash(std::string_view encoded) {
  if (!crypto::is_known_hash(encoded)) return fail(Kind::malformed, "hash_unsupported");
  return Prepared{Secret::of(encoded), true};
}

Status PasswordFactor::set(store::Transaction& tx, const Id& person, const Prepared& credential,
                           const audit::Event& by) {
  const auto key = TRY(keys_.of(tx));
  TRY(put_credential(tx, person, {key->seal(place_of(person), credential.encoded), credential.imported},
                     clock_.now()));
  audit::Event event = by;
  event.name = "password.set";
  event.target_kind = "person";
  event.target = person;
  return audit_.append(tx, event);
}

}  // namespace kidoban::factors::password
