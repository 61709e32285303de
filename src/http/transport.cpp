#include "http/transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

namespace kidoban::http {

void Transport::SslDeleter::operator()(SSL* ssl) const { SSL_free(ssl); }

Transport::Transport(int descriptor, const TlsContext& context) : descriptor_(descriptor), context_(context) {
  if (!context_) return;
  tls_.reset(SSL_new(context_.get()));
  if (tls_) SSL_set_fd(tls_.get(), descriptor_);
}

Transport::Outcome Transport::why(int result) const {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ: return Outcome::wants_read;
    case SSL_ERROR_WANT_WRITE: return Outcome::wants_write;
    case SSL_ERROR_ZERO_RETURN: return Outcome::closed;
    default: return Outcome::failed;
  }
}

Transport::Outcome Transport::handshake() {
  if (!tls_) return Outcome::failed;  // no memory for it; plain bytes must not do instead
  ERR_clear_error();  // SSL_get_error looks at the thread's queue, which others write to
  const int result = SSL_accept(tls_.get());
  return result == 1 ? Outcome::done : why(result);
}

Transport::Step Transport::read(std::span<char> into) {
  if (tls_) {
    ERR_clear_error();
    const int got = SSL_read(tls_.get(), into.data(), static_cast<int>(std::min<std::size_t>(into.size(), std::numeric_limits<int>::max())));
    return got > 0 ? Step{Outcome::done, static_cast<std::size_t>(got)} : Step{why(got)};
  }
  for (;;) {
    const ssize_t got = ::recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
    if (got > 0) return {Outcome::done, static_cast<std::size_t>(got)};
    if (got == 0) return {Outcome::closed};
    if (errno == EINTR) continue;
    return {errno == EAGAIN ? Outcome::wants_read : Outcome::failed};
  }
}

Transport::Step Transport::write(std::string_view first, std::string_view second) {
  if (tls_) {
    const std::string_view part = first.empty() ? second : first;
    ERR_clear_error();
    const int sent = SSL_write(tls_.get(), part.data(), static_cast<int>(std::min<std::size_t>(part.size(), std::numeric_limits<int>::max())));
    return sent > 0 ? Step{Outcome::done, static_cast<std::size_t>(sent)} : Step{why(sent)};
  }
  // sendmsg doesn't write through these; iovec only has no const.
  std::array<iovec, 2> parts{{{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(second.data()), second.size()}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  for (;;) {
    const ssize_t sent = ::sendmsg(descriptor_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) return {Outcome::done, static_cast<std::size_t>(sent)};
    if (errno == EINTR) continue;
    return {errno == EAGAIN ? Outcome::wants_write : Outcome::failed};
  }
}

bool Transport::holds_bytes() const { return tls_ && SSL_has_pending(tls_.get()) == 1; }

void Transport::finish_writing() {
  if (tls_ && SSL_is_init_finished(tls_.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(tls_.get());  // best effort: where the send buffer is full, FIN alone must do
    ERR_clear_error();
  }
  ::shutdown(descriptor_, SHUT_WR);
}

}  // namespace kidoban::http
