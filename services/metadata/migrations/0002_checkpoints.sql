-- Members' words for where a chain stands; entries are 32 bytes each (proto/trust.proto).
CREATE TABLE checkpoints (
	org bytea NOT NULL,
	workspace bytea NOT NULL,
	position int8 NOT NULL,
	body bytea NOT NULL,
	signature bytea NOT NULL,
	entries bytea NOT NULL,
	PRIMARY KEY (org, workspace, position)
);
ALTER TABLE checkpoints ALTER COLUMN entries SET STORAGE EXTERNAL; -- parts of it are read
