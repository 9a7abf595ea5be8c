-- What is shown of an entry to whoever may not see it (libzt/trust/entry.h).
ALTER TABLE entries ADD COLUMN digest bytea, ADD COLUMN tag bytea;
