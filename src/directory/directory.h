#pragma once
// The people and groups of a tenant. Every personal value is sealed; a person is found by a blind
// index over the canonical login.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"
#include "base/resource.h"
#include "seal/seal.h"
#include "store/store.h"

namespace kidoban::directory {

Resources resources();

struct GroupRow;

enum class PersonState : std::uint8_t { enabled, disabled, pending_deletion };

// What a person is called: all of it sealed.
struct Profile {
  std::string login;           // e-mail form, canonical (see canonical_login)
  std::string display_name;
  std::string given_name, family_name;
  std::string email;           // where mail goes; the login where none is given
  bool email_verified = false;
  std::string locale;          // "ja", "en"; "" for none
  std::string zoneinfo;        // "Asia/Tokyo"; "" for none
};

struct Person {
  Id id;
  PersonState state = PersonState::enabled;
  bool administrator = false;  // may administer its tenant
  Profile profile;
  Time created_at, updated_at;
  std::int64_t version = 1;
};

struct Group {
  Id id;
  std::string name;
};

// What of a person becomes something else; what isn't given stays.
struct Change {
  std::optional<std::string> login, display_name, given_name, family_name, email, locale, zoneinfo;
  std::optional<bool> administrator;
  std::optional<PersonState> state;
};

// The one spelling of a login: trimmed, NFKC-casefolded local part (PRECIS UsernameCaseMapped,
// RFC 8265 §3.3, in the e-mail form), domain in lower-case A-labels or U-labels as NFKC folds them. malformed/
// "login_malformed" for what isn't an address, has controls, spaces, mixed-direction tricks or more than limits::login_bytes.
Result<std::string> canonical_login(std::string_view typed);

class Directory {
 public:
  Directory(seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random)
      : keys_(keys), audit_(audit), clock_(clock), random_(random) {}

  struct NewPerson {
    Profile profile;
    bool administrator = false;
  };
  // conflict/"login_taken"; malformed/"login_malformed", "name_malformed", "email_malformed", "locale_malformed".
  Result<Person> create_person(store::Transaction& tx, const NewPerson& wanted, const audit::Event& by);
  Result<std::optional<Person>> find_by_login(store::Transaction& tx, std::string_view typed_login);
  Result<Person> get_person(store::Transaction& tx, const Id& id);  // not_found/"person_unknown"
  Status set_state(store::Transaction& tx, const Id& id, PersonState state, const audit::Event& by);
  // One record with what was and what is. Nothing to do is no change and no record. conflict/"version_changed" where
  // `version` is given and isn't the person's any more; conflict/"last_administrator" where nobody enabled would be left
  // to administer the tenant: only in a `write`, never in a `write_snapshot`. Else as create_person.
  Result<Person> change_person(store::Transaction& tx, const Id& id, const Change& change, std::optional<std::int64_t> version,
                               const audit::Event& by);
  // By id (time of creation), after `after`, at most `limit`.
  Result<std::vector<Person>> list_people(store::Transaction& tx, std::optional<Id> after, std::size_t limit);

  Result<Group> create_group(store::Transaction& tx, std::string_view name, const audit::Event& by);  // conflict/"group_taken"
  Result<Group> get_group(store::Transaction& tx, const Id& id);  // not_found/"group_unknown"
  Result<std::vector<Group>> list_groups(store::Transaction& tx, std::optional<Id> after, std::size_t limit);
  Result<Group> rename_group(store::Transaction& tx, const Id& id, std::string_view name, const audit::Event& by);
  Status delete_group(store::Transaction& tx, const Id& id, const audit::Event& by);  // with its memberships
  Status add_member(store::Transaction& tx, const Id& group, const Id& person, const audit::Event& by);
  // Who is no member stays none: no change, no record.
  Status remove_member(store::Transaction& tx, const Id& group, const Id& person, const audit::Event& by);
  // By id, after `after`, at most `limit`.
  Result<std::vector<Id>> members_of(store::Transaction& tx, const Id& group, std::optional<Id> after, std::size_t limit);
  Result<std::vector<Group>> groups_of(store::Transaction& tx, const Id& person);

 private:
  Result<std::vector<Group>> opened(store::Transaction& tx, const std::vector<GroupRow>& rows);
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace kidoban::directory
