-- What a tenant has set, a sealed JSON object a section.
create table tenant_settings (
  tenant     BLOB   not null,
  section    TEXT   not null,
  value      BLOB   not null,
  version    BIGINT not null,
  updated_at BIGINT not null,
  primary key (tenant, section)
) /*!sqlite without rowid */;
