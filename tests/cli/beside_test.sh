#!/bin/sh
# A large transfer by one process, other commands of the same device beside it, and a kill in its middle: nobody waits for
# the transfer, what both did is there, and what a cp has under way is left alone.
. "$(dirname "$0")/world.sh"
begin_world
alice workspace create w >/dev/null
mkdir "$state/all"
head -c 400000000 /dev/urandom > "$state/all/large"
for i in 1 2 3 4 5 6 7 8; do head -c 20000000 /dev/urandom > "$state/all/$i"; done
bare=0 longest=0 beside=0 total=0
# timed COMMAND...: runs it, and sets took, in milliseconds.
timed() { local from; from=$(date +%s%3N); "$@"; took=$(($(date +%s%3N) - from)); }
for i in 1 2 3; do timed alice --quiet mkdir "w:/alone-$i"; [ $took -le $bare ] || bare=$took; done
# act COMMAND...: begins it, and makes and lists folders as long as it continues; sets rc, beside and longest.
act() {
	local of=$1; shift; longest=0 beside=0
	"$bin/zt" --home "$state/alice" --password-file "$state/alice.password" --quiet "$@" >"$state/$of.log" 2>&1 & one=$!
	while kill -0 $one 2>/dev/null; do
		timed alice --quiet mkdir "w:/$of-$beside"; beside=$((beside + 1)); [ $took -le $longest ] || longest=$took
		timed alice ls w:/ >/dev/null; [ $took -le $longest ] || longest=$took
		[ "$of" != killed ] || [ $beside -lt 2 ] || { kill -9 $one 2>/dev/null || true; }
	done
	rc=0; wait $one 2>/dev/null || rc=$?
	total=$((total + beside))
	echo "# $of: $beside folders made beside it, the longest command took $longest ms, alone $bare"
}
# well NAME: it ended well, and others acted beside it: one that waited for its end would be the only one.
well() { if [ $rc = 0 ] && [ $beside -ge 2 ]; then ok "$1"; else sed 's/^/    /' "$state/$2.log"; not_ok "$1"; fi; }
act killed put "$state/all" w:/all
check "a put is killed while others act" [ $rc = 137 ]
act put put "$state/all" w:/all; well "others act beside a put" put
act get get w:/all "$state/back"; well "others act beside a get" get
check "what came back is what was put" diff -r "$state/all" "$state/back"
act cp cp w:/all w:/copy; well "others act beside a cp" cp
check "a cp leaves nothing on this device" [ ! -e "$state/alice/copy" ]
check "the copy is whole" alice --quiet get w:/copy "$state/copied"
check "and the same" diff -r "$state/all" "$state/copied"
check "all that others did is there" [ "$(alice ls w:/ | grep -c -e killed- -e put- -e get- -e cp-)" = $total ]
check "the workspace verifies" alice verify w
check "so does the store" alice status
finish
