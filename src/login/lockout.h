#pragma once
// Guessing gets slower and slower, for whoever is guessed at and for the address that guesses, and is
// never stopped for good: a stranger must not be able to lock a person out. A login that nobody has
// is counted just as one that somebody has.
//
// An attempt is charged before it is judged, in a transaction of its own, so that a thousand attempts at
// the same moment are a thousand charges. A right answer gives the person's charges back.

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "crypto/hash.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::login {

struct LockoutRule {
  std::int64_t free_attempts;         // failures without any delay
  std::chrono::seconds first_delay;   // then doubling …
  std::chrono::seconds longest_delay; // … up to here
  std::chrono::seconds forget_after;  // with no failure for so long, the count begins anew
};
struct LockoutOptions {
  // The tenant's own rule for a person, read in the transaction that charges; where none is given, `person`.
  std::function<Result<LockoutRule>(store::Transaction&)> rule_of_tenant{};
  // With a quarter of an hour between guesses a day has 96: within the hundred of NIST SP 800-63B-4 §3.2.2.
  LockoutRule person{5, std::chrono::seconds(2), std::chrono::minutes(15), std::chrono::hours(24)};
  // Many people may share an address behind one gateway.
  LockoutRule address{30, std::chrono::seconds(1), std::chrono::minutes(5), std::chrono::hours(1)};
  // What is counted: counts of different names don't meet.
  std::string scope = "lockouts";
};

// What is counted for an address: IPv4 as it is, IPv6 by its /64, which is what one subscriber has
// (RFC 6177); an IPv4-mapped address as the IPv4 address.
std::string address_block(std::string_view client_address);
// How long the next attempt must wait after `failures`.
std::chrono::seconds delay_after(const LockoutRule& rule, std::int64_t failures);

class Lockout {
 public:
  Lockout(seal::Keyring& keys, const Clock& clock, LockoutOptions options)
      : keys_(keys), clock_(clock), options_(options) {}

  // Zero: charged, go ahead. Else nothing is charged and the person waits so many seconds.
  Result<std::int64_t> charge(store::Transaction& tx, std::string_view login, std::string_view client_address);
  // The answer was right: the person's count is cleared, the address gets back this one charge (not more:
  // one good account must not buy guesses at others).
  Status passed(store::Transaction& tx, std::string_view login, std::string_view client_address);
  // The attempt was never judged (lane full, store away): both get this one charge back.
  Status refund(store::Transaction& tx, std::string_view login, std::string_view client_address);
  // Until when whoever has this login must wait; nothing: they needn't.
  Result<std::optional<Time>> locked_until(store::Transaction& tx, std::string_view login);
  // After a wrong answer: until when somebody is held up, where that is for long enough to be written to them and they weren't
  // told already: once, until six hours have gone by without a wrong answer at such times.
  Result<std::optional<Time>> news_of(store::Transaction& tx, std::string_view login);
  // Of several logins at once, those that must wait, and until when. One statement, whatever their number (500 at most).
  Result<std::map<std::string, Time, std::less<>>> locked_among(store::Transaction& tx, const std::vector<std::string>& logins);
  // Forgets the login's failures. False where there were none.
  Result<bool> unlock(store::Transaction& tx, std::string_view login);

 private:
  struct Keys {
    crypto::Digest person, address;
  };
  Result<Keys> keys_for(store::Transaction& tx, std::string_view login, std::string_view client_address);
  Result<std::int64_t> wait_left(store::Transaction& tx, const crypto::Digest& key);
  Status add(store::Transaction& tx, const crypto::Digest& key, const LockoutRule& rule);
  Status give_back(store::Transaction& tx, const crypto::Digest& key);

  seal::Keyring& keys_;
  const Clock& clock_;
  LockoutOptions options_;
};

}  // namespace kidoban::login
