#include "mail/sender.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "mail/mail.h"
#include "mail/queue_store.h"
#include "runtime/log.h"
#include "runtime/metrics.h"

namespace kidoban::mail {

namespace {

using Came = SmtpAnswer::Came;
using runtime::Level;

constexpr std::size_t batch = 8;
// Longer than a batch can take: eight mails of a minute and a half.
constexpr std::chrono::minutes lease{15};
constexpr std::chrono::seconds look_every{1};
constexpr std::int64_t most_attempts = 50;

enum Counted : std::size_t { counted_sent, counted_later, counted_given_up, counted_useless };
runtime::Counter mails("kidoban_mails_total", "What became of mails, attempt by attempt.", "outcome", {"sent", "later", "given_up", "useless"});
runtime::Counter no_server("kidoban_mail_server_failures_total", "Times the mail server wasn't reachable, had no TLS, or refused us.");

runtime::Deadline soon() { return runtime::Deadline::after(std::chrono::seconds(15)); }

}  // namespace

std::optional<std::chrono::seconds> retry_after(std::int64_t attempts, std::chrono::seconds first) {
  if (attempts >= most_attempts) return std::nullopt;
  const int times = attempts <= 1 ? 1 : attempts == 2 ? 5 : attempts == 3 ? 15 : 60;
  return first * times;
}

struct Sender::Inside {
  store::Store& store;
  seal::Keyring& keys;
  audit::Audit& audit;
  const Clock& clock;
  Random& random;
  SenderOptions options;

  std::mutex mutex{};
  std::condition_variable wake{};
  bool stopping = false;
  bool said_that_mails_wait = false;
  std::chrono::steady_clock::time_point pause_until{};  // the server's trouble holds up all threads
  std::vector<std::thread> threads{};

  bool stops() {
    const std::lock_guard lock(mutex);
    return stopping;
  }
  // False when it is time to stop.
  bool rest() {
    std::unique_lock lock(mutex);
    const auto until = std::max(pause_until, std::chrono::steady_clock::now() + look_every);
    return !wake.wait_until(lock, until, [&] { return stopping; });
  }
  void pause() {
    const std::lock_guard lock(mutex);
    pause_until = std::chrono::steady_clock::now() + options.first_retry;
  }
  bool paused() {
    const std::lock_guard lock(mutex);
    return std::chrono::steady_clock::now() < pause_until;
  }

  Status settle(const Queued& one, Reason name, audit::Outcome outcome, const SmtpAnswer& answer) {
    return store.write_snapshot(one.tenant, soon(), [&](store::Transaction& tx) -> Status {
      if (!TRY(remove_letter(tx, one.id, one.claim))) return {};
      auto event = event_about(name, outcome, one.letter.occasion, one.letter.person, one.letter.envelope_to);
      if (outcome != audit::Outcome::success) event.reason = "mail_refused";
      event.detail.emplace_back("server", answer.words);
      return audit.append(tx, event);
    });
  }
  Status postpone(const Queued& one, std::int64_t attempts, std::chrono::seconds by) {
    return store.write_snapshot(one.tenant, soon(), [&](store::Transaction& tx) -> Status {
      TRY(postpone_letter(tx, one.id, one.claim, attempts, clock.now() + by));
      return {};
    });
  }

  Status record(const Queued& one, const SmtpAnswer& answer) {
    const std::int64_t attempts = one.attempts + 1;
    switch (answer.came) {
      case Came::sent: mails.add(counted_sent); return settle(one, "mail.sent", audit::Outcome::success, answer);
      case Came::no_server: return postpone(one, one.attempts, options.first_retry);
      case Came::never: break;
      case Came::later:
        if (const auto wait = retry_after(attempts, options.first_retry)) {
          mails.add(counted_later);
          return postpone(one, attempts, *wait);
        }
    }
    mails.add(counted_given_up);
    runtime::log(Level::warning, "mail_given_up", {{"mail", one.letter.occasion}, {"tenant", one.tenant.text()}, {"code", std::int64_t{answer.code}}});
    return settle(one, "mail.given_up", audit::Outcome::failed, answer);
  }

  void trouble(const SmtpAnswer& answer) {
    no_server.add();
    if (!paused()) {
      // A reply may name whom the mail is for; what is wrong with the line names nobody.
      runtime::log(Level::error, "mail_server_unusable",
                   {{"code", std::int64_t{answer.code}}, {"what", answer.code < 400 ? answer.words : std::string("the server refused")}});
    }
    pause();
  }

  // One round; whether there may be more to do at once.
  Result<bool> round(Smtp& smtp, TenantId& turn) {
    const bool due = TRY(store.system_read(soon(), [&](store::SystemTransaction& tx) { return anything_to_do(tx, clock.now()); }));
    if (!due) return false;
    TRY(drop_useless());
    const Id claim = new_id(clock, random);
    TenantId next = turn;
    const auto taken = TRY(store.system_write(soon(), [&](store::SystemTransaction& tx) {
      next = turn;
      return claim_due(tx, keys, claim, clock.now(), clock.now() + lease, batch, next);
    }));
    turn = next;
    bool reachable = true;
    for (const Queued& one : taken) {
      if (!reachable || stops()) {
        TRY(postpone(one, one.attempts, reachable ? std::chrono::seconds(0) : options.first_retry));
        continue;
      }
      const auto answer = smtp.send(one.letter.envelope_to, message_text(one.letter, options.smtp.from, one.id, clock.now()));
      if (answer.came == Came::no_server) {
        trouble(answer);
        reachable = false;
      }
      TRY(record(one, answer));
    }
    return reachable && !taken.empty();
  }

  Status drop_useless() {
    return store.system_write(soon(), [&](store::SystemTransaction& tx) -> Status {
      for (const Queued& one : TRY(take_useless(tx, keys, clock.now(), 100))) {
        auto event = event_about("mail.given_up", audit::Outcome::failed, one.letter.occasion, one.letter.person, one.letter.envelope_to);
        event.reason = "mail_useless";
        auto inside = tx.as(one.tenant);
        TRY(audit.append(inside, event));
        mails.add(counted_useless);
      }
      return {};
    });
  }

  // Without a server: nothing is sent, what is past use goes.
  Status wait_for_a_server() {
    const bool due = TRY(store.system_read(soon(), [&](store::SystemTransaction& tx) { return anything_to_do(tx, clock.now()); }));
    if (!due) return {};
    if (!said_that_mails_wait) {
      said_that_mails_wait = true;
      runtime::log(Level::warning, "mail_not_configured", {{"what", std::string("mails wait until mail.server is set")}});
    }
    return drop_useless();
  }

  void run() {
    std::optional<Smtp> smtp;
    if (options.smtp.configured()) smtp.emplace(options.smtp);
    TenantId turn;
    for (;;) {
      bool more = false;
      try {
        if (smtp) {
          const auto done = round(*smtp, turn);
          if (!done) runtime::log(Level::warning, "mail_round_failed", done.error());
          more = done.value_or(false);
        } else if (const Status done = wait_for_a_server(); !done) {
          runtime::log(Level::warning, "mail_round_failed", done.error());
        }
      } catch (const std::exception& error) {
        runtime::log(Level::error, "mail_round_threw", {{"what", std::string(error.what())}});
      }
      if (more && !stops()) continue;
      if (!rest()) return;
    }
  }
};

Sender::Sender(store::Store& store, seal::Keyring& keys, audit::Audit& audit, const Clock& clock, Random& random, SenderOptions options)
    : inside_(new Inside{store, keys, audit, clock, random, std::move(options)}) {
  const std::size_t threads = inside_->options.smtp.configured() ? inside_->options.connections : 1;
  for (std::size_t i = 0; i < threads; ++i) inside_->threads.emplace_back([inside = inside_.get()] { inside->run(); });
}

Sender::~Sender() {
  {
    const std::lock_guard lock(inside_->mutex);
    inside_->stopping = true;
  }
  inside_->wake.notify_all();
  for (std::thread& one : inside_->threads) one.join();
}

}  // namespace kidoban::mail
