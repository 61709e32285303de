#include "store/postgres/schema.h"

namespace kidoban::store::postgres {

std::string lock_migrations() {
  // Begins anew in READ COMMITTED: a snapshot taken before the lock wouldn't show what its last holder
  // did. The number is "kidoban" in ASCII.
  return "rollback; begin isolation level read committed; set local kidoban.tenant = '*';"
         "select pg_advisory_xact_lock(30228379345117550)";
}

std::string prepare_schema() {
  return R"(
do $do$
begin
  if not exists (select from pg_namespace where nspname = 'kidoban') then
    create schema kidoban;
  end if;
  if not exists (select from pg_type where typname = 'blob' and typnamespace = 'kidoban'::regnamespace) then
    create domain kidoban.blob as bytea;
  end if;
end
$do$)";
}

// The transaction's tenant in hexadecimal, or * in a system transaction. Without the setting the
// comparison is NULL and no row is seen. As text, so that no value of the setting can make the policy itself fail.
std::string secure_tables() {
  return R"(
do $do$
declare
  t record;
begin
  for t in
    select c.oid::regclass as name
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant' and not a.attisdropped
     where c.relnamespace = 'kidoban'::regnamespace and c.relkind in ('r', 'p')
       and not exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'own_tenant')
  loop
    execute format('alter table %s enable row level security', t.name);
    execute format('alter table %s force row level security', t.name);
    execute format($policy$
      create policy own_tenant on %s
        using (current_setting('kidoban.tenant', true) in (encode(tenant, 'hex'), '*'))
        with check (current_setting('kidoban.tenant', true) in (encode(tenant, 'hex'), '*'))$policy$, t.name);
  end loop;
end
$do$)";
}

}  // namespace kidoban::store::postgres
