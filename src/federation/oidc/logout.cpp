// RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0). A request that proves whom it
// speaks of signs out at once; any other one could be forged and asks the person first.

#include "federation/oidc/authorization_request.h"
#include "federation/oidc/id_token_hint.h"

namespace kidoban::federation::oidc {

namespace {

struct Told {
  std::optional<IdTokenHint> hint;
  ClientPointer client;
  std::string then;
};

http::Reply bad(Provider& provider, const http::Request& request, const http::Form& form, std::string_view description, std::string_view advice) {
  return application_error(provider.pages, request, form.get_or("ui_locales"), "invalid_request", description, advice);
}

std::string with_state(std::string_view uri, std::string_view state) {
  std::string out(uri);
  if (state.empty()) return out;
  http::Form form;
  form.add("state", std::string(state));
  return out + (out.find('?') == std::string::npos ? "?" : "&") + form.encode();
}

// Does the hint speak of the one who sits at this browser?
bool speaks_of(const IdTokenHint& hint, const SessionState& session) {
  return (hint.session && *hint.session == session.id) || hint.person == session.person;
}

}  // namespace

Result<http::Reply> logout(Provider& provider, http::Request& request) {
  const auto parsed = request.method == http::Method::post ? request.body_form() : request.query_form();
  const http::Form form = parsed ? *parsed : http::Form();
  if (!parsed || form.repeated()) {
    return bad(provider, request, form, "The parameters can't be read, or one is sent twice.", "Send each parameter once, form-encoded.");
  }
  Told told;
  if (const auto text = form.get_or("id_token_hint"); !text.empty()) {
    const auto hint = read_id_token_hint(provider, request, text);
    if (!hint && hint.error().kind != Kind::malformed) return std::unexpected(hint.error());
    if (hint) told.hint = *hint;  // an unusable one proves nothing: the person is asked
  }
  const std::string client_id = told.hint ? told.hint->client_id : std::string(form.get_or("client_id"));
  if (told.hint && !form.get_or("client_id").empty() && form.get_or("client_id") != client_id) {
    return bad(provider, request, form, "client_id differs from id_token_hint's audience.", "Send the client_id the ID token was made for.");
  }
  if (!client_id.empty()) {
    const auto find = [&](store::Transaction& tx) { return provider.clients.find(tx, client_id); };
    told.client = TRY(provider.store.read(tenant_of(request), request.deadline, find));
  }
  if (const auto uri = form.get_or("post_logout_redirect_uri"); !uri.empty()) {
    if (!told.client || !told.client->has_post_logout_redirect_uri(uri)) {
      return bad(provider, request, form, "post_logout_redirect_uri isn't registered for this client.",
                 "Register exactly this URI as a post-logout redirect URI, and send client_id or id_token_hint with it.");
    }
    told.then = with_state(uri, form.get_or("state"));
  }
  const auto session = TRY(provider.gate.browser_session(request));
  const bool proven = told.hint && (!session || speaks_of(*told.hint, *session));
  if (proven) return provider.gate.sign_out(request, told.then);
  return provider.gate.ask_sign_out(request, told.then, told.client ? std::string_view(told.client->name) : std::string_view());
}

}  // namespace kidoban::federation::oidc
