-- The newest position of a chain as the log key signed it, and the links that a repair leads to.
ALTER TABLE chains ADD COLUMN signed_body bytea NOT NULL DEFAULT '';
ALTER TABLE chains ADD COLUMN signed_signature bytea NOT NULL DEFAULT '';
CREATE TABLE goals (
	org bytea NOT NULL,
	workspace bytea NOT NULL,
	position int8 NOT NULL,
	link bytea NOT NULL,
	PRIMARY KEY (org, workspace, position, link)
);
