-- A sign-in under way. The state is sealed; binding_hash is of the cookie of the browser it began in.
create table journeys (
  tenant       BLOB   not null,
  id           BLOB   not null,
  state        BLOB   not null,
  binding_hash BLOB   not null,
  expires_at   BIGINT not null,
  version      BIGINT not null,
  primary key (tenant, id)
) /*!sqlite without rowid */;
create index journeys_expiry on journeys (expires_at);

-- A browser in which a person has signed in. The cookie holds the secret, the row its hash; client (address and
-- browser) is sealed.
create table sessions (
  tenant         BLOB   not null,
  id             BLOB   not null,
  person         BLOB   not null,
  secret_hash    BLOB   not null,
  created_at     BIGINT not null,
  signed_in_at   BIGINT not null,
  last_seen_at   BIGINT not null,
  idle_until     BIGINT not null,
  absolute_until BIGINT not null,
  amr            TEXT   not null,
  client         BLOB   not null,
  primary key (tenant, id)
) /*!sqlite without rowid */;
create index sessions_person on sessions (tenant, person, id);
create index sessions_idle on sessions (idle_until);

-- What a person agreed that an application may learn; scopes separated by spaces.
create table consents (
  tenant      BLOB   not null,
  person      BLOB   not null,
  application BLOB   not null,
  scopes      TEXT   not null,
  changed_at  BIGINT not null,
  primary key (tenant, person, application)
) /*!sqlite without rowid */;

-- Failed attempts, by the keyed hash of the login or of the address block.
create table lockouts (
  tenant       BLOB   not null,
  subject      BLOB   not null,
  failures     BIGINT not null,
  locked_until BIGINT not null,
  forget_at    BIGINT not null,
  primary key (tenant, subject)
) /*!sqlite without rowid */;
create index lockouts_forget on lockouts (forget_at);
