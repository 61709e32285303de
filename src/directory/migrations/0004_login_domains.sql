-- In which domain somebody's login is, as a blind index: a domain that somebody signs in by isn't taken away.
alter table people add column login_domain BLOB;
create index people_by_login_domain on people (tenant, login_domain) where login_domain is not null;
