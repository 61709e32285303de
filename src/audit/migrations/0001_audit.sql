-- What happened. `detail` (addresses, user agents, what changed) is sealed; ids and slugs are not.
create table audit_records (
  tenant      BLOB   not null,
  id          BLOB   not null,
  at          BIGINT not null,
  event       TEXT   not null,
  outcome     BIGINT not null,
  actor_kind  BIGINT not null,
  actor       BLOB,
  target_kind TEXT   not null,
  target      BLOB,
  session     BLOB,
  reason      TEXT   not null,
  detail      BLOB   not null,
  primary key (tenant, id)
) /*!sqlite without rowid */;
create index audit_by_actor on audit_records (tenant, actor, id) where actor is not null;
create index audit_by_target on audit_records (tenant, target, id) where target is not null;
