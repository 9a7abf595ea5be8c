-- Every key starts with the organization, so that the database can be divided by it.
CREATE TABLE pending (
	token_hash bytea PRIMARY KEY,
	slug text NOT NULL,
	log_seed bytea NOT NULL,
	expires int8 NOT NULL
);
CREATE TABLE orgs (
	org bytea PRIMARY KEY,
	slug text NOT NULL UNIQUE,
	log_seed bytea NOT NULL
);
CREATE TABLE entries (
	org bytea NOT NULL,
	idx int8 NOT NULL,
	topic bytea NOT NULL,
	topic_index int8 NOT NULL,
	leaf bytea NOT NULL,
	body bytea NOT NULL,
	signature bytea NOT NULL,
	PRIMARY KEY (org, idx),
	UNIQUE (org, topic, topic_index)
);
CREATE TABLE invitations (
	org bytea NOT NULL,
	id bytea NOT NULL,
	kind int8 NOT NULL,
	state int8 NOT NULL,
	created int8 NOT NULL,
	author bytea NOT NULL,
	author_user bytea NOT NULL,
	attempt bytea,
	attempts int8 NOT NULL DEFAULT 0,
	PRIMARY KEY (org, id)
);
CREATE TABLE exchange (
	org bytea NOT NULL,
	id bytea NOT NULL,
	attempt bytea NOT NULL,
	step int8 NOT NULL,
	message bytea NOT NULL,
	PRIMARY KEY (org, id, attempt, step)
);
CREATE TABLE disclosures (
	org bytea NOT NULL,
	recipient bytea NOT NULL,
	subject bytea NOT NULL,
	sealed bytea NOT NULL,
	PRIMARY KEY (org, recipient, subject)
);
