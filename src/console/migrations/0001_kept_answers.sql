-- Answers to requests that made something, by who asked and their Idempotency-Key: whoever sends the request again is told the
-- same. `answer` (status, headers, body) is sealed; it goes before the row does where a secret is in it.
create table kept_answers (
  tenant       BLOB   not null,
  key_hash     BLOB   not null,
  fingerprint  BLOB   not null,
  answer       BLOB,
  made         BLOB,
  secret_until BIGINT,
  expires_at   BIGINT not null,
  primary key (tenant, key_hash)
) /*!sqlite without rowid */;
create index kept_answers_expiry on kept_answers (expires_at);
create index kept_answers_secrets on kept_answers (secret_until) where secret_until is not null;
create index kept_answers_made on kept_answers (tenant, made) where made is not null;
