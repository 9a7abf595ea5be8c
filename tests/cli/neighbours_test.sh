#!/bin/sh
# Beside each fault that public reports of other programs led to (docs/verification-history.md), others of its kind, where the
# test of its subject has not got two. A row is: the exit code, words that are printed, what it shows, what is typed.
. "$(dirname "$0")/world.sh"
begin_world
cd "$state"
quick_alice() { "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" "$@"; }
alice unlock --for 1h >/dev/null 2>&1 && quick_alice() { "$bin/zt" --home "$state/alice" "$@"; }
alice() { quick_alice "$@"; }
q() { alice --quiet "$@"; }
content() { [ "$(alice cat "$1")" = "$2" ]; }
rows() { while IFS='|' read -r code words name typed; do [ -z "$name" ] || eval "expect $code '$words' '$name' $typed" </dev/null; done; }
q workspace create w; q workspace share w bob@demo.example --role contributor
at='touch -d 2020-01-01'

# 01: another content, of one size and time.
mkdir t; echo AAAA >t/a; echo BBBB >t/b; $at t/a t/b; q put t w:/t
mv t/a t/c; mv t/b t/a; mv t/c t/b; q put t w:/t
check "two files that changed their names with each other" content w:/t/a BBBB
check "both" content w:/t/b AAAA
ln -f t/a t/link; printf DDDD | dd of=t/link conv=notrunc 2>/dev/null; $at t/a; q put t w:/t
check "what was written through another link" content w:/t/a DDDD
echo EEEE >new; $at new; cp -p new t/a; q get w:/t/b old; $at old; cp -p old new; q put new w:/t/a
check "a file that zt wrote, in the place of another" content w:/t/a AAAA

# 02: names that differ by their normal form alone.
nfc=$(printf 'caf\303\251') nfd=$(printf 'cafe\314\201')
mkdir -p "n/$nfc" "n/$nfd"; echo 1 >"n/$nfc/in"; echo 2 >"n/$nfd/in"; echo z >n/zz
# 03, 04, 05: what is no file, as a source or a target; what was removed.
mkdir odd; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind('odd/socket')"; echo f >odd/f; mknod odd/null c 1 3 2>/dev/null || mkfifo odd/null
ln -s /dev/null null; mkfifo fifo; echo f >f; q put f w:/f; q put f w:/gone; q rm w:/gone; q put f w:/gone; q rm w:/gone
rows <<T
3|left out n/.*composed otherwise|of two folders the second is named|alice put n w:/n
0|^/n/zz|and all else came|alice ls w:/n
0|$nfc|a folder is named in either form|alice ls "w:/n/$nfd"
0|is made|made in one form|alice mkdir "w:/$nfd"
73|exists already|it is there in the other|alice mkdir "w:/$nfc"
0||a file is put under the one|alice put f "w:/$nfd/$nfd"
0|^f$|and read under the other|alice cat "w:/$nfc/$nfc"
0|is w:/.*/x now|moved|alice mv "w:/$nfd/$nfd" "w:/$nfd/x"
0|is removed|and removed|alice rm "w:/$nfd/x"
0||its trash is listed|alice trash "w:/$nfd"
0||and it comes back|alice restore "w:/$nfd/$nfd"
3|left out odd/socket|a socket in a tree is named|alice put odd w:/odd
3|left out odd/null|so is a device or a pipe|alice put odd w:/odd
0|^/odd/f|the file beside them came|alice ls w:/odd
64|neither a file nor a folder|a socket alone is refused|alice put odd/socket w:/s
0||into a link to a device|alice get w:/f null
0||and into the device itself|alice get w:/f /dev/null
73|is no folder, and stays|no folder into a device|alice get w:/odd /dev/null
0||what was removed twice comes back|alice restore w:/gone
73|it is there|once|alice restore w:/gone
66||what never was does not|alice restore w:/never
T
check "a link to a device is still one" test -L null
check "the device too" test -c /dev/null

# 07, 08, 30, 26: depth, circles, moves.
most=$(seq -s/ 35); mkdir -p "d/$most" "e/$most"; echo f >"d/$most/f"; echo f >"e/$most/f"; q put d w:/d; q put e w:/e
q mkdir w:/A; q mkdir w:/A/B; q mkdir w:/A/B/C; q mkdir w:/case; q put f w:/target; q workspace create other; q put e other:/e
rows <<T
65|at most|a tree is not moved into one that is deep|alice mv w:/e "w:/d/$most"
3|too deep|nor put there|alice put e "w:/d/$most/e"
64|cannot be moved into itself|no folder three below itself|alice mv w:/A w:/A/B/C/A
64|cannot be moved into itself|nor right below|alice mv w:/A w:/A/B
0|is w:/Case now|a move of letters alone|alice mv w:/case w:/Case
0|^/Case/|is one|alice ls w:/
73||nothing is moved over a file|alice mv w:/f w:/target
64||the root is not moved|alice mv w:/ w:/A
64||nor removed|alice rm -r w:/
66||what is not there is not moved onto itself|alice mv w:/none w:/none
T
alice cp other:/e "w:/d/$most/e" >said 2>&1 || true
check "nor copied: all can be listed whole" alice ls -r w:/

# 19: names. 21: what is there already. 22: the state folder.
mkdir -p k/t/f k/s; q put f w:/one; ln -s alice alias
rows <<T
64|control character|a name with a tab|alice workspace create "$(printf 'a\tb')"
64|not UTF-8|of bytes that are no text|alice workspace create "$(printf 'bad\377')"
64|are not names|two dots|alice workspace create ..
64||nothing|alice workspace create ""
64|colon|a colon, as a second name|alice workspace rename w a:b
0|is made|a blank is a name|alice workspace create " "
0|is made|that can be used|alice mkdir " :/d"
0|is made|a workspace may be named in one form|alice workspace create "$nfd"
73|already|is not made in the other|alice workspace create "$nfc"
0|is made|and is found in both|alice mkdir "$nfc:/d"
0|^/d/|by its files|alice ls "$nfd:/"
0||by its members|alice workspace members "$nfd"
0||it gets another name|alice workspace rename "$nfc" "$nfd$nfd"
0|^/d/|in both forms|alice ls "$nfc$nfc:/"
3|left out|a folder in the way of a file stays|alice get w:/f k/t
64|state folder|the state folder by a link|alice put alias/ w:/own
64|state folder|the store alone|alice put alice/store.db w:/own
T
check "as it is" test -d k/t/f
check "nothing of it is there" sh -c "! '$bin/zt' --home alice --password-file alice.password ls w:/ | grep own"

# 23: who watches ends. 24: what of the state folder is lost, or older, comes again.
for signal in TERM INT HUP; do
	"$bin/zt" --home alice --password-file alice.password --json watch >events 2>&1 & watch=$!
	soon grep -q ready events; kill -$signal $watch; rc=0; wait $watch || rc=$?
	check "a watch ends by SIG$signal (exit $rc)" sh -c "case $rc in 0|129|130) ;; *) exit 1 ;; esac"
done
for damage in ': >copy/store.db' 'truncate -s 1000 copy/store.db' 'rm copy/store.db' 'echo rubbish >copy/store.db'; do
	rm -rf copy; cp -r alice copy; rm -f copy/store.db-wal; sh -c "$damage"
	rc=0; "$bin/zt" --home copy --password-file alice.password ls w:/ >said 2>&1 || rc=$?
	check "$damage: all comes again, or the damage is named (exit $rc)" sh -c "[ $rc = 0 ] && grep -q '^/f' said || [ $rc = 65 ]"
done
finish
