-- Acts that wait for a second person. `request` (what was sent; gone once it is decided), `shown` (what it would change), `note`
-- and `answer` (until whoever asked takes it) are sealed; `act` is one of our own words.
create table approvals (
  tenant     BLOB   not null,
  id         BLOB   not null,
  act        TEXT   not null,
  state      BIGINT not null,
  asker_kind BIGINT not null,
  asker      BLOB   not null,
  asked_at   BIGINT not null,
  expires_at BIGINT not null,
  request    BLOB,
  shown      BLOB   not null,
  decider    BLOB,
  ended_at   BIGINT,
  note       BLOB,
  answer     BLOB,
  primary key (tenant, id)
) /*!sqlite without rowid */;
create index approvals_by_asker on approvals (tenant, asker, id);
create index approvals_open_of_tenant on approvals (tenant, id) where state = 0;
-- Across tenants, for the chore: those whose time is over, and those that are to be forgotten.
create index approvals_open on approvals (expires_at) where state = 0;
create index approvals_ended on approvals (ended_at) where state <> 0;
create index approvals_answers on approvals (ended_at) where answer is not null;
