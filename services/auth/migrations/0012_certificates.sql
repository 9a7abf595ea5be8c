-- One request of a certificate waits. CERTIFICATE: hash of what its issuer signed, empty in rows
-- from before, which end by their age; ASKED: the time that the request states.
ALTER TABLE pki_requests ADD COLUMN certificate bytea NOT NULL DEFAULT ''::bytea,
	ADD COLUMN asked int8 NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX pki_requests_open ON pki_requests (org, certificate)
	WHERE state = 1 AND certificate <> ''::bytea;
