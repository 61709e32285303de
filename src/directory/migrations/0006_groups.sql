-- What a group is beside its name, and groups in groups. `detail` is sealed (one JSON object); a group of before has none, and
-- its times are those of its id. `by_rule`: a rule says who is in.
alter table person_groups add column detail BLOB;
alter table person_groups add column external_index BLOB;
alter table person_groups add column by_rule BIGINT not null default 0;
alter table person_groups add column created_at BIGINT;
alter table person_groups add column updated_at BIGINT;
alter table person_groups add column version BIGINT not null default 1;
create index person_groups_by_external_id on person_groups (tenant, external_index, id) where external_index is not null;
create index person_groups_by_rule on person_groups (tenant, id) where by_rule = 1;

create table group_groups (
  tenant   BLOB not null,
  group_id BLOB not null,
  child    BLOB not null,
  primary key (tenant, group_id, child)
) /*!sqlite without rowid */;
create index group_groups_by_child on group_groups (tenant, child, group_id);

-- Drawn anew with each change of a tenant's rules: what is kept of them in memory is good while it is the same.
create table group_rule_stamps (
  tenant BLOB not null,
  stamp  BLOB not null,
  primary key (tenant)
) /*!sqlite without rowid */;

-- A rule that is being asked of everybody, and how far that is.
create table group_rule_passes (
  tenant     BLOB   not null,
  group_id   BLOB   not null,
  after_id   BLOB   not null,
  seen       BIGINT not null,
  added      BIGINT not null,
  removed    BIGINT not null,
  updated_at BIGINT not null,
  primary key (tenant, group_id)
) /*!sqlite without rowid */;
create index group_rule_passes_waiting on group_rule_passes (updated_at);
