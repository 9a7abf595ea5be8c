-- What the changesets and objects of a chain take, for the operator's limit.
ALTER TABLE chains ADD COLUMN bytes int8 NOT NULL DEFAULT 0;
UPDATE chains c SET bytes =
	coalesce((SELECT sum(octet_length(s.body) + octet_length(s.changes)) FROM changesets s
		WHERE s.org = c.org AND s.workspace = c.workspace), 0) +
	coalesce((SELECT sum(octet_length(o.wrap) + octet_length(o.object)) FROM objects o
		WHERE o.org = c.org AND o.workspace = c.workspace), 0);
