#pragma once
// Whether a person has signed in from this browser before. A browser is known by a random cookie that a sign-in leaves
// there, nothing of the device is measured; the row has its keyed hash. Decision 20. In the caller's transaction.

#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "http/reply.h"
#include "http/request.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::login {

class Browsers {
 public:
  Browsers(seal::Keyring& keys, const Clock& clock, Random& random) : keys_(keys), clock_(clock), random_(random) {}

  enum class Familiar : std::uint8_t {
    known,
    first,    // the first that we know of for them: nothing to be astonished at
    another,
    many,     // another, as several today: whoever never keeps cookies isn't written to all day
  };
  struct Met {
    Familiar familiar = Familiar::known;
    http::Cookie cookie;  // to be set again: it lives for 400 days from each sign-in
  };
  Result<Met> meet(store::Transaction& tx, const Id& person, const http::Request& request);

 private:
  seal::Keyring& keys_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace kidoban::login
