-- People and groups. `profile` and group names are sealed; what is looked up is a blind index.
create table people (
  tenant        BLOB   not null,
  id            BLOB   not null,
  login_index   BLOB   not null,
  state         BIGINT not null,
  administrator BIGINT not null,
  profile       BLOB   not null,
  created_at    BIGINT not null,
  updated_at    BIGINT not null,
  version       BIGINT not null,
  primary key (tenant, id)
) /*!sqlite without rowid */;
create unique index people_by_login on people (tenant, login_index);

create table person_groups (
  tenant     BLOB   not null,
  id         BLOB   not null,
  name_index BLOB   not null,
  name       BLOB   not null,
  primary key (tenant, id)
) /*!sqlite without rowid */;
create unique index person_groups_by_name on person_groups (tenant, name_index);

create table group_members (
  tenant   BLOB not null,
  group_id BLOB not null,
  person   BLOB not null,
  primary key (tenant, group_id, person)
) /*!sqlite without rowid */;
create index group_members_by_person on group_members (tenant, person, group_id);
