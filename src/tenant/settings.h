#pragma once
// What a tenant has set: one JSON object a section, sealed. Each feature owns a section of its own name ("password",
// "mail", "directory"): its shape, its checks and its defaults stand there; here it is text. Any thread.

#include <optional>
#include <string>
#include <string_view>

#include "audit/audit.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::tenant {

struct Section {
  std::string json;
  std::int64_t version = 0;  // one more with each change
};

class Settings {
 public:
  Settings(seal::Keyring& keys, audit::Audit& audit, const Clock& clock) : keys_(keys), audit_(audit), clock_(clock) {}

  // Nothing where the tenant never set it: the feature's defaults hold.
  Result<std::optional<Section>> read(store::Transaction& tx, std::string_view section);
  // The section's version now. The record "settings.changed" has the section, what was and what is. Writing what stands there
  // changes nothing. `version` is what the writer had read (0: never set); conflict/"version_changed" where another came first;
  // without one, whatever stands there is replaced. malformed/"settings_too_large" above limits::settings_bytes.
  Result<std::int64_t> write(store::Transaction& tx, std::string_view section, std::string_view json,
                             std::optional<std::int64_t> version, const audit::Event& by);

 private:
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
};

}  // namespace kidoban::tenant
