#pragma once
// What one row of a file means for the tenant as it stands: planned, shown, and done.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "directory/directory.h"
#include "login/session.h"
#include "transfer/columns.h"
#include "transfer/known_people.h"
#include "transfer/outcome.h"

namespace kidoban::transfer {

// Passwords that come in files. The password factor answers it (service/ makes the two meet). Any thread.
class Passwords {
 public:
  virtual ~Passwords() = default;
  // Makes a password that person's, inside a transaction.
  using Set = std::function<Status(store::Transaction&, const Id& person, const audit::Event& by)>;
  // Cheap, for the preview: malformed/… for what can be no password of anybody.
  virtual Status check(std::string_view typed) = 0;
  // Outside any transaction: hashes, on the lane. By the tenant's default policy. malformed/… for what the policy refuses.
  virtual Result<Set> prepare(TenantId tenant, const Secret& typed, runtime::Deadline deadline) = 0;
  // The same for somebody: by the policy of their groups and with their former ones, where they are there already, and with
  // regard to what they are or will be called.
  struct Owner {
    std::optional<Id> person{};
    directory::Profile profile{};
  };
  virtual Result<Set> prepare_for(TenantId tenant, const Owner& /*owner*/, const Secret& typed, runtime::Deadline deadline) {
    return prepare(tenant, typed, deadline);
  }
  // A hash that another system made. malformed/"hash_unsupported".
  virtual Result<Set> prepare_hash(std::string_view encoded) = 0;
};

enum class Phase : std::uint8_t { check, run };

struct FileRow {
  std::int64_t number = 0, line = 0;
  std::vector<std::string> cells;
  std::vector<std::int64_t> lines;
  // Made ready outside the transaction: what sets the password, or what is wrong with it.
  Passwords::Set password{};
  std::optional<CellFault> password_fault{};
};

struct Plan {
  Outcome outcome;
  std::optional<std::string> key;  // whom it is about: no two rows of a file the same
  // What is done; empty where nothing is.
  std::function<Status(store::Transaction&, const audit::Event&)> act{};
  // Instead of an act: somebody who is to be made, together with those of other rows.
  struct Newcomer {
    directory::Directory::NewPerson person;
    Passwords::Set password{};
  };
  std::optional<Newcomer> newcomer{};
};

// What rows are planned with. Made for one transaction.
// Previews show before and after for the first rows; for the others, which attributes.
constexpr std::int64_t rows_told_in_full = 100;

struct Ground {
  directory::Directory& directory;
  login::Sessions& sessions;
  const Columns& columns;
  Phase phase = Phase::check;
  directory::Schema schema{};
  const KnownPeople* known = nullptr;  // of the page
  // Does what rows before this one still have waiting; where somebody isn't found who may be among it.
  std::function<Status()> catch_up{};
};
// Whoever has that canonical login.
Result<std::optional<directory::Person>> find_person(store::Transaction& tx, const Ground& ground, const std::string& login);
// A cell's text, trimmed and without its guard; "" where the row has no such cell.
std::string_view cell_text(const FileRow& row, std::size_t column);

// The error is the store's; what is wrong with the row is in the outcome.
Result<Plan> plan_person(store::Transaction& tx, const Ground& ground, const FileRow& row);
// As if nobody had that login, without asking the store. Nothing where a row names people by id, or others than its own: what it means then
// depends on who is there.
std::optional<Plan> plan_newcomer(const Ground& ground, const FileRow& row);
Result<Plan> plan_group(store::Transaction& tx, const Ground& ground, const FileRow& row);
Result<Plan> plan_member(store::Transaction& tx, const Ground& ground, const FileRow& row);

// The cells of a row, and what is found wrong with them.
class RowReader {
 public:
  RowReader(const Ground& ground, const FileRow& row, Outcome& outcome) : ground_(ground), row_(row), outcome_(outcome) {}
  // Trimmed and without its guard; "" where the file has no such column.
  std::string_view text(std::optional<std::size_t> column) const;
  // The flag; `otherwise` where it is empty or malformed (a fault then).
  bool flag(Role role, bool otherwise);
  std::optional<bool> maybe_flag(Role role);
  void fault(std::optional<std::size_t> column, std::string_view reason);
  bool is_good() const { return outcome_.faults.empty(); }

 private:
  const Ground& ground_;
  const FileRow& row_;
  Outcome& outcome_;
};

// An Error that says something about the row, rather than about the store.
bool is_of_row(const Error& error);

}  // namespace kidoban::transfer
