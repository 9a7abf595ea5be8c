-- What the operator allows an organization, and whom the operator has frozen: the server's own
-- rules, no part of the trust log. 0: without a limit, never.
CREATE TABLE limits (
	org bytea PRIMARY KEY,
	users int8 NOT NULL,
	storage int8 NOT NULL,
	expires int8 NOT NULL
);
CREATE TABLE frozen (
	org bytea NOT NULL,
	member bytea NOT NULL,
	PRIMARY KEY (org, member)
);
