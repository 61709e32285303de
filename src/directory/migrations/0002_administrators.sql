-- Who may administer a tenant are few among many: found without a look at the others.
create index people_administrators on people (tenant, id) where administrator = 1;
