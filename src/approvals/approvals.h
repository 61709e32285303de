#pragma once
// Four eyes: what a tenant finds dangerous is asked for by one person and agreed to by another. Here is what waits, who may decide,
// what it would change, and how it ended; how a request is kept and carried out is the console's.
//
//   asked → pending ─┬─ granted: done, in the transaction that granted it
//                    ├─ refused, withdrawn, expired
//                    └─ failed: it could not be done any more; nothing of it is
//
// Made once at start; any thread. Everything runs in the caller's transaction.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "approvals/co_signing.h"
#include "approvals/effects.h"
#include "approvals/settings.h"
#include "approvals/shown.h"
#include "audit/audit.h"
#include "base/resource.h"
#include "directory/directory.h"
#include "mail/mail.h"
#include "seal/seal.h"
#include "store/store.h"
#include "tenant/settings.h"

namespace kidoban::approvals {

Resources resources();

enum class State : std::uint8_t { pending, granted, refused, withdrawn, expired, failed };
std::string_view word_of(State state);

// Who asked, and by what: a session, or a service account's token.
struct Asker {
  audit::Actor actor;
  std::optional<Id> session{}, token{};
};

struct Approval {
  Id id;
  Act act = Act::approvals;
  State state = State::pending;
  audit::Actor asker;
  Time asked_at, expires_at;
  Shown shown;
  std::optional<Id> decider;
  std::optional<Time> ended_at;
  std::string note;          // why it was refused (a person's words), or what was in the way (a reason)
  bool has_answer = false;   // what the act answered waits for whoever asked

  Asker by_whom() const { return {asker, shown.session, shown.token}; }
};

struct Wanted {
  Id id;                     // drawn before, so that what is shown can name it
  Act act;
  Asker asker;
  Shown shown;
  std::string_view request;  // the request, in its keeper's own form
};

// Where a mail's links lead.
struct Company {
  std::string name, url;     // "https://id.example.com/t/acme"
};

class Approvals final : public directory::Watch {
 public:
  Approvals(seal::Keyring& keys, audit::Audit& audit, tenant::Settings& settings, directory::Directory& directory, mail::Mail& mail,
            const Clock& clock, Random& random)
      : keys_(keys), audit_(audit), settings_(settings), directory_(directory), mail_(mail), clock_(clock), random_(random) {}

  // The defaults where nothing is set; version 0 then.
  struct Set {
    ApprovalSettings settings;
    std::int64_t version = 0;
  };
  Result<Set> settings(store::Transaction& tx);
  // As tenant::Settings::write; conflict/"approvers_too_few" where something is to be on and fewer than two could agree to switch it off.
  Result<std::int64_t> set(store::Transaction& tx, const ApprovalSettings& wanted, std::optional<std::int64_t> version, const audit::Event& by);
  // conflict/"last_approver" where something is on and fewer than two are left who could agree. After whatever takes power from somebody.
  Status enough_left(store::Transaction& tx);

  Id new_one() { return new_id(clock_, random_); }
  // Kept, audited as "approval.asked", and those who may decide are written to (ten at most). rate_limited/"approvals_too_many" where
  // somebody has twenty that wait, asked a hundred times in a day, or the tenant has two hundred.
  Result<Approval> ask(store::Transaction& tx, const Wanted& wanted, const Company& company, const audit::Event& by);
  Result<Approval> get(store::Transaction& tx, const Id& id);  // not_found/"approval_unknown"
  struct Filter {
    std::optional<Id> asker;
    bool pending = false;
  };
  // Newest first, before `before`, at most `limit`.
  Result<std::vector<Approval>> list(store::Transaction& tx, const Filter& filter, std::optional<Id> before, std::size_t limit);
  // What was asked for. conflict/"approval_decided", expired/"approval_expired" where it doesn't wait any more.
  Result<std::string> request(store::Transaction& tx, const Id& id);

  // Whether somebody may decide: forbidden/"approval_not_personal" (a service account), "approval_own", "permission_missing"; conflict/
  // "approval_decided", expired/"approval_expired".
  Result<Approval> may_decide(store::Transaction& tx, const Id& id, const audit::Actor& who, const directory::Grant& grant);
  // Each is done once: of two who decide at once, the other gets conflict/"approval_decided". Audited as "approval.granted", ".refused",
  // ".withdrawn", ".failed"; whoever asked is written to, but for a withdrawal.
  Status grant(store::Transaction& tx, const Approval& approval, const Company& company, const audit::Event& by);
  Status refuse(store::Transaction& tx, const Approval& approval, std::string_view reason, const Company& company, const audit::Event& by);
  Status withdraw(store::Transaction& tx, const Approval& approval, const audit::Event& by);
  Status failed(store::Transaction& tx, const Approval& approval, std::string_view reason, const Company& company, const audit::Event& by);

  // What the act answered, for whoever asked to take, once, within three days (a token is shown nowhere else).
  Status keep_answer(store::Transaction& tx, const Id& id, std::string_view answer);
  Result<std::string> take_answer(store::Transaction& tx, const Id& id);  // not_found/"answer_gone"

  // What they may do now. forbidden/"asker_gone" where they are not there, not enabled, or the token they asked by is not good any more.
  Result<directory::Grant> grant_of(store::Transaction& tx, const Asker& asker);
  Result<std::string> name_of(store::Transaction& tx, const audit::Actor& who);

  // Watch: becoming somebody who may approve, and another's ways in who may, want an approval: conflict/"approval_required" but for
  // the operator, and for what is done with one (`by` says so). Nor is the one who is needed lost: "last_approver".
  Status person_becomes(store::Transaction& tx, const directory::Person* before, const directory::Person& after, const audit::Event& by) override;
  Status way_in_changes(store::Transaction& tx, const Id& person, const audit::Event& by) override;

  // Those whose time is over, of any tenant, in small transactions: audited as "approval.expired", and whoever asked is written to.
  Status expire_due(store::Store& store, const std::function<Result<Company>(store::Transaction&)>& company);
  // Forgets what was decided 35 days ago, and answers that nobody took.
  Status purge(store::Store& store);
  // What somebody who is gone had asked for.
  static Status forget(store::Transaction& tx, const Id& person);

  static constexpr std::int64_t most_open = 200, most_open_of_one = 20, most_a_day = 100;
  static constexpr std::size_t most_mails = 10, note_bytes = 1000, request_bytes = 512 * 1024, answer_bytes = 64 * 1024;

 private:
  Result<bool> may_approve(store::Transaction& tx, const directory::Person& person);
  Status end(store::Transaction& tx, const Approval& approval, State state, std::string_view note, const audit::Event& by);
  Status tell_deciders(store::Transaction& tx, const Approval& approval, const Company& company);
  Status tell_asker(store::Transaction& tx, const Approval& approval, State state, const Company& company);

  seal::Keyring& keys_;
  audit::Audit& audit_;
  tenant::Settings& settings_;
  directory::Directory& directory_;
  mail::Mail& mail_;
  const Clock& clock_;
  Random& random_;
};

// What the record of an act that was agreed to says: which approval, and who agreed.
inline constexpr std::string_view approval_detail = "approval", approver_detail = "approved_by";
bool is_approved(const audit::Event& by);

// "Give somebody a role": an act by its row's name, for people.
std::string said(std::string_view what, page::Language language);

}  // namespace kidoban::approvals
