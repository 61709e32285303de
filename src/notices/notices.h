#pragma once
// Mails about somebody's own account, to every address where mail reaches them: the mailbox for it may stand behind this
// very sign-in. In the transaction of what they tell of. Made once at start; any thread.

#include <optional>
#include <string>

#include "directory/directory.h"
#include "mail/mail.h"
#include "tenant/tenant.h"

namespace kidoban::notices {

class Notices {
 public:
  // `addressing` outlives it, and is filled in before the first mail.
  Notices(mail::Mail& mail, directory::Directory& directory, const tenant::Addressing& addressing)
      : mail_(mail), directory_(directory), addressing_(addressing) {}

  // "login" is filled in. To all of their addresses.
  Status tell(store::Transaction& tx, const directory::Person& person, mail::Occasion occasion, mail::Values values,
              std::optional<Time> useless_after = {});
  // To nobody where they are gone, or about to be.
  Status tell(store::Transaction& tx, const Id& person, mail::Occasion occasion, mail::Values values);
  // To this address alone.
  Status tell_at(store::Transaction& tx, const std::string& address, const directory::Person& person, mail::Occasion occasion, mail::Values values,
                 std::optional<Time> useless_after = {});
  // To the tenant's system destinations.
  Status tell_system(store::Transaction& tx, mail::Occasion occasion, mail::Values values, std::optional<Time> useless_after = {});
  // There, or, where none are set, to its administrators: what must reach somebody.
  Status tell_responsible(store::Transaction& tx, mail::Occasion occasion, const mail::Values& values);
  // In which mails to nobody in particular are written.
  Result<page::Language> system_language(store::Transaction& tx);
  // The tenant's base URL, without a slash at the end.
  Result<std::string> url_of(store::Transaction& tx);

 private:
  mail::Mail& mail_;
  directory::Directory& directory_;
  const tenant::Addressing& addressing_;
};

}  // namespace kidoban::notices
