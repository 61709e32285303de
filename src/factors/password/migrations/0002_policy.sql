-- Until when a temporary password is taken; null: it is the person's own.
alter table password_credentials add column temporary_until BIGINT;

-- Passwords a person had, newest last (ids are UUIDv7): the encoded hashes, sealed.
create table password_history (
  tenant BLOB   not null,
  person BLOB   not null,
  id     BLOB   not null,
  hash   BLOB   not null,
  primary key (tenant, person, id)
) /*!sqlite without rowid */;
