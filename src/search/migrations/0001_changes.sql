-- What in `people` has changed since a moment, exactly and by one index, whoever changed it: the indexes in memory are kept current
-- by it. The engine itself writes `place`, so that no path can forget to.
-- On PostgreSQL it is the writing transaction's number, which a snapshot can be asked about; on SQLite, where one writes at a time,
-- a number that grows. Rows of before have none: they stand before every moment.
alter table people add column place BIGINT;
create index people_by_place on people (tenant, place, id);
-- Who is gone: an id, and nothing else of them.
create table people_removed (
  tenant BLOB   not null,
  place  BIGINT not null,
  person BLOB   not null,
  primary key (tenant, place, person)
) /*!sqlite without rowid */;
/*!postgres
create function put_person_in_place() returns trigger language plpgsql as $$
begin
  new.place := cast(cast(pg_current_xact_id() as text) as bigint);
  return new;
end $$;
create trigger people_placed before insert or update on people for each row execute function put_person_in_place();
create function note_person_removed() returns trigger language plpgsql as $$
begin
  insert into people_removed (tenant, place, person)
    values (old.tenant, cast(cast(pg_current_xact_id() as text) as bigint), old.id) on conflict do nothing;
  return null;
end $$;
create trigger people_unplaced after delete on people for each row execute function note_person_removed();
*/
/*!sqlite
create trigger people_placed after insert on people begin
  update people set place = 1 + max(coalesce((select max(place) from people where tenant = new.tenant), 0),
                                    coalesce((select max(place) from people_removed where tenant = new.tenant), 0))
    where tenant = new.tenant and id = new.id;
end;
create trigger people_replaced after update on people when new.place is old.place begin
  update people set place = 1 + max(coalesce((select max(place) from people where tenant = new.tenant), 0),
                                    coalesce((select max(place) from people_removed where tenant = new.tenant), 0))
    where tenant = new.tenant and id = new.id;
end;
create trigger people_unplaced after delete on people begin
  insert into people_removed (tenant, place, person)
    values (old.tenant, 1 + max(coalesce(old.place, 0),
                                coalesce((select max(place) from people where tenant = old.tenant), 0),
                                coalesce((select max(place) from people_removed where tenant = old.tenant), 0)), old.id);
end;
*/
