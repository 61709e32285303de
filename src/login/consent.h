#pragma once
// What a person has agreed that an application may learn of them. Remembered per application; a
// scope that wasn't agreed to is asked for again.

#include <string>
#include <vector>

#include "audit/audit.h"
#include "base/clock.h"
#include "store/store.h"

namespace kidoban::login {

class Consents {
 public:
  Consents(audit::Audit& audit, const Clock& clock) : audit_(audit), clock_(clock) {}

  // Whether all of `scopes` have been agreed to.
  Result<bool> covers(store::Transaction& tx, const Id& person, const Id& application,
                      const std::vector<std::string>& scopes);
  // Adds `scopes` to what was agreed to before. Audited as "consent.given".
  Status give(store::Transaction& tx, const Id& person, const Id& application,
              const std::vector<std::string>& scopes, const audit::Event& by);
  // False where there was none. Audited as "consent.withdrawn".
  Result<bool> withdraw(store::Transaction& tx, const Id& person, const Id& application, const audit::Event& by);

 private:
  Result<std::vector<std::string>> given(store::Transaction& tx, const Id& person, const Id& application);
  audit::Audit& audit_;
  const Clock& clock_;
};

}  // namespace kidoban::login
