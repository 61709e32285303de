// Service accounts: what they show who they are by, each in its own tenant.
#include <doctest/doctest.h>

#include <algorithm>

#include "crypto/jose.h"
#include "directory/directory.h"
#include "kit/two_tenants.h"
#include "tenant/tenant.h"

namespace kidoban::directory {
namespace {

using kit::reason_of;
const std::vector<store::Feature> features{
    {"tenant", tenant::resources()}, {"seal", seal::resources()}, {"audit", audit::resources()}, {"directory", resources()}};

struct World : kit::TwoTenants {
  audit::Audit audit{keys, clock, random};
  Directory directory{keys, audit, clock, random};
  ServiceAccounts& accounts = directory.service_accounts();
  audit::Event by{.name = "test.acted", .actor = {audit::ActorKind::system, std::nullopt}};

  using TwoTenants::TwoTenants;
  PermissionSet set(std::initializer_list<Permission> all) {
    PermissionSet out;
    for (const Permission one : all) out.set(static_cast<std::size_t>(one));
    return out;
  }
  auto recognise(const TenantId& tenant, std::string_view token) {
    return read(tenant, [&](store::Transaction& tx) { return accounts.authenticate(tx, token); });
  }
  ServiceAccount account(const TenantId& tenant, const PermissionSet& permissions) {
    return *write(tenant, [&](store::Transaction& tx) { return accounts.create(tx, "sync", permissions, by); });
  }
  auto issue(const TenantId& tenant, const Id& account, CredentialKind kind, Duration life = std::chrono::hours(48)) {
    return write(tenant, [&](store::Transaction& tx) { return accounts.issue(tx, account, "first", clock.now() + life, by, kind); });
  }
  auto enrol(const TenantId& tenant, const Id& account, const PublicKey& key, Duration life = std::chrono::hours(48)) {
    return write(tenant, [&](store::Transaction& tx) { return accounts.register_key(tx, account, key, "agent", clock.now() + life, by); });
  }
  auto grant(const TenantId& tenant, const Id& account, const Id& credential, std::optional<PermissionSet> wanted = {}) {
    return write(tenant, [&](store::Transaction& tx) { return accounts.grant_access(tx, account, credential, wanted, by); });
  }
  auto change(const TenantId& tenant, const Id& account, const ServiceAccounts::Change& change) {
    return write(tenant, [&](store::Transaction& tx) { return accounts.change(tx, account, change, {}, by); });
  }
  auto revoke(const TenantId& tenant, const Id& account, const Id& credential, CredentialKind kind) {
    return write(tenant, [&](store::Transaction& tx) { return accounts.revoke(tx, account, credential, by, kind); });
  }
  std::optional<ServiceClient> client(const TenantId& tenant, const Id& account) {
    return *read(tenant, [&](store::Transaction& tx) { return accounts.client(tx, account); });
  }
  std::size_t records(const TenantId& tenant, const char* name) {
    audit::Audit::Filter filter;
    filter.name = name;
    return read(tenant, [&](store::Transaction& tx) { return audit.read(tx, filter, {}, 500); })->size();
  }
};

void on_each(const std::function<void(World&)>& body) {
  kit::each_engine(features, [&](store::Store& store) {
    World world(store);
    body(world);
  });
}

PublicKey some_key(crypto::Algorithm algorithm = crypto::Algorithm::es256) { return *read_public_key(crypto::SigningKey::generate(algorithm)->public_jwk()); }

TEST_CASE("a service account's token works until it runs out, is revoked, or the account is off, and nowhere else") {
  on_each([](World& w) {
    const auto account = w.write(w.a, [&](store::Transaction& tx) { return w.accounts.create(tx, "名簿連携", w.set({Permission::people_read}), w.by); });
    REQUIRE(account);
    const auto issue = [&](const TenantId& tenant, std::chrono::hours life) {
      return w.write(tenant, [&](store::Transaction& tx) { return w.accounts.issue(tx, account->id, "first", w.clock.now() + life, w.by); });
    };
    const auto issued = issue(w.a, std::chrono::hours(48));
    REQUIRE(issued);
    const std::string token(issued->token.reveal_text());
    CHECK(token.size() == 47);
    CHECK(w.recognise(w.a, token)->account.permissions == w.set({Permission::people_read}));
    CHECK(reason_of(w.recognise(w.b, token)) == "token_invalid");
    CHECK(reason_of(w.recognise(w.a, token + "x")) == "token_invalid");
    CHECK(reason_of(w.recognise(w.a, token.substr(4))) == "token_invalid");
    CHECK(w.everything({"test_labels", "select label from service_tokens"}).find("first") == std::string::npos);
    CHECK(w.everything({"test_hashes", "select token_hash from service_tokens"}).find(token) == std::string::npos);

    CHECK(reason_of(issue(w.b, std::chrono::hours(1))) == "service_account_unknown");
    CHECK(reason_of(issue(w.a, std::chrono::hours(0))) == "lifetime_malformed");
    CHECK(reason_of(issue(w.a, std::chrono::hours(24 * 367))) == "lifetime_malformed");
    CHECK(reason_of(w.write(w.b, [&](store::Transaction& tx) { return w.accounts.revoke(tx, account->id, issued->about.id, w.by); })) == "token_unknown");
    CHECK(reason_of(w.write(w.b, [&](store::Transaction& tx) { return w.accounts.remove(tx, account->id, w.by); })) == "service_account_unknown");
    CHECK(reason_of(w.write(w.b, [&](store::Transaction& tx) { return w.accounts.change(tx, account->id, {}, {}, w.by); })) == "service_account_unknown");
    CHECK(w.read(w.b, [&](store::Transaction& tx) { return w.accounts.list(tx, {}, 100); })->empty());

    const auto switched = [&](bool on) { return w.write(w.a, [&](store::Transaction& tx) { return w.accounts.change(tx, account->id, {{}, {}, on}, {}, w.by); }); };
    REQUIRE(switched(false));
    CHECK(reason_of(w.recognise(w.a, token)) == "token_invalid");
    REQUIRE(switched(true));
    w.clock.advance(std::chrono::hours(47));
    CHECK(w.recognise(w.a, token));
    w.clock.advance(std::chrono::hours(1));
    CHECK(reason_of(w.recognise(w.a, token)) == "token_invalid");
    const auto second = issue(w.a, std::chrono::hours(48));
    REQUIRE(second);
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) { return w.accounts.remove(tx, account->id, w.by); }));
    CHECK(reason_of(w.recognise(w.a, second->token.reveal_text())) == "token_invalid");
  });
}

TEST_CASE("each token, secret and key that runs out soon is warned of once") {
  on_each([](World& w) {
    const auto key = some_key();
    std::vector<std::pair<TenantId, std::string>> warned;
    const auto look = [&] {
      return w.accounts.warn_of_ends(w.store, w.clock.now() + std::chrono::days(14), [&](store::Transaction& tx, const ServiceAccount&, const ServiceCredential& token) -> Status {
        warned.emplace_back(tx.tenant(), token.label);
        return {};
      });
    };
    for (const TenantId& tenant : {w.a, w.b}) {
      REQUIRE(w.write(tenant, [&](store::Transaction& tx) -> Status {
        const auto account = TRY(w.accounts.create(tx, "sync", w.set({Permission::people_read}), w.by));
        TRY(w.accounts.issue(tx, account.id, "soon", w.clock.now() + std::chrono::days(10), w.by));
        TRY(w.accounts.issue(tx, account.id, "a secret, soon", w.clock.now() + std::chrono::days(10), w.by, CredentialKind::secret));
        TRY(w.accounts.register_key(tx, account.id, key, "a key, soon", w.clock.now() + std::chrono::days(10), w.by));
        TRY(w.accounts.issue(tx, account.id, "late", w.clock.now() + std::chrono::days(30), w.by));
        TRY(w.accounts.issue(tx, account.id, "brief", w.clock.now() + std::chrono::hours(2), w.by));  // is its own warning
        return {};
      }));
    }
    REQUIRE(look());
    const std::vector<std::pair<TenantId, std::string>> once{{w.a, "soon"}, {w.b, "soon"}, {w.a, "a secret, soon"}, {w.b, "a secret, soon"},
                                                             {w.a, "a key, soon"}, {w.b, "a key, soon"}};
    CHECK(std::ranges::is_permutation(warned, once));
    REQUIRE(look());
    CHECK(warned.size() == 6);
    w.clock.advance(std::chrono::days(20));
    REQUIRE(look());
    CHECK(warned.size() == 8);
  });
}

TEST_CASE("a secret is recognised by its hash until it runs out, beside others, and is no token") {
  on_each([](World& w) {
    const auto account = w.account(w.a, w.set({Permission::people_read}));
    const auto old = w.issue(w.a, account.id, CredentialKind::secret);
    const auto next = w.issue(w.a, account.id, CredentialKind::secret, std::chrono::hours(96));
    REQUIRE(old);
    REQUIRE(next);
    const std::string secret(old->token.reveal_text());
    CHECK(secret.starts_with("kds_"));
    CHECK(secret.size() == 47);
    CHECK(reason_of(w.recognise(w.a, secret)) == "token_invalid");
    auto client = w.client(w.a, account.id);
    REQUIRE(client);
    REQUIRE(client->proofs.size() == 2);
    CHECK(std::ranges::count(client->proofs, crypto::sha256(secret), &ServiceClient::Proof::hash) == 1);
    CHECK_FALSE(w.client(w.b, account.id));
    CHECK(w.everything({"test_hashes", "select token_hash from service_tokens"}).find(secret) == std::string::npos);
    CHECK(reason_of(w.issue(w.b, account.id, CredentialKind::secret)) == "service_account_unknown");
    CHECK(reason_of(w.issue(w.a, account.id, CredentialKind::secret, std::chrono::days(367))) == "lifetime_malformed");
    CHECK(reason_of(w.revoke(w.b, account.id, old->about.id, CredentialKind::secret)) == "secret_unknown");
    CHECK(reason_of(w.revoke(w.a, account.id, old->about.id, CredentialKind::token)) == "token_unknown");
    w.clock.advance(std::chrono::hours(49));
    CHECK(w.client(w.a, account.id)->proofs.size() == 1);
    REQUIRE(w.revoke(w.a, account.id, next->about.id, CredentialKind::secret));
    CHECK(w.client(w.a, account.id)->proofs.empty());
    REQUIRE(w.change(w.a, account.id, {{}, {}, false}));
    CHECK_FALSE(w.client(w.a, account.id));
    for (int i = 1; i < 20; ++i) REQUIRE(w.issue(w.a, account.id, CredentialKind::secret));
    CHECK(reason_of(w.issue(w.a, account.id, CredentialKind::secret)) == "secret_too_many");
    CHECK(w.issue(w.a, account.id, CredentialKind::token));
  });
}

TEST_CASE("a public key is kept as what it is, once in a tenant") {
  on_each([](World& w) {
    const auto account = w.account(w.a, w.set({Permission::people_read}));
    const auto other = w.account(w.a, w.set({Permission::people_read}));
    const auto theirs = w.account(w.b, w.set({Permission::people_read}));
    for (const auto algorithm : {crypto::Algorithm::es256, crypto::Algorithm::es384, crypto::Algorithm::eddsa, crypto::Algorithm::rs256}) {
      const auto key = some_key(algorithm);
      const auto kept = w.enrol(w.a, account.id, key);
      REQUIRE(kept);
      CHECK(kept->public_key == key.jwk);
      CHECK(reason_of(w.enrol(w.a, account.id, key)) == "key_taken");
      CHECK(reason_of(w.enrol(w.a, other.id, key)) == "key_taken");
      CHECK(w.enrol(w.b, theirs.id, key));
      CHECK(reason_of(w.enrol(w.b, account.id, key)) == "service_account_unknown");
    }
    CHECK(w.read(w.a, [&](store::Transaction& tx) { return w.accounts.credentials(tx, account.id, CredentialKind::key); })->size() == 4);
    CHECK(w.client(w.a, account.id)->proofs.size() == 4);
    // The same key by another name is the same key.
    const auto named = crypto::SigningKey::generate(crypto::Algorithm::eddsa)->public_jwk();
    const auto renamed = read_public_key(R"({"kid":"mine",)" + named.substr(1, named.find(",\"kid\"") - 1) + "}");
    REQUIRE(renamed);
    CHECK(renamed->thumbprint == read_public_key(named)->thumbprint);
    CHECK(renamed->jwk.find(R"("kid":"mine")") != std::string::npos);
    CHECK(reason_of(read_public_key(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"AAAA"})")) == "key_unsupported");
    CHECK(reason_of(read_public_key(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"\u0007"})")) == "jwk_malformed");
    CHECK(reason_of(read_public_key("\"text\"")) == "jwk_malformed");
    // RSA that names no padding stays good for both.
    CHECK(read_public_key(some_key(crypto::Algorithm::rs256).jwk)->jwk.find("RS256") != std::string::npos);
  });
}

TEST_CASE("an account has no more than a thousand access tokens at once, and others their own") {
  on_each([](World& w) {
    const auto read = w.set({Permission::people_read});
    const auto account = w.account(w.a, read), other = w.account(w.a, read);
    const auto secret = w.issue(w.a, account.id, CredentialKind::secret), others = w.issue(w.a, other.id, CredentialKind::secret);
    REQUIRE((secret && others));
    REQUIRE(w.write(w.a, [&](store::Transaction& tx) -> Status {
      for (int i = 0; i < 1000; ++i) TRY(w.accounts.grant_access(tx, account.id, secret->about.id, {}, w.by));
      return {};
    }));
    const auto refused = w.grant(w.a, account.id, secret->about.id);
    CHECK(reason_of(refused) == "access_tokens_too_many");
    CHECK(refused.error().retry_after_s > 0);
    CHECK(w.grant(w.a, other.id, others->about.id));
    w.clock.advance(std::chrono::minutes(15));
    CHECK(w.grant(w.a, account.id, secret->about.id));
  });
}

TEST_CASE("an access token is good for what was asked, for minutes, while account, credential and permission stand") {
  on_each([](World& w) {
    const auto read = w.set({Permission::people_read}), both = w.set({Permission::people_read, Permission::people_write});
    const auto account = w.account(w.a, both);
    const auto secret = w.issue(w.a, account.id, CredentialKind::secret);
    REQUIRE(secret);
    const auto whole = w.grant(w.a, account.id, secret->about.id);
    const auto narrow = w.grant(w.a, account.id, secret->about.id, read);
    REQUIRE(whole);
    REQUIRE(narrow);
    CHECK(whole->lifetime == std::chrono::minutes(15));
    const std::string token(whole->token.reveal_text()), narrowed(narrow->token.reveal_text());
    CHECK(token.starts_with("kda_"));
    CHECK(w.recognise(w.a, token)->permissions == both);
    CHECK(w.recognise(w.a, narrowed)->permissions == read);
    CHECK(w.recognise(w.a, token)->credential.id == secret->about.id);
    CHECK(reason_of(w.recognise(w.b, token)) == "token_invalid");
    CHECK(reason_of(w.recognise(w.a, token + "x")) == "token_invalid");
    CHECK(w.everything({"test_access", "select token_hash from service_access_tokens"}).find(token) == std::string::npos);
    CHECK(reason_of(w.grant(w.a, account.id, secret->about.id, w.set({Permission::audit_read}))) == "scope_not_granted");
    CHECK(reason_of(w.grant(w.b, account.id, secret->about.id)) == "credential_invalid");
    const auto plain = w.issue(w.a, account.id, CredentialKind::token);
    CHECK(reason_of(w.grant(w.a, account.id, plain->about.id)) == "credential_invalid");  // a token is good by itself

    REQUIRE(w.change(w.a, account.id, {{}, read, {}}));
    CHECK(w.recognise(w.a, token)->permissions == read);
    REQUIRE(w.change(w.a, account.id, {{}, both, false}));
    CHECK(reason_of(w.recognise(w.a, token)) == "token_invalid");
    CHECK(reason_of(w.grant(w.a, account.id, secret->about.id)) == "credential_invalid");
    REQUIRE(w.change(w.a, account.id, {{}, {}, true}));
    CHECK(w.recognise(w.a, token));
    w.clock.advance(std::chrono::minutes(15));
    CHECK(reason_of(w.recognise(w.a, token)) == "token_invalid");

    // Never longer than what it was got by; as long as the account says.
    REQUIRE(w.change(w.a, account.id, {{}, {}, {}, std::chrono::seconds(3600)}));
    CHECK(w.grant(w.a, account.id, secret->about.id)->lifetime == std::chrono::hours(1));
    const auto brief = w.issue(w.a, account.id, CredentialKind::secret, std::chrono::minutes(5));
    CHECK(w.grant(w.a, account.id, brief->about.id)->lifetime == std::chrono::minutes(5));
    CHECK(reason_of(w.change(w.a, account.id, {{}, {}, {}, std::chrono::seconds(3601)})) == "lifetime_malformed");
    CHECK(reason_of(w.change(w.a, account.id, {{}, {}, {}, std::chrono::seconds(59)})) == "lifetime_malformed");
    w.clock.advance(std::chrono::minutes(6));
    CHECK(reason_of(w.grant(w.a, account.id, brief->about.id)) == "credential_invalid");

    const auto last = w.grant(w.a, account.id, secret->about.id);
    REQUIRE(last);
    REQUIRE(w.revoke(w.a, account.id, secret->about.id, CredentialKind::secret));
    CHECK(reason_of(w.recognise(w.a, last->token.reveal_text())) == "token_invalid");
    CHECK(reason_of(w.grant(w.a, account.id, secret->about.id)) == "credential_invalid");
    CHECK(w.records(w.a, "service_access.granted") == 5);
    CHECK(w.records(w.a, "service_secret.revoked") == 1);
    CHECK(w.records(w.b, "service_access.granted") == 0);
  });
}

TEST_CASE("an access token is ended by its account alone, and spent ones go") {
  on_each([](World& w) {
    const auto account = w.account(w.a, w.set({Permission::people_read}));
    const auto other = w.account(w.a, w.set({Permission::people_read}));
    const auto key = w.enrol(w.a, account.id, some_key());
    REQUIRE(key);
    const auto ended = w.grant(w.a, account.id, key->id);
    const auto kept = w.grant(w.a, account.id, key->id);
    const auto end = [&](const TenantId& tenant, const Id& whose, std::string_view token) {
      return w.write(tenant, [&](store::Transaction& tx) { return w.accounts.end_access(tx, whose, token, w.by); });
    };
    CHECK(end(w.a, other.id, ended->token.reveal_text()));
    CHECK(end(w.b, account.id, ended->token.reveal_text()));
    CHECK(w.recognise(w.a, ended->token.reveal_text()));
    CHECK(end(w.a, account.id, ended->token.reveal_text()));
    CHECK(end(w.a, account.id, "kda_"));
    CHECK(reason_of(w.recognise(w.a, ended->token.reveal_text())) == "token_invalid");
    CHECK(w.recognise(w.a, kept->token.reveal_text()));
    CHECK(w.records(w.a, "service_access.ended") == 1);
    REQUIRE(w.accounts.purge(w.store));
    CHECK(w.recognise(w.a, kept->token.reveal_text()));
    w.clock.advance(std::chrono::hours(1));
    REQUIRE(w.accounts.purge(w.store));
    CHECK(w.everything({"test_access", "select token_hash from service_access_tokens"}).empty());
  });
}

TEST_CASE("the first use is recorded, and the hour of the last one kept") {
  on_each([](World& w) {
    const auto account = w.account(w.a, w.set({Permission::people_read}));
    const auto issued = w.issue(w.a, account.id, CredentialKind::token);
    const auto use = [&] {
      const auto known = w.recognise(w.a, issued->token.reveal_text());
      REQUIRE(known);
      CHECK(w.write(w.a, [&](store::Transaction& tx) { return w.accounts.note_use(tx, known->credential, w.by); }));
    };
    const auto last = [&] { return w.recognise(w.a, issued->token.reveal_text())->credential.last_used_at; };
    CHECK_FALSE(last());
    use();
    const auto first = last();
    CHECK(first == w.clock.now());
    w.clock.advance(std::chrono::minutes(59));
    use();
    CHECK(last() == first);
    w.clock.advance(std::chrono::minutes(1));
    use();
    CHECK(last() == w.clock.now());
    CHECK(w.records(w.a, "service_token.first_used") == 1);
  });
}

}  // namespace
}  // namespace kidoban::directory
