#include "base/limits.h"
#include "base/text.h"
#include "login/inside.h"

namespace kidoban::login {

namespace {

// scheme://host:port of a URL that the protocol has checked, for the CSP's form-action.
std::vector<std::string> origins_of(const std::string& url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return {};
  return {url.substr(0, url.find_first_of("/?#", scheme + 3))};
}

}  // namespace

Result<http::Reply> Login::sign_out(http::Request& request, const std::string& then) {
  Inside& in = *inside_;
  TRY(in.store.write(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Status {
    const auto browser = TRY(in.browser_of(tx, request));
    if (!browser.session) return {};
    const auto by = event_of(request, "session.ended", browser.session->person);
    TRY(in.sessions.end(tx, browser.session->id, browser.session->person, by, "signed_out"));
    return {};
  }));
  http::Reply reply;
  if (request.wants_json() && then.empty()) {
    reply = http::Reply::json(200, R"({"signed_out":true})");
  } else if (then.empty()) {
    const auto language = page::choose_language(request.query_form().value_or(http::Form{}).get_or("ui_locales"),
                                                request.header("accept-language"));
    reply = in.pages.render(request, language, "login/signed_out", {});
  } else {
    reply = http::Reply::see_other(then);
  }
  reply.set(remove_session_cookie(request.site));
  return reply;
}

Result<http::Reply> Login::ask_sign_out(http::Request& request, const std::string& then,
                                        std::string_view application_name) {
  Inside& in = *inside_;
  const auto state = TRY(browser_session(request));
  if (!state) return sign_out(request, then);  // nothing to ask about
  page::Data data;
  data.text["action"] = request.site.base_path + "/sign-out";
  data.text["then"] = then;
  data.text["application"] = std::string(application_name);
  data.text["csrf"] = TRY(in.store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) {
    return session_token(tx, state->id, std::string(sign_out_purpose) + then);
  }));
  const auto language = page::choose_language(request.query_form().value_or(http::Form{}).get_or("ui_locales"),
                                              request.header("accept-language"));
  return in.pages.render(request, language, "login/sign_out", data, 200, origins_of(then));
}

void Login::add_routes(http::Routes& routes) {
  Inside* in = inside_.get();
  const auto errors = [in](const http::Request& request, const Error& error) {
    return in->pages.error(request, "login", error);
  };
  const auto row = [&](http::Method method, const char* path, http::Guard guard, http::Body body,
                       http::Handler handler, const char* name) {
    routes.add({http::Scope::tenant, method, path, guard, body, errors, std::move(handler), name, false});
  };
  using http::Body, http::Guard, http::Method;
  row(Method::get, "/sign-in/{journey}", Guard::open, {Body::Type::none, 0},
      [in](http::Request& request) { return in->show_journey(request); }, "sign_in_page");
  row(Method::post, "/sign-in/{journey}", Guard::same_origin, {Body::Type::any, limits::form_body_bytes},
      [in](http::Request& request) { return in->answer_journey(request); }, "sign_in");
  row(Method::get, "/sign-out", Guard::open, {Body::Type::none, 0},
      [this](http::Request& request) { return ask_sign_out(request, "", ""); }, "sign_out_page");
  row(Method::post, "/sign-out", Guard::same_origin, {Body::Type::form, limits::form_body_bytes},
      [this, in](http::Request& request) -> Result<http::Reply> {
        const auto form = TRY(request.body_form());
        const std::string then(form.get_or("then"));
        const auto state = TRY(browser_session(request));
        // Without a session nobody vouches for `then`.
        if (!state) return sign_out(request, "");
        TRY(in->store.read(*request.site.tenant, request.deadline, [&](store::Transaction& tx) -> Status {
          return check_session_token(tx, state->id, std::string(sign_out_purpose) + then, form.get_or("csrf"));
        }));
        return sign_out(request, then);
      },
      "sign_out");
}

}  // namespace kidoban::login
