-- Whether the claimer says that it has, and keeps, what the greeter sent.
ALTER TABLE invitations ADD COLUMN fetched boolean NOT NULL DEFAULT false;
