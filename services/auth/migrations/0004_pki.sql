-- Requests that certificates signed; what an answered one said is forgotten, that it was is not.
CREATE TABLE pki_requests (
	org bytea NOT NULL,
	id bytea NOT NULL,
	state int8 NOT NULL, -- PkiState (proto/enrol.proto)
	created int8 NOT NULL,
	body bytea NOT NULL,
	signature bytea NOT NULL,
	PRIMARY KEY (org, id)
);
