-- Somebody's sign-ins and failed tries alone, for the person's own history: among them a page is a stretch of this index,
-- however much else is known of them.
create index audit_sign_ins on audit_records (tenant, target, id)
  where (event = 'session.started' or (event = 'sign_in.factor' and outcome <> 0));
