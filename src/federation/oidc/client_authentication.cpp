#include "federation/oidc/client_authentication.h"

#include "base/text.h"
#include "federation/oidc/grant.h"
#include "federation/oidc/jwt_claims.h"
#include "runtime/metrics.h"

namespace kidoban::federation::oidc {

namespace {

constexpr std::string_view jwt_bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
runtime::Counter refused_clients("kidoban_oidc_clients_refused_total", "Failed client authentications.");

// What the request brought, before it is known to be true.
struct Presented {
  std::string client_id;
  enum class How { nothing, basic, post, assertion } how = How::nothing;
  Secret secret;
  std::optional<crypto::Jws> assertion;
};

// Whoever goes by a client_id, if anybody does.
struct Known {
  ClientPointer client;
  std::optional<directory::ServiceClient> service;

  // What failures are counted by. Unknown clients share one count for each address: names cost a stranger nothing.
  std::string counted() const { return client ? client->client_id : service ? service->account.text() : std::string(); }
};

Result<Known> find(Provider& provider, store::Transaction& tx, const std::string& client_id) {
  Known known{TRY(provider.clients.find(tx, client_id)), std::nullopt};
  if (known.client) return known;
  if (const auto account = Id::parse(client_id)) known.service = TRY(provider.directory.service_accounts().client(tx, *account));
  return known;
}

Failure refuse_client(std::string why) { return fail(Kind::unauthenticated, "client_unauthenticated", std::move(why)); }

Result<Presented> read_assertion(const http::Form& form) {
  if (form.get_or("client_assertion_type") != jwt_bearer) return refuse_client("client_assertion_type");
  auto jws = crypto::jws_parse(form.get_or("client_assertion"));
  if (!jws) return refuse_client("client_assertion isn't a JWS");
  const auto claims = parse_jwt_claims(jws->payload);
  if (!claims) return refuse_client("client_assertion isn't a JWT");
  Presented presented;
  presented.how = Presented::How::assertion;
  presented.client_id = claims->sub;
  presented.assertion = std::move(*jws);
  return presented;
}

Result<Presented> read_basic(std::string_view header) {
  auto basic = parse_basic(header);
  if (!basic) return refuse_client("the Authorization header can't be read");
  Presented presented;
  presented.how = Presented::How::basic;
  presented.client_id = std::move(basic->client_id);
  presented.secret = std::move(basic->client_secret);
  return presented;
}

Result<Presented> read_presented(const http::Request& request, const http::Form& form) {
  const std::string_view header = request.header("authorization");
  const std::string_view secret = form.get_or("client_secret");
  const bool has_assertion = form.has("client_assertion") || form.has("client_assertion_type");
  // RFC 6749 §2.3: not more than one method in a request.
  if ((header.empty() ? 0 : 1) + (secret.empty() ? 0 : 1) + (has_assertion ? 1 : 0) > 1) {
    return fail(Kind::malformed, "client_methods_mixed");
  }
  Presented presented;
  if (has_assertion) {
    presented = TRY(read_assertion(form));
  } else if (!header.empty()) {
    presented = TRY(read_basic(header));
  } else {
    presented.client_id = form.get_or("client_id");
    if (!secret.empty()) {
      presented.how = Presented::How::post;
      presented.secret = Secret::of(secret);
    }
  }
  const std::string_view named = form.get_or("client_id");
  if (!named.empty() && named != presented.client_id) return refuse_client("client_id names another client");
  if (presented.client_id.empty() || presented.client_id.size() > 256) return refuse_client("no client_id");
  return presented;
}

Presented::How how_of(AuthMethod method) {
  switch (method) {
    case AuthMethod::none: return Presented::How::nothing;
    case AuthMethod::client_secret_basic: return Presented::How::basic;
    case AuthMethod::client_secret_post: return Presented::How::post;
    default: return Presented::How::assertion;
  }
}

bool same_secret(const Secret& a, const Secret& b) {
  const auto x = crypto::sha256(a.reveal());
  const auto y = crypto::sha256(b.reveal());
  return constant_time_equal(std::span<const std::uint8_t>(x), std::span<const std::uint8_t>(y));
}

// Of an assertion whose signature is good.
Result<UsedAssertion> read_claims(Provider& provider, const http::Request& request, std::string_view client_id, const crypto::Jws& jws) {
  const std::string token_endpoint = request.site.base_url + std::string(paths::token);
  const std::string endpoint = request.site.base_url + request.path;
  return check_assertion(jws.payload, {client_id, request.site.base_url, endpoint, token_endpoint, provider.clock.now()});
}

Result<std::optional<UsedAssertion>> verify_assertion(Provider& provider, const http::Request& request, const Client& client,
                                                      const crypto::Jws& jws) {
  if (client.auth_method == AuthMethod::client_secret_jwt) {
    const auto key = TRY(crypto::SigningKey::from_secret(client.client_secret));
    TRY(crypto::jws_verify(jws, {&key, 1}));
  } else {
    TRY(crypto::jws_verify(jws, client.jwks));
  }
  return std::optional<UsedAssertion>(TRY(read_claims(provider, request, client.client_id, jws)));
}

// Which of an account's credentials was shown; each is tried, so that an old and a new one are good side by side.
std::optional<Id> shown_secret(const directory::ServiceClient& service, const Secret& secret) {
  const auto hash = crypto::sha256(secret.reveal());
  for (const auto& proof : service.proofs) {
    if (proof.kind == directory::CredentialKind::secret && constant_time_equal(proof.hash, hash)) return proof.id;
  }
  return std::nullopt;
}

std::optional<Id> shown_key(const directory::ServiceClient& service, const crypto::Jws& jws) {
  for (const auto& proof : service.proofs) {
    if (proof.kind != directory::CredentialKind::key) continue;
    const auto keys = crypto::jwk_parse(proof.public_key);
    if (keys && crypto::jws_verify(jws, *keys)) return proof.id;
  }
  return std::nullopt;
}

Result<Authenticated> verify(Provider& provider, const http::Request& request, const Presented& presented, const directory::ServiceClient& service) {
  Authenticated caller;
  std::optional<Id> shown;
  if (presented.assertion) {
    shown = shown_key(service, *presented.assertion);
    if (shown) caller.assertion = TRY(read_claims(provider, request, service.account.text(), *presented.assertion));
  } else if (presented.how != Presented::How::nothing) {
    shown = shown_secret(service, presented.secret);
  }
  if (!shown) return refuse_client("none of the account's credentials that haven't run out");
  caller.service = ServiceCaller{service.account, *shown};
  return caller;
}

Result<Authenticated> verify(Provider& provider, const http::Request& request, const Presented& presented, const Known& known) {
  if (known.service) return verify(provider, request, presented, *known.service);
  const ClientPointer& client = known.client;
  if (!client) return refuse_client("unknown client");
  if (how_of(client->auth_method) != presented.how) return refuse_client("this client uses " + std::string(name_of(client->auth_method)));
  Authenticated caller{client, std::nullopt, std::nullopt};
  if (presented.assertion) {
    caller.assertion = TRY(verify_assertion(provider, request, *client, *presented.assertion));
  } else if (presented.how != Presented::How::nothing && !same_secret(presented.secret, client->client_secret)) {
    return refuse_client("wrong secret");
  }
  return caller;
}

// Best effort: the refusal stands whether or not it could be recorded.
void record_failure(Provider& provider, const http::Request& request, const std::string& client_id, const Known& known,
                    const Error& error) {
  refused_clients.add();
  provider.failures.count(tenant_of(request), known.counted(), request.client_address);
  audit::Event event{"oidc.client.refused", audit::Outcome::refused, {}, {}, {}, {}};
  event.reason = error.reason.text();
  event.detail = {{"why", error.note}};
  if (known.client) {
    event.target_kind = "application";
    event.target = known.client->application;
  } else if (known.service) {
    event.target_kind = "service_account";
    event.target = known.service->account;
  } else {
    event.detail.emplace_back("client_id", client_id);
  }
  const audit::Event told = audit::from(request, std::move(event));
  (void)provider.store.write_snapshot(tenant_of(request), request.deadline,
                             [&](store::Transaction& tx) { return provider.audit.append(tx, told); });
}

}  // namespace

Result<Authenticated> authenticate_client(Provider& provider, const http::Request& request, const http::Form& form) {
  const Presented presented = TRY(read_presented(request, form));
  const TenantId tenant = tenant_of(request);
  const Known known = TRY(provider.store.read(tenant, request.deadline, [&](store::Transaction& tx) { return find(provider, tx, presented.client_id); }));
  if (provider.failures.exhausted(tenant, known.counted(), request.client_address)) {
    return fail_for_now(Kind::rate_limited, "client_refused_for_now", Failures::window_s);
  }
  auto caller = verify(provider, request, presented, known);
  if (caller) return caller;
  if (caller.error().kind != Kind::unauthenticated && caller.error().kind != Kind::malformed) return caller;
  record_failure(provider, request, presented.client_id, known, caller.error());
  return refuse_client(caller.error().note);
}

Status take_assertion(store::Transaction& tx, const Authenticated& caller) {
  if (!caller.assertion) return {};
  if (TRY(use_assertion(tx, caller.assertion->digest, caller.assertion->expires_at))) return {};
  return refuse_client("the assertion was used before");
}

void record_replay(Provider& provider, const http::Request& request, const Authenticated& caller, const Error& error) {
  Known known{caller.client, std::nullopt};
  if (caller.service) known.service = directory::ServiceClient{caller.service->account, {}};
  record_failure(provider, request, {}, known, error);
}

}  // namespace kidoban::federation::oidc
