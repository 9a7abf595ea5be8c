#!/bin/sh
# The whole path on real services: enrolment, sharing, trees, history, removal, bad input, and a search
# for planted markers in everything that the servers and the disk hold.
. "$(dirname "$0")/world.sh"
begin_world
link=$(alice invite user)
check "an invitation can be cancelled" alice invite cancel "$link"
expect 66 "has cancelled this invitation before" "J5: a cancelled invitation is refused" alice greet "$link"
check "a workspace is made" alice workspace create MARKERworkspace
check "it is shared" alice workspace share MARKERworkspace bob@demo.example --role reader
mkdir -p "$state/tree/MARKERfolder/deep" "$state/tree/empty"
echo "MARKERcontent of a small file" > "$state/tree/MARKERfolder/MARKERname.txt"
head -c 3000000 /dev/urandom > "$state/tree/MARKERfolder/deep/big"
printf 'MARKERcontent' >> "$state/tree/MARKERfolder/deep/big"
: > "$state/tree/nothing"
printf 'e\314\201' > "$state/tree/$(printf 'e\314\201')"       # decomposed: one spelling is kept
: > "$state/tree/$(printf 'bad\377name')"
: > "$state/tree/$(printf 'esc\033[31m')"
ln -s /etc/passwd "$state/tree/link"
expect 3 "left out .*/bad.xffname" "a name that is not UTF-8 is left out, and said" alice put "$state/tree" MARKERworkspace:/t
expect 3 "^0 files" "the same again sends nothing" alice put "$state/tree" MARKERworkspace:/t
rm "$state/tree/$(printf 'bad\377name')" "$state/tree/$(printf 'esc\033[31m')" "$state/tree/link"
mkdir "$state/copy"
check "a reader reads it back" bob get MARKERworkspace:/t "$state/copy"
mv "$state/tree/$(printf 'e\314\201')" "$state/tree/$(printf '\303\251')"
check "byte for byte" diff -r "$state/tree" "$state/copy"
expect 77 "^zt: the server says: readers do not write" "F7: a reader does not write" bob put "$state/tree/nothing" MARKERworkspace:/x
expect 0 "MARKERname" "recursive list" bob ls -r MARKERworkspace:/
check "share again with another role" alice workspace share MARKERworkspace bob@demo.example --role contributor
echo v1 > "$state/f"; alice put "$state/f" MARKERworkspace:/f >/dev/null
echo version2 > "$state/f"; check "a contributor writes" bob put "$state/f" MARKERworkspace:/f
expect 0 "v2 .*bob@demo.example" "history names its authors" alice history MARKERworkspace:/f
check "an old version comes back" alice restore MARKERworkspace:/f --to-version 1
expect 0 "^v1$" "and is read" bob cat MARKERworkspace:/f
check "mkdir" bob mkdir MARKERworkspace:/d
check "mv" bob mv MARKERworkspace:/f MARKERworkspace:/d/g
expect 66 "no \"f\"" "what was moved is not there" alice cat MARKERworkspace:/f
expect 64 "into itself" "a folder does not move into itself" bob mv MARKERworkspace:/d MARKERworkspace:/d/e
expect 64 "add --recursive" "rm of a folder asks" bob rm MARKERworkspace:/d
check "rm" bob rm -r MARKERworkspace:/d
expect 65 "are not names" "F9: dot-dot is no name" alice put "$state/f" "MARKERworkspace:/.."
expect 77 "password is wrong" "a wrong password" "$bin/zt" --home "$state/alice" --password-file "$state/bob.password" status
expect 66 "no device" "no device there" "$bin/zt" --home "$state/nobody" --password-file "$state/bob.password" status
expect 0 "mot de passe est faux" "French" sh -c "LANG=fr_FR.UTF-8 '$bin/zt' --home '$state/alice' --password-file '$state/bob.password' status || true"
check "everything verifies" alice verify MARKERworkspace
check "the log verifies from nothing" bob log verify
alice workspace unshare MARKERworkspace bob@demo.example
expect 77 "no longer a member" "the removed is refused" bob ls MARKERworkspace:/
echo after > "$state/f"; check "others write on under the new key" alice put "$state/f" MARKERworkspace:/after
check "and the removed can still verify the log" bob log verify
alice user revoke bob@demo.example
expect 77 "revoked" "R2: a revoked user's next request is refused" bob users
# nothing in clear: database, blocks, logs, state folders
pg_dump_all() { d=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1); s=$(cat "$state/sockets")/pg; if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$d/pg_dump" -h "$s" -U zt --inserts postgres; else "$d/pg_dump" -h "$s" -U zt --inserts postgres; fi; }
pg_dump_all > "$state/dump.sql"
check "the dump is a dump" grep -q "INSERT INTO auth.entries" "$state/dump.sql"
hexmark=$(printf MARKER | od -An -tx1 | tr -d ' \n')
hexmail=$(printf 'alice@demo' | od -An -tx1 | tr -d ' \n')
nothing() { ! grep -rqa "$@"; }
check "no marker in the database" nothing -e MARKER -e "$hexmark" "$state/dump.sql"
check "no handle in the log" nothing -e "alice@demo" -e "$hexmail" -e Alice "$state/dump.sql"
check "no marker in blocks, logs and state folders" nothing -e MARKER "$state/blocks" "$state/log" "$state/alice" "$state/bob"
check "no handle there either" nothing -e "alice@demo" "$state/blocks" "$state/log" "$state/alice" "$state/bob"
check "the search itself finds" grep -rqa MARKER "$state/copy"
# bad configuration and damage
printf 'listen: ipc:///tmp/x\nworkers: many\n' > "$state/bad.yaml"
expect 78 "bad.yaml:2: workers must be a whole number" "a wrong type names file, line and key" "$bin/zt-blocks" --config "$state/bad.yaml"
printf 'listen: tcp://127.0.0.1:5000\n' > "$state/bad.yaml"
expect 78 "bad.yaml:1: listen must be ipc://PATH" "an address that others reach" "$bin/zt-blocks" --config "$state/bad.yaml"
printf 'subscribe: ipc:///tmp/x, tcp://127.0.0.1:5000\n' > "$state/bad.yaml"
expect 78 "bad.yaml:1: subscribe must be ipc://PATH" "one among others" "$bin/zt-blocks" --config "$state/bad.yaml"
for key in /nowhere "$state/loose" "$state/short"; do
	sed "s#^key_file:.*#key_file: $key#" "$state/config/blocks.yaml" > "$state/bad.yaml"
	cp "$state/events-key" "$state/loose"; chmod 644 "$state/loose"; head -c 60 "$state/events-key" > "$state/short"
	expect 78 "key_file: $key" "no key, one that others read, half a key" "$bin/zt-blocks" --config "$state/bad.yaml"
done
for f in auth auth-events; do check "$f is open to its user and group alone" test "$(stat -c %a "$(cat "$state/sockets")/$f")" = 660; done
printf 'listen: ipc:///tmp/x\nfoldr: /tmp\n' > "$state/bad.yaml"
expect 78 "bad.yaml:2: foldr is not a setting" "an unknown key" "$bin/zt-blocks" --config "$state/bad.yaml"
sed "s/^port:.*/port: $(cat "$state/port")/" "$state/config/gateway.yaml" > "$state/bad.yaml"
expect 69 "Address already in use" "a taken port" "$bin/zt-gateway" --config "$state/bad.yaml"
sed 's/host=[^ ]*/host=\/nowhere/' "$state/config/metadata.yaml" > "$state/bad.yaml"
expect 69 "DATABASE" "a database that is down at the start" "$bin/zt-metadata" --config "$state/bad.yaml"
local_ stop "$state"
expect 69 "cannot be reached" "a server that is down" alice ls MARKERworkspace:/
for f in store.db store.db-wal; do dd if=/dev/zero of="$state/bob/$f" bs=1 seek=40 count=4000 conv=notrunc 2>/dev/null; done
expect 65 "store is damaged" "a damaged store" bob status
finish
