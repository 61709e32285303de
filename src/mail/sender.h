#pragma once
// Takes mails from the queue to the server, on threads of its own, across tenants. Several nodes may run one each: a mail
// is in one node's hands at a time, by a lease. SMTP can't promise that nothing arrives twice (RFC 5321 §6.1): a node that
// dies between the server's yes and its own record sends again, under the same Message-ID.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "audit/audit.h"
#include "mail/smtp.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::mail {

struct SenderOptions {
  SmtpOptions smtp;                              // not configured: mails wait, and the log says so once
  std::size_t connections = 2;                   // at once
  std::chrono::seconds first_retry{60};
};

// After so many answered attempts: the first wait, 5, 15, then 60 of it at a time; nothing after two days of the usual
// minute: given up.
std::optional<std::chrono::seconds> retry_after(std::int64_t attempts, std::chrono::seconds first);

class Sender {
 public:
  Sender(store::Store& store, seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random, SenderOptions options);
  // What is in hand is finished or handed back.
  ~Sender();

 private:
  struct Inside;
  std::unique_ptr<Inside> inside_;
};

}  // namespace kidoban::mail
