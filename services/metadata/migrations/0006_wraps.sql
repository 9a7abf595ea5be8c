-- Content keys wrapped by others than an object's author, or anew: added, and never overwritten.
-- The author's own wrap stands beside the object, or is empty as long as the author has not
-- brought it.
CREATE TABLE wraps (
	org bytea NOT NULL,
	workspace bytea NOT NULL,
	vlob bytea NOT NULL,
	version int8 NOT NULL,
	generation int8 NOT NULL,
	author bytea NOT NULL, -- the user who brought it
	wrap bytea NOT NULL,
	PRIMARY KEY (org, workspace, vlob, version, generation, author)
);
