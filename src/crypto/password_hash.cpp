#include "crypto/password_hash.h"

#include <argon2.h>
#include <crypt.h>
#include <openssl/crypto.h>

#include <memory>

#include "base/text.h"
#include "crypto/argon2_memory.h"
#include "crypto/openssl_ptr.h"
#include "crypto/password_form.h"

namespace kidoban::crypto {
namespace {

constexpr std::size_t salt_bytes = 16;  // RFC 9106 §3.1 recommends 128 bits
constexpr std::size_t hash_bytes = 32;

Failure failed(std::string note) { return fail(Kind::internal, "password_hash_failed", std::move(note)); }
// What reads as a form but whose own library won't have it.
Failure refused(std::string note) { return fail(Kind::malformed, "hash_unsupported", std::move(note)); }

// What a form's hash should be, to be compared and then wiped.
Result<Secret> compute(const Secret& password, const Argon2Form& form) {
  std::vector<std::uint8_t> out(form.hash.size());
  const auto text = password.reveal();
  argon2_context context{};
  context.out = out.data();
  context.outlen = static_cast<std::uint32_t>(out.size());
  // Read only: no flag asks for the password to be wiped.
  context.pwd = const_cast<std::uint8_t*>(text.data());
  context.pwdlen = static_cast<std::uint32_t>(text.size());
  context.salt = const_cast<std::uint8_t*>(form.salt.data());
  context.saltlen = static_cast<std::uint32_t>(form.salt.size());
  context.t_cost = form.cost.passes;
  context.m_cost = form.cost.memory_kib;
  context.lanes = context.threads = form.cost.lanes;
  context.version = form.version;
  context.allocate_cbk = take_argon2_memory;
  context.free_cbk = give_back_argon2_memory;
  context.flags = ARGON2_DEFAULT_FLAGS;
  const int result = argon2_ctx(&context, form.is_id ? Argon2_id : Argon2_i);
  if (result == ARGON2_MEMORY_ALLOCATION_ERROR) {
    return fail_for_now(Kind::unavailable, "memory_short", 1, "no memory for a password hash");
  }
  if (result != ARGON2_OK) return failed(argon2_error_message(result));
  return Secret(std::move(out));
}

Result<Secret> compute(const Secret& password, const Pbkdf2Form& form) {
  std::vector<std::uint8_t> out(form.hash.size());
  const auto text = password.reveal_text();
  if (PKCS5_PBKDF2_HMAC(text.data(), static_cast<int>(text.size()), form.salt.data(),
                        static_cast<int>(form.salt.size()), form.rounds, form.digest, static_cast<int>(out.size()),
                        out.data()) != 1) {
    return failed("PBKDF2");
  }
  return Secret(std::move(out));
}

Result<Secret> compute(const Secret& password, const ScryptForm& form) {
  std::vector<std::uint8_t> out(form.hash.size());
  const auto text = password.reveal_text();
  // The bound is read_password_form's; OpenSSL's own counts 128 · r · (N + p + 2) octets.
  const std::uint64_t memory = 128 * form.r * (form.n + form.p + 2) + (1 << 20);
  if (EVP_PBE_scrypt(text.data(), text.size(), form.salt.data(), form.salt.size(), form.n, form.r, form.p, memory,
                     out.data(), out.size()) != 1) {
    return refused("scrypt");
  }
  return Secret(std::move(out));
}

Result<Secret> compute(const Secret& password, const DigestForm& form) {
  std::vector<std::uint8_t> out(form.hash.size());
  const DigestContext context(EVP_MD_CTX_new());
  const auto text = password.reveal();
  if (!context || EVP_DigestInit_ex2(context.get(), form.digest, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), text.data(), text.size()) != 1 ||
      EVP_DigestUpdate(context.get(), form.salt.data(), form.salt.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), out.data(), nullptr) != 1) {
    return failed("digest");
  }
  return Secret(std::move(out));
}

template <class Form>
Result<bool> matches(const Secret& password, const Form& form) {
  const Secret computed = TRY(compute(password, form));
  return constant_time_equal(computed.reveal(), form.hash);
}

struct WipedCryptData {
  crypt_data data{};
  WipedCryptData() = default;
  ~WipedCryptData() { OPENSSL_cleanse(&data, sizeof data); }
  WipedCryptData(const WipedCryptData&) = delete;
  WipedCryptData& operator=(const WipedCryptData&) = delete;
};

template <>
Result<bool> matches(const Secret& password, const CryptForm& form) {
  const auto text = password.reveal();
  // crypt(3) ends at a NUL: what stands behind it must not go unread.
  if (as_text(text).find('\0') != std::string_view::npos) return false;
  if (text.size() >= CRYPT_MAX_PASSPHRASE_SIZE) return false;  // crypt(3) takes no more
  std::vector<std::uint8_t> ended(text.begin(), text.end());
  ended.push_back(0);
  const Secret phrase(std::move(ended));
  const auto working = std::make_unique<WipedCryptData>();  // 32 KiB
  const auto* ended_phrase = reinterpret_cast<const char*>(phrase.reveal().data());
  const char* made = crypt_r(ended_phrase, form.setting.c_str(), &working->data);
  if (!made || made[0] == '*') return refused("crypt(3)");
  return constant_time_equal(std::string_view(made), form.setting);
}

bool is_current(const PasswordForm& form, const Argon2Cost& wanted) {
  const auto* ours = std::get_if<Argon2Form>(&form);
  return ours && ours->is_id && ours->version == ARGON2_VERSION_13 && ours->cost == wanted &&
         ours->salt.size() >= salt_bytes && ours->hash.size() >= hash_bytes;
}

}  // namespace

Result<std::string> hash_password(const Secret& password, const Argon2Cost& cost, Random& random) {
  Argon2Form form;
  form.cost = cost;
  form.salt.resize(salt_bytes);
  random.fill(form.salt);
  form.hash.resize(hash_bytes);
  const Secret hash = TRY(compute(password, form));
  form.hash.assign(hash.reveal().begin(), hash.reveal().end());
  return write_argon2id(form);
}

Result<PasswordMatch> verify_password(const Secret& password, std::string_view encoded, const Argon2Cost& wanted) {
  const auto form = read_password_form(encoded);
  if (!form) return fail(Kind::malformed, "hash_unsupported");
  const bool right = TRY(std::visit([&](const auto& one) { return matches(password, one); }, *form));
  if (!right) return PasswordMatch::no;
  return is_current(*form, wanted) ? PasswordMatch::yes : PasswordMatch::yes_but_outdated;
}

void trim_password_memory() { trim_argon2_memory(); }

bool is_known_hash(std::string_view encoded) { return read_password_form(encoded).has_value(); }

}  // namespace kidoban::crypto
