#pragma once
// What somebody sees and changes of themselves, whichever way: the portal's pages and /api/v1/me say the same and follow the
// same rules. In the caller's transaction, for whoever is signed in. Any thread.

#include <optional>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "directory/directory.h"
#include "login/login.h"
#include "notices/notices.h"
#include "page/page.h"
#include "store/store.h"

namespace kidoban::portal {

inline constexpr std::chrono::hours address_link_lifetime{24};

// A sign-in, or a try that failed.
struct SeenSignIn {
  Id id;
  Time at;
  bool passed = false;
  std::vector<std::string> methods;  // "pwd" …; of a try, the factor that refused
  std::string client_address, user_agent;
  std::string application;           // "" for the portal
  std::string reason;                // of a try: "password_wrong"
  bool new_browser = false;
  std::optional<Id> session;
};

class Own {
 public:
  Own(store::Store& store, seal::Keyring& keys, audit::Audit& audit, directory::Directory& directory, login::Login& login,
      notices::Notices& notices, const page::Pages& pages, const Clock& clock, Random& random);

  // Newest first, at most `limit` (1..500); `before` is the last id of the page before.
  Result<std::vector<SeenSignIn>> sign_ins(store::Transaction& tx, const Id& person, std::optional<Id> before, std::size_t limit);
  Result<SeenSignIn> sign_in(store::Transaction& tx, const Id& person, const Id& record);  // not_found/"sign_in_unknown"
  // The one before this session, what failed since, and this session's own, as far as they are among the newest.
  struct Latest {
    std::optional<SeenSignIn> current, last, failed;
    std::size_t failures = 0;  // since `last`
  };
  Result<Latest> latest(store::Transaction& tx, const login::Login::SignedIn& who);

  // "This wasn't me": told to those who answer for the tenant, and audited as "sign_in.reported"; ends the person's other
  // sessions where they wish it. rate_limited/"too_many_reports".
  Status report(store::Transaction& tx, const http::Request& request, const login::Login::SignedIn& who, const Id& record, bool end_others);

  // What they may change of themselves: names in the order in which people read them, "custom.badge" too.
  static std::vector<std::string> editable(const directory::Schema& schema);
  struct Pending {
    std::string address;
    Time expires_at;
  };
  Result<std::optional<Pending>> pending(store::Transaction& tx, const Id& person);
  struct Changed {
    directory::Person person;
    std::optional<Pending> pending;  // counts once the link in the mail to it is opened
  };
  // As Directory::change_person by the person. A private address isn't changed by this, but written to (and the others told);
  // taking it away is done at once, and told to all of them. rate_limited/"too_many_addresses".
  Result<Changed> change(store::Transaction& tx, const http::Request& request, const directory::Person& person,
                         std::map<std::string, directory::Value, std::less<>> attributes, std::optional<std::int64_t> version);
  // The address behind the link, for who asked for it: expired/"address_gone".
  Result<std::string> address_of(store::Transaction& tx, const Id& person, std::string_view token);
  Status confirm(store::Transaction& tx, const http::Request& request, const Id& person, std::string_view token);
  // Links that have run out, for housekeeping.
  Status purge();

 private:
  Result<Pending> ask_to_confirm(store::Transaction& tx, const http::Request& request, const directory::Person& person, const std::string& address);

  store::Store& store_;
  seal::Keyring& keys_;
  audit::Audit& audit_;
  directory::Directory& directory_;
  login::Login& login_;
  notices::Notices& notices_;
  const page::Pages& pages_;
  const Clock& clock_;
  Random& random_;
  login::Lockout reports_, addresses_;  // how often: both write to others
};

}  // namespace kidoban::portal
