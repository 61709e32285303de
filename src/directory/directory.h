#pragma once
// The people of a tenant, and its groups. Every personal value is sealed; a person is found by a blind
// index over the canonical login.

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/audit.h"
#include "base/resource.h"
#include "directory/attributes.h"
#include "directory/schema.h"
#include "directory/service_accounts.h"
#include "directory/groups.h"
#include "directory/roles.h"
#include "seal/seal.h"
#include "store/store.h"
#include "tenant/settings.h"

namespace kidoban::directory {

Resources resources();

enum class PersonState : std::uint8_t { enabled, disabled, pending_deletion };

// Where somebody came from and who goes on keeping them: a SCIM client or a directory's agent, by its service account.
enum class SourceKind : std::uint8_t { scim, sync };
struct Source {
  SourceKind kind = SourceKind::scim;
  Id account;
  friend bool operator==(const Source&, const Source&) = default;
};

struct Person {
  Id id;
  PersonState state = PersonState::enabled;
  bool administrator = false;  // may administer its tenant
  Profile profile;
  Time created_at, updated_at;
  std::int64_t version = 1;
  std::optional<Time> valid_from, valid_until;  // may sign in from, and until before
  std::optional<Time> gone_at;                  // pending deletion: when nothing of them will be left
  std::optional<Source> source;

  // Enabled, come and not left.
  bool is_active(Time now) const;
};

// Who wants a change: an administrator (or the operator), the person, or the source that keeps them.
struct Writer {
  enum class Kind : std::uint8_t { console, self, source } kind = Kind::console;
  std::optional<Source> source;  // where kind is source
};

// What of a person becomes something else; what isn't named stays.
struct Change {
  std::map<std::string, Value, std::less<>> attributes;  // by name ("department", "custom.badge"); monostate takes away
  std::optional<bool> administrator;
  std::optional<PersonState> state;
  std::optional<std::optional<Time>> valid_from, valid_until;
  bool leave_source = false;         // nobody elsewhere keeps them any more: everything is ours
  Writer writer;
  // What another is the master of: refused, or left as it is (a client that can't but send everything, RFC 7644 §3.5.1).
  enum class Mastered : std::uint8_t { refuse, skip } mastered = Mastered::refuse;
};

// How many people count, and how many the contract allows.
struct Usage {
  std::int64_t people = 0;             // those pending deletion don't count
  std::optional<std::int64_t> quota;   // nothing: no limit
};

// The one spelling of a login: trimmed, NFKC-casefolded local part (PRECIS UsernameCaseMapped,
// RFC 8265 §3.3, in the e-mail form), domain in lower-case A-labels or U-labels as NFKC folds them. malformed/
// "login_malformed" for what isn't an address, has controls, spaces, mixed-direction tricks or more than limits::login_bytes.
Result<std::string> canonical_login(std::string_view typed);

// Whose say is asked before somebody becomes another (approvals/): in the transaction that does it. Any thread.
class Watch {
 public:
  virtual ~Watch() = default;
  // `before` is nullptr for who is new. What it refuses isn't done.
  virtual Status person_becomes(store::Transaction& tx, const Person* before, const Person& after, const audit::Event& by) = 0;
  // A password, or another thing that they get in by, is about to be set.
  virtual Status way_in_changes(store::Transaction& tx, const Id& person, const audit::Event& by) = 0;
};

// What somebody is found by: blind indexes.
struct PersonIndexes {
  crypto::Digest login;
  std::optional<crypto::Digest> external_id;
  crypto::Digest login_domain;
};

// What newcomers are prepared with: read once, for many.
struct Preparation {
  TenantId tenant;
  seal::TenantKeyPointer key;
  Schema schema;
  audit::Event by;
};
// Somebody who is to be made, as far as that goes without the store: checked, sealed, with what finds them and the record of their making.
struct PreparedPerson {
  Person person;
  std::string sealed;        // their profile
  PersonIndexes indexes;
  audit::Prepared record;
};

class Directory {
 public:
  Directory(seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random)
      : keys_(keys), audit_(audit), clock_(clock), random_(random), settings_(keys, audit, clock), groups_(*this, keys, audit, clock, random),
        roles_(keys, audit, clock, random), service_accounts_(keys, audit, clock, random) {}

  struct NewPerson {
    Profile profile;
    bool administrator = false;
    std::optional<Source> source{};
    std::optional<Time> valid_from{}, valid_until{};
    bool enabled = true;
  };
  // conflict/"login_taken", "quota_reached"; malformed/"login_outside_domains" (tenant/domains.h); else as checked().
  Result<Person> create_person(store::Transaction& tx, const NewPerson& wanted, const audit::Event& by);
  // Many at once, for about the price of their rows: what is asked of the tenant as such is asked once. Each has an outcome
  // of its own, as create_person has; who is refused has left nothing behind, and the others stand. The Error is the store's.
  Result<std::vector<Result<Person>>> create_people(store::Transaction& tx, std::span<const NewPerson> wanted, const audit::Event& by);
  // The same in two parts, so that what is most of the work is done beside a transaction and not in it. prepare(): any thread; as checked(). Whom
  // it gives may be made as long as the preparation holds good, in as many attempts as that takes.
  Result<Preparation> preparation(store::Transaction& tx, const audit::Event& by);
  Result<PreparedPerson> prepare(const Preparation& with, const NewPerson& wanted) const;
  Result<bool> holds_good(store::Transaction& tx, const Preparation& with);
  // An outcome each, in their order.
  Result<std::vector<Status>> create_prepared(store::Transaction& tx, const Preparation& with, std::span<const PreparedPerson* const> people);
  // Of many canonical logins, in their order.
  Result<std::map<std::string, Person, std::less<>>> find_by_logins(store::Transaction& tx, std::span<const std::string> logins);
  Result<std::optional<Person>> find_by_login(store::Transaction& tx, std::string_view typed_login);
  // Whether anybody's login, in whatever state they are, is in this domain (canonical).
  Result<bool> has_login_in(store::Transaction& tx, std::string_view domain);
  // Everybody with that external id: sources that don't know of one another may use the same. At most 100.
  Result<std::vector<Person>> find_by_external_id(store::Transaction& tx, std::string_view external_id);
  Result<Person> get_person(store::Transaction& tx, const Id& id);  // not_found/"person_unknown"
  Status set_state(store::Transaction& tx, const Id& id, PersonState state, const audit::Event& by);
  // One record with what was and what is. Nothing to do is no change and no record. conflict/"version_changed" where
  // `version` is given and isn't the person's any more; conflict/"last_administrator" where nobody enabled would be left
  // to administer the tenant: only in a `write`, never in a `write_snapshot`. conflict/"attribute_mastered_elsewhere" and
  // forbidden/"attribute_not_yours" where the writer may not (the note names the attribute); conflict/"quota_reached" where somebody
  // is brought back. Else as create_person.
  Result<Person> change_person(store::Transaction& tx, const Id& id, const Change& change, std::optional<std::int64_t> version,
                               const audit::Event& by);
  // Somebody pending deletion is gone for good, with all that features keep of them (see when_gone). conflict/"person_not_pending".
  Status remove_person(store::Transaction& tx, const Id& id, const audit::Event& by);
  // Removes those whose time has come, of any tenant, in small transactions. For a chore.
  Status remove_due(store::Store& store);
  // What a feature keeps of a person goes when they are gone: in that transaction. Before anything is served.
  using Gone = std::function<Status(store::Transaction&, const Id& person)>;
  void when_gone(Gone act) { gone_.push_back(std::move(act)); }
  // Before anything is served; `one` outlives it. Whoever keeps a way in (a password) asks way_in_changes() before it sets one.
  void watch(Watch& one) { watch_ = &one; }
  Status way_in_changes(store::Transaction& tx, const Id& person, const audit::Event& by) {
    return watch_ == nullptr ? Status() : watch_->way_in_changes(tx, person, by);
  }
  // Enabled people without an end who hold all of that everywhere: administrators first, at most `limit`. Looks at no more than
  // some hundred.
  Result<std::vector<Person>> who_hold(store::Transaction& tx, const PermissionSet& all, std::size_t limit);
  // By id (time of creation), after `after`, at most `limit`.
  Result<std::vector<Person>> list_people(store::Transaction& tx, std::optional<Id> after, std::size_t limit);

  // What the tenant settled about its people, or the defaults; and settling it. As schema_from_json, Settings::write.
  Result<Schema> schema(store::Transaction& tx);
  Result<std::int64_t> set_schema(store::Transaction& tx, const Schema& wanted, std::optional<std::int64_t> version, const audit::Event& by);
  Result<Usage> usage(store::Transaction& tx);
  // The contract's limit; below what is used nobody new comes in, and nobody is thrown out.
  Status set_quota(store::Transaction& tx, std::optional<std::int64_t> quota, const audit::Event& by);
  // Who is the master of that attribute of theirs: nothing for us, else their source.
  static std::optional<Source> master_of(const Schema& schema, const Person& person, std::string_view attribute);

  // Its groups, and who is in them.
  Groups& groups() { return groups_; }
  Roles& roles() { return roles_; }
  ServiceAccounts& service_accounts() { return service_accounts_; }

 private:
  seal::Keyring& keys_;
  audit::Audit& audit_;
  const Clock& clock_;
  Random& random_;
  tenant::Settings settings_;
  std::vector<Gone> gone_;
  Watch* watch_ = nullptr;
  Groups groups_;
  Roles roles_;
  ServiceAccounts service_accounts_;
};

}  // namespace kidoban::directory
