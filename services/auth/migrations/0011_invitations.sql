-- What a user's invitations keep is counted at each new one.
CREATE INDEX invitations_of ON invitations (org, author_user, created);
