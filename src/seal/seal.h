#pragma once
// Sealing: everything secret or personal is encrypted before it reaches the store, under its
// tenant's data key, and bound to the place it stands in, so that a value moved to another row,
// column or tenant doesn't open.
//
//   root key (the operator's: a file, a token, a KMS) ─wraps→ tenant's key ─derives→ seal and index keys
//
// The wrapped tenant key is a row of `tenant_keys`; the opened one is kept in a bounded cache.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "base/resource.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/hash.h"
#include "runtime/cache.h"
#include "store/store.h"

namespace kidoban::seal {

Resources resources();

// Where a sealed value stands. With the tenant it is the associated data.
struct Place {
  std::string_view table, column;
  std::span<const std::uint8_t> row;  // the row's key within its tenant
};

// Holds the top of the key order. Any thread.
class RootKey {
 public:
  virtual ~RootKey() = default;
  virtual std::string_view id() const = 0;  // stored beside what it wrapped
  virtual Result<std::string> wrap(const Secret& key, std::string_view associated) = 0;
  // sealed/"root_key_wrong" when this root key did not wrap it.
  virtual Result<Secret> unwrap(std::string_view wrapped, std::string_view associated) = 0;
};

// 32 random bytes in base64 in a file of mode 0600. Makes the file where it isn't there and `create`
// says so. forbidden/"root_key_exposed" when group or others may read it; malformed/"root_key_malformed".
enum class Create { no, if_missing };
Result<std::unique_ptr<RootKey>> open_root_key_file(const std::filesystem::path& file, Create create,
                                                    Random& random);

// One tenant's opened key. Immutable, shared; any thread.
class TenantKey {
 public:
  TenantKey(TenantId tenant, Secret key, Random& random);

  std::string seal(const Place& place, std::string_view plain) const;
  std::string seal(const Place& place, const Secret& plain) const { return seal(place, plain.reveal_text()); }
  // internal/"sealed_value_damaged": the row was altered, or moved.
  Result<Secret> open(const Place& place, std::string_view sealed) const;
  Result<std::string> open_text(const Place& place, std::string_view sealed) const;
  // For equality look-ups: the same value under the same `index` name and tenant, always the same 32 bytes.
  crypto::Digest blind_index(std::string_view index, std::string_view value) const;
  // For tokens that must be told from forgeries without a row: HMAC under a key derived for `purpose`.
  crypto::Digest mac(std::string_view purpose, std::string_view data) const;

 private:
  std::string associated(const Place& place) const;
  TenantId tenant_;
  Secret seal_key_, index_key_, mac_key_;
  Random& random_;
};

using TenantKeyPointer = std::shared_ptr<const TenantKey>;

// Any thread.
class Keyring {
 public:
  Keyring(RootKey& root, const Clock& clock, Random& random);

  // The tenant's key: from the cache, or from the row read in `tx`. sealed/"tenant_key_missing" when it has none.
  Result<TenantKeyPointer> of(store::Transaction& tx);
  // Makes the tenant's key (a tenant's first act, in the transaction that makes the tenant).
  Result<TenantKeyPointer> create(store::Transaction& tx);
  // The root key fits this store: it opens the check value kept in `root_key_check` (made at first
  // start). sealed/"root_key_wrong" with a note for the operator.
  Status check(store::Store& store);

 private:
  RootKey& root_;
  const Clock& clock_;
  Random& random_;
  runtime::Cache<TenantId, TenantKey> opened_;
};

}  // namespace kidoban::seal
