#!/bin/sh
# A large transfer by one process, other commands of the same device beside it, and a kill in its middle: nobody waits for
# the transfer, what both did is there, and what a cp has under way is left alone.
. "$(dirname "$0")/world.sh"
begin_world
alice workspace create w >/dev/null
mkdir "$state/all"
bytes=${BESIDE_BYTES:-100000000}
head -c "$bytes" /dev/urandom > "$state/all/large"
head -c 20000000 /dev/urandom > "$state/all/1" # more than a pipe and what is read ahead
for i in 2 3 4 5 6 7 8; do head -c $((bytes / 25)) /dev/urandom > "$state/all/$i"; done
mkdir "$state/many"
for i in $(seq 1 50); do mkdir "$state/many/small-files-$i"; (cd "$state/many/small-files-$i"; head -c 600000 /dev/urandom | split -b 3000 -a 3); done
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
check "a cp leaves nothing on this device" [ -z "$(find "$state/alice" -name 'copy*')" ]
act many-put put "$state/many" w:/many; well "beside a put of many small files" many-put
act many-get get w:/many "$state/many-back"; well "beside a get of them" many-get
check "which are the same" diff -r "$state/many" "$state/many-back"
act many-cp cp w:/many w:/many-copy; well "beside a cp of them" many-cp

# What a stream waits for, or who reads one, keeps nobody waiting.
mkfifo "$state/pipe"
quick() { timed alice ls w:/ >/dev/null; [ $took -lt 5000 ]; }
streams() {
	local name=$1; shift
	(exec 3<"$state/pipe"; sleep 8; cmp - "$state/all/1" <&3) & reader=$!
	"$bin/zt" --home "$state/alice" --password-file "$state/alice.password" "$@" >"$state/pipe" & one=$!
	sleep 1; check "a list beside $name" quick
	check "which ends well" wait $one; check "and is whole" wait $reader
}
streams "a cat that somebody reads slowly" cat w:/all/1
streams "a get to a pipe" get w:/all/1 -
(head -c 9000000 "$state/all/1"; sleep 8; tail -c +9000001 "$state/all/1") | "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" --quiet put - w:/stream & one=$!
sleep 2; check "a list beside a put that waits for its stream" quick
check "which ends well" wait $one
check "and is whole" sh -c "'$bin/zt' --home '$state/alice' --password-file '$state/alice.password' cat w:/stream | cmp - '$state/all/1'"
(exec 3<"$state/pipe"; sleep 8; wc -l <&3 >"$state/lines") & reader=$!
"$bin/zt" --home "$state/alice" --password-file "$state/alice.password" ls -r w:/many >"$state/pipe" & one=$!
sleep 1; check "a folder is made beside a list that somebody reads slowly" sh -c "timeout 5 '$bin/zt' --quiet --home '$state/alice' --password-file '$state/alice.password' mkdir w:/slow"
wait $one; wait $reader; check "which is whole" [ "$(cat "$state/lines")" = "$(find "$state/many" -mindepth 1 | wc -l)" ]
"$bin/zt" --home "$state/alice" --password-file "$state/alice.password" --quiet cp w:/all w:/copy-one & one=$!
sleep 0.5; check "a cp beside a cp" alice --quiet cp w:/all/1 w:/copy-two
check "both end well" wait $one
check "the copy is whole" alice --quiet get w:/copy "$state/copied"
check "and the same" diff -r "$state/all" "$state/copied"
check "all that others did is there" [ "$(alice ls w:/ | grep -c -e killed- -e put- -e get- -e cp-)" = $total ]
check "the workspace verifies" alice verify w
check "so does the store" alice status
finish
