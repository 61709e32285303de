// tenant, person, group and session subcommands.

#include <string.h>  // explicit_bzero
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>

#include "base/limits.h"
#include "base/text.h"
#include "login/login.h"
#include "login/session.h"
#include "service/commands.h"
#include "service/house.h"

namespace kidoban::service {

namespace {

const audit::Event by_operator{.name = "operator.command", .actor = {audit::ActorKind::operator_, std::nullopt}};

struct Opened {
  std::unique_ptr<House> house;
  TenantId tenant;
  std::string name;
};
Result<Opened> open_tenant(const Config& config, const std::string& slug) {
  auto house = TRY(House::open(config));
  const auto tenant = TRY(house->tenants.find_by_slug(slug, command_deadline()));
  return Opened{std::move(house), tenant.id, tenant.name};
}

std::string_view name_of(directory::PersonState state) {
  switch (state) {
    case directory::PersonState::enabled: return "enabled";
    case directory::PersonState::disabled: return "disabled";
    case directory::PersonState::pending_deletion: return "pending_deletion";
  }
  return "";
}

Result<directory::Person> person_of(House& house, store::Transaction& tx, const std::string& login) {
  auto found = TRY(house.directory.find_by_login(tx, login));
  if (!found) return fail(Kind::not_found, "person_unknown", "there is no person " + login + " in this tenant");
  return *found;
}

constexpr std::pair<std::string_view, std::string_view> sentences[] = {
    {"password_malformed", "it has characters that can't be typed everywhere, or is too long"},
    {"password_too_short", "it needs {0} characters at least"},
    {"password_too_long", "it may have {0} characters at most"},
    {"password_few_kinds", "it needs {0} of small letters, capitals, digits, others"},
    {"password_own_words", "it has the person's name, their address or the company's name in it"},
    {"password_too_common", "it is easy to guess"},
    {"password_breached", "it is on the list of breached passwords"},
    {"password_reused", "they had it before"},
};

// Everything that is wrong with it, in one sentence.
Failure unusable(const std::vector<factors::Fault>& faults) {
  std::string all;
  for (const auto& fault : faults) {
    const auto* known = std::ranges::find(sentences, fault.reason.text(), &std::pair<std::string_view, std::string_view>::first);
    std::string text(known == std::end(sentences) ? fault.reason.text() : known->second);
    if (const auto at = text.find("{0}"); at != std::string::npos) text.replace(at, 3, fault.value);
    all += (all.empty() ? "the password can't be used: " : "; ") + text;
  }
  return fail(Kind::malformed, faults.front().reason, all);
}

Result<factors::PreparedPassword> choose(House& house, const factors::PasswordOwner& owner, const Secret& typed) {
  auto chosen = TRY(house.password.choose(owner, typed, command_deadline()));
  if (auto* prepared = std::get_if<factors::PreparedPassword>(&chosen)) return std::move(*prepared);
  return unusable(std::get<std::vector<factors::Fault>>(chosen));
}

// One line from standard input; not echoed where that is a terminal.
Result<Secret> read_password() {
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  termios before{};
  if (terminal) {
    std::cerr << "Password: " << std::flush;
    ::tcgetattr(STDIN_FILENO, &before);
    termios quiet = before;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
  }
  std::string line;
  const bool got = static_cast<bool>(std::getline(std::cin, line));
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before);
    std::cerr << "\n";
  }
  if (!got || line.empty() || line.size() > limits::password_bytes) {
    return fail(Kind::malformed, "password_missing", "no password came on standard input");
  }
  Secret password = Secret::of(line);
  explicit_bzero(line.data(), line.size());
  return password;
}

login::Sessions sessions_of(House& house) { return {house.keys, house.audit, house.clock, house.random, {}}; }

Fields fields_of(const directory::Person& person) {
  return {{"id", person.id.text()},
          {"login", person.profile.login},
          {"name", person.profile.display_name},
          {"state", std::string(name_of(person.state))},
          {"administrator", person.administrator ? "yes" : "no"}};
}

}  // namespace

Status tenant_create(const Config& config, const Output& out, const TenantArguments& arguments) {
  const auto house = TRY(House::open(config));
  const auto made = TRY(house->tenants.create({arguments.slug, arguments.name, arguments.host}, by_operator.actor,
                                              command_deadline()));
  out.one({{"id", made.id.text()}, {"slug", made.slug}, {"name", made.name}, {"host", made.host}});
  return {};
}

Status tenant_list(const Config& config, const Output& out) {
  const auto house = TRY(House::open(config));
  std::vector<Fields> rows;
  for (std::string after;;) {
    const auto page = TRY(house->tenants.list(after, 500, command_deadline()));
    for (const tenant::Tenant& one : page) {
      rows.push_back({{"slug", one.slug}, {"id", one.id.text()}, {"name", one.name}, {"host", one.host}});
    }
    if (page.size() < 500) break;
    after = page.back().slug;
  }
  out.many("tenants", rows);
  return {};
}

Status tenant_quota(const Config& config, const Output& out, const std::string& tenant, const std::string& limit) {
  std::optional<std::int64_t> wanted;
  if (!limit.empty() && limit != "none") {
    wanted = to_integer(limit);
    if (!wanted || *wanted < 0) return fail(Kind::malformed, "quota_malformed", "the limit is a number of people, or none");
  }
  const auto opened = TRY(open_tenant(config, tenant));
  House& house = *opened.house;
  const auto usage = TRY(house.store->write(opened.tenant, command_deadline(), [&](store::Transaction& tx) -> Result<directory::Usage> {
    if (!limit.empty()) TRY(house.directory.set_quota(tx, wanted, by_operator));
    return house.directory.usage(tx);
  }));
  out.one({{"people", std::to_string(usage.people)}, {"limit", usage.quota ? std::to_string(*usage.quota) : "none"}});
  return {};
}

Status person_create(const Config& config, const Output& out, const PersonArguments& a) {
  const auto opened = TRY(open_tenant(config, a.tenant));
  House& house = *opened.house;
  directory::Directory::NewPerson wanted;
  wanted.profile.login = a.login;
  wanted.profile.display_name = a.name;
  wanted.profile.given_name = a.given_name;
  wanted.profile.family_name = a.family_name;
  wanted.profile.email = a.email;
  wanted.profile.locale = a.locale;
  wanted.administrator = a.administrator;
  std::optional<factors::PreparedPassword> credential;
  if (a.password_from_stdin) {
    const auto typed = TRY(read_password());
    credential = TRY(choose(house, factors::owner_of(opened.tenant, {}, wanted.profile, opened.name), typed));
  } else if (!a.password_hash.empty()) {
    credential = TRY(house.password.take_hash(a.password_hash));
  }
  const auto person = TRY(house.store->write(
      opened.tenant, command_deadline(), [&](store::Transaction& tx) -> Result<directory::Person> {
        auto made = TRY(house.directory.create_person(tx, wanted, by_operator));
        if (credential) TRY(house.password.set(tx, made.id, *credential, by_operator));
        return made;
      }));
  out.one(fields_of(person));
  return {};
}

Status person_list(const Config& config, const Output& out, const std::string& tenant) {
  const auto opened = TRY(open_tenant(config, tenant));
  std::vector<Fields> rows;
  for (std::optional<Id> after;;) {
    const auto page = TRY(opened.house->store->read(opened.tenant, command_deadline(), [&](store::Transaction& tx) {
      return opened.house->directory.list_people(tx, after, 500);
    }));
    for (const auto& person : page) rows.push_back(fields_of(person));
    if (page.size() < 500) break;
    after = page.back().id;
  }
  out.many("people", rows);
  return {};
}

namespace {
// Whoever had the old one may be signed in by it (OWASP ASVS 5.0 §7.4.3), and guessed at it.
Status replace_password(House& house, TenantId tenant, const directory::Person& person, const factors::PreparedPassword& credential) {
  return house.store->write(tenant, command_deadline(), [&](store::Transaction& tx) -> Status {
    TRY(house.password.set(tx, person.id, credential, by_operator));
    TRY(sessions_of(house).end_all(tx, person.id, by_operator, "password_set"));
    TRY(login::Lockout(house.keys, house.clock, {}).unlock(tx, person.profile.login));
    return {};
  });
}
}  // namespace

Status person_set_password(const Config& config, const Output& out, const PersonArguments& a) {
  const auto opened = TRY(open_tenant(config, a.tenant));
  House& house = *opened.house;
  const auto person = TRY(house.store->read(opened.tenant, command_deadline(), [&](store::Transaction& tx) { return person_of(house, tx, a.login); }));
  if (a.temporary) {
    const auto made = TRY(house.password.generate(opened.tenant, command_deadline()));
    TRY(replace_password(house, opened.tenant, person, made.prepared));
    out.one({{"login", person.profile.login}, {"temporary_password", std::string(made.text.reveal_text())}});
    return {};
  }
  const auto typed = TRY(read_password());
  const auto credential = TRY(choose(house, factors::owner_of(opened.tenant, person.id, person.profile, opened.name), typed));
  TRY(replace_password(house, opened.tenant, person, credential));
  out.done("The password of " + a.login + " is set, and sessions that were open are ended.");
  return {};
}

Status person_unlock(const Config& config, const Output& out, const std::string& tenant, const std::string& login) {
  const auto opened = TRY(open_tenant(config, tenant));
  House& house = *opened.house;
  TRY(house.store->write(opened.tenant, command_deadline(), [&](store::Transaction& tx) -> Status {
    const auto person = TRY(person_of(house, tx, login));
    if (!TRY(login::Lockout(house.keys, house.clock, {}).unlock(tx, person.profile.login))) return {};
    audit::Event event = by_operator;
    event.name = "person.unlocked";
    event.target_kind = "person";
    event.target = person.id;
    return house.audit.append(tx, event);
  }));
  out.done(login + " may try at once.");
  return {};
}

Status person_switch(const Config& config, const Output& out, const std::string& tenant, const std::string& login,
                     SwitchTo state) {
  const auto opened = TRY(open_tenant(config, tenant));
  House& house = *opened.house;
  const auto wanted =
      state == SwitchTo::enabled ? directory::PersonState::enabled : directory::PersonState::disabled;
  TRY(house.store->write(opened.tenant, command_deadline(), [&](store::Transaction& tx) -> Status {
    const auto person = TRY(person_of(house, tx, login));
    TRY(house.directory.set_state(tx, person.id, wanted, by_operator));
    if (wanted == directory::PersonState::disabled) {
      TRY(sessions_of(house).end_all(tx, person.id, by_operator, "person_disabled"));
    }
    return {};
  }));
  out.done(login + " is " + std::string(name_of(wanted)) + ".");
  return {};
}

Status group_create(const Config& config, const Output& out, const std::string& tenant, const std::string& name) {
  const auto opened = TRY(open_tenant(config, tenant));
  const auto group = TRY(opened.house->store->write(
      opened.tenant, command_deadline(),
      [&](store::Transaction& tx) { return opened.house->directory.groups().create(tx, {.name = name}, by_operator); }));
  out.one({{"id", group.id.text()}, {"name", group.name}});
  return {};
}

Status group_add(const Config& config, const Output& out, const std::string& tenant, const std::string& group,
                 const std::string& login) {
  const auto opened = TRY(open_tenant(config, tenant));
  House& house = *opened.house;
  const Id group_id = TRY(Id::parse(group));
  TRY(house.store->write(opened.tenant, command_deadline(), [&](store::Transaction& tx) -> Status {
    const auto person = TRY(person_of(house, tx, login));
    return house.directory.groups().add_member(tx, group_id, person.id, by_operator);
  }));
  out.done(login + " is a member.");
  return {};
}

Status session_list(const Config& config, const Output& out, const std::string& tenant, const std::string& login) {
  const auto opened = TRY(open_tenant(config, tenant));
  House& house = *opened.house;
  auto sessions = sessions_of(house);
  const auto all = TRY(house.store->read(
      opened.tenant, command_deadline(), [&](store::Transaction& tx) -> Result<std::vector<login::Session>> {
        const auto person = TRY(person_of(house, tx, login));
        return sessions.list(tx, person.id);
      }));
  std::vector<Fields> rows;
  for (const login::Session& one : all) {
    rows.push_back({{"id", one.id.text()},
                    {"signed_in_at", rfc3339(to_us(one.signed_in_at))},
                    {"last_seen_at", rfc3339(to_us(one.last_seen_at))},
                    {"amr", join(one.amr, " ")},
                    {"client_address", one.client_address},
                    {"user_agent", one.user_agent}});
  }
  out.many("sessions", rows);
  return {};
}

Status session_end(const Config& config, const Output& out, const std::string& tenant, const std::string& login) {
  const auto opened = TRY(open_tenant(config, tenant));
  House& house = *opened.house;
  auto sessions = sessions_of(house);
  const auto ended = TRY(house.store->write(
      opened.tenant, command_deadline(), [&](store::Transaction& tx) -> Result<std::int64_t> {
        const auto person = TRY(person_of(house, tx, login));
        return sessions.end_all(tx, person.id, by_operator, "ended_by_operator");
      }));
  out.done(std::to_string(ended) + " sessions of " + login + " ended.");
  return {};
}

}  // namespace kidoban::service
