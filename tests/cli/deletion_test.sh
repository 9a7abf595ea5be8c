#!/bin/sh
# A workspace whose deletion was announced is there for a day, and its data is deleted after that. The day passes by the
# shifted clocks of services and people (later.c), not by the machine's.
export ZT_SWEEP=1 ZT_PURGE_AFTER=1
. "$(dirname "$0")/world.sh"
begin_world
rows() { PGPASSWORD=$(cat "$state/metadata.password") psql -X -At -h "$(cat "$state/sockets")/pg" -U metadata postgres -c "SELECT $(for t in changesets objects vlobs chains sealed_keys; do printf '(SELECT count(*) FROM metadata.%s) + ' $t; done) 0"; }
auth_sql() { PGPASSWORD=$(cat "$state/auth.password") psql -q -X -At -h "$(cat "$state/sockets")/pg" -U auth postgres -c "$1"; }
blocks() { find "$state/blocks" -type f | wc -l; }
as_before() { test "$(rows)" = "$before_rows" -a "$(blocks)" = "$before_blocks"; }
alice_later() { later 90000 "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" "$@"; }

head -c 100000 /dev/urandom > "$state/kept"; head -c 100000 /dev/urandom > "$state/much"
for w in plans back; do alice workspace create $w; alice --quiet put "$state/kept" $w:/kept; done
before_rows=$(rows) before_blocks=$(blocks)
alice workspace create gone; alice --quiet put "$state/much" gone:/much
check "objects and blocks are on the servers" test "$(rows)" -gt "$before_rows" -a "$(blocks)" -gt "$before_blocks"
expect 64 "a day later at the earliest" "a deletion at once is refused" alice workspace delete gone --for 5s
expect 64 "a day later at the earliest" "and one in half a day" alice workspace delete gone --for 12h
expect 64 "for is at most 30d" "and one in a year" alice workspace delete gone --for 365d
ask() { at_terminal "$1" "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" workspace delete gone; }
expect 130 "gone has 1 member. Its files and their history are deleted for good on $(date -d '+7 days' +%Y-%m-%d)" "at a terminal it asks first, and names the day" ask n
expect 130 "^zt: you did not confirm: gone is not deleted" "and no is no" ask n
expect 0 "^gone will be deleted on $(date -d '+1 day' +%Y-%m-%d)" "in a day it is not, and the day is said" alice workspace delete gone --for 24h
check "a deletion is announced for another one" alice workspace delete back --for 1d
sleep 2
expect 0 "gone  (to be deleted on" "its list says so until then" alice workspace list
expect 0 '"state":"deletion announced","deletion_due":[1-9]' "in JSON too" alice --json workspace list
check "one is archived" alice workspace archive back
expect 0 "back  (archived)  (to be deleted on" "and the list says so" alice workspace list
check "and no more" alice workspace unarchive back
check "until then it is there" alice --quiet get gone:/much "$state/copy"
check "and can be taken back" alice workspace undelete back

# An organization whose log does not load, and whose deletion is due, comes first.
auth_sql "INSERT INTO auth.deletions VALUES (decode(repeat('00', 16), 'hex'), decode(repeat('00', 16), 'hex'), 1)"
for s in gateway messaging metadata blocks auth; do local_ end "$state" "$bin" $s; done
cp "$state/marks/metadata" "$state/marks.before" # what a sweep leaves that is killed between its deletions and the mark
for s in auth blocks metadata messaging gateway; do later 90000 sh "$root/deploy/local/zt-local" one "$state" "$bin" $s; done
expect 66 "was deleted" "a day later what is due is gone" alice_later cat gone:/much
expect 66 "was deleted" "and takes nothing more" alice_later put "$state/kept" gone:/g
expect 77 "can still be taken back" "and does not come back" alice_later workspace undelete gone
alice_later workspace list > "$state/listed"
check "the list has it no longer" sh -c "! grep -q ' gone' '$state/listed'"
check "what was taken back is there" alice_later --quiet get back:/kept "$state/copy2"
check "some time later its rows and blocks are gone, and no others" soon as_before
check "a log that does not load keeps nobody else's, and is named" grep -q "the organization's deletions wait" "$state/log/auth.log"
check "its name is free" alice_later workspace create gone
check "and means the new one" alice_later --quiet put "$state/kept" gone:/kept
expect 0 "kept" "which is read by it" alice_later ls gone:/
check "the trail tells of it" soon grep -q workspace_purged "$state/log/audit.jsonl"
check "what others wrote is whole" alice_later verify plans
local_ end "$state" "$bin" metadata; cp "$state/marks.before" "$state/marks/metadata"
later 90000 sh "$root/deploy/local/zt-local" one "$state" "$bin" metadata
sleep 3 # two looks at what is due
expect 66 "nothing of the organization is lost" "what a killed sweep did not unmark counts as lost to nobody" \
	later 90000 "$bin/zt" server accept-loss --yes markslug --server "$url" --operator-token-file "$state/operator-token"
# A service that waits for auth, which has stopped, stops all the same (zt-local gives it 20 seconds).
local_ end "$state" "$bin" auth; sleep 2
for s in metadata blocks messaging; do check "$s stops after auth has" local_ end "$state" "$bin" $s; done
finish
