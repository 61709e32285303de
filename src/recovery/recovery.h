#pragma once
// Getting back in without help: whoever forgot their password asks for a mail with a link, good once and for half an hour,
// and chooses another. Nobody learns from it whether somebody has an account: the answer is given before anyone is
// looked for.
//
//   GET, POST /password-reset           who are you; always the same answer
//   GET, POST /password-reset/{token}   choose (the link from the mail; GET changes nothing, so a scanner may follow it)
//
// Made once at start; any thread.

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/resource.h"
#include "directory/directory.h"
#include "http/routes.h"
#include "login/lockout.h"
#include "login/login.h"
#include "mail/mail.h"
#include "page/page.h"
#include "runtime/workers.h"

namespace kidoban::recovery {

Resources resources();

inline constexpr std::chrono::minutes link_lifetime{30};

// What is wrong with the password that somebody chose, in sentences for them; or how it becomes theirs, in a transaction.
struct Chosen {
  std::vector<std::string> faults{};
  std::function<Status(store::Transaction&, const audit::Event& by)> set{};
};
// Outside any transaction. Errors are for what isn't the person's doing.
using Choose = std::function<Result<Chosen>(const http::Request&, const directory::Person&, page::Language, const Secret& typed)>;

class Recovery {
 public:
  Recovery(store::Store& store, seal::Keyring& keys, audit::Audit& audit, directory::Directory& directory, login::Login& login,
           mail::Mail& mail, const page::Pages& pages, const Clock& clock, Random& random, Choose choose);
  void add_routes(http::Routes& routes);
  // Spent links, for housekeeping.
  Status purge();
  // Does what was asked for so far, takes no more.
  void drain() { asked_.drain(); }

 private:
  struct Asked {
    TenantId tenant;
    std::string login;                 // canonical
    std::string company, base_url;
    audit::Event event;
  };
  Result<http::Reply> show_ask(http::Request& request);
  Result<http::Reply> ask(http::Request& request);
  Result<http::Reply> show_choose(http::Request& request);
  Result<http::Reply> choose(http::Request& request);
  http::Reply ask_page(const http::Request& request, const std::string& login, const std::string& problem, int status);
  http::Reply choose_page(const http::Request& request, const directory::Person& person, page::Language language,
                          const std::vector<std::string>& faults);
  Status answer(const Asked& asked);
  Result<directory::Person> person_of_link(store::Transaction& tx, const http::Request& request);
  Status tell(store::Transaction& tx, mail::Message message, const directory::Person& person);

  store::Store& store_;
  audit::Audit& audit_;
  directory::Directory& directory_;
  login::Login& login_;
  mail::Mail& mail_;
  const page::Pages& pages_;
  const Clock& clock_;
  Random& random_;
  Choose choose_;
  login::Lockout limit_;     // how often a link is asked for
  login::Lockout guesses_;   // sign-in's own count
  runtime::Workers asked_;
};

}  // namespace kidoban::recovery
