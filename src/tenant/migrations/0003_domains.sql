-- Domains of tenants. Nothing in here is secret or personal: the token is published in DNS by whoever proves the domain.
-- A name may stand with several tenants, but is proved for one at most (state 1: proved, 2: proved, its record gone).
create table domains (
  tenant        BLOB   not null,
  name          TEXT   not null,
  token         TEXT   not null,
  state         BIGINT not null,
  found         TEXT   not null,
  seen          TEXT   not null,
  created_at    BIGINT not null,
  proved_at     BIGINT,
  checked_at    BIGINT,
  next_check_at BIGINT not null,
  primary key (tenant, name)
) /*!sqlite without rowid */;
create unique index domains_proved on domains (name) where state > 0;
create index domains_due on domains (next_check_at);
