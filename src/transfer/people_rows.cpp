// A row of a file of people.

#include <algorithm>
#include <array>

#include "base/text.h"
#include "transfer/planner.h"
#include "transfer/values.h"

namespace kidoban::transfer {

namespace {

using directory::Person, directory::PersonState, directory::Profile, directory::Value;
using Values = std::map<std::string, Value, std::less<>>;

constexpr std::array<std::pair<std::string_view, PersonState>, 3> states{{
    {"enabled", PersonState::enabled},
    {"disabled", PersonState::disabled},
    {"pending_deletion", PersonState::pending_deletion},
}};
std::string_view word_of(PersonState state) { return std::ranges::find(states, state, &std::pair<std::string_view, PersonState>::second)->first; }

// Stands in for a login while the rest of a row is looked at.
constexpr std::string_view somebody = "somebody@example.com";

// The tags of the services that customers come from.
std::string locale_of(std::string text) {
  std::ranges::replace(text, '_', '-');
  return text == "ja-JP" ? "ja" : text == "en-US" ? "en" : text;
}

// What a row says about somebody.
struct Said {
  std::optional<Id> id;
  std::string login;  // as typed
  Values values;      // by attribute; monostate for an empty cell
  std::optional<PersonState> state;
  std::optional<std::optional<Time>> valid_from, valid_until;
  bool remove = false, update_only = false;
};

class PersonPlanner {
 public:
  // `tx` is nullptr where the store isn't to be asked.
  PersonPlanner(store::Transaction* tx, const Ground& ground, const FileRow& row) : tx_(tx), ground_(ground), row_(row), cells_(ground, row, plan_.outcome) {
    plan_.outcome.row = row_.number;
    plan_.outcome.line = row_.line;
  }

  std::optional<Plan> plan_new() {
    // No Error: nothing is asked.
    if (!read() || said_.id || names_others_) return std::nullopt;
    const auto login = login_of(said_.login);
    if (login && !said_.remove && !said_.update_only) {
      plan_.key = *login;
      create();
    }
    return std::move(plan_);
  }

  Result<Plan> plan() {
    TRY(read());
    const auto person = TRY(find());
    if (said_.login.empty() && !said_.id) cells_.fault(ground_.columns.find("login"), "login_missing");
    if (said_.remove) {
      if (cells_.is_good()) remove(person);
    } else if (person) {
      TRY(change(*person));
    } else if (!said_.update_only) {
      create();
    }
    if (person && plan_.act) TRY(leave_administrators(*person));
    return std::move(plan_);
  }

 private:
  Status read() {
    const Columns& columns = ground_.columns;
    plan_.outcome.who = said_.login = std::string(cells_.text(columns.find("login")));
    if (const auto text = cells_.text(columns.find(Role::id)); !text.empty()) {
      const auto id = Id::parse(text);
      if (id) said_.id = *id;
      else cells_.fault(columns.find(Role::id), "id_malformed");
    }
    for (std::size_t i = 0; i < columns.all().size(); ++i) TRY(read_attribute(columns.all()[i], i));
    said_.remove = cells_.flag(Role::remove, false);
    said_.update_only = cells_.flag(Role::update_only, false);
    read_state();
    said_.valid_from = read_time(Role::valid_from);
    said_.valid_until = read_time(Role::valid_until);
    if (row_.password_fault) {
      plan_.outcome.faults.push_back(*row_.password_fault);
      plan_.outcome.kind = Outcome::Kind::error;
    }
    return {};
  }

  Status read_attribute(const Column& column, std::size_t index) {
    if (column.role != Role::attribute) return {};
    const auto text = cells_.text(index);
    if (text.empty() && (column.name == "login" || column.name == "display_name")) return {};  // nobody is without
    std::optional<Value> value;
    if (column.single && column.type == directory::AttributeType::contacts) {
      value = text.empty() ? Value() : Value(directory::Contacts{{.value = std::string(text), .type = "", .display = ""}});
    } else if (column.name == "locale") {
      value = text.empty() ? Value() : Value(locale_of(std::string(text)));
    } else {
      value = read_value(column.type, text);
    }
    if (!value) {
      cells_.fault(index, "value_malformed");
      return {};
    }
    if (column.type == directory::AttributeType::person && !text.empty()) return read_person(column.name, index, text);
    said_.values.insert_or_assign(column.name, std::move(*value));
    return {};
  }

  // By login, or by id. In the preview they may still be about to be made by a row before this one.
  Status read_person(const std::string& name, std::size_t index, std::string_view text) {
    if (Id::parse(text)) {
      said_.values.insert_or_assign(name, Value(std::string(text)));
      return {};
    }
    names_others_ = true;
    if (tx_ == nullptr) return {};
    const auto login = login_of(text);
    auto person = login ? TRY(find_person(*tx_, ground_, *login)) : std::nullopt;
    if (!person && login && ground_.catch_up) {  // made by a row before this one, perhaps
      TRY(ground_.catch_up());
      person = TRY(ground_.directory.find_by_login(*tx_, *login));
    }
    if (person) said_.values.insert_or_assign(name, Value(person->id.text()));
    else if (ground_.phase == Phase::run || text.find('@') == std::string_view::npos) cells_.fault(index, "person_unknown");
    return {};
  }

  void read_state() {
    if (const auto active = cells_.maybe_flag(Role::active)) said_.state = *active ? PersonState::enabled : PersonState::disabled;
    const auto column = ground_.columns.find(Role::state);
    const auto text = cells_.text(column);
    if (text.empty()) return;
    const auto found = std::ranges::find(states, ascii_lower(text), &std::pair<std::string_view, PersonState>::first);
    if (found == states.end()) return cells_.fault(column, "state_unknown");
    // Pending deletion is a deletion, by whichever word, and counts as one.
    if (found->second == PersonState::pending_deletion) said_.remove = true;
    else said_.state = found->second;
  }

  std::optional<std::optional<Time>> read_time(Role role) {
    const auto column = ground_.columns.find(role);
    if (!column) return std::nullopt;
    const auto text = cells_.text(column);
    if (text.empty()) return std::optional<Time>();
    const auto us = from_rfc3339(text.size() == 10 ? std::string(text) + "T00:00:00Z" : std::string(text));
    if (us) return std::optional(from_us(*us));
    cells_.fault(column, "time_malformed");
    return std::nullopt;
  }

  Result<std::string> login_of(std::string_view typed) const {
    return ground_.known == nullptr ? directory::canonical_login(typed) : ground_.known->login_of(typed);
  }

  // By id where there is one (the login may then become another), else by login.
  Result<std::optional<Person>> find() {
    if (said_.id) {
      auto person = ground_.directory.get_person(*tx_, *said_.id);
      if (!person && person.error().kind != Kind::not_found) return std::unexpected(std::move(person.error()));
      if (person) {
        plan_.key = person->profile.login;
        return std::optional(std::move(*person));
      }
      cells_.fault(ground_.columns.find(Role::id), "person_unknown");
      return std::nullopt;
    }
    const auto login = login_of(said_.login);
    if (!login) {
      if (!said_.login.empty()) cells_.fault(ground_.columns.find("login"), login.error().reason.text());
      return std::nullopt;
    }
    plan_.key = *login;
    return find_person(*tx_, ground_, *login);
  }

  // Whoever sets an administrator's password or address can become them: that is done one by one, by somebody who may as much.
  Status leave_administrators(const Person& person) {
    const auto grant = TRY(ground_.directory.roles().grant_of(*tx_, person.id, person.administrator));
    if (grant.anywhere().none()) return {};
    plan_.act = nullptr;
    cells_.fault(std::nullopt, "person_administers");
    return {};
  }

  void remove(const std::optional<Person>& person) {
    if (!person || person->state == PersonState::pending_deletion) return;  // skipped
    plan_.outcome.kind = Outcome::Kind::remove;
    plan_.outcome.who = person->profile.login;
    plan_.act = [this_ground = &ground_, id = person->id](store::Transaction& tx, const audit::Event& by) -> Status {
      directory::Change gone;
      gone.state = PersonState::pending_deletion;
      TRY(this_ground->directory.change_person(tx, id, gone, std::nullopt, by));
      TRY(this_ground->sessions.end_all(tx, id, by, "person_disabled"));
      return {};
    };
  }

  // All that is wrong, not the first alone: what is refused is put back, and the rest looked at again.
  Profile settle(const Profile& before, Profile after) {
    for (std::size_t tries = 0; tries <= said_.values.size() + 2; ++tries) {
      auto fits = directory::checked(after, ground_.schema.custom);
      if (fits) return std::move(*fits);
      const std::string name = attribute_at_fault(fits.error(), after, before);
      cells_.fault(ground_.columns.find(name), fits.error().reason.text());
      if (name.empty() || !said_.values.contains(name)) break;
      if (!set_value(after, name, value_of(before, name), ground_.schema.custom)) break;
    }
    return before;
  }

  // Which attribute an error of checked() is about: its note, or the one whose word its reason has.
  std::string attribute_at_fault(const Error& error, const Profile& after, const Profile& before) const {
    if (said_.values.contains(error.note)) return error.note;
    const auto changed = [&](std::string_view name) { return said_.values.contains(name) && value_of(after, name) != value_of(before, name); };
    for (const std::string_view name : {"email", "other_emails", "private_email"}) {
      if (error.reason == "email_malformed" && changed(name) && !alone_fits(after, before, name)) return std::string(name);
    }
    for (const std::string_view name : {"login", "locale", "zoneinfo", "manager"}) {
      if (error.reason.text().starts_with(name)) return std::string(name);
    }
    return error.note;
  }
  bool alone_fits(const Profile& after, Profile before, std::string_view name) const {
    if (before.login.empty()) {
      before.login = somebody;
      before.display_name = "x";
    }
    return set_value(before, name, value_of(after, name), ground_.schema.custom) && directory::checked(before, ground_.schema.custom);
  }

  void put_values(Profile& profile) {
    for (const auto& [name, value] : said_.values) {
      const auto put = set_value(profile, name, value, ground_.schema.custom);
      if (!put) cells_.fault(ground_.columns.find(name), put.error().reason.text());
    }
  }

  void create() {
    Profile wanted;
    wanted.login = said_.login;
    put_values(wanted);
    if (wanted.display_name.empty()) {
      const bool both = !wanted.family_name.empty() && !wanted.given_name.empty();
      wanted.display_name = wanted.family_name + (both ? " " : "") + wanted.given_name;
      if (wanted.display_name.empty()) wanted.display_name = said_.login.substr(0, said_.login.find('@'));
    }
    // The rest is looked at even where the login is no login: all that is wrong is said at once.
    Profile nobody;
    nobody.login = somebody;
    nobody.display_name = wanted.display_name.empty() ? std::string(somebody) : wanted.display_name;
    if (!plan_.key) wanted.login = somebody;
    if (wanted.display_name.empty()) wanted.display_name = nobody.display_name;
    Profile settled = settle(nobody, std::move(wanted));
    if (!cells_.is_good()) return;
    plan_.outcome.kind = Outcome::Kind::create;
    plan_.outcome.who = settled.login;
    plan_.outcome.changed.reserve(said_.values.size() + 1);
    for (const auto& [name, value] : said_.values) told(name, {}, in_full() ? text_of(value_of(settled, name)) : std::string());
    if (row_.password) told("password", "", "");
    directory::Directory::NewPerson person;
    person.profile = std::move(settled);
    person.enabled = said_.state.value_or(PersonState::enabled) == PersonState::enabled;
    person.valid_from = said_.valid_from.value_or(std::nullopt);
    person.valid_until = said_.valid_until.value_or(std::nullopt);
    plan_.newcomer = Plan::Newcomer{std::move(person), row_.password};
  }

  Status change(const Person& before) {
    Profile after = before.profile;
    put_values(after);
    after = settle(before.profile, std::move(after));
    directory::Change wanted;
    for (const auto& [name, value] : said_.values) {
      const Value from = value_of(before.profile, name), to = value_of(after, name);
      if (from == to) continue;
      if (directory::Directory::master_of(ground_.schema, before, name)) cells_.fault(ground_.columns.find(name), "attribute_mastered_elsewhere");
      told(name, in_full() ? text_of(from) : std::string(), in_full() ? text_of(to) : std::string());
      wanted.attributes.insert_or_assign(name, to);
    }
    if (said_.state && *said_.state != before.state) {
      told("state", word_of(before.state), word_of(*said_.state));
      wanted.state = said_.state;
    }
    note_time("valid_from", before.valid_from, said_.valid_from, wanted.valid_from);
    note_time("valid_until", before.valid_until, said_.valid_until, wanted.valid_until);
    if (row_.password) told("password", "", "");
    plan_.outcome.who = before.profile.login;
    if (!cells_.is_good() || plan_.outcome.changed.empty()) return {};
    plan_.outcome.kind = Outcome::Kind::update;
    plan_.act = [this_ground = &ground_, id = before.id, wanted = std::move(wanted), password = row_.password](store::Transaction& tx, const audit::Event& by) -> Status {
      const auto person = TRY(this_ground->directory.change_person(tx, id, wanted, std::nullopt, by));
      if (password) TRY(password(tx, id, by));
      // Whoever had the old password, or may not be here any more, is signed out.
      if (person.state != PersonState::enabled) TRY(this_ground->sessions.end_all(tx, id, by, "person_disabled"));
      else if (password) TRY(this_ground->sessions.end_all(tx, id, by, "password_set"));
      return {};
    };
    return {};
  }

  void note_time(std::string_view name, const std::optional<Time>& before, const std::optional<std::optional<Time>>& said,
                 std::optional<std::optional<Time>>& wanted) {
    if (!said || *said == before) return;
    const auto word = [](const std::optional<Time>& at) { return at ? rfc3339(to_us(*at)) : std::string(); };
    told(name, word(before), word(*said));
    wanted = *said;
  }
  bool in_full() const { return row_.number <= rows_told_in_full; }
  void told(std::string_view name, std::string_view from, std::string_view to) {
    plan_.outcome.changed.push_back({std::string(name), std::string(from), std::string(to)});
  }

  store::Transaction* tx_;
  const Ground& ground_;
  const FileRow& row_;
  Plan plan_;
  RowReader cells_;
  Said said_;
  bool names_others_ = false;
};

}  // namespace

Result<Plan> plan_person(store::Transaction& tx, const Ground& ground, const FileRow& row) { return PersonPlanner(&tx, ground, row).plan(); }

std::optional<Plan> plan_newcomer(const Ground& ground, const FileRow& row) { return PersonPlanner(nullptr, ground, row).plan_new(); }

}  // namespace kidoban::transfer
