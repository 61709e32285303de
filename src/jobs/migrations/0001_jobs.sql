-- Work that takes longer than a request. `cursor` and `counts` are machines' words and numbers, nothing personal; what a
-- job works on stands sealed in the tables of who knows its kind.
create table jobs (
  tenant       BLOB   not null,
  id           BLOB   not null,
  kind         TEXT   not null,
  state        BIGINT not null,
  subject      BLOB   not null,
  actor_kind   BIGINT not null,
  actor        BLOB,
  cursor       TEXT   not null,
  done         BIGINT not null,
  total        BIGINT not null,
  counts       TEXT   not null,
  cancel_asked BIGINT not null,
  reason       TEXT   not null,
  holder       BLOB,
  due_at       BIGINT not null,
  created_at   BIGINT not null,
  started_at   BIGINT,
  ended_at     BIGINT,
  primary key (tenant, id)
) /*!sqlite without rowid */;
-- What is to be done next, whoever's; and whose are at work now. Ended jobs aren't in them.
create index jobs_open on jobs (due_at, tenant, id) where state < 2;
create index jobs_open_of_tenant on jobs (tenant, state, due_at) where state < 2;
create index jobs_ended on jobs (ended_at, tenant, id) where state >= 2;
