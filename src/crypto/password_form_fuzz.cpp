// Password hashes from imports. Every form is read; those that cost little are computed too.

#include <algorithm>
#include <cstdlib>

#include "base/text.h"
#include "crypto/crypt_setting.h"
#include "crypto/password_form.h"

using namespace kidoban::crypto;

namespace {

bool is_cheap(const Argon2Form& form) { return form.cost.memory_kib <= 1024 && form.cost.passes <= 2 && form.cost.lanes <= 2; }
bool is_cheap(const CryptForm& form) { return crypt_cost_ms(form.setting) <= 4; }
bool is_cheap(const Pbkdf2Form& form) { return form.rounds <= 1000; }
bool is_cheap(const ScryptForm& form) { return form.n * form.r * form.p <= 8192; }
bool is_cheap(const DigestForm&) { return true; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = kidoban::as_text({data, size});
  const auto form = read_password_form(text);
  if (form.has_value() != is_known_hash(text)) std::abort();
  if (!form || !std::visit([](const auto& one) { return is_cheap(one); }, *form)) return 0;
  const auto match = verify_password(kidoban::Secret::of("password"), text, Argon2Cost{});
  if (!match && match.error().reason != "hash_unsupported") std::abort();
  return 0;
}
