#include "recovery/recovery.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "recovery/reset_store.h"
#include "runtime/log.h"

namespace kidoban::recovery {

namespace {

using http::Reply;
using http::Request;

// Asked for by one login or from one address; a login that nobody has counts like any other.
login::LockoutOptions limit_options() {
  using std::chrono::seconds, std::chrono::minutes, std::chrono::hours;
  login::LockoutOptions options;
  options.scope = "password_resets";
  options.person = {3, minutes(1), hours(1), hours(24)};
  options.address = {50, seconds(5), minutes(5), hours(1)};
  return options;
}

constexpr std::size_t most_waiting = 512;

page::Language language_of(const Request& request) { return page::choose_language({}, request.header("accept-language")); }

crypto::Digest hash_of(std::string_view token) { return crypto::sha256(token); }

audit::Event event_by(const Request& request, Reason name, const Id& person) {
  return audit::from(request, {.name = name, .actor = {audit::ActorKind::person, person}, .target_kind = "person", .target = person});
}

}  // namespace

Recovery::Recovery(store::Store& store, seal::Keyring& keys, audit::Audit& audit, directory::Directory& directory, login::Login& login,
                   mail::Mail& mail, const page::Pages& pages, const Clock& clock, Random& random, Choose choose)
    : store_(store), audit_(audit), directory_(directory), login_(login), mail_(mail), pages_(pages), clock_(clock), random_(random),
      choose_(std::move(choose)), limit_(keys, clock, limit_options()), guesses_(keys, clock, {}), asked_(1, most_waiting) {
  directory_.when_gone([](store::Transaction& tx, const Id& person) { return drop_resets_of(tx, person); });
}

Reply Recovery::ask_page(const Request& request, const std::string& login, const std::string& problem, int status) {
  page::Data data;
  data.text["action"] = request.site.base_path + "/password-reset";
  data.text["login"] = login;
  data.text["problem"] = problem;
  return pages_.render(request, language_of(request), "recovery/ask", data, status);
}

Result<Reply> Recovery::show_ask(Request& request) { return ask_page(request, {}, {}, 200); }

Result<Reply> Recovery::ask(Request& request) {
  const auto form = TRY(request.body_form());
  const auto language = language_of(request);
  const std::string typed(form.get_or("login"));
  const auto login = directory::canonical_login(typed);
  if (!login) return ask_page(request, typed, pages_.word(language, "recovery", "problem.login_malformed"), 400);
  const auto wait = TRY(store_.write_snapshot(*request.site.tenant, request.deadline, [&](store::Transaction& tx) {
    return limit_.charge(tx, *login, request.client_address);
  }));
  if (wait > 0) {
    auto reply = ask_page(request, typed, pages_.word(language, "recovery", "problem.please_wait", {std::to_string((wait + 59) / 60)}), 429);
    reply.with("Retry-After", std::to_string(wait));
    return reply;
  }
  // What follows takes another time for somebody than for nobody: the answer doesn't wait for it.
  Asked asked{*request.site.tenant, *login, request.site.display_name, request.site.base_url, audit::from(request, {.name = "password.reset_requested"})};
  const bool taken = asked_.submit([this, asked = std::move(asked)] {
    try {
      if (const Status done = answer(asked); !done) runtime::log(runtime::Level::warning, "password_reset_failed", done.error());
    } catch (const std::exception& error) {
      runtime::log(runtime::Level::error, "password_reset_threw", {{"what", std::string(error.what())}});
    }
  });
  if (!taken) return fail_for_now(Kind::unavailable, "lane_full", 5);
  page::Data data;
  data.text["login"] = *login;
  return pages_.render(request, language, "recovery/sent", data);
}

Status Recovery::tell(store::Transaction& tx, mail::Message message, const directory::Person& person) {
  const auto& profile = person.profile;
  message.to = {person.id, {}, profile.display_name, profile.locale, profile.zoneinfo};
  message.values.emplace_back("login", profile.login);
  for (const std::string& address : directory::mail_addresses(profile)) {
    message.to.address = address;
    TRY(mail_.send(tx, message));
  }
  return {};
}

Status Recovery::answer(const Asked& asked) {
  const std::string token = base64url(random_.bytes<32>());
  const auto hash = hash_of(token);
  return store_.write_snapshot(asked.tenant, runtime::Deadline::after(limits::request_time), [&](store::Transaction& tx) -> Status {
    const auto person = TRY(directory_.find_by_login(tx, asked.login));
    audit::Event event = asked.event;
    if (!person || !person->is_active(clock_.now())) {
      event.outcome = audit::Outcome::refused;
      event.reason = person ? "person_not_active" : "person_unknown";
      if (person) event.target = person->id;
      event.target_kind = person ? "person" : "";
      return audit_.append(tx, event);
    }
    const Time expires_at = clock_.now() + link_lifetime;
    TRY(put_reset(tx, hash, person->id, expires_at));
    mail::Message message{.occasion = mail::Occasion::password_reset, .to = {}, .company = asked.company, .url = asked.base_url + "/",
                          .values = {{"link", asked.base_url + "/password-reset/" + token}, {"expires", expires_at}}, .useless_after = expires_at};
    TRY(tell(tx, std::move(message), *person));
    event.target_kind = "person";
    event.target = person->id;
    return audit_.append(tx, event);
  });
}

Result<directory::Person> Recovery::person_of_link(store::Transaction& tx, const Request& request) {
  const auto id = TRY(find_reset(tx, hash_of(request.path_value("token")), clock_.now()));
  if (!id) return fail(Kind::expired, "reset_gone");
  auto person = TRY(directory_.get_person(tx, *id));
  if (!person.is_active(clock_.now())) return fail(Kind::expired, "reset_gone");
  return person;
}

Reply Recovery::choose_page(const Request& request, const directory::Person& person, page::Language language,
                            const std::vector<std::string>& faults) {
  page::Data data;
  data.text["login"] = person.profile.login;
  data.flags["has_faults"] = faults.size() > 1;
  if (faults.size() == 1) data.text["problem"] = faults.front();
  auto& list = data.lists["faults"];
  for (const std::string& fault : faults) {
    page::Data one;
    one.text["text"] = fault;
    list.push_back(std::move(one));
  }
  return pages_.render(request, language, "recovery/choose", data, faults.empty() ? 200 : 400);
}

Result<Reply> Recovery::show_choose(Request& request) {
  const auto person = TRY(store_.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) { return person_of_link(tx, request); }));
  return choose_page(request, person, language_of(request), {});
}

Result<Reply> Recovery::choose(Request& request) {
  const auto form = TRY(request.body_form());
  const auto language = language_of(request);
  const TenantId tenant = *request.site.tenant;
  const auto person = TRY(store_.read(tenant, request.deadline, [&](store::Transaction& tx) { return person_of_link(tx, request); }));
  if (form.get_or("password") != form.get_or("password_again")) {
    return choose_page(request, person, language, {pages_.word(language, "recovery", "problem.passwords_differ")});
  }
  const auto chosen = TRY(choose_(request, person, language, Secret::of(form.get_or("password"))));
  if (!chosen.faults.empty()) return choose_page(request, person, language, chosen.faults);
  TRY(store_.write_snapshot(tenant, request.deadline, [&](store::Transaction& tx) -> Status {
    const auto now = TRY(person_of_link(tx, request));
    if (!TRY(take_reset(tx, hash_of(request.path_value("token")), clock_.now()))) return fail(Kind::expired, "reset_gone");
    const auto by = event_by(request, "password.reset", now.id);
    TRY(chosen.set(tx, by));
    TRY(drop_resets_of(tx, now.id));
    // As after a right password: what they tried before they gave up holds them up no longer.
    TRY(guesses_.passed(tx, now.profile.login, request.client_address));
    // Whoever made this necessary may still be signed in (OWASP ASVS 5.0 §7.4.3).
    TRY(login_.sessions().end_all(tx, now.id, by, "password_reset"));
    return audit_.append(tx, by);
  }));
  return pages_.render(request, language, "recovery/done", {});
}

Status Recovery::purge() {
  constexpr std::int64_t bite = 500;
  for (;;) {
    const auto gone = TRY(store_.system_write(runtime::Deadline::after(limits::request_time),
                                              [&](store::SystemTransaction& tx) { return purge_resets(tx, clock_.now(), bite); }));
    if (gone < bite) return {};
  }
}

void Recovery::add_routes(http::Routes& routes) {
  const auto errors = [this](const Request& request, const Error& error) { return pages_.error(request, "recovery", error); };
  const auto row = [&](http::Method method, const char* path, Result<Reply> (Recovery::*act)(Request&), const char* name) {
    const bool post = method == http::Method::post;
    const http::Body body{post ? http::Body::Type::form : http::Body::Type::none, post ? limits::form_body_bytes : 0};
    routes.add({http::Scope::tenant, method, path, post ? http::Guard::same_origin : http::Guard::open, body, errors,
                [this, act](Request& request) { return (this->*act)(request); }, name, false});
  };
  row(http::Method::get, "/password-reset", &Recovery::show_ask, "password_reset_page");
  row(http::Method::post, "/password-reset", &Recovery::ask, "password_reset");
  row(http::Method::get, "/password-reset/{token}", &Recovery::show_choose, "password_choose_page");
  row(http::Method::post, "/password-reset/{token}", &Recovery::choose, "password_choose");
}

}  // namespace kidoban::recovery
