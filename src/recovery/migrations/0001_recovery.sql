-- Links by which a person chooses a new password. The mail has the token, the row its hash.
create table password_resets (
  tenant     BLOB   not null,
  token_hash BLOB   not null,
  person     BLOB   not null,
  expires_at BIGINT not null,
  primary key (tenant, token_hash)
) /*!sqlite without rowid */;
create index password_resets_by_person on password_resets (tenant, person);
create index password_resets_expiry on password_resets (expires_at);
