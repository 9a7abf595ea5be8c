#!/bin/sh
# Every combination of older databases and blocks (auth, metadata, blocks: each alone, two, all), met by devices that
# saw more, a device that saw nothing since, a deletion that was taken back and a revoked device that acts first: nothing
# that a live device holds is lost, and nothing revoked comes back. The day of the deletion passes by later.c.
export ZT_SWEEP=1 ZT_PURGE_AFTER=1
. "$(dirname "$0")/world.sh"
# Unlocked devices, where the system keeps keys: a password costs a second each time.
as() {
	who=$1; shift
	if [ -n "${unlocked:-}" ]; then later $day "$bin/zt" --home "$state/$who" "$@"; else later $day "$bin/zt" --home "$state/$who" --password-file "$state/$who.password" "$@"; fi
}
services_end() { for s in gateway messaging metadata blocks auth; do local_ end "$state" "$bin" $s; done; }
services_later() { for s in auth blocks metadata messaging gateway; do later $day sh "$root/deploy/local/zt-local" one "$state" "$bin" $s; done; }
pg=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
pg_tool() { tool=$1; shift; if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$pg/$tool" -h "$(cat "$state/sockets")/pg" -U zt "$@"; else "$pg/$tool" -h "$(cat "$state/sockets")/pg" -U zt "$@"; fi; }
# save NAME: what an operator's backup has, a file a database, and the blocks. Services are stopped.
save() {
	mkdir "$state/$1"
	for s in auth metadata; do pg_tool pg_dump -d postgres -n $s > "$state/$1/$s"; done
	cp -a "$state/blocks" "$state/$1/blocks"
}
load() { # load NAME PART
	if [ "$2" = blocks ]; then rm -rf "$state/blocks"; cp -a "$state/$1/blocks" "$state/blocks"; return; fi
	{ echo "SET client_min_messages TO warning; DROP SCHEMA $2 CASCADE;"; cat "$state/$1/$2"; } | pg_tool psql -q -X -v ON_ERROR_STOP=1 -d postgres >/dev/null
}
day=90000 # seconds
begin_world
echo carolpass > "$state/carol.password"
sh "$root/deploy/local/enrol.sh" "$bin" "$state" "$(alice invite user)" alice carol >/dev/null
carol() { "$bin/zt" --home "$state/carol" --password-file "$state/carol.password" "$@"; }

alice workspace create w
for who in bob carol; do alice workspace share w $who@demo.example --role contributor; done
echo first > "$state/first"; alice --quiet put "$state/first" w:/first
alice workspace create plans; head -c 300000 /dev/urandom > "$state/large"; alice --quiet put "$state/large" plans:/large
alice workspace delete plans --for 1d
bob ls w:/ >/dev/null
services_end; save older; for s in auth blocks metadata messaging gateway; do local_ one "$state" "$bin" $s; done
cp -a "$state/bob" "$state/stale.full"; cp "$state/bob.password" "$state/stale.password" # has seen nothing since

alice workspace undelete plans
echo "of carol" > "$state/carols"; carol --quiet put "$state/carols" w:/carols
head -c 200000 /dev/urandom > "$state/tree"; alice --quiet put "$state/tree" w:/tree
alice --quiet user revoke carol@demo.example
echo "of bob" > "$state/bobs"; bob --quiet put "$state/bobs" w:/bobs
alice workspace create late; alice --quiet put "$state/first" late:/own
alice --quiet put "$state/bobs" w:/first
bob ls w:/ >/dev/null; alice ls w:/ -r > "$state/listing"
head=$(alice users >/dev/null; alice log head)
services_end; save full; cp -a "$state/marks" "$state/full/marks"
for who in alice bob carol; do cp -a "$state/$who" "$state/$who.full"; done
unlocked=y
for who in alice bob carol; do "$bin/zt" --home "$state/$who" --password-file "$state/$who.password" unlock --for 1h >"$state/out" 2>&1 || unlocked=; done

same() { cmp -s "$1" "$2"; }
no_purge() { ! grep -q workspace_purged "$state/log/audit.jsonl"; }
refused() { ! "$@"; }
listing() { as alice ls w:/ -r > "$state/now" && same "$state/now" "$state/listing"; }
# play NAME PART...: these parts are older, the others as they were.
play() {
	which=$1; shift
	services_end
	for part in auth metadata blocks; do load full $part; done
	for part in "$@"; do load older $part; done
	rm -rf "$state/marks"; cp -a "$state/full/marks" "$state/marks"
	for who in alice bob carol stale; do rm -rf "${state:?}/$who"; cp -a "$state/$who.full" "$state/$who"; done
	[ -z "${no_marks:-}" ] || rm "$state/marks/auth" "$state/marks/metadata"
	services_later
	[ -z "${no_marks:-}" ] || as alice repair >"$state/out" 2>&1 || true
	check "$which: the revoked device, first to act, makes nothing" refused as carol workspace create x
	check "$which: and writes nothing" refused as carol --quiet put "$state/carols" w:/evil
	case "${no_marks:+repaired} $* " in # by alice: all is as it was
	repaired*) ;;
	*" auth "*|*" metadata "*) check "$which: who has seen nothing since writes nothing yet" refused as stale --quiet put "$state/carols" w:/unaware ;;
	esac
	sleep 2 # two looks at what is due
	for i in 1 2; do for who in bob alice; do as $who repair >"$state/out" 2>&1 || true; done; done
	check "$which: the log is as all had verified it" test "$(as alice log head)" = "$head"
	check "$which: the workspace too, with what carol wrote while she might" listing
	expect 0 "of bob" "$which: the newest version is read" as bob cat w:/first
	expect 0 "first" "$which: and the one before" as alice cat w:/first --to-version 1
	case " $* " in # its content was on no device but hers
	*" metadata "*) ;;
	*) expect 0 "of carol" "$which: what carol wrote while she might is as it was" as bob cat w:/carols ;;
	esac
	expect 0 "first" "$which: a workspace of later days is there" as alice cat late:/own
	check "$which: nothing was purged" no_purge
	check "$which: the deletion that was taken back took nothing" as alice --quiet get plans:/large "$state/copy"
	check "$which: not a byte" same "$state/large" "$state/copy"
	case " $* " in
	*" blocks "*) check "$which: a file whose blocks are lost is refused, not made up" refused as alice --quiet get w:/tree "$state/copy2" ;;
	*) check "$which: large files come back whole" as bob --quiet get w:/tree "$state/copy2"; check "$which: byte for byte" same "$state/tree" "$state/copy2" ;;
	esac
	rm -f "$state/copy" "$state/copy2"
	check "$which: carol stays out" refused as carol ls w:/
	check "$which: writing continues" as alice --quiet put "$state/first" w:/more
	expect 0 "first" "$which: for all" as bob cat w:/more
	check "$which: also who had seen nothing" as stale --quiet put "$state/first" w:/aware
}
for auth in "" auth; do for metadata in "" metadata; do for blocks in "" blocks; do
	[ -n "$auth$metadata$blocks" ] || continue
	play "older$(printf ' %s' $auth $metadata $blocks)" $auth $metadata $blocks
done; done; done
# A machine that was restored whole, marks and all, on the same day: what the log key signed, which alice's repair shows,
# tells the services.
day=0 no_marks=1
play "older auth metadata, no marks" auth metadata
# The operator gives up what metadata alone lost. Then auth's database is an older one, too: its log was whole.
operator() { "$bin/zt" server "$@" --server "$url" --operator-token-file "$state/operator-token"; }
services_end; save given; services_later
as alice workspace archive w; as alice workspace unarchive w; as alice --quiet put "$state/first" w:/given
expect 0 "given" "bob has seen it" as bob ls w:/
services_end; load given metadata; services_later
check "the operator gives up what metadata lost" operator accept-loss --yes markslug
expect 76 "brought back: entries of the trust log 0, changesets 0" "a device that had seen it does not bring it back" as alice repair
expect 66 "nothing of the organization is lost" "nor that anything is lost" operator accept-loss --yes markslug
services_end; load given auth; services_later
expect 76 "brought back: entries of the trust log 2, changesets 0" "the log comes back by what was signed before" as bob repair
for who in alice bob carol; do "$bin/zt" --home "$state/$who" lock >/dev/null 2>&1 || true; done
finish
