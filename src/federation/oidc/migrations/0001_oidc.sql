-- Keys a tenant signs with. One row each for next, current and previous (state 0, 1, 2) of an algorithm.
create table signing_keys (
  tenant BLOB not null,
  kid TEXT not null,
  algorithm TEXT not null,
  state BIGINT not null,
  private_key BLOB not null,
  public_jwk TEXT not null,
  made_at BIGINT not null,
  state_since BIGINT not null,
  primary key (tenant, kid)
) /*!sqlite without rowid */;
create unique index signing_keys_by_state on signing_keys (tenant, algorithm, state);

-- One row an authorization: its code, and the refresh tokens that come of it.
create table oidc_grants (
  tenant BLOB not null,
  id BLOB not null,
  application BLOB not null,
  person BLOB not null,
  session BLOB not null,
  scope TEXT not null,
  signed_in_at BIGINT not null,
  acr TEXT not null,
  amr TEXT not null,
  redirect_uri_hash BLOB not null,
  code_challenge TEXT not null,
  code_hash BLOB not null,
  code_expires_at BIGINT not null,
  redeemed_at BIGINT,
  refresh_secret BLOB,
  refresh_generation BIGINT not null,
  refresh_expires_at BIGINT,
  refresh_until BIGINT,
  revoked_at BIGINT,
  expires_at BIGINT not null,
  details BLOB not null,
  primary key (tenant, id)
) /*!sqlite without rowid */;
create index oidc_grants_by_expiry on oidc_grants (expires_at);

-- Client assertions that were taken: each works once (RFC 7523 §3, "jti").
create table oidc_used_assertions (
  tenant BLOB not null,
  digest BLOB not null,
  expires_at BIGINT not null,
  primary key (tenant, digest)
) /*!sqlite without rowid */;
create index oidc_used_assertions_by_expiry on oidc_used_assertions (expires_at);

-- Access tokens without a grant (client_credentials) that were revoked before their time.
create table oidc_revoked_tokens (
  tenant BLOB not null,
  digest BLOB not null,
  expires_at BIGINT not null,
  primary key (tenant, digest)
) /*!sqlite without rowid */;
create index oidc_revoked_tokens_by_expiry on oidc_revoked_tokens (expires_at);
