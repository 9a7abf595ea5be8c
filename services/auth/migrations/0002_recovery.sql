-- Parts of recovery secrets, each sealed to one colleague.
CREATE TABLE recovery_parts (
	org bytea NOT NULL,
	owner bytea NOT NULL,
	device bytea NOT NULL,
	helper bytea NOT NULL,
	sealed bytea NOT NULL,
	PRIMARY KEY (org, owner, device, helper)
);
CREATE INDEX ON recovery_parts (org, helper);
