#pragma once
// One conversation at a time with the server that takes our mails on (RFC 5321, submission by RFC 6409). Keeps its
// connection between mails. The only place that knows libcurl.

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace kidoban::mail {

struct SmtpOptions {
  enum class Tls : std::uint8_t { starttls, tls, none };
  std::string server;                  // "smtp.example.com:587"; "" where there is none
  Tls tls = Tls::starttls;             // refused by a server that can't: nothing is sent in the clear instead
  std::string username;                // "" for no AUTH
  std::string password;
  std::string from;                    // the envelope's and the header's address
  std::filesystem::path ca_file;       // whose certificates to believe; "" for the system's
  bool configured() const { return !server.empty(); }
};

struct SmtpAnswer {
  enum class Came : std::uint8_t {
    sent,
    later,       // a 4yz to this mail (greylisting, a full mailbox), or the line broke off
    never,       // a 5yz to this mail
    no_server,   // unreachable, no TLS, AUTH refused, or closing: nothing about this mail
  } came;
  long code = 0;          // the last reply's, 0 for none
  std::string words;      // the last reply, or what is wrong with the line: may name people, never for the log
};

// One thread at a time.
class Smtp {
 public:
  explicit Smtp(const SmtpOptions& options);
  ~Smtp();
  // `message` with CRLF line ends. Both addresses have passed sendable_address.
  SmtpAnswer send(std::string_view to, std::string_view message);

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace kidoban::mail
