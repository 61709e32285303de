-- Where a tenant's audit is sent. `content` (name, URL, which events) and `secrets` are sealed. `cursor`: the place in the audit's
-- tree of the next record; `message` and `message_end`: what is being sent, and the place behind it, the same at each attempt
-- until it was taken. `due_at`: when to look at it next; while it is in somebody's hands (`claim`), when it is given up on them;
-- null: it waits for new records, or is off. `slow`: its last attempt failed or took long.
create table webhooks (
  tenant        BLOB   not null,
  id            BLOB   not null,
  version       BIGINT not null,
  content       BLOB   not null,
  secrets       BLOB   not null,
  enabled       BIGINT not null,
  off_reason    TEXT   not null,
  created_at    BIGINT not null,
  cursor        BIGINT not null,
  message       BLOB,
  message_end   BIGINT,
  failures      BIGINT not null,
  failing_since BIGINT,
  delivered_at  BIGINT,
  attempts      BIGINT not null,
  slow          BIGINT not null,
  due_at        BIGINT,
  claim         BLOB,
  primary key (tenant, id)
) /*!sqlite without rowid */;
create index webhooks_due on webhooks (slow, due_at) where due_at is not null;
create index webhooks_waiting on webhooks (tenant, id) where due_at is null and enabled = 1;

-- The last attempts of each, numbered. `failure` is empty where it was taken. Nothing personal.
create table webhook_attempts (
  tenant      BLOB   not null,
  webhook     BLOB   not null,
  number      BIGINT not null,
  message     BLOB   not null,
  test        BIGINT not null,
  at          BIGINT not null,
  took_us     BIGINT not null,
  status      BIGINT not null,
  failure     TEXT   not null,
  records     BIGINT not null,
  first       BIGINT not null,
  message_end BIGINT not null,
  primary key (tenant, webhook, number)
) /*!sqlite without rowid */;
