-- The applications a tenant has connected. `settings` and `name` are sealed.
create table applications (
  tenant     BLOB   not null,
  id         BLOB   not null,
  protocol   TEXT   not null,
  identifier TEXT   not null,
  enabled    BIGINT not null,
  version    BIGINT not null,
  sealed     BLOB   not null,
  primary key (tenant, id)
) /*!sqlite without rowid */;
create unique index applications_by_identifier on applications (tenant, protocol, identifier);
