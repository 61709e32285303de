#include "base/text.h"
#include "crypto/aead.h"
#include "seal/keys_store.h"
#include "seal/seal.h"

namespace kidoban::seal {

namespace {

// Open keys are kept for as long as a rotation or suspension may take to be noticed.
constexpr std::size_t keys_kept = 16 * 1024;
constexpr std::chrono::minutes kept_for{5};
constexpr std::int64_t first_epoch = 1;
constexpr std::string_view check_associated = "kidoban root key check";

std::string associated(TenantId tenant) { return "kidoban tenant key " + tenant.text(); }

}  // namespace

Keyring::Keyring(RootKey& root, const Clock& clock, Random& random)
    : root_(root), clock_(clock), random_(random), opened_(keys_kept, kept_for) {}

Result<TenantKeyPointer> Keyring::of(store::Transaction& tx) {
  if (auto kept = opened_.get(tx.tenant())) return kept;
  const auto row = TRY(find_tenant_key(tx));
  if (!row) return fail(Kind::sealed, "tenant_key_missing", "tenant " + tx.tenant().text() + " has no key");
  auto raw = TRY(root_.unwrap(row->wrapped, associated(tx.tenant())));
  auto key = std::make_shared<const TenantKey>(tx.tenant(), std::move(raw), random_);
  opened_.put(tx.tenant(), key);
  return key;
}

Result<TenantKeyPointer> Keyring::create(store::Transaction& tx) {
  // What an undone attempt at the same tenant may have read is not what the row will hold.
  opened_.forget(tx.tenant());
  auto raw = Secret::of(random_.bytes<crypto::aead_key_bytes>());
  const std::string wrapped = TRY(root_.wrap(raw, associated(tx.tenant())));
  TRY(insert_tenant_key(tx, first_epoch, {std::string(root_.id()), wrapped}, clock_.now()));
  // Not kept yet: the transaction may be undone, and another key made for the same tenant.
  return std::make_shared<const TenantKey>(tx.tenant(), std::move(raw), random_);
}

Status Keyring::check(store::Store& store) {
  const auto deadline = runtime::Deadline::after(std::chrono::seconds(30));
  auto row = TRY(store.system_read(deadline, [](store::SystemTransaction& tx) { return find_root_key_check(tx); }));
  if (!row) {
    const Secret token = Secret::of(random_.bytes<crypto::aead_key_bytes>());
    const WrappedKey made{std::string(root_.id()), TRY(root_.wrap(token, check_associated))};
    // Another node may have been first: what stands in the row afterwards is what counts.
    row = TRY(store.system_write(
        deadline, [&](store::SystemTransaction& tx) -> Result<std::optional<WrappedKey>> {
          TRY(insert_root_key_check(tx, made));
          return find_root_key_check(tx);
        }));
  }
  if (!row || !root_.unwrap(row->wrapped, check_associated)) {
    return fail(Kind::sealed, "root_key_wrong",
                "the root key " + std::string(root_.id()) + " is not this store's, which was made with " +
                    (row ? row->root_key_id : "another") + ": give keys.root_key_file the right one; nothing was changed");
  }
  return {};
}

}  // namespace kidoban::seal
