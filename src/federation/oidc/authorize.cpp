// The authorization endpoint, and the two halves of its answer.

#include "base/text.h"
#include "federation/oidc/authorization_checks.h"
#include "federation/oidc/grant.h"
#include "federation/oidc/token_values.h"

namespace kidoban::federation::oidc {

namespace {

// RFC 6749 §4.1.2 recommends ten minutes at most; a browser needs seconds.
constexpr Duration code_lifetime = std::chrono::seconds(60);
// A spent or expired code is still known for a day, as long as what it gave may live: its second
// use must be recognised.
constexpr Duration code_memory = std::chrono::hours(24);

struct RefusalWords {
  std::string_view error, description;
};
RefusalWords words_of_refusal(Refusal refusal) {
  switch (refusal) {
    case Refusal::login_required: return {"login_required", "The person must sign in."};
    case Refusal::interaction_required: return {"interaction_required", "The person must do something first."};
    case Refusal::consent_required: return {"consent_required", "The person must consent."};
    case Refusal::account_selection_required: return {"account_selection_required", "The person must choose an account."};
    case Refusal::access_denied: return {"access_denied", "The person said no."};
    case Refusal::strength_unmet: return {"unmet_authentication_requirements", "The strength asked for can't be had."};
  }
  return {"server_error", ""};
}

}  // namespace

Result<http::Reply> authorize(Provider& provider, http::Request& request) {
  const auto form = request.method == http::Method::post ? request.body_form() : request.query_form();
  if (!form) {
    return application_error(provider.pages, request, {}, "invalid_request", "The parameters can't be read.",
                             "Send UTF-8 parameters, form-encoded, in the query or in a POST body.");
  }
  Asking asking{provider, request, *form, {}, {}, {}};
  for (const Check& check : authorization_checks()) {
    const auto refused = TRY(check.run(asking));
    if (!refused) continue;
    if (check.answer == Answer::page) {
      return application_error(provider.pages, request, form->get_or("ui_locales"), refused->error, refused->description, refused->advice);
    }
    return respond_error(provider.pages, request, asking.request, refused->error, refused->description);
  }
  asking.asked.state = print_request(asking.request);
  return provider.gate.ask(request, std::move(asking.asked));
}

Result<http::Reply> admit(Provider& provider, store::Transaction& tx, const http::Request& request, const SignInRequest& asked,
                          const SignIn& sign_in) {
  AuthorizationRequest wanted = TRY(read_request(asked.state));
  const Time now = provider.clock.now();
  Grant grant;
  grant.id = new_id(provider.clock, provider.random);
  grant.application = asked.application;
  grant.person = sign_in.person;
  grant.session = sign_in.session;
  grant.scopes = sign_in.scopes;
  grant.signed_in_at = sign_in.signed_in_at;
  grant.acr = sign_in.acr;
  grant.amr = sign_in.amr;
  grant.redirect_uri_hash = crypto::sha256(wanted.redirect_uri);
  grant.code_challenge = wanted.code_challenge;
  const NewCode code = new_code(grant.id, provider.random);
  grant.code_hash = code.secret_hash;
  grant.code_expires_at = now + code_lifetime;
  grant.expires_at = now + code_memory;
  grant.details = {wanted.nonce, wanted.userinfo_claims, wanted.id_token_claims, wanted.auth_time_essential};
  const auto sealer = TRY(provider.keyring.of(tx));
  TRY(insert_grant(tx, *sealer, grant));
  audit::Event event{"oidc.code.issued", audit::Outcome::success, {audit::ActorKind::person, sign_in.person}, "application", asked.application, sign_in.session};
  event.detail = {{"grant", grant.id.text()}, {"scope", join(grant.scopes, " ")}};
  const audit::Event told = audit::from(request, std::move(event));
  TRY(provider.audit.append(tx, told));
  http::Form answer;
  answer.add("code", code.text);
  return respond(provider.pages, request, wanted, std::move(answer));
}

Result<http::Reply> refuse(Provider& provider, const http::Request& request, const SignInRequest& asked, Refusal refusal) {
  const AuthorizationRequest wanted = TRY(read_request(asked.state));
  const RefusalWords words = words_of_refusal(refusal);
  return respond_error(provider.pages, request, wanted, words.error, words.description);
}

}  // namespace kidoban::federation::oidc
