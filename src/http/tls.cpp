#include "http/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <array>
#include <cstring>
#include <string>

namespace kidoban::http {

namespace {

Failure unusable(const std::filesystem::path& file) {
  std::array<char, 256> why{};
  ERR_error_string_n(ERR_peek_last_error(), why.data(), why.size());
  ERR_clear_error();
  return fail(Kind::malformed, "certificate_unusable", file.string() + ": " + why.data());
}

// RFC 7301. A client that offers only what we don't speak is told so; one that offers nothing gets HTTP/1.1.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* in, unsigned in_length, void*) {
  static constexpr unsigned char ours[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_length, ours, sizeof ours - 1, in, in_length);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// A key file that asks for a passphrase must not stop the service at a prompt.
int no_passphrase(char*, int, int, void*) { return 0; }

}  // namespace

void ContextDeleter::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

Result<TlsContext> make_tls_context(const std::filesystem::path& certificate, const std::filesystem::path& private_key) {
  ERR_clear_error();
  const TlsContext context(SSL_CTX_new(TLS_server_method()), ContextDeleter());
  SSL_CTX* c = context.get();
  if (c == nullptr) return fail(Kind::internal, "tls_unavailable");
  SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
  SSL_CTX_set_options(c, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CIPHER_SERVER_PREFERENCE);
  // RFC 9325 §4.2: ECDHE and AEAD. TLS 1.3's own suites are all good.
  SSL_CTX_set_cipher_list(c, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:"
                             "ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384");
  SSL_CTX_set1_groups_list(c, "X25519:P-256:P-384");
  // Buffers are given back while a connection is idle; a write may take what fits, from wherever it lies then.
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // Sessions are resumed by tickets, which cost the server no memory.
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  static constexpr unsigned char session_context[] = "kidoban";
  SSL_CTX_set_session_id_context(c, session_context, sizeof session_context - 1);
  SSL_CTX_set_alpn_select_cb(c, choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(c, no_passphrase);
  if (SSL_CTX_use_certificate_chain_file(c, certificate.c_str()) != 1) return unusable(certificate);
  if (SSL_CTX_use_PrivateKey_file(c, private_key.c_str(), SSL_FILETYPE_PEM) != 1) return unusable(private_key);
  if (SSL_CTX_check_private_key(c) != 1) return unusable(private_key);
  return context;
}

}  // namespace kidoban::http
