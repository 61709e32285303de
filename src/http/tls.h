#pragma once
// TLS as this service offers it: 1.2 and 1.3, forward secrecy, AEAD ciphers only.

#include <openssl/types.h>

#include <filesystem>
#include <memory>

#include "base/result.h"

namespace kidoban::http {

struct ContextDeleter {
  void operator()(SSL_CTX* context) const;
};
using TlsContext = std::shared_ptr<SSL_CTX>;

// malformed/"certificate_unusable"; the note names the file and says what is wrong with it.
Result<TlsContext> make_tls_context(const std::filesystem::path& certificate, const std::filesystem::path& private_key);

}  // namespace kidoban::http
