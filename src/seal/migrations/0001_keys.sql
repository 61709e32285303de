-- One row a tenant and epoch: its key, wrapped by the root key. An epoch is one key's time; values
-- carry the epoch they were sealed in.
create table tenant_keys (
  tenant      BLOB   not null,
  epoch       BIGINT not null,
  root_key_id TEXT   not null,
  wrapped     BLOB   not null,
  created_at  BIGINT not null,
  primary key (tenant, epoch)
) /*!sqlite without rowid */;
-- What the right root key opens: at most one row.
create table root_key_check (
  one     BIGINT not null,
  key_id  TEXT   not null,
  wrapped BLOB   not null,
  primary key (one)
) /*!sqlite without rowid */;
