#pragma once
// Everything that stands behind the doors, put together once: the store, the keys, the people, the
// ways to sign in. The server and the command line's subcommands open the same house.

#include <memory>
#include <vector>

#include "audit/sealing.h"
#include "directory/directory.h"
#include "dns/dns.h"
#include "factors/password/password.h"
#include "federation/applications.h"
#include "mail/mail.h"
#include "notices/notices.h"
#include "runtime/workers.h"
#include "seal/seal.h"
#include "service/config.h"
#include "store/migrate.h"
#include "store/store.h"
#include "tenant/domains.h"
#include "tenant/settings.h"
#include "tenant/tenant.h"

namespace kidoban::service {

class House {
 public:
  // Opens (and makes, where nothing is there yet) the data folder, the store and the root key, and
  // brings the schema up to date. The note of an error is a sentence for the operator.
  static Result<std::unique_ptr<House>> open(const Config& wanted);

  Config config;
  const Clock& clock;
  Random& random;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<seal::RootKey> root_key;
  seal::Keyring keys;
  audit::Audit audit;
  audit::Sealer sealer;
  tenant::Tenants tenants;
  tenant::Settings settings;
  std::unique_ptr<dns::Resolver> resolver;
  runtime::Lane dns_lane;
  tenant::Domains domains;
  mail::Mail mail;
  directory::Directory directory;
  tenant::Addressing addressing;  // complete once the edge listens
  notices::Notices notices;
  federation::Applications applications;
  runtime::Lane password_lane;
  std::unique_ptr<factors::password::BreachList> breaches;
  factors::password::PasswordFactor password;

 private:
  House(const Config& wanted, std::unique_ptr<store::Store> opened,
        std::unique_ptr<seal::RootKey> root, std::unique_ptr<factors::password::BreachList> breached, std::unique_ptr<dns::Resolver> asked);
};

// Opens just the store, for `migrate`. Nothing is migrated.
Result<std::unique_ptr<store::Store>> open_store(const Config& config);

// How long a subcommand may take at the store.
runtime::Deadline command_deadline();

}  // namespace kidoban::service
