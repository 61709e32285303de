-- Files of people, groups and members that came in (imports) or are made to go out (exports). What stands in them is sealed:
-- in pages of whole rows, so that no step ever holds a whole file.
create table transfer_imports (
  tenant     BLOB   not null,
  id         BLOB   not null,
  kind       BIGINT not null,
  mode       BIGINT not null,
  encoding   BIGINT not null,
  bytes      BIGINT not null,
  row_count  BIGINT not null,
  pages      BIGINT not null,
  header     BLOB   not null,
  check_job  BLOB   not null,
  run_job    BLOB,
  created_at BIGINT not null,
  expires_at BIGINT not null,
  primary key (tenant, id)
) /*!sqlite without rowid */;
create index transfer_imports_expired on transfer_imports (expires_at);

create table transfer_exports (
  tenant     BLOB   not null,
  id         BLOB   not null,
  kind       BIGINT not null,
  encoding   BIGINT not null,
  parts      BIGINT not null,
  row_count  BIGINT not null,
  bytes      BIGINT not null,
  unwritable BLOB,
  job        BLOB   not null,
  created_at BIGINT not null,
  expires_at BIGINT not null,
  primary key (tenant, id)
) /*!sqlite without rowid */;
create index transfer_exports_expired on transfer_exports (expires_at);

create table transfer_pages (
  tenant     BLOB   not null,
  file       BLOB   not null,
  part       BIGINT not null,
  number     BIGINT not null,
  first_row  BIGINT not null,
  first_line BIGINT not null,
  content    BLOB   not null,
  primary key (tenant, file, part, number)
);

-- What each row of a page would do (phase 0) or did (phase 1).
create table transfer_outcomes (
  tenant  BLOB   not null,
  file    BLOB   not null,
  phase   BIGINT not null,
  number  BIGINT not null,
  errors  BIGINT not null,
  content BLOB   not null,
  primary key (tenant, file, phase, number)
);
create index transfer_outcomes_bad on transfer_outcomes (tenant, file, phase, number) where errors > 0;

-- Whom the rows of a file are about, by blind index: nobody twice.
create table transfer_keys (
  tenant BLOB   not null,
  file   BLOB   not null,
  key    BLOB   not null,
  place  BIGINT not null,
  primary key (tenant, file, key)
) /*!sqlite without rowid */;
