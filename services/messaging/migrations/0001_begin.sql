-- Every key starts with the organization, so that the database can be divided by it.
CREATE TABLE topics (
	org bytea NOT NULL,
	space bytea NOT NULL,
	topic bytea NOT NULL,
	position int8 NOT NULL,
	link bytea NOT NULL,
	bytes int8 NOT NULL DEFAULT 0,
	signed_body bytea NOT NULL DEFAULT '',
	signed_signature bytea NOT NULL DEFAULT '',
	PRIMARY KEY (org, space, topic)
);
CREATE TABLE messages (
	org bytea NOT NULL,
	space bytea NOT NULL,
	topic bytea NOT NULL,
	position int8 NOT NULL,
	id bytea NOT NULL, -- as its author chose it
	author bytea NOT NULL, -- device
	body bytea NOT NULL,
	signature bytea NOT NULL,
	sealed bytea NOT NULL,
	link bytea NOT NULL,
	PRIMARY KEY (org, space, topic, position),
	UNIQUE (org, space, topic, id)
);
ALTER TABLE messages ALTER COLUMN sealed SET STORAGE EXTERNAL; -- ciphertext does not compress
