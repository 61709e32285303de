-- Browsers in which a person has signed in, by the keyed hash of the person and the browser's cookie: nobody's browser can
-- be matched with another person's, or found without its cookie.
create table known_browsers (
  tenant        BLOB   not null,
  person        BLOB   not null,
  mark          BLOB   not null,
  first_seen_at BIGINT not null,
  last_seen_at  BIGINT not null,
  primary key (tenant, person, mark)
) /*!sqlite without rowid */;
create index known_browsers_seen on known_browsers (last_seen_at);

-- Until when a person isn't told again that their sign-in is held up; by the same keyed hash as their lockout.
create table lock_notices (
  tenant      BLOB   not null,
  subject     BLOB   not null,
  quiet_until BIGINT not null,
  primary key (tenant, subject)
) /*!sqlite without rowid */;
create index lock_notices_quiet on lock_notices (quiet_until);
