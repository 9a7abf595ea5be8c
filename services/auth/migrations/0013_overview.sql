-- The UTC day, since 1970, of each device's last signed request to this service; told to admins.
CREATE TABLE seen (
	org bytea NOT NULL,
	device bytea NOT NULL,
	day int8 NOT NULL,
	PRIMARY KEY (org, device)
);
CREATE INDEX seen_day ON seen (day);
-- Whom an admin froze, and not the operator: an admin thaws those alone.
ALTER TABLE frozen ADD COLUMN by_admin boolean NOT NULL DEFAULT false;
