#pragma once
// A factor: one way for a person to show who they are. A plug-in: a folder beside this file, and a
// line in service/features.cpp. Its folder owns all of it: logic, table, page, words, tests.
//
// The journey (login/) asks a factor to show its step and to judge the answer. A factor never
// calls another, nor the journey; it answers, and the journey decides what comes next.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "directory/directory.h"
#include "http/request.h"
#include "page/page.h"
#include "runtime/deadline.h"
#include "store/store.h"

namespace kidoban::factors {

// What a factor may know about the step it is in.
struct Step {
  TenantId tenant;
  // Nothing when the login named nobody we know, or nobody who may sign in: the factor must then
  // take the same time and refuse in the same words.
  const directory::Person* person = nullptr;
  std::string_view typed_login;  // as canonical_login gave it
  const http::Request& request;
  page::Language language;
  runtime::Deadline deadline;
};

// What is shown: a template of the factor's own folder, inside the journey's frame.
struct Prompt {
  std::string page;      // "password"
  page::Data data;
  std::string problem;   // a word key of the factor's, shown as the error; "" for none
};

// The work a verdict leaves for the transaction that records it (a hash renewed, a counter moved).
using Record = std::function<Status(store::Transaction&)>;

// Something to be replaced before the person is let in. `why` is a word key of the factor's ("password_temporary");
// `proof` is the factor's own, kept sealed in the journey and handed back: what was shown, so that it can be told whether
// that still stands.
struct Renewal {
  std::string why, proof;
};
struct Passed {
  std::vector<std::string> amr;  // RFC 8176: "pwd", "hwk", "otp" …
  Record record;                 // may be empty
  Renewal renewal;               // why: "" where nothing must be replaced
};
struct Refused {
  Reason reason;   // "password_wrong": audited; the person sees the word of that key
  Record record;
};
using Verdict = std::variant<Passed, Refused, Prompt>;

// One thing that is wrong with what was chosen anew. The person reads the word of that key; {0} in it is `value`.
struct Fault {
  Reason reason;
  std::string value;
};
// What choosing anew came to: everything that is wrong with it, or the record that makes it so.
struct Renewed {
  std::vector<Fault> faults;
  Record record;
};

// Any thread; made once at start.
class Factor {
 public:
  virtual ~Factor() = default;
  virtual std::string_view name() const = 0;          // "password": folder, table prefix, settings key
  virtual Resources resources() const = 0;            // pages, words, migrations
  // Whether this person could use it now. Asked inside the transaction that plans the journey.
  virtual Result<bool> is_set_up(store::Transaction& tx, const Id& person) = 0;
  virtual Result<Prompt> show(const Step& step) = 0;
  // Outside any transaction: may be slow, on a lane of its own. Errors are for what isn't the person's
  // doing (lane full, store away); a wrong answer is Refused.
  virtual Result<Verdict> judge(const Step& step, const http::Form& answer) = 0;
  // The person is gone for good: nothing that this factor keeps of them stays.
  virtual Status forget(store::Transaction& tx, const Id& person) = 0;
  // Replacing what was shown, where judge() asked for it or the person wishes to. The step's person has passed every element.
  virtual Result<Prompt> show_renewal(const Step&, const Renewal&) { return fail(Kind::internal, "factor_not_renewable"); }
  // As judge(). conflict/"renewal_stale" from the record where what was shown doesn't stand any more.
  virtual Result<Renewed> renew(const Step&, const Renewal&, const http::Form&) { return fail(Kind::internal, "factor_not_renewable"); }
};

}  // namespace kidoban::factors
