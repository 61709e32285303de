-- A record's place in its tenant's Merkle tree (null until it is sealed), and its mark: a MAC of the row under the tenant's
-- key, which says of a record not sealed yet that we wrote it. Records of releases before have none.
alter table audit_records add column position BIGINT;
alter table audit_records add column mark BLOB;
-- What waits to be sealed: found by this, never by "later than the last", since a record may be committed late.
create index audit_unsealed on audit_records (tenant, id) where position is null;
create unique index audit_by_position on audit_records (tenant, position) where position is not null;

-- How far a tenant's tree has come. `retired`: records before it were removed because their time was over.
create table audit_trees (
  tenant        BLOB   not null,
  size          BIGINT not null,
  retired       BIGINT not null,
  heads         BIGINT not null,
  retire_due_at BIGINT not null,
  primary key (tenant)
) /*!sqlite without rowid */;
create index audit_trees_by_due on audit_trees (retire_due_at);

-- The tree's hashes, 256 a tile: at level 0 those of records, at each level above those of whole tiles below. `ids` at
-- level 0 alone: whose hashes these are.
create table audit_tiles (
  tenant BLOB   not null,
  level  BIGINT not null,
  number BIGINT not null,
  hashes BLOB   not null,
  ids    BLOB   not null,
  primary key (tenant, level, number)
) /*!sqlite without rowid */;

-- What was published: signed sizes and roots.
create table audit_heads (
  tenant    BLOB   not null,
  number    BIGINT not null,
  tree_size BIGINT not null,
  at        BIGINT not null,
  jws       TEXT   not null,
  primary key (tenant, number)
) /*!sqlite without rowid */;

-- What heads are signed with; never deleted, since old heads are verified too.
create table audit_keys (
  tenant      BLOB   not null,
  kid         TEXT   not null,
  private_key BLOB   not null,
  made_at     BIGINT not null,
  primary key (tenant, kid)
) /*!sqlite without rowid */;
