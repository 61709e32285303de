#include "portal/portal.h"

#include "base/limits.h"
#include "base/text.h"
#include "portal/showing.h"

namespace kidoban::portal {

namespace {

using federation::SessionState;
using http::Reply;
using http::Request;

constexpr std::size_t most_applications = 500;
constexpr std::string_view end_purpose = "end_session";

std::string first_character(std::string_view utf8) {
  std::size_t end = utf8.empty() ? 0 : 1;
  while (end < utf8.size() && (static_cast<unsigned char>(utf8[end]) & 0xC0) == 0x80) ++end;
  return std::string(utf8.substr(0, end));
}

// Only what a browser opens as a page: never javascript: or data:.
bool can_be_opened(std::string_view url) { return url.starts_with("https://") || url.starts_with("http://"); }

}  // namespace

Looks looks_of(const Request& request, const directory::Person& person) {
  return {page::choose_language(person.profile.locale, request.header("accept-language")), person.profile.zoneinfo};
}

Result<Reply> Portal::ask(Request& request, std::string_view where) {
  federation::SignInRequest asked;
  asked.protocol = "portal";
  asked.state = where;
  return login_.ask(request, std::move(asked));
}

// The person shows who they are once more, and then replaces the password.
Result<Reply> Portal::change_password(Request& request) {
  federation::SignInRequest asked;
  asked.protocol = "portal";
  asked.state = "/account";
  asked.fresh = true;
  asked.renew = "password";
  return login_.ask(request, std::move(asked));
}

// From a fortnight before.
Status Portal::tell_expiry(store::Transaction& tx, const Id& person, const Looks& looks, page::Data& data) {
  const auto status = TRY(passwords_.password_status(tx, person));
  data.flags["has_password"] = status.has_value();
  if (!status || !status->expires_at) return {};
  const Time now = clock_.now();
  if (*status->expires_at - now > std::chrono::days(14)) return {};
  data.flags["password_expires"] = true;
  data.text["password_expires_at"] = rfc3339(to_us(*status->expires_at));
  data.text["password_expires_at_text"] = readable(*status->expires_at, looks);
  return {};
}

Result<Reply> Portal::admit(store::Transaction&, const Request& request, const federation::SignInRequest& asked,
                            const federation::SignIn&) {
  // Only pages of our own ask, each for itself.
  const bool account = asked.state == "/account" || asked.state.starts_with("/account/");
  return Reply::see_other(request.site.base_url + (account ? asked.state : "/"));
}

Result<Reply> Portal::refuse(const Request& request, const federation::SignInRequest&, federation::Refusal) {
  return pages_.error(request, "portal", fail(Kind::forbidden, "access_denied").error());
}

Result<login::Login::SignedIn> Portal::who(store::Transaction& tx, const Request& request) {
  auto found = TRY(login_.signed_in(tx, request));
  if (!found) return fail(Kind::unauthenticated, "session_missing");
  return std::move(*found);
}

Status Portal::tell_bar(store::Transaction& tx, const login::Login::SignedIn& who, page::Data& data) {
  data.text["name"] = who.person.profile.display_name;
  data.text["sign_out_csrf"] = TRY(login_.session_token(tx, who.session, "sign_out:"));
  data.flags["wide"] = true;
  return {};
}

Status Portal::fill_page(const Request& request, Looks& looks, page::Data& data, const Fill& fill) {
  return store_.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Status {
    data = {};
    const auto signed_in = TRY(who(tx, request));
    looks = looks_of(request, signed_in.person);
    TRY(tell_bar(tx, signed_in, data));
    return fill(tx, signed_in, looks, data);
  });
}

Result<Reply> Portal::show(Request& request, std::string_view where, std::string_view page, const Fill& fill) {
  if (!TRY(login_.browser_session(request))) return ask(request, where);
  page::Data data;
  Looks looks;
  TRY(fill_page(request, looks, data, fill));
  return pages_.render(request, looks.language, page, data);
}

Result<Reply> Portal::home(Request& request) {
  return show(request, "/", "portal/home", [&](store::Transaction& tx, const login::Login::SignedIn& signed_in, const Looks& looks, page::Data& data) -> Status {
    TRY(tell_expiry(tx, signed_in.person.id, looks, data));
    auto& list = data.lists["applications"];
    for (const auto& application : TRY(applications_.list(tx, std::nullopt, most_applications))) {
      if (!application.enabled || !can_be_opened(application.launch_url)) continue;
      page::Data one;
      one.text["name"] = application.name;
      one.text["url"] = application.launch_url;
      one.text["initial"] = first_character(application.name);
      list.push_back(std::move(one));
    }
    data.flags["has_applications"] = !list.empty();
    data.flags["at_home"] = true;
    return {};
  });
}

Result<Reply> Portal::account(Request& request) {
  return show(request, "/account", "portal/account", [&](store::Transaction& tx, const login::Login::SignedIn& signed_in, const Looks& looks, page::Data& data) -> Status {
    const auto& person = signed_in.person;
    tell_latest(TRY(own_.latest(tx, signed_in)), looks, data);
    data.text["login"] = person.profile.login;
    data.text["email"] = person.profile.email;
    data.text["zoneinfo"] = person.profile.zoneinfo;
    data.text["csrf"] = TRY(login_.session_token(tx, signed_in.session, end_purpose));
    TRY(tell_expiry(tx, person.id, looks, data));
    for (const login::Session& session : TRY(login_.sessions().list(tx, person.id))) {
      page::Data one;
      one.text["id"] = session.id.text();
      one.text["browser"] = browser_words(pages_, looks.language, session.user_agent);
      one.text["address"] = session.client_address;
      one.text["signed_in_at"] = rfc3339(to_us(session.signed_in_at));
      one.text["signed_in_at_text"] = readable(session.signed_in_at, looks);
      one.text["last_seen_at"] = rfc3339(to_us(session.last_seen_at));
      one.text["last_seen_at_text"] = readable(session.last_seen_at, looks);
      one.flags["own"] = session.id == signed_in.session;
      data.lists["sessions"].push_back(std::move(one));
    }
    data.flags["at_account"] = true;
    return {};
  });
}

Result<Reply> Portal::end_session(Request& request) {
  const auto form = TRY(request.body_form());
  const Id session = TRY(Id::parse(request.path_value("session")));
  const auto state = TRY(login_.browser_session(request));
  if (!state) return ask(request, "/account");
  TRY(store_.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Status {
    TRY(login_.check_session_token(tx, state->id, end_purpose, form.get_or("csrf")));
    audit::Event by{"session.ended", audit::Outcome::success, {audit::ActorKind::person, state->person}, {}, {}, {}};
    // One that is gone already is as good as ended.
    TRY(login_.sessions().end(tx, session, state->person, audit::from(request, std::move(by)), "ended_by_person"));
    return {};
  }));
  auto reply = Reply::see_other(request.site.base_url + "/account");
  if (session == state->id) reply.set(login::remove_session_cookie(request.site));
  return reply;
}

void Portal::add_routes(http::Routes& routes) {
  const auto errors = [this](const Request& request, const Error& error) {
    return pages_.error(request, "portal", error);
  };
  using http::Body, http::Guard, http::Method, http::Scope;
  routes.add({Scope::tenant, Method::get, "/", Guard::open, {Body::Type::none, 0}, errors,
              [this](Request& request) { return home(request); }, "my_applications", false});
  routes.add({Scope::tenant, Method::get, "/account", Guard::open, {Body::Type::none, 0}, errors,
              [this](Request& request) { return account(request); }, "account", false});
  routes.add({Scope::tenant, Method::get, "/account/password", Guard::open, {Body::Type::none, 0}, errors,
              [this](Request& request) { return change_password(request); }, "account_password", false});
  const auto page = [&](const char* path, Result<Reply> (Portal::*act)(Request&), const char* name) {
    routes.add({Scope::tenant, Method::get, path, Guard::open, {Body::Type::none, 0}, errors, [this, act](Request& request) { return (this->*act)(request); },
                name, false});
  };
  const auto answer = [&](const char* path, Result<Reply> (Portal::*act)(Request&), const char* name) {
    routes.add({Scope::tenant, Method::post, path, Guard::same_origin, {Body::Type::form, limits::form_body_bytes}, errors,
                [this, act](Request& request) { return (this->*act)(request); }, name, false});
  };
  page("/account/history", &Portal::history, "account_history");
  page("/account/history/{record}", &Portal::show_report, "account_report_page");
  answer("/account/history/{record}", &Portal::report, "account_report");
  page("/account/reported", &Portal::reported, "account_reported");
  page("/account/details", &Portal::details, "account_details_page");
  answer("/account/details", &Portal::change_details, "account_details");
  page("/account/address/{token}", &Portal::show_address, "account_address_page");
  answer("/account/address/{token}", &Portal::confirm_address, "account_address");
  routes.add({Scope::tenant, Method::post, "/account/sessions/{session}/end", Guard::same_origin,
              {Body::Type::form, limits::form_body_bytes}, errors,
              [this](Request& request) { return end_session(request); }, "account_session_end", false});
}

}  // namespace kidoban::portal
