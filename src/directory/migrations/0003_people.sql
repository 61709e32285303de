-- Joiners and leavers, those who are to be deleted for good, where somebody came from, and how many people count.
alter table people add column valid_from BIGINT;
alter table people add column valid_until BIGINT;
alter table people add column gone_at BIGINT;
alter table people add column source_kind BIGINT;
alter table people add column source BLOB;
alter table people add column external_index BLOB;
create index people_by_external_id on people (tenant, external_index) where external_index is not null;
-- Across tenants: the chore that removes them looks at nobody else.
create index people_gone on people (gone_at) where gone_at is not null;

create table people_counts (
  tenant  BLOB   not null,
  counted BIGINT not null,
  quota   BIGINT,
  primary key (tenant)
) /*!sqlite without rowid */;
insert into people_counts (tenant, counted) select tenant, count(*) from people where state <> 2 group by tenant;
