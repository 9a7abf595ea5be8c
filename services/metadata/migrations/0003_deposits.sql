-- The author of a sealed key is a user from here on, not a device; rank says whose comes first (0: a
-- manager's or owner's; 1: one's own; 2: of before).
ALTER TABLE sealed_keys ADD COLUMN rank int8 NOT NULL DEFAULT 2;
