-- The set-up link of the first operator: at most one row. Only the token's hash is kept.
create table setup_links (
  one        BIGINT not null,
  token_hash BLOB   not null,
  expires_at BIGINT not null,
  primary key (one)
) /*!sqlite without rowid */;
