-- How often an invitation went out by e-mail: a relay is not a way to fill somebody's mailbox.
ALTER TABLE invitations ADD COLUMN mails int8 NOT NULL DEFAULT 0;
