-- How often who is directly in a group changed: its entity tag says so without reading fifty thousand members.
alter table person_groups add column members_version BIGINT not null default 0;
