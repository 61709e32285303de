-- A person's password: the encoded hash, sealed.
create table password_credentials (
  tenant     BLOB   not null,
  person     BLOB   not null,
  hash       BLOB   not null,
  imported   BIGINT not null,
  changed_at BIGINT not null,
  primary key (tenant, person)
) /*!sqlite without rowid */;
