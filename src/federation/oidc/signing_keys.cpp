#include "federation/oidc/signing_keys.h"

#include <algorithm>

#include "base/text.h"
#include "federation/oidc/signing_keys_store.h"

namespace kidoban::federation::oidc {

namespace {

using crypto::Algorithm;
using crypto::SigningKey;
using namespace std::chrono_literals;

// Long enough that rotation is no news, short enough that a key seldom outlives a compromise unnoticed.
constexpr Duration current_lifetime = std::chrono::days(90);
// Tokens live a day at most (client_metadata); the rest is for those who keep a JWKS too long.
constexpr Duration previous_lifetime = std::chrono::days(7);
constexpr std::size_t keys_kept = 8192;
// Another node's rotation is seen within this time; the old key stays published for a week.
constexpr auto current_kept_for = 60s;
// An unknown kid reads the store again, but no more often than this for a tenant: strangers choose kids.
constexpr auto reread_after = 5s;
constexpr std::int64_t due_at_once = 100;

seal::Place place_of(std::string_view kid) { return {"signing_keys", "private_key", as_bytes(kid)}; }

Result<KeyRow> make_row(const seal::TenantKey& sealer, const SigningKey& key, KeyState state) {
  const Secret der = TRY(key.private_der());
  return KeyRow{key.kid(), std::string(name_of(key.algorithm())), state, sealer.seal(place_of(key.kid()), der), key.public_jwk()};
}

audit::Event event_about(Reason name, std::string_view algorithm, std::string_view kid) {
  audit::Event event{name, audit::Outcome::success, {audit::ActorKind::system, std::nullopt}, {}, {}, {}};
  event.target_kind = "signing_key";
  event.detail = {{"algorithm", std::string(algorithm)}, {"kid", std::string(kid)}};
  return event;
}

}  // namespace

bool PublishedKeys::knows(std::string_view kid) const {
  return std::ranges::any_of(keys, [&](const SigningKey& key) { return key.kid() == kid; });
}

SigningKeys::SigningKeys(store::Store& store, seal::Keyring& keyring, audit::Audit& audit, const Clock& clock, Random& random)
    : store_(store),
      keyring_(keyring),
      audit_(audit),
      clock_(clock),
      random_(random),
      opened_(keys_kept, 1h),
      current_(keys_kept, current_kept_for),
      published_(keys_kept, current_kept_for) {}

Result<SigningKey> SigningKeys::open(store::Transaction& tx, std::string_view kid, Algorithm algorithm, std::string_view sealed) {
  // The tenant is part of the name: a thumbprint is public, and one tenant's must not fetch another's key.
  const std::string name = tx.tenant().text() + std::string(kid);
  if (const auto kept = opened_.get(name)) return kept->key;
  const auto sealer = TRY(keyring_.of(tx));
  const Secret der = TRY(sealer->open(place_of(kid), sealed));
  auto key = TRY(SigningKey::from_private_der(algorithm, der.reveal()));
  opened_.put(name, std::make_shared<const Kept>(Kept{key}));
  return key;
}

Result<std::optional<SigningKey>> SigningKeys::find_current(TenantId tenant, Algorithm algorithm, runtime::Deadline deadline) {
  return store_.read(tenant, deadline, [&](store::Transaction& tx) -> Result<std::optional<SigningKey>> {
    const auto row = TRY(find_key(tx, name_of(algorithm), KeyState::current));
    if (!row) return std::optional<SigningKey>();
    auto key = TRY(open(tx, row->kid, algorithm, row->private_key));
    return std::optional<SigningKey>(std::move(key));
  });
}

Result<SigningKey> SigningKeys::current(TenantId tenant, Algorithm algorithm, runtime::Deadline deadline) {
  const Name name{tenant, algorithm};
  if (const auto kept = current_.get(name)) return kept->key;
  auto found = TRY(find_current(tenant, algorithm, deadline));
  if (!found) {
    TRY(make_first(tenant, algorithm, deadline));
    found = TRY(find_current(tenant, algorithm, deadline));
    if (!found) return fail(Kind::internal, "signing_key_missing");
  }
  current_.put(name, std::make_shared<const Kept>(Kept{*found}));
  return *found;
}

Status SigningKeys::make_first(TenantId tenant, Algorithm algorithm, runtime::Deadline deadline) {
  const auto current = TRY(SigningKey::generate(algorithm));
  const auto next = TRY(SigningKey::generate(algorithm));
  const auto insert_both = [&](store::Transaction& tx) -> Status {
    if (TRY(find_key(tx, name_of(algorithm), KeyState::current))) return {};  // another was quicker
    const auto sealer = TRY(keyring_.of(tx));
    const KeyRow current_row = TRY(make_row(*sealer, current, KeyState::current));
    const KeyRow next_row = TRY(make_row(*sealer, next, KeyState::next));
    TRY(insert_key(tx, current_row, clock_.now()));
    TRY(insert_key(tx, next_row, clock_.now()));
    return audit_.append(tx, event_about("oidc.signing_key.made", name_of(algorithm), current.kid()));
  };
  TRY(store_.write(tenant, deadline, insert_both));
  published_.forget(tenant);
  return {};
}

Result<PublishedKeysPointer> SigningKeys::read_published(TenantId tenant, runtime::Deadline deadline) {
  auto keys = std::make_shared<PublishedKeys>();
  const auto rows = TRY(store_.read(tenant, deadline, [&](store::Transaction& tx) { return list_keys(tx); }));
  keys->jwks = "{\"keys\":[";
  for (const KeyRow& row : rows) {
    if (!keys->keys.empty()) keys->jwks += ',';
    keys->jwks += row.public_jwk;
    auto key = TRY(SigningKey::from_jwk(row.public_jwk));
    keys->keys.push_back(std::move(key));
  }
  keys->jwks += "]}";
  keys->read_at = std::chrono::steady_clock::now();
  published_.put(tenant, keys);
  return PublishedKeysPointer(std::move(keys));
}

Result<PublishedKeysPointer> SigningKeys::published(TenantId tenant, runtime::Deadline deadline) {
  if (auto kept = published_.get(tenant)) return kept;
  auto keys = TRY(read_published(tenant, deadline));
  if (!keys->keys.empty()) return keys;
  TRY(make_first(tenant, Algorithm::es256, deadline));
  return read_published(tenant, deadline);
}

Status SigningKeys::verify(TenantId tenant, const crypto::Jws& jws, runtime::Deadline deadline) {
  auto keys = TRY(published(tenant, deadline));
  if (!jws.kid.empty() && !keys->knows(jws.kid) && std::chrono::steady_clock::now() - keys->read_at > reread_after) {
    keys = TRY(read_published(tenant, deadline));
  }
  return crypto::jws_verify(jws, keys->keys);
}

Status SigningKeys::rotate(TenantId tenant, Algorithm algorithm, runtime::Deadline deadline, std::string_view only_if) {
  const auto fresh = TRY(SigningKey::generate(algorithm));
  const std::string_view name = name_of(algorithm);
  const auto step = [&](store::Transaction& tx) -> Status {
    const auto current = TRY(find_key(tx, name, KeyState::current));
    const auto next = TRY(find_key(tx, name, KeyState::next));
    if (current && !only_if.empty() && current->kid != only_if) return {};
    if (!next) return fail(Kind::not_found, "signing_key_missing", "this tenant has no key of that algorithm yet");
    const auto sealer = TRY(keyring_.of(tx));
    const KeyRow row = TRY(make_row(*sealer, fresh, KeyState::next));
    const Time now = clock_.now();
    TRY(delete_key(tx, name, KeyState::previous));
    TRY(move_key(tx, name, KeyState::current, KeyState::previous, now));
    TRY(move_key(tx, name, KeyState::next, KeyState::current, now));
    TRY(insert_key(tx, row, now));
    return audit_.append(tx, event_about("oidc.signing_key.rotated", name, next->kid));
  };
  TRY(store_.write(tenant, deadline, step));
  current_.forget(Name{tenant, algorithm});
  published_.forget(tenant);
  return {};
}

Status SigningKeys::rotate_all(TenantId tenant, runtime::Deadline deadline) {
  TRY(published(tenant, deadline));  // makes the first where there is none
  const auto rows = TRY(store_.read(tenant, deadline, [&](store::Transaction& tx) { return list_keys(tx); }));
  for (const KeyRow& row : rows) {
    const auto algorithm = crypto::algorithm_named(row.algorithm);
    if (row.state == KeyState::current && algorithm) TRY(rotate(tenant, *algorithm, deadline));
  }
  return {};
}

Status SigningKeys::rotate_due(runtime::Deadline deadline) {
  const Time now = clock_.now();
  const auto find_due = [&](store::SystemTransaction& tx) {
    return due_keys(tx, now - current_lifetime, now - previous_lifetime, due_at_once);
  };
  const auto due = TRY(store_.system_read(deadline, find_due));
  for (const DueKey& one : due) {
    // Two nodes may both find it due: the second finds another key in its place and leaves it.
    if (one.state == KeyState::previous) {
      const auto forget = [&](store::Transaction& tx) -> Status {
        const auto row = TRY(find_key(tx, one.algorithm, KeyState::previous));
        if (!row || row->kid != one.kid) return {};
        TRY(delete_key(tx, one.algorithm, KeyState::previous));
        return audit_.append(tx, event_about("oidc.signing_key.deleted", one.algorithm, one.kid));
      };
      TRY(store_.write(one.tenant, deadline, forget));
      published_.forget(one.tenant);
    } else if (const auto algorithm = crypto::algorithm_named(one.algorithm)) {
      TRY(rotate(one.tenant, *algorithm, deadline, one.kid));
    }
  }
  return {};
}

}  // namespace kidoban::federation::oidc
