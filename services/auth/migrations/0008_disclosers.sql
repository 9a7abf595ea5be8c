-- Each device's own word about a handle: what one deposits takes nothing away that another did.
ALTER TABLE disclosures ADD COLUMN author bytea NOT NULL DEFAULT ''::bytea,
	DROP CONSTRAINT disclosures_pkey,
	ADD PRIMARY KEY (org, recipient, subject, author);
