-- Every key starts with the organization, so that the database can be divided by it.
CREATE TABLE changesets (
	org bytea NOT NULL,
	workspace bytea NOT NULL,
	position int8 NOT NULL,
	body bytea NOT NULL,
	signature bytea NOT NULL,
	changes bytea NOT NULL,
	link bytea NOT NULL,
	PRIMARY KEY (org, workspace, position)
);
CREATE TABLE chains (
	org bytea NOT NULL,
	workspace bytea NOT NULL,
	position int8 NOT NULL,
	link bytea NOT NULL,
	PRIMARY KEY (org, workspace)
);
CREATE TABLE vlobs (
	org bytea NOT NULL,
	workspace bytea NOT NULL,
	vlob bytea NOT NULL,
	version int8 NOT NULL,
	object_hash bytea NOT NULL,
	PRIMARY KEY (org, workspace, vlob)
);
CREATE TABLE objects (
	org bytea NOT NULL,
	workspace bytea NOT NULL,
	vlob bytea NOT NULL,
	version int8 NOT NULL,
	generation int8 NOT NULL,
	wrap bytea NOT NULL,
	object bytea NOT NULL,
	PRIMARY KEY (org, workspace, vlob, version)
);
ALTER TABLE objects ALTER COLUMN object SET STORAGE EXTERNAL; -- ciphertext does not compress
CREATE TABLE sealed_keys (
	org bytea NOT NULL,
	workspace bytea NOT NULL,
	recipient bytea NOT NULL,
	generation int8 NOT NULL,
	author bytea NOT NULL,
	body bytea NOT NULL,
	signature bytea NOT NULL,
	PRIMARY KEY (org, workspace, recipient, generation, author)
);
