// tenant subcommands, and how a person comes by a password. What else is done with people: commands_person_rows.cpp.

#include <string.h>  // explicit_bzero
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iostream>

#include "base/limits.h"
#include "base/text.h"
#include "login/login.h"
#include "login/session.h"
#include "service/commands.h"
#include "service/operator_api.h"
#include "store/joined.h"

namespace kidoban::service {

namespace {

Result<directory::Person> person_of(House& house, store::Transaction& tx, const std::string& login) {
  if (const auto id = Id::parse(login)) return house.directory.get_person(tx, *id);
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

}  // namespace

Status tenant_create(const Config& config, const Output& out, const TenantArguments& arguments) {
  const auto house = TRY(House::open(config));
  const auto made = TRY(house->tenants.create({arguments.slug, arguments.name, arguments.host}, by_operator().actor,
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
  const auto usage = TRY(house.store->write(opened.tenant.id, command_deadline(), [&](store::Transaction& tx) -> Result<directory::Usage> {
    if (!limit.empty()) TRY(house.directory.set_quota(tx, wanted, by_operator()));
    return house.directory.usage(tx);
  }));
  out.one({{"people", std::to_string(usage.people)}, {"limit", usage.quota ? std::to_string(*usage.quota) : "none"}});
  return {};
}

namespace {
// By what a password is judged: nothing of it comes near the person's names.
directory::Profile profile_in(const boost::json::object& body) {
  directory::Profile profile;
  const auto put = [&](std::string_view name, std::string& into) {
    if (const auto* value = body.if_contains(name); value != nullptr && value->is_string()) into = value->get_string();
  };
  put("login", profile.login);
  put("display_name", profile.display_name);
  put("given_name", profile.given_name);
  put("family_name", profile.family_name);
  put("email", profile.email);
  return profile;
}
}  // namespace

Status person_create(const Config& config, const Output& out, const PersonArguments& a) {
  const auto opened = TRY(open_tenant(config, a.api.tenant));
  House& house = *opened.house;
  OperatorApi api(house, opened.tenant, *house.store);
  const auto call = TRY(asked(house, api, opened.tenant.id, new_person(), a.api));
  std::optional<factors::PreparedPassword> credential;
  if (a.password_from_stdin) {
    const auto typed = TRY(read_password());
    const auto profile = profile_in(boost::json::parse(call.body).as_object());
    credential = TRY(choose(house, factors::owner_of(opened.tenant.id, {}, profile, opened.tenant.name), typed));
  } else if (a.hash_from_stdin) {
    const auto typed = TRY(read_password());
    credential = TRY(house.password.take_hash(typed.reveal_text()));
  }
  std::string made;
  TRY(store::write_joined(*house.store, opened.tenant.id, command_deadline(), [&](store::Store& joined) -> Status {
    made = TRY(OperatorApi(house, opened.tenant, joined).call(call)).body;
    if (!credential) return {};
    const Id id = TRY(Id::parse(std::string(boost::json::parse(made).at("id").as_string())));
    return joined.write(opened.tenant.id, command_deadline(), [&](store::Transaction& tx) { return house.password.set(tx, id, *credential, by_operator()); });
  }));
  tell_one(out, made);
  return {};
}

namespace {
// Whoever had the old one may be signed in by it (OWASP ASVS 5.0 §7.4.3), and guessed at it.
Status replace_password(House& house, TenantId tenant, const directory::Person& person, const factors::PreparedPassword& credential) {
  return house.store->write(tenant, command_deadline(), [&](store::Transaction& tx) -> Status {
    TRY(house.password.set(tx, person.id, credential, by_operator()));
    TRY(sessions_of(house).end_all(tx, person.id, by_operator(), "password_set"));
    TRY(login::Lockout(house.keys, house.clock, {}).unlock(tx, person.profile.login));
    return {};
  });
}
}  // namespace

Status person_set_password(const Config& config, const Output& out, const PersonArguments& a) {
  const auto opened = TRY(open_tenant(config, a.api.tenant));
  House& house = *opened.house;
  const auto person = TRY(house.store->read(opened.tenant.id, command_deadline(), [&](store::Transaction& tx) { return person_of(house, tx, a.login); }));
  if (a.temporary) {
    const auto made = TRY(house.password.generate(opened.tenant.id, command_deadline()));
    TRY(replace_password(house, opened.tenant.id, person, made.prepared));
    out.one({{"login", person.profile.login}, {"temporary_password", std::string(made.text.reveal_text())}});
    return {};
  }
  const auto typed = TRY(read_password());
  const auto credential = TRY(choose(house, factors::owner_of(opened.tenant.id, person.id, person.profile, opened.tenant.name), typed));
  TRY(replace_password(house, opened.tenant.id, person, credential));
  out.done("The password of " + a.login + " is set, and sessions that were open are ended.");
  return {};
}

}  // namespace kidoban::service
