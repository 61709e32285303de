-- Mails that are still to be sent. A row goes when its mail was sent or given up: the audit remembers. `content` (who to,
-- and the whole text) is sealed. `urgency` 0: somebody waits for it; 1: everything else. `claim` is whose hands it is in:
-- until due_at, after which another may take it. `attempts` are those that the receiving side answered.
create table mail_queue (
  tenant        BLOB   not null,
  id            BLOB   not null,
  urgency       BIGINT not null,
  due_at        BIGINT not null,
  attempts      BIGINT not null,
  claim         BLOB,
  useless_after BIGINT,
  content       BLOB   not null,
  created_at    BIGINT not null,
  primary key (tenant, id)
) /*!sqlite without rowid */;
create index mail_queue_due on mail_queue (urgency, due_at);
create index mail_queue_by_tenant on mail_queue (urgency, tenant, due_at);
create index mail_queue_useless on mail_queue (useless_after) where useless_after is not null;
