-- Contractors. Found across tenants, by slug or host, before any tenant is known: `id` and not
-- `tenant`, so that row-level security doesn't stand before the door. Nothing personal is in here.
create table tenants (
  id         BLOB   not null,
  slug       TEXT   not null,
  name       TEXT   not null,
  host       TEXT,
  state      BIGINT not null,
  created_at BIGINT not null,
  primary key (id)
) /*!sqlite without rowid */;
create unique index tenants_by_slug on tenants (slug);
create unique index tenants_by_host on tenants (host) where host is not null;
