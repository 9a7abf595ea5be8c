#!/bin/sh
# The operator restores an older backup (L9): devices notice, and bring back what they hold.
. "$(dirname "$0")/world.sh"
begin_world
as() { who=$1; shift; "$bin/zt" --home "$state/$who" --password-file "$state/$who.password" "$@"; }
# The database alone, as an operator's backup has it; blocks stay where they are.
backup() { local_ stop "$state" >/dev/null; rm -rf "$state/$1"; cp -a "$state/postgres" "$state/$1"; local_ start "$state" "$bin"; }
restore() { local_ stop "$state" >/dev/null; rm -rf "$state/postgres"; cp -a "$state/$1" "$state/postgres"; local_ start "$state" "$bin"; }

operator() { "$bin/zt" server "$@" --server "$url" --operator-token-file "$state/operator-token"; }
expect 66 "^zt: nothing of the organization is lost: no older backup was restored, or all of it is back$" "where nothing is lost, there is nothing to give up" operator accept-loss markslug
alice workspace create w; alice workspace share w bob@demo.example --role manager
echo first > "$state/first"; alice --quiet put "$state/first" w:/first
backup old
cp -r "$state/bob" "$state/stale"; cp -r "$state/bob" "$state/stale.seed"; cp "$state/bob.password" "$state/stale.password" # who has seen nothing since

# what happens after the backup: files of both, a folder, workspaces that the other does not see, a newcomer
mkdir "$state/tree"; for i in 1 2 3 4 5 6 7 8; do head -c 3000 /dev/urandom > "$state/tree/$i"; done
head -c 1500000 /dev/urandom > "$state/tree/large"
alice --quiet put "$state/tree" w:/tree
echo "of bob" > "$state/bobs"; bob --quiet put "$state/bobs" w:/bobs
bob workspace create theirs; bob --quiet put "$state/bobs" theirs:/secret
alice workspace create mine; alice --quiet put "$state/first" mine:/own
echo carolpass > "$state/carol.password"
sh "$root/deploy/local/enrol.sh" "$bin" "$state" "$(alice invite user)" alice carol >/dev/null
alice workspace share w carol@demo.example --role reader
echo second > "$state/second"; alice --quiet put "$state/second" w:/first
bob workspace rotate w; bob --quiet put "$state/second" w:/after
expect 0 "second" "before the loss carol reads" as carol cat w:/after
head=$(alice users >/dev/null; alice log head)

restore old
expect 76 "zt repair" "L9: the device that wrote says that the server went back, and what to do" alice ls w:/
expect 76 "zt repair" "so does another" bob ls w:/
expect 77 "" "who joined since is not known any more" as carol ls w:/
expect 76 "must run zt repair next" "one device brings back what it sees, and says whose turn it is" alice repair
in_turn() { for i in 1 2 3 4 5 6; do bob repair >"$state/out" 2>&1 || true; alice repair >"$state/out" 2>&1 || true; done; }
in_turn
expect 0 "holds again all" "in turn they bring back all of it" alice repair
expect 0 "entries of the trust log 0, changesets 0, objects 0" "and then there is nothing to do" bob repair
check "the log is the one that all had verified" test "$(alice log head)" = "$head"
check "and verifies from nothing" bob log verify
check "alice's folder is back" alice --quiet get w:/tree "$state/back"
check "byte for byte" diff -r "$state/tree" "$state/back"
expect 0 "of bob" "bob's file too" alice cat w:/bobs
expect 0 "first" "old versions too" alice cat w:/first --to-version 1
expect 0 "second" "and new ones" bob cat w:/first
expect 0 "of bob" "in bob's workspace too" bob cat theirs:/secret
expect 0 "first" "and in alice's" alice cat mine:/own
expect 0 "second" "carol, who joined after the backup, reads again" as carol cat w:/after
expect 0 "Alice" "and knows the others' names" as carol users
check "everything verifies" bob verify w
check "writing continues" alice --quiet put "$state/second" w:/more
enrol_dave() { echo davepass > "$state/dave.password"; sh "$root/deploy/local/enrol.sh" "$bin" "$state" "$(alice invite user)" alice dave >/dev/null; }
check "and so does trust" enrol_dave

# the same, but someone who had seen nothing of it wants to write first
restore old
expect 76 "restored from an older backup" "L9: a device that had seen nothing newer writes nothing meanwhile" \
	as stale --quiet put "$state/bobs" w:/unaware
expect 0 "lacks [0-9]* entries" "and its status says what the server lacks" as stale status
expect 0 "RESTORED: [0-9]* entries are missing" "the operator sees it too" "$bin/zt" server list --server "$url" --operator-token-file "$state/operator-token"
in_turn
expect 0 "holds again all" "so that nothing hinders the others' repair" alice repair
check "and then it writes" as stale --quiet put "$state/bobs" w:/aware

expect 66 "nothing of the organization is lost" "what came back is not given up" operator accept-loss markslug

# unless the operator gives up what is lost
restore old
# at_terminal ANSWER: to the operator's question
at_terminal() { /usr/bin/python3 - "$1" "$bin/zt" server accept-loss markslug --server "$url" --operator-token-file "$state/operator-token" <<'P'
import os, pty, sys
pid, master = pty.fork()
if pid == 0: os.execv(sys.argv[2], ["zt"] + sys.argv[3:])
os.write(master, sys.argv[1].encode() + b"\n")
try:
    while True: os.write(1, os.read(master, 4096))
except OSError: pass
sys.exit(os.WEXITSTATUS(os.waitpid(pid, 0)[1]))
P
}
expect 130 "give up what markslug lost? \[y/n\]" "at a terminal it asks first, and names the organization" at_terminal no
expect 130 "zt: you did not confirm: nothing of markslug is given up" "and says that it did nothing" at_terminal no
check "the operator gives up what the backup lacks" "$bin/zt" server accept-loss markslug --server "$url" --operator-token-file "$state/operator-token"
expect 66 "nothing of the organization is lost" "which is done once" operator accept-loss --yes markslug
check "that is in the audit trail" grep -q loss_accepted "$state/log/audit.jsonl"
cp -r "$state/stale.seed" "$state/stale2"; cp "$state/stale.password" "$state/stale2.password"
check "then who had seen nothing newer continues" as stale2 --quiet put "$state/bobs" w:/unaware
expect 76 "brought back: entries of the trust log 0," "and what was given up does not come back" alice repair
expect 76 "no head that this log signed" "nor by who holds all of it" bob repair
expect 76 "seen another history\|older state" "nor is anybody shown the other history as if nothing was" alice ls w:/
finish
