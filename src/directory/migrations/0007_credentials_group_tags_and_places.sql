-- How often who is directly in a group changed: its entity tag says so without reading fifty thousand members.
alter table person_groups add column members_version BIGINT not null default 0;

-- Beside tokens (kind 0) a service account has secrets (1) and public keys (2), by which it gets tokens that live for minutes. They
-- are rows of one table, since all of them are issued, listed, warned of and revoked alike. A key's `token_hash` is its thumbprint.
alter table service_tokens add column kind BIGINT not null default 0;
alter table service_tokens add column public_key TEXT;
alter table service_accounts add column access_lifetime_s BIGINT not null default 900;

-- The tokens that live for minutes. Nothing but its hash is kept of one, and what it was narrowed to; whether account and credential
-- still stand is read in their rows.
create table service_access_tokens (
  tenant      BLOB   not null,
  token_hash  BLOB   not null,
  account     BLOB   not null,
  credential  BLOB   not null,
  permissions TEXT   not null,
  created_at  BIGINT not null,
  expires_at  BIGINT not null,
  primary key (tenant, token_hash)
) /*!sqlite without rowid */;
create index service_access_tokens_by_expiry on service_access_tokens (expires_at);

-- What in `people` has changed since a moment, exactly and by one index, whoever changed it: the indexes in memory are kept current
-- by it (changes.h). On PostgreSQL `place` is the writing transaction's number, which a snapshot can be asked about; on SQLite, where
-- one writes at a time, a number that grows. There our own statements draw it, since a second change of the row just made costs as much as
-- the row; the triggers draw it for any other. Rows of before have none: they stand before every moment.
alter table people add column place BIGINT;
/*!sqlite
create index people_by_place on people (tenant, place, id) where place is not null;
*/
-- PostgreSQL would rather read all of a large tenant's people by their ids, taking it for one of average size. Of the tenant in a column
-- of its own there is no other index.
/*!postgres
alter table people add column place_tenant BLOB;
create index people_by_place on people (place_tenant, place, id) where place is not null;
*/
-- Who is gone: an id, and nothing else of them, for a day (`removed_at`: seconds, by the engine's clock; without it: for as long as it is
-- the newest of its tenant).
create table people_removed (
  tenant     BLOB   not null,
  place      BIGINT not null,
  person     BLOB   not null,
  removed_at BIGINT,
  primary key (tenant, place, person)
) /*!sqlite without rowid */;
create index people_removed_by_time on people_removed (removed_at) where removed_at is not null;
/*!postgres
-- Not by tenant first. Of a table that is new PostgreSQL believes that a tenant has one row, that any index which begins with the tenant finds
-- it, and takes the one that was made last: people were looked up by id among all of their tenant's, until the first ANALYZE.
drop index people_by_login;
create unique index people_by_login on people (login_index, tenant);
drop index person_groups_by_name;
create unique index person_groups_by_name on person_groups (name_index, tenant);

create function put_person_in_place() returns trigger language plpgsql as $$
begin
  new.place := cast(cast(pg_current_xact_id() as text) as bigint);
  new.place_tenant := new.tenant;
  return new;
end $$;
create trigger people_placed before insert or update on people for each row execute function put_person_in_place();
create function note_person_removed() returns trigger language plpgsql as $$
begin
  insert into people_removed (tenant, place, person, removed_at)
    values (old.tenant, cast(cast(pg_current_xact_id() as text) as bigint), old.id, cast(extract(epoch from now()) as bigint))
    on conflict do nothing;
  return null;
end $$;
create trigger people_unplaced after delete on people for each row execute function note_person_removed();
*/
/*!sqlite
create trigger people_placed after insert on people when new.place is null begin
  update people set place = 1 + max(coalesce((select max(place) from people where tenant = new.tenant and place is not null), 0),
                                    coalesce((select max(place) from people_removed where tenant = new.tenant), 0))
    where tenant = new.tenant and id = new.id;
end;
create trigger people_replaced after update on people when new.place is old.place begin
  update people set place = 1 + max(coalesce((select max(place) from people where tenant = new.tenant and place is not null), 0),
                                    coalesce((select max(place) from people_removed where tenant = new.tenant), 0))
    where tenant = new.tenant and id = new.id;
end;
create trigger people_unplaced after delete on people begin
  insert into people_removed (tenant, place, person, removed_at)
    values (old.tenant, 1 + max(coalesce(old.place, 0),
                                coalesce((select max(place) from people where tenant = old.tenant and place is not null), 0),
                                coalesce((select max(place) from people_removed where tenant = old.tenant), 0)), old.id, unixepoch());
end;
*/
