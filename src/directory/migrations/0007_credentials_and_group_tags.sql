-- How often who is directly in a group changed: its entity tag says so without reading fifty thousand members.
alter table person_groups add column members_version BIGINT not null default 0;

-- Beside tokens (kind 0) a service account has secrets (1) and public keys (2), by which it gets tokens that live for minutes. They
-- are rows of one table, since all of them are issued, listed, warned of and revoked alike. A key's `token_hash` is its thumbprint.
alter table service_tokens add column kind BIGINT not null default 0;
alter table service_tokens add column public_key TEXT;
alter table service_accounts add column access_lifetime_s BIGINT not null default 900;

-- The tokens that live for minutes. Nothing but its hash is kept of one, and what it was narrowed to; whether account and credential
-- still stand is read in their rows.
create table service_access_tokens (
  tenant      BLOB   not null,
  token_hash  BLOB   not null,
  account     BLOB   not null,
  credential  BLOB   not null,
  permissions TEXT   not null,
  created_at  BIGINT not null,
  expires_at  BIGINT not null,
  primary key (tenant, token_hash)
) /*!sqlite without rowid */;
create index service_access_tokens_by_expiry on service_access_tokens (expires_at);
