-- Whose password runs out next, found without reading everybody.
create index password_credentials_changed on password_credentials (tenant, changed_at, person) where temporary_until is null;

-- For each life of passwords that a tenant has settled (days) and each warning before its end (lead_days): up to which
-- password, by when it was set, people have been told.
create table password_warnings (
  tenant       BLOB   not null,
  days         BIGINT not null,
  lead_days    BIGINT not null,
  told_until   BIGINT not null,
  told_person  BLOB   not null,
  next_at      BIGINT not null,
  primary key (tenant, days, lead_days)
) /*!sqlite without rowid */;
create index password_warnings_due on password_warnings (next_at);
