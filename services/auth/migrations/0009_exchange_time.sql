-- When the last message of an invitation's attempt came, in milliseconds.
ALTER TABLE invitations ADD COLUMN spoken int8 NOT NULL DEFAULT 0;
