-- A private address that somebody wants mail to go to, until a link that was sent there has been opened. The mail has the
-- token, the row its hash; the address is sealed. One a person.
create table address_changes (
  tenant     BLOB   not null,
  person     BLOB   not null,
  token_hash BLOB   not null,
  address    BLOB   not null,
  expires_at BIGINT not null,
  primary key (tenant, person)
) /*!sqlite without rowid */;
create index address_changes_expiry on address_changes (expires_at);
