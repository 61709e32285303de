#include "crypto/password_form.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/text.h"
#include "crypto/crypt_setting.h"

namespace kidoban::crypto {
namespace {

constexpr std::size_t longest_form = 1024;
constexpr std::size_t longest_salt = 128;

// Base64 as PHC strings write it: RFC 4648 §4 without padding.
std::optional<Bytes> unpadded(std::string_view text) {
  std::string padded(text);
  padded.append((4 - padded.size() % 4) % 4, '=');
  if (padded.find('=') < text.size()) return std::nullopt;
  return unbase64(padded);
}

std::string without_padding(std::span<const std::uint8_t> bytes) {
  std::string text = base64(bytes);
  text.resize(text.find_last_not_of('=') + 1);
  return text;
}

// passlib's: '.' where RFC 4648 has '+'.
std::optional<Bytes> adapted(std::string_view text) {
  std::string usual(text);
  if (usual.find('+') != std::string::npos) return std::nullopt;
  std::ranges::replace(usual, '.', '+');
  return unpadded(usual);
}

// A decimal number in range, without sign or leading zeros: one spelling each.
std::optional<std::int64_t> number(std::string_view text, std::int64_t least, std::int64_t most) {
  if (text.empty() || text[0] == '-' || text[0] == '+' || (text[0] == '0' && text.size() > 1)) return std::nullopt;
  const auto value = to_integer(text);
  if (!value || *value < least || *value > most) return std::nullopt;
  return value;
}

// "m=19456,t=2,p=1" with exactly these names in this order.
std::optional<std::vector<std::int64_t>> settings(std::string_view text, std::string_view names, std::int64_t most) {
  const auto parts = split(text, ',');
  const auto wanted = split(names, ',');
  std::vector<std::int64_t> out;
  if (parts.size() != wanted.size()) return std::nullopt;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto name = wanted[i];
    if (!parts[i].starts_with(name) || parts[i].substr(name.size(), 1) != "=") return std::nullopt;
    const auto value = number(parts[i].substr(name.size() + 1), 1, most);
    if (!value) return std::nullopt;
    out.push_back(*value);
  }
  return out;
}

bool sizes_fit(const Bytes& salt, const Bytes& hash, std::size_t least_salt, std::size_t least_hash) {
  return salt.size() >= least_salt && salt.size() <= longest_salt && hash.size() >= least_hash && hash.size() <= 64;
}

// $argon2id$v=19$m=19456,t=2,p=1$salt$hash; without v it is version 0x10.
std::optional<PasswordForm> read_argon2(std::vector<std::string_view> parts) {
  Argon2Form form;
  form.is_id = parts[1] == "argon2id";
  form.version = 0x10;
  if (parts.size() == 6) {
    if (parts[2] != "v=19" && parts[2] != "v=16") return std::nullopt;
    form.version = parts[2] == "v=19" ? 0x13 : 0x10;
    parts.erase(parts.begin() + 2);
  }
  if (parts.size() != 5) return std::nullopt;
  const auto cost = settings(parts[2], "m,t,p", argon2_most_kib_passes);
  auto salt = unpadded(parts[3]);
  auto hash = unpadded(parts[4]);
  if (!cost || !salt || !hash || !sizes_fit(*salt, *hash, 8, 16)) return std::nullopt;
  form.cost = {static_cast<std::uint32_t>((*cost)[0]), static_cast<std::uint32_t>((*cost)[1]),
               static_cast<std::uint32_t>((*cost)[2])};
  if (form.cost.memory_kib > argon2_most_memory_kib || form.cost.lanes > argon2_most_lanes ||
      form.cost.memory_kib < 8 * form.cost.lanes ||  // RFC 9106 §3.1
      std::uint64_t{form.cost.memory_kib} * form.cost.passes > argon2_most_kib_passes) {
    return std::nullopt;
  }
  form.salt = std::move(*salt);
  form.hash = std::move(*hash);
  return form;
}

std::optional<PasswordForm> make_pbkdf2(const EVP_MD* digest, std::string_view rounds, std::optional<Bytes> salt,
                                        std::optional<Bytes> hash) {
  const auto count = number(rounds, 1, pbkdf2_most_rounds);
  if (!count || !salt || !hash || !sizes_fit(*salt, *hash, 1, 1)) return std::nullopt;
  if (hash->size() != static_cast<std::size_t>(EVP_MD_get_size(digest))) return std::nullopt;
  return Pbkdf2Form{digest, static_cast<int>(*count), std::move(*salt), std::move(*hash)};
}

std::optional<PasswordForm> read_scrypt(const std::vector<std::string_view>& parts) {
  if (parts.size() != 5) return std::nullopt;
  const auto cost = settings(parts[2], "ln,r,p", 1 << 20);
  auto salt = unpadded(parts[3]);
  auto hash = unpadded(parts[4]);
  if (!cost || !salt || !hash || !sizes_fit(*salt, *hash, 1, 16) || (*cost)[0] > 31) return std::nullopt;
  ScryptForm form{std::uint64_t{1} << (*cost)[0], static_cast<std::uint64_t>((*cost)[1]),
                        static_cast<std::uint64_t>((*cost)[2]), std::move(*salt), std::move(*hash)};
  const std::uint64_t memory = 128 * form.n * form.r;
  if (memory > scrypt_most_memory || memory * form.p > scrypt_most_work) return std::nullopt;
  return form;
}

struct LdapScheme {
  std::string_view name;
  const EVP_MD* (*digest)();
  bool salted;
};
constexpr LdapScheme ldap_schemes[] = {{"{ssha}", EVP_sha1, true},
                                       {"{ssha256}", EVP_sha256, true},
                                       {"{ssha512}", EVP_sha512, true},
                                       {"{sha}", EVP_sha1, false}};

// RFC 2307 §5.3: the scheme's name in any case, then base64 of hash ‖ salt.
std::optional<PasswordForm> read_ldap(std::string_view encoded) {
  const auto end = encoded.find('}');
  if (end == std::string_view::npos) return std::nullopt;
  const auto name = ascii_lower(encoded.substr(0, end + 1));
  const auto rest = encoded.substr(end + 1);
  if (name == "{crypt}") {
    if (!is_bounded_crypt_setting(rest)) return std::nullopt;
    return CryptForm{std::string(rest)};
  }
  const auto* scheme = std::ranges::find(ldap_schemes, std::string_view(name), &LdapScheme::name);
  auto bytes = unbase64(rest);
  if (scheme == std::end(ldap_schemes) || !bytes) return std::nullopt;
  DigestForm form{scheme->digest(), {}, {}};
  const auto length = EVP_MD_get_size(form.digest);
  const auto salt_size = static_cast<std::ptrdiff_t>(bytes->size()) - length;
  if (scheme->salted ? salt_size < 1 || salt_size > std::ptrdiff_t{longest_salt} : salt_size != 0) return std::nullopt;
  form.hash.assign(bytes->begin(), bytes->begin() + length);
  form.salt.assign(bytes->begin() + length, bytes->end());
  return form;
}

}  // namespace

std::optional<PasswordForm> read_password_form(std::string_view encoded) {
  if (encoded.size() > longest_form) return std::nullopt;
  if (encoded.starts_with('{')) return read_ldap(encoded);
  const auto parts = split(encoded, '$');
  if (parts.size() == 4 && parts[0] == "pbkdf2_sha256") {  // Django: the salt is text, the hash is padded
    return make_pbkdf2(EVP_sha256(), parts[1], Bytes(parts[2].begin(), parts[2].end()), unbase64(parts[3]));
  }
  if (parts.size() < 3 || !parts[0].empty()) return std::nullopt;
  if (parts[1] == "argon2id" || parts[1] == "argon2i") return read_argon2(parts);
  if (parts[1] == "scrypt") return read_scrypt(parts);
  if (parts.size() == 5) {
    const EVP_MD* digest = parts[1] == "pbkdf2"          ? EVP_sha1()
                           : parts[1] == "pbkdf2-sha256" ? EVP_sha256()
                           : parts[1] == "pbkdf2-sha512" ? EVP_sha512()
                                                         : nullptr;
    if (digest) return make_pbkdf2(digest, parts[2], adapted(parts[3]), adapted(parts[4]));
  }
  if (is_bounded_crypt_setting(encoded)) return CryptForm{std::string(encoded)};
  return std::nullopt;
}

std::string write_argon2id(const Argon2Form& form) {
  return "$argon2id$v=19$m=" + std::to_string(form.cost.memory_kib) + ",t=" + std::to_string(form.cost.passes) +
         ",p=" + std::to_string(form.cost.lanes) + "$" + without_padding(form.salt) + "$" +
         without_padding(form.hash);
}

}  // namespace kidoban::crypto
