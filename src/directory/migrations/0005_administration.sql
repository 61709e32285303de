-- Who may do what beside those who may do everything, and accounts that are no person's. Names are sealed; of a token there is
-- only the hash.
create table roles (
  tenant      BLOB   not null,
  id          BLOB   not null,
  name        BLOB   not null,
  permissions TEXT   not null,
  version     BIGINT not null,
  primary key (tenant, id)
) /*!sqlite without rowid */;

create table role_assignments (
  tenant     BLOB   not null,
  person     BLOB   not null,
  role       TEXT   not null,
  scope_kind BIGINT not null,
  scope      TEXT   not null,
  primary key (tenant, person, role, scope_kind, scope)
) /*!sqlite without rowid */;
create index role_assignments_by_role on role_assignments (tenant, role, person);

create table service_accounts (
  tenant      BLOB   not null,
  id          BLOB   not null,
  name        BLOB   not null,
  permissions TEXT   not null,
  enabled     BIGINT not null,
  created_at  BIGINT not null,
  version     BIGINT not null,
  primary key (tenant, id)
) /*!sqlite without rowid */;

create table service_tokens (
  tenant       BLOB   not null,
  id           BLOB   not null,
  account      BLOB   not null,
  token_hash   BLOB   not null,
  label        BLOB   not null,
  created_at   BIGINT not null,
  expires_at   BIGINT not null,
  last_used_at BIGINT,
  warned_at    BIGINT,
  primary key (tenant, id)
) /*!sqlite without rowid */;
create unique index service_tokens_by_hash on service_tokens (tenant, token_hash);
create index service_tokens_by_account on service_tokens (tenant, account, id);
create index service_tokens_by_expiry on service_tokens (expires_at);
