#include "transfer/page_run.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "transfer/page_ahead.h"

namespace kidoban::transfer {

namespace {

void refuse(Outcome& outcome, std::string_view reason) {
  outcome.kind = Outcome::Kind::error;
  outcome.faults.push_back({0, outcome.line, std::string(reason)});
}

void refuse(Plan& plan, std::string_view reason) {
  refuse(plan.outcome, reason);
  plan.act = nullptr;
  plan.newcomer.reset();
}

void shorten(Outcome& outcome) {
  if (outcome.row <= rows_told_in_full) return;
  for (Changed& one : outcome.changed) one.from = one.to = std::string();
}

Result<Plan> plan_row(store::Transaction& tx, FileKind kind, const Ground& ground, const FileRow& row) {
  if (row.cells.size() != ground.columns.all().size()) {
    Plan plan;
    plan.outcome.row = row.number;
    plan.outcome.line = row.line;
    refuse(plan, "cells_miscounted");
    return plan;
  }
  switch (kind) {
    case FileKind::people: return plan_person(tx, ground, row);
    case FileKind::groups: return plan_group(tx, ground, row);
    case FileKind::members: break;
  }
  return plan_member(tx, ground, row);
}

// Which row of the file was the first about somebody or something.
class Firsts {
 public:
  // Those known by their login are looked up at once.
  static Result<Firsts> of(store::Transaction& tx, const SealedFiles& files, const Id& import, const Ground& ground, std::span<const FileRow* const> rows) {
    Firsts out(tx, files, import);
    const auto column = ground.columns.find("login");
    if (!column || ground.known == nullptr) return out;
    std::vector<std::string> logins;
    std::vector<crypto::Digest> keys;
    for (const FileRow* row : rows) {
      const auto login = ground.known->login_of(cell_text(*row, *column));
      if (!login) continue;
      keys.push_back(files.key_of(*login));
      logins.push_back(*login);
    }
    const auto found = TRY(select_keys(tx, import, keys));
    for (std::size_t i = 0; i < logins.size(); ++i) out.known_.emplace(std::move(logins[i]), found[i]);
    return out;
  }

  Result<bool> is_another(const std::string& key, std::int64_t row) const {
    const auto known = known_.find(key);
    const auto first = known != known_.end() ? known->second : TRY(look_up(key));
    return first && *first != row;
  }

 private:
  Firsts(store::Transaction& tx, const SealedFiles& files, const Id& import) : tx_(tx), files_(files), import_(import) {}
  Result<std::optional<std::int64_t>> look_up(const std::string& key) const {
    const auto digest = files_.key_of(key);
    return TRY(select_keys(tx_, import_, std::span(&digest, 1))).front();
  }

  store::Transaction& tx_;
  const SealedFiles& files_;
  Id import_;
  std::map<std::string, std::optional<std::int64_t>> known_;
};

// People of rows before this one who wait to be made, each with the place of its row's outcome.
struct Waiting {
  std::vector<directory::Directory::NewPerson> people;
  std::vector<Passwords::Set> passwords;
  std::vector<std::size_t> outcomes;

  void add(Plan::Newcomer newcomer, std::size_t outcome) {
    people.push_back(std::move(newcomer.person));
    passwords.push_back(std::move(newcomer.password));
    outcomes.push_back(outcome);
  }
};

// One page on its way.
class Doing {
 public:
  Doing(store::Transaction& tx, const PageRun& page, Ground ground, Counts& counts, std::optional<GivenUp>& given_up)
      : tx_(tx), page_(page), ground_(std::move(ground)), counts_(counts), given_up_(given_up) {
    ground_.catch_up = [this] { return make_waiting(); };
  }
  Doing(const Doing&) = delete;
  Doing& operator=(const Doing&) = delete;

  Result<std::vector<Outcome>> all(const SealedFiles& files, const std::vector<FileRow>& rows, const PageAhead* ahead) {
    outcomes_.resize(rows.size());
    std::vector<std::size_t> left(rows.size());
    std::iota(left.begin(), left.end(), std::size_t{0});
    if (ahead != nullptr && ahead->in_any_order && TRY(ground_.directory.holds_good(tx_, ahead->with))) left = TRY(make_prepared(*ahead));
    if (!left.empty()) TRY(do_in_order(files, rows, left, ahead));
    for (Outcome& outcome : outcomes_) {
      counts_.add(outcome.kind);
      shorten(outcome);
    }
    return std::move(outcomes_);
  }

 private:
  // Nobody is asked for: who can't be made, because somebody has the login, is left with the other rows, for their turn.
  Result<std::vector<std::size_t>> make_prepared(const PageAhead& ahead) {
    std::vector<std::size_t> places, left;
    std::vector<const directory::PreparedPerson*> people;
    for (std::size_t i = 0; i < ahead.rows.size(); ++i) {
      if (!ahead.newcomers[i] || page_.refused.contains(ahead.rows[i].number)) {
        left.push_back(i);
        continue;
      }
      places.push_back(i);
      people.push_back(&ahead.newcomers[i]->person);
    }
    const auto made = TRY(ground_.directory.create_prepared(tx_, ahead.with, people));
    for (std::size_t i = 0; i < made.size(); ++i) {
      Outcome& outcome = outcomes_[places[i]];
      outcome = ahead.newcomers[places[i]]->outcome;
      if (made[i]) continue;
      if (!is_of_row(made[i].error())) return std::unexpected(made[i].error());
      // Those who have the logins may have taken places that the contract still had.
      if (made[i].error().reason == "login_taken" || made[i].error().reason == "quota_reached") left.push_back(places[i]);
      else refuse(outcome, made[i].error().reason.text());
    }
    std::ranges::sort(left);
    return left;
  }

  Status do_in_order(const SealedFiles& files, const std::vector<FileRow>& rows, const std::vector<std::size_t>& places, const PageAhead* ahead) {
    if (ahead != nullptr) {
      known_ = ahead->logins;
    } else {
      known_ = KnownPeople::named_in(ground_.columns, rows);
    }
    TRY(known_.look_up(tx_, ground_.directory));
    ground_.known = &known_;
    std::vector<const FileRow*> wanted;
    for (const std::size_t place : places) wanted.push_back(&rows[place]);
    const auto firsts = TRY(Firsts::of(tx_, files, page_.import.row.id, ground_, wanted));
    for (const std::size_t place : places) TRY(one(firsts, rows[place], place));
    return make_waiting();
  }

  Status one(const Firsts& firsts, const FileRow& row, std::size_t place) {
    auto plan = TRY(plan_row(tx_, static_cast<FileKind>(page_.import.row.kind), ground_, row));
    if (plan.key && TRY(firsts.is_another(*plan.key, row.number))) refuse(plan, "row_repeated");
    if (const auto known = page_.refused.find(row.number); known != page_.refused.end()) refuse(plan, known->second);
    if (plan.outcome.kind == Outcome::Kind::remove && counts_.remove + removed_ >= page_.import.previewed.remove) refuse(plan, "deletions_exceeded");
    if (plan.outcome.kind == Outcome::Kind::error && page_.mode == Mode::all) return give_up(std::move(plan.outcome));
    if (plan.outcome.kind == Outcome::Kind::remove) ++removed_;
    outcomes_[place] = std::move(plan.outcome);
    if (plan.newcomer) {
      waiting_.add(std::move(*plan.newcomer), place);
    } else if (plan.act) {
      // In the file's order: what it does may depend on who is there, and who is made on what it does.
      TRY(make_waiting());
      TRY(done(plan.act(tx_, page_.by), place));
      if (changes_login(outcomes_[place])) known_.forget();
    }
    return {};
  }

  static bool changes_login(const Outcome& outcome) { return std::ranges::find(outcome.changed, "login", &Changed::attribute) != outcome.changed.end(); }

  Status make_waiting() {
    if (waiting_.people.empty()) return {};
    const Waiting waiting = std::exchange(waiting_, {});
    const auto made = TRY(ground_.directory.create_people(tx_, waiting.people, page_.by));
    for (std::size_t i = 0; i < made.size(); ++i) {
      Outcome& outcome = outcomes_[waiting.outcomes[i]];
      if (!made[i]) {
        if (!is_of_row(made[i].error())) return std::unexpected(made[i].error());
        refuse(outcome, made[i].error().reason.text());  // it left nothing behind
        if (page_.mode == Mode::all) return give_up(outcome);
      } else if (waiting.passwords[i]) {
        TRY(done(waiting.passwords[i](tx_, made[i]->id, page_.by), waiting.outcomes[i]));
      }
    }
    return {};
  }

  // What a row wrote before it was refused is undone with all of the page.
  Status done(Status did, std::size_t place) {
    if (did) return did;
    if (is_of_row(did.error())) {
      refuse(outcomes_[place], did.error().reason.text());
      given_up_ = GivenUp{outcomes_[place], std::string(did.error().reason.text())};
    }
    return did;
  }
  Status give_up(Outcome outcome) {
    given_up_ = GivenUp{std::move(outcome), {}};
    return fail(Kind::conflict, "import_has_errors");
  }

  store::Transaction& tx_;
  const PageRun& page_;
  Ground ground_;
  Counts& counts_;
  std::optional<GivenUp>& given_up_;
  KnownPeople known_;
  std::vector<Outcome> outcomes_;
  Waiting waiting_;
  std::int64_t removed_ = 0;
};

Result<Ground> ground_for(const PageRun& page, store::Transaction& tx, Phase phase) {
  auto schema = TRY(page.rooms.directory.schema(tx));
  return Ground{.directory = page.rooms.directory, .sessions = page.rooms.sessions, .columns = page.import.columns, .phase = phase, .schema = std::move(schema)};
}

}  // namespace

Result<std::vector<Outcome>> PageRun::look(store::Transaction& tx, const SealedFiles& files, const std::vector<FileRow>& rows) const {
  Ground ground = TRY(ground_for(*this, tx, Phase::check));
  auto known = KnownPeople::named_in(ground.columns, rows);
  TRY(known.look_up(tx, ground.directory));
  ground.known = &known;
  std::vector<Plan> plans;
  std::vector<KeyRow> keys;
  std::vector<std::size_t> owners;
  plans.reserve(rows.size());
  for (const FileRow& row : rows) {
    plans.push_back(TRY(plan_row(tx, static_cast<FileKind>(import.row.kind), ground, row)));
    if (!plans.back().key) continue;
    keys.push_back({files.key_of(*plans.back().key), row.number});
    owners.push_back(plans.size() - 1);
  }
  const auto are_first = TRY(insert_keys(tx, import.row.id, keys));
  for (std::size_t i = 0; i < owners.size(); ++i) {
    if (!are_first[i]) refuse(plans[owners[i]], "row_repeated");
  }
  std::vector<Outcome> outcomes;
  outcomes.reserve(plans.size());
  for (Plan& plan : plans) {
    shorten(plan.outcome);
    outcomes.push_back(std::move(plan.outcome));
  }
  return outcomes;
}

Result<std::vector<Outcome>> PageRun::run(store::Transaction& tx, const SealedFiles& files, const std::vector<FileRow>& rows, Counts& counts,
                                          std::optional<GivenUp>& given_up, const PageAhead* ahead) const {
  Doing doing(tx, *this, TRY(ground_for(*this, tx, Phase::run)), counts, given_up);
  return doing.all(files, rows, ahead);
}

}  // namespace kidoban::transfer
