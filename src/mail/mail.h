#pragma once
// Mails to people. A mail is put into the queue in the transaction of the change it tells of, so that neither exists
// without the other; `Sender` (sender.h) takes it from there. Made once at start; any thread.
//
//   send(tx, message) → mail_queue (sealed) → Sender → SMTP → "mail.sent" or "mail.given_up" in the audit

#include <optional>
#include <string>

#include "audit/audit.h"
#include "base/random.h"
#include "base/resource.h"
#include "mail/settings.h"
#include "mail/wording.h"
#include "seal/seal.h"
#include "store/store.h"
#include "tenant/settings.h"

namespace kidoban::mail {

Resources resources();

struct Recipient {
  std::optional<Id> person;           // whose audit it belongs to
  std::string address, name;
  std::string locale, zoneinfo;       // "" for none
};

struct Message {
  Occasion occasion;
  Recipient to;
  std::string company, url;           // the tenant's name, and where its people sign in
  Values values;                      // see variables_of
  std::optional<Time> useless_after;  // not sent any more then: a link that has run out
};

class Mail {
 public:
  Mail(seal::Keyring& keys, audit::Audit& audit, tenant::Settings& settings, const Clock& clock, Random& random)
      : keys_(keys), audit_(audit), settings_(settings), clock_(clock), random_(random) {}

  // In the recipient's language, by the words that hold now; and the copies that the tenant has set for this occasion.
  // An address that no server would take is given up at once, in the audit: it fails no change.
  Status send(store::Transaction& tx, const Message& message);
  // To the tenant's system destinations; `to.address` isn't looked at. To nobody where there are none.
  Status send_to_system(store::Transaction& tx, const Message& message);

  // The defaults where nothing is set; version 0 then.
  struct Set {
    MailSettings settings;
    std::int64_t version = 0;
  };
  Result<Set> settings(store::Transaction& tx);

 private:
  Status queue(store::Transaction& tx, const Message& message, const MailSettings& settings, std::string_view envelope_to);
  seal::Keyring& keys_;
  audit::Audit& audit_;
  tenant::Settings& settings_;
  const Clock& clock_;
  Random& random_;
};

// The audit's record of what became of a mail.
audit::Event event_about(Reason name, audit::Outcome outcome, std::string_view occasion, std::string_view person, std::string_view address);

}  // namespace kidoban::mail
