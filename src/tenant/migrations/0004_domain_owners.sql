-- Who has a proved domain, for every tenant to ask: nobody's people get a login in another's domain. No column of it is called
-- `tenant`, so that it can be asked from within any tenant's transaction; what it tells is no more than that the domain is taken.
create table domain_owners (
  name  TEXT not null,
  owner BLOB not null,
  primary key (name)
) /*!sqlite without rowid */;
insert into domain_owners (name, owner) select name, tenant from domains where state > 0;
