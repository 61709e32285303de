// The test program's PostgreSQL.
