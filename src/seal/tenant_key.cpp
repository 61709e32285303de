#include "base/require.h"
#include "base/text.h"
#include "crypto/aead.h"
#include "seal/seal.h"

namespace kidoban::seal {

namespace {

// A sealed value: version, the epoch of the key (big-endian), then nonce ‖ ciphertext ‖ tag.
constexpr char format_version = 1;
constexpr std::uint8_t first_epoch = 1;
constexpr std::size_t prefix_bytes = 3;

// Length before each part: no two places have the same spelling.
void add_part(std::string& out, std::string_view part) {
  require(part.size() < 65536, "a part of a place is short");
  out += static_cast<char>(part.size() >> 8);
  out += static_cast<char>(part.size() & 0xff);
  out += part;
}

}  // namespace

TenantKey::TenantKey(TenantId tenant, Secret key, Random& random)
    : tenant_(tenant),
      seal_key_(crypto::hkdf_sha256(key.reveal(), "kidoban seal", crypto::aead_key_bytes)),
      index_key_(crypto::hkdf_sha256(key.reveal(), "kidoban blind index", 32)),
      mac_key_(crypto::hkdf_sha256(key.reveal(), "kidoban mac", 32)),
      random_(random) {}

std::string TenantKey::associated(const Place& place) const {
  std::string out;
  out.reserve(32 + place.table.size() + place.column.size() + place.row.size());
  add_part(out, as_text(tenant_.id.span()));
  add_part(out, place.table);
  add_part(out, place.column);
  add_part(out, as_text(place.row));
  return out;
}

std::string TenantKey::seal(const Place& place, std::string_view plain) const {
  std::string out{format_version, 0, static_cast<char>(first_epoch)};
  out += crypto::aead_seal(seal_key_.reveal(), as_bytes(plain), associated(place), random_);
  return out;
}

Result<Secret> TenantKey::open(const Place& place, std::string_view sealed) const {
  if (sealed.size() < prefix_bytes || sealed[0] != format_version || sealed[1] != 0 ||
      sealed[2] != static_cast<char>(first_epoch)) {
    return fail(Kind::internal, "sealed_value_damaged", "of an unknown format or epoch, in " + std::string(place.table));
  }
  auto plain = crypto::aead_open(seal_key_.reveal(), sealed.substr(prefix_bytes), associated(place));
  if (!plain) {
    return fail(Kind::internal, "sealed_value_damaged",
                "in " + std::string(place.table) + "." + std::string(place.column) + ": altered, or moved from another place");
  }
  return plain;
}

Result<std::string> TenantKey::open_text(const Place& place, std::string_view sealed) const {
  const Secret plain = TRY(open(place, sealed));
  return std::string(plain.reveal_text());
}

crypto::Digest TenantKey::blind_index(std::string_view index, std::string_view value) const {
  std::string input;
  add_part(input, index);
  input += value;
  return crypto::hmac_sha256(index_key_.reveal(), as_bytes(input));
}

crypto::Digest TenantKey::mac(std::string_view purpose, std::string_view data) const {
  std::string input;
  add_part(input, purpose);
  input += data;
  return crypto::hmac_sha256(mac_key_.reveal(), as_bytes(input));
}

}  // namespace kidoban::seal
