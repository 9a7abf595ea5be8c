#!/bin/sh
# The life of an organization: devices come and are revoked, people leave, owners vanish; keys are
# renewed by any member who is there, and a removed person opens nothing of later.
. "$(dirname "$0")/world.sh"
export ZT_SWEEP=1 ZT_PURGE_AFTER=1
begin_world
as() { who=$1; shift; "$bin/zt" --home "$state/$who" --password-file "$state/$who.password" "$@"; }
enrol() { echo "$2-pass" > "$state/$2.password"; sh "$root/deploy/local/enrol.sh" "$bin" "$state" "$3" "$1" "$2" >/dev/null; }
generation() { as "$1" --json workspace list | sed -n "s/.*\"name\":\"$2\".*\"generation\":\([0-9]*\).*/\1/p"; }

# a second device of alice, which is then lost
enrol alice alice2 "$(alice invite device)"
alice workspace create w; alice workspace share w bob@demo.example --role contributor
echo before > "$state/before"; alice --quiet put "$state/before" w:/before
expect 0 "before" "a second device reads what the first wrote" as alice2 cat w:/before
bob workspace create theirs; bob workspace share theirs alice@demo.example --role reader
echo theirs > "$state/theirs"; bob --quiet put "$state/theirs" theirs:/f
expect 0 "theirs" "it reads what is shared with its user" as alice2 cat theirs:/f
cp -r "$state/alice2" "$state/stolen"; cp "$state/alice2.password" "$state/stolen.password"
expect 64 "from another one" "a device does not revoke itself" alice device revoke "$(alice status | awk '/^device/ {print $2}')"
expect 66 "no device" "nor one that is not there" alice device revoke nothing
before=$(generation alice w)
expect 0 "it has done nothing that the trust log knows of" "a device is revoked by its label, and no empty list shown" alice device revoke alice2
check "the key of a workspace of its user's is rotated at once" test "$(generation alice w)" -gt "$before"
echo after > "$state/after"; check "writing continues under the new key" alice --quiet put "$state/after" w:/after
expect 77 "revoked" "R2: the lost device is refused" as stolen cat w:/before
check "bob's device rotates the key of his workspace by itself" bob users
check "and has" test "$(generation bob theirs)" = 2
echo more > "$state/more"; bob --quiet put "$state/more" theirs:/more
expect 0 "more" "alice reads on with the renewed key" alice cat theirs:/more
enrol alice alice3 "$(alice invite device)"
expect 0 "more" "a device that comes later has all keys" as alice3 cat theirs:/more
expect 0 "after" "and reads the past" as alice3 cat w:/after
check "everything verifies" as alice3 verify w
check "the log verifies from nothing" as alice3 log verify

# content keys under the newest key, without a signature changing
behind() { PGPASSWORD=$(cat "$state/metadata.password") psql -X -At -h "$(cat "$state/sockets")/pg" -U metadata postgres \
	-c "SELECT count(*) FROM metadata.objects o WHERE generation < (SELECT max(generation) FROM metadata.objects n WHERE n.workspace = o.workspace)"; }
check "old versions lie under older keys" test "$(behind)" -gt 0
expect 77 "manager or owner" "a contributor wraps nothing again" bob workspace rewrap w
expect 0 '"lost":0' "alice wraps the keys of her workspace again" alice --json workspace rewrap w
expect 0 '^0 versions' "a second time there is nothing to do" alice workspace rewrap w
check "what the older keys open stays until an owner says that it may go" test "$(behind)" -gt 0
check "the owner says so" alice workspace rewrap w --finish
check "bob does his" bob workspace rewrap theirs --finish
check "nothing lies under an older key any more" test "$(behind)" = 0
rm -f "$state/alice3"/store.db*
expect 0 "before" "a device that has nothing reads the oldest file" as alice3 cat w:/before
check "all of it verifies as it was signed" as alice3 verify w

# one history, checked by people and by an auditor without keys
org=$(alice status | sed -n 's/^organization.*(\([0-9a-f]*\)).*/\1/p')
head=$(alice log head)
expect 0 "your colleague has verified" "bob sees the history that alice sees" bob log verify --against "$head"
expect 0 "your colleague has verified" "also in capitals and with blanks around it" bob log verify --against " $(echo "$head" | tr a-f A-F) "
wrong=0 place=0 # a slip in each place
for slip in $(echo "$head" | awk '{ for (i = 1; i <= length($0); i += 6) { c = substr($0, i, 1); if (c != ":") print substr($0, 1, i - 1) (c == "7" ? "8" : "7") substr($0, i + 1) } }'); do
	place=$((place + 1)); rc=0; bob log verify --against "$slip" >/dev/null 2>&1 || rc=$?; [ $rc = 64 ] && wrong=$((wrong + 1))
done
check "a slip in reading a head aloud is no other history ($wrong of $place)" test "$wrong" = "$place" -a "$place" -ge 10
expect 64 "a head is" "nor is a size that is none" bob log verify --against "-1:${head#*:}"
check "and writing continues after slips" bob --quiet put "$state/more" theirs:/slips
echo otherpass > "$state/other.password"; as other org bootstrap --server "$url" --operator-token-file "$state/operator-token" --slug otherslug --email o@demo.example >/dev/null
expect 76 "another history" "L7: another history is recognized by it" bob log verify --against "$(as other log head)"
expect 76 "nothing is written until" "after the sight of a fork nothing is written" bob put "$state/more" theirs:/forked
expect 0 "more" "reading continues" bob cat theirs:/more
expect 0 "your colleague has verified" "a colleague's head that agrees ends it" bob log verify --against "$head"
check "and writing continues" bob --quiet put "$state/more" theirs:/forked
expect 64 "a head is SIZE:ROOT:CHECK" "what is no head" bob log verify --against 12
check "the history is exported" alice log export "$state/history" w
expect 0 "whole and honest" "zt-audit verifies it without a key" "$bin/zt-audit" "$org" "$state/history"
expect 64 "not the id of an organization" "an id that is none is said to be none" "$bin/zt-audit" "x$org" "$state/history"
expect 64 "ORGANIZATION is" "zt-audit needs to know of whom" "$bin/zt-audit" "$state/history"
refused=0 tried=0
size=$(stat -c %s "$state/history")
while [ $tried -lt 40 ]; do
	tried=$((tried + 1)); cp "$state/history" "$state/spoiled"
	printf "\\$(printf %o $(( $(od -An -N1 -tu1 /dev/urandom) )))" | dd of="$state/spoiled" bs=1 seek=$(( $(od -An -N4 -tu4 /dev/urandom) % size )) conv=notrunc 2>/dev/null
	if cmp -s "$state/history" "$state/spoiled" || ! "$bin/zt-audit" "$org" "$state/spoiled" >/dev/null 2>&1; then refused=$((refused + 1)); fi
done
check "each of 40 spoiled exports is refused ($refused)" test $refused = 40
head -c $((size - 100)) "$state/history" > "$state/spoiled"
expect 65 "zt-audit" "a shortened one too" "$bin/zt-audit" "$org" "$state/spoiled"
expect 65 "zt-audit" "another organization's root key too" "$bin/zt-audit" 00112233445566778899aabbccddeeff "$state/history"

# a password changes
echo "another one" > "$state/new.password"; cp "$state/alice3.password" "$state/old.password"
expect 77 "password is wrong" "a password is not changed without the old one" "$bin/zt" --home "$state/alice3" --password-file "$state/new.password" password --new-password-file "$state/new.password"
check "a password is changed" as alice3 password --new-password-file "$state/new.password"
expect 77 "password is wrong" "the old one opens nothing" as alice3 status
cp "$state/new.password" "$state/alice3.password"
expect 0 "whole" "the new one does" as alice3 status

# profiles
expect 77 "only an admin" "a standard user changes no profile" bob user profile alice@demo.example standard
expect 64 "one of admin" "an unknown profile" alice user profile bob@demo.example boss
check "bob becomes an admin" alice user profile bob@demo.example admin
check "an admin steps down" bob user profile bob@demo.example standard
expect 0 "standard .*bob" "and is shown so" alice users
check "and becomes one again" alice user profile bob@demo.example admin
expect 73 "has this profile already" "and is not made one twice" alice user profile bob@demo.example admin
expect 0 "admin .*bob" "and is shown as one" alice users

# a workspace's life
check "a workspace gets another name" alice workspace rename w plans
expect 0 "after" "and is found under it" bob cat plans:/after
expect 77 "only an owner" "who is no owner renames nothing" bob workspace rename plans mine
check "a workspace is archived" alice workspace archive plans
expect 77 "archived" "and takes no changes" alice put "$state/after" plans:/late
check "and comes back" alice workspace unarchive plans
check "and takes changes" alice --quiet put "$state/after" plans:/late
check "a deletion is announced" alice workspace delete plans --for 1d
check "and taken back" alice workspace undelete plans
expect 77 "can still be taken back" "twice is once too often" alice workspace undelete plans
expect 64 "a day later at the earliest" "a deletion at once is refused" alice workspace delete plans --for 23h

# an owner vanishes
enrol bob carol "$(bob invite user)"
bob workspace share theirs carol@demo.example --role manager
expect 77 "has a live owner" "nobody claims what has an owner" as carol workspace claim theirs
alice user revoke bob@demo.example
expect 77 "higher role is left" "a reader does not claim while a manager is left" alice workspace claim theirs
check "the highest that is left claims" as carol workspace claim theirs
expect 0 "owner .*carol" "and owns" as carol workspace members theirs
check "the key was rotated after bob had gone" test "$(generation carol theirs)" -ge 3
echo last > "$state/last"; check "and the workspace lives on" as carol --quiet put "$state/last" theirs:/last
expect 0 "last" "for all who are left" alice cat theirs:/last
expect 77 "revoked" "bob is out" bob cat theirs:/last

# every device is lost, and colleagues bring alice back
# together HOME LINK:HELPER...: the asker meets each helper in turn, and both read their codes out.
together() {
	home=$1; shift; links=
	for h; do links="$links ${h%%=*}"; done
	rm -f "$state/ask.in"; mkfifo "$state/ask.in"; : > "$state/ask.out"
	as "$home" recover $links --email alice@demo.example --label "$home" <"$state/ask.in" >"$state/ask.out" 2>&1 & asker=$!
	exec 8>"$state/ask.in"; turn=0
	for h; do
		turn=$((turn + 1)); rm -f "$state/help.in"; mkfifo "$state/help.in"; : > "$state/help.out"
		as "${h#*=}" greet "${h%%=*}" $answer <"$state/help.in" >"$state/help.out" 2>&1 & helper=$!
		exec 9>"$state/help.in"
		for i in $(seq 100); do
			a=$(sed -n 's/.*your code.*: //p' "$state/ask.out" | sed -n "${turn}p"); b=$(sed -n 's/^your code.*: //p' "$state/help.out")
			[ -n "$a" ] && [ -n "$b" ] && break; sleep 0.1
		done
		echo "$b" >&8; echo "$a" >&9; [ -n "$answer" ] || echo n >&9
		wait $helper || true; exec 9>&-
	done
	(echo y >&8) 2>/dev/null || true # the person who came back is who they are
	rc=0; wait $asker || rc=$?; exec 8>&-
	cat "$state/ask.out" "$state/help.out"; return $rc
}
enrol alice dan "$(alice invite user)"
expect 64 "from 2 to 16" "one colleague alone would be a master key" alice recovery colleagues carol@demo.example dan@demo.example --need 1
expect 64 "name colleagues" "oneself is no colleague" alice recovery colleagues carol@demo.example alice@demo.example
enrol alice ed "$(alice invite user)"
expect 0 "any 2 of these 3" "parts are left with three colleagues" alice recovery colleagues carol@demo.example dan@demo.example ed@demo.example --need 2
echo backpass > "$state/back2.password"; answer=--yes
expect 65 "more colleagues" "one of three is not enough" together back2 "$(as dan invite recovery)=dan"
answer=
expect 75 "" "who is not recognized gets nothing" together back2 "$(as dan invite recovery)=dan"
answer=--yes
expect 0 "you are Alice <alice@demo.example>" "two of three bring alice back, and she sees whom" together back2 "$(as dan invite recovery)=dan" "$(as carol invite recovery)=carol"
expect 0 "a new device of yours: back2" "her other devices say so" as alice3 status
check "until she knows them, the colleagues' way back among them" as alice3 device ack
expect 0 '"new_devices":\[\]' "then no more" as alice3 --json status
expect 0 "last" "she reads what she could read" as back2 cat theirs:/last
echo x > "$state/back3.password"
expect 0 "alice3 is revoked" "her lost devices are revoked" as back2 device revoke alice3
expect 77 "revoked" "and are refused" as alice3 cat theirs:/last
expect 75 "has left no part\|stopped" "who holds no part of them cannot help" together back3 "$(as back2 invite recovery)=back2"

# every device is lost, and words bring carol back
as carol --quiet recovery create > "$state/older"
expect 0 "earlier words that bring nobody back any more: 1" "newer words end the older ones" as carol recovery create
as carol --quiet recovery create --qr > "$state/printed"; head -1 "$state/printed" > "$state/words"
if [ -x "$bin/../tests/cli/read_qr" ]; then
	"$bin/../tests/cli/read_qr" < "$state/printed" > "$state/scanned" || true
	check "a phone reads the same words from the QR code" cmp "$state/words" "$state/scanned"
	alice2=$(as back2 invite device --qr); echo "$alice2" | head -1 > "$state/words2"; echo "$alice2" | "$bin/../tests/cli/read_qr" > "$state/scanned" || true
	check "and an invitation" cmp "$state/words2" "$state/scanned"
fi
expect 65 "damaged" "words with a mistake" "$bin/zt" --home "$state/back" --password-file "$state/carol.password" recover --server "$url" --words-file "$state/alice.password"
rm -rf "$state/carol"
cp "$state/carol.password" "$state/back.password"
expect 130 "did not say that this is you" "the words say whose they are" sh -c "echo n | '$bin/zt' --home '$state/back' --password-file '$state/back.password' recover --server '$url' --words-file '$state/words'"
expect 130 "^with 1 device, and a role in" "one is counted as one" sh -c "echo n | '$bin/zt' --home '$state/back' --password-file '$state/back.password' recover --server '$url' --words-file '$state/words'"
expect 77 "bring nobody back any more" "older words do not, and nobody is said to be revoked" as back recover --server "$url" --words-file "$state/older" --label back --yes
check "the words make a new device" as back recover --server "$url" --words-file "$state/words" --label back --yes
expect 0 "last" "it reads what its user may" as back cat theirs:/last
check "and writes" as back --quiet put "$state/more" theirs:/back
expect 0 "carol@demo.example" "and is its user" as back status
expect 73 "holds a device already" "not over a device that is there" as back recover --server "$url" --words-file "$state/words"
expect 73 "holds a device already" "which is said before a password is asked for" setsid -w "$bin/zt" --home "$state/back" recover --server "$url" --words-file "$state/words"
expect 73 "holds a device already" "also by a link" setsid -w "$bin/zt" --home "$state/back" claim zt://host/1/2 --email carol@demo.example
check "the lost device is revoked by its label" as back device revoke carol
alice devices > "$state/once"; for i in 1 2 3 4; do alice devices; done > "$state/often"
check "devices are listed in the same order each time" sh -c "cat '$state/once' '$state/once' '$state/once' '$state/once' | cmp - '$state/often'"
alice workspace list > "$state/once"; for i in 1 2 3 4; do alice workspace list; done > "$state/often"
check "and workspaces" sh -c "test \$(wc -l <'$state/once') -gt 1 && cat '$state/once' '$state/once' '$state/once' '$state/once' | cmp - '$state/often'"
expect 0 "last" "the log still verifies and everything opens" as back cat theirs:/last
check "from nothing" as back log verify
check "nothing of the way back is left" test ! -e "$state/back.recovering"
finish
