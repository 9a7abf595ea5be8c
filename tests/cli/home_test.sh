#!/bin/sh
# A whole home folder up and back (home.py): what differs is what was named, and nothing else. HOME_FILES says how many
# files.
. "$(dirname "$0")/world.sh"
begin_world
cd "$state"
count=${HOME_FILES:-3000}
python3 "$root/tests/cli/home.py" home "$count"
alice --quiet workspace create w
rc=0; alice put home w:/home >put.out 2>put.err || rc=$?
check "all but what is named went up" [ $rc = 3 ]
(umask 0; alice --quiet get w:/home back)
# What rsync would do, and what was named: the same paths, as rsync writes them.
rsync -anc --delete --out-format='%n' home/ back/ 2>/dev/null | sort >differs || true
alice --json --quiet put home w:/home 2>&1 >/dev/null | python3 -c '
import json, sys
for line in sys.stdin:
    d = json.loads(line)
    if d.get("kind") == "left_out": print(d["path"].replace("\n", "?"))' | sort >named || true
expected=8
check "$expected are left out, each named" sh -c "[ \$(wc -l <named) = $expected ]"
check "$expected differ" sh -c "[ \$(wc -l <differs) = $expected ]"
for one in link "broken link" pipe socket; do check "named: $one" grep -qx "home/odd/$one" named; check "differs: $one" grep -qx "odd/$one" differs; done
check "nothing that was named came" sh -c "! ls back/odd | grep -E '^(link|broken link|pipe|socket|Icon.*|line.*|latin.*)$'"
check "what is the same is not sent again" sh -c "grep -q '^0 files' again || { '$bin/zt' --home alice --password-file alice.password put home w:/home >again 2>/dev/null; grep -q '^0 files' again; }"
check "a hole is none of the disk's" [ "$(stat -c %b back/odd/sparse)" -lt 10000 ]
finish
