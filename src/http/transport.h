#pragma once
// Bytes to and from one connection, plain or through TLS, never waiting: each call does what can be done
// now and says what to wait for. The descriptor is borrowed.

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "http/tls.h"

namespace kidoban::http {

class Transport {
 public:
  enum class Outcome {
    done,         // some bytes went, or the handshake is over
    wants_read,   // once the descriptor can be read from
    wants_write,  // once it can be written to
    closed,       // the other side is finished
    failed,
  };
  struct Step {
    Outcome outcome;
    std::size_t bytes = 0;
  };

  // Without a context: plain.
  Transport(int descriptor, const TlsContext& context);

  bool is_tls() const { return context_ != nullptr; }
  Outcome handshake();
  Step read(std::span<char> into);
  // The first of the two, then the second, in one system call where it is plain.
  Step write(std::string_view first, std::string_view second);
  // Bytes that were read from the descriptor and not yet handed on.
  bool holds_bytes() const;
  // No more is written: close_notify where it is TLS, then FIN.
  void finish_writing();

 private:
  Outcome why(int result) const;
  struct SslDeleter {
    void operator()(SSL* ssl) const;
  };
  int descriptor_;
  TlsContext context_;  // stays while connections made with it do, whatever is reloaded
  std::unique_ptr<SSL, SslDeleter> tls_;
};

}  // namespace kidoban::http
