// /api/v1/service-accounts/{account}/tokens, /secrets, /keys [/{credential}].

#include <boost/json.hpp>

#include "base/text.h"
#include "console/answers.h"
#include "console/asking.h"
#include "console/json_body.h"

namespace kidoban::console {

namespace {

namespace json = boost::json;
using directory::CredentialKind, directory::ServiceCredential;
using http::Method, http::Reply, http::Request;

struct Names {
  CredentialKind kind;
  std::string_view plural, list, make, revoke;
};
constexpr Names all_names[] = {
    {CredentialKind::token, "tokens", "service_tokens_list", "service_token_issue", "service_token_revoke"},
    {CredentialKind::secret, "secrets", "service_secrets_list", "service_secret_issue", "service_secret_revoke"},
    {CredentialKind::key, "keys", "service_keys_list", "service_key_register", "service_key_revoke"},
};

json::object told(const ServiceCredential& one) {
  json::object out{{"id", one.id.text()}, {"label", one.label}, {"created_at", rfc3339(to_us(one.created_at))}, {"expires_at", rfc3339(to_us(one.expires_at))}};
  if (one.last_used_at) out["last_used_at"] = rfc3339(to_us(*one.last_used_at));
  if (!one.public_key.empty()) out["jwk"] = json::parse(one.public_key);
  return out;
}

struct Wanted {
  std::string label;
  Time expires_at;
  std::optional<directory::PublicKey> key;
};

Result<Wanted> parse_new(std::string_view text, CredentialKind kind) {
  auto body = TRY(JsonBody::parse(text));
  Wanted wanted{TRY(body.required_text("label")), {}, {}};
  const auto until = TRY(body.time("expires_at"));
  if (kind == CredentialKind::key) {
    const auto* jwk = body.find("jwk");
    if (jwk == nullptr) return fail(Kind::malformed, "member_missing", "jwk is missing");
    wanted.key = TRY(directory::read_public_key(json::serialize(*jwk)));
  }
  TRY(body.done());
  if (!until || !*until) return fail(Kind::malformed, "member_missing", "expires_at is missing");
  wanted.expires_at = **until;
  return wanted;
}

Result<json::object> make(const Inside& in, store::Transaction& tx, const Asking& who, const Id& account, CredentialKind kind, const Wanted& wanted, const audit::Event& by) {
  auto& accounts = in.directory.service_accounts();
  // Whoever has it may do what the account may.
  TRY(may_hand_out(who, TRY(accounts.get(tx, account)).permissions));
  if (wanted.key) return told(TRY(accounts.register_key(tx, account, *wanted.key, wanted.label, wanted.expires_at, by)));
  const auto issued = TRY(accounts.issue(tx, account, wanted.label, wanted.expires_at, by, kind));
  auto out = told(issued.about);
  out[directory::word_of(kind)] = issued.token.reveal_text();
  return out;
}

void add_routes_of(http::Routes& routes, const Inside& in, const Names& names) {
  const std::string all = "/service-accounts/{account}/" + std::string(names.plural);
  routes.add(row(Method::get, all, std::string(names.list), [in, names](Request& request) -> Result<Reply> {
    const Id account = TRY(Id::parse(request.path_value("account")));
    const auto found = TRY(read_as(in, request, Permission::service_accounts_write,
                                   [&](store::Transaction& tx) { return in.directory.service_accounts().credentials(tx, account, names.kind); }));
    json::array rows;
    for (const ServiceCredential& one : found) rows.push_back(told(one));
    return json_reply(200, {{names.plural, std::move(rows)}});
  }));
  routes.add(row(Method::post, all, std::string(names.make), [in, names](Request& request) -> Result<Reply> {
    const Id account = TRY(Id::parse(request.path_value("account")));
    const auto wanted = TRY(parse_new(request.body, names.kind));
    return create_as(in, request, Permission::service_accounts_write, [&](store::Transaction& tx, const Asking& who, const audit::Event& by) -> Result<Reply> {
      return json_reply(201, TRY(make(in, tx, who, account, names.kind, wanted, by)));
    }, {.secrecy = names.kind == CredentialKind::key ? Secrecy::none : Secrecy::told_once});
  }));
  routes.add(row(Method::del, all + "/{credential}", std::string(names.revoke), [in, names](Request& request) -> Result<Reply> {
    const Id account = TRY(Id::parse(request.path_value("account"))), credential = TRY(Id::parse(request.path_value("credential")));
    TRY(write_as(in, request, Permission::service_accounts_write, [&](store::Transaction& tx, const audit::Event& by) {
      return in.directory.service_accounts().revoke(tx, account, credential, by, names.kind);
    }));
    return Reply::empty(204);
  }));
}

}  // namespace

void add_service_credential_routes(http::Routes& routes, const Inside& in) {
  for (const Names& names : all_names) add_routes_of(routes, in, names);
}

}  // namespace kidoban::console
