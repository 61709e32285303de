-- How many access tokens an account has: nobody may fill the store with them. (On PostgreSQL not by tenant first: decision 23.)
/*!sqlite
create index service_access_tokens_by_account on service_access_tokens (tenant, account, expires_at);
*/
/*!postgres
create index service_access_tokens_by_account on service_access_tokens (account, tenant, expires_at);
*/
