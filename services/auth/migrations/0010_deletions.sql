-- Deletions that the logs announce, so that a sweep reads no log in which nothing is due.
CREATE TABLE deletions (
	org bytea NOT NULL,
	workspace bytea NOT NULL,
	due int8 NOT NULL,
	PRIMARY KEY (org, workspace)
);
CREATE INDEX deletions_due ON deletions (due);
