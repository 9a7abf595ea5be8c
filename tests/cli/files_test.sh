#!/bin/sh
# What people's disks really hold, and what they do with it: nothing is lost in silence, one odd entry costs that entry,
# and what was left out is named, with exit code 3.
. "$(dirname "$0")/world.sh"
begin_world
cd "$state"
q() { alice --quiet "$@"; }
content() { [ "$(alice cat "$1")" = "$2" ]; }
listed() { alice ls -r "$1" | grep -qx -- "$2"; }
not_listed() { ! listed "$1" "$2"; }
same() { [ -z "$(rsync -anc --itemize-changes --delete "$1/" "$2/")" ]; }
q workspace create w; q workspace share w bob@demo.example --role contributor

# A move onto itself, and into what leads to it.
mkdir d; echo g > d/g; echo f > f
q put f w:/f; q put d w:/d
check "a file is moved onto itself" q mv w:/f w:/f
check "into the folder where it is" q mv w:/f w:/
expect 0 "^w:/d/g is w:/d/g now" "and the path that it has is said" alice mv w:/d/g w:/d
check "under its own name" q mv w:/d/g w:/d
check "a folder too" q mv w:/d w:/
check "the file is there" content w:/f f
check "the folder, with what is in it" content w:/d/g g
expect 64 "cannot be moved into itself" "a folder is not moved into itself" alice mv w:/d w:/d/e
expect 66 "there is no" "a slash behind a name means a folder" alice mv w:/f w:/new/
expect 64 "not a folder" "of the source too" alice mv w:/f/ w:/h

q mkdir w:/shelf; q put f w:/moved
expect 0 "^w:/moved is w:/shelf/moved now" "a move into a folder says the new path" alice mv w:/moved w:/shelf
q rm -r w:/shelf

# What was removed is listed, and comes back.
q rm w:/f; q rm -r w:/d; q put d/g w:/f
expect 0 "/f" "what was removed is listed, though its name was taken" alice trash w
expect 0 "/d/" "a folder is" alice trash w
old=$(alice trash w | grep ' /f$' | cut -d' ' -f1)
check "a file comes back under another name" q restore w:/old --object "$old"
check "with what it held" content w:/old f
check "a folder comes back by its path" q restore w:/d
check "with what was in it" content w:/d/g g
expect 73 "it is there" "what is there is not restored to nothing in particular" alice restore w:/d
expect 66 "the folder is younger than that time" "a folder is not said to be as it was before it was made" alice restore w:/d --at "2020-01-01 00:00:00"
expect 66 "the folder is younger than that time" "nor is the workspace" alice restore w:/ --at "2020-01-01 00:00:00"
check "and all is there still" content w:/d/g g
sleep 1.1 # a time is in whole seconds: what was done in this one is not behind it
expect 0 "is as it was at" "of now it is" alice restore w:/d --at "$(date '+%F %T')"
expect 73 "elsewhere in the workspace now: /old; zt mv" "what was moved is said to be where it is, and nothing comes back twice" alice restore w:/twice --object "$old"
expect 64 "zt trash shows" "an id is one" alice restore w:/twice --object nothing
removed() { alice trash w | grep " $1\$" | cut -d' ' -f1; }
q mkdir w:/nest; q put f w:/nest/f; q rm w:/nest/f; inner=$(removed /nest/f)
q restore w:/nest/f; q rm -r w:/nest; outer=$(removed /nest/)
check "what lay in a removed folder comes back alone" q restore w:/lone --object "$inner"
check "the folder then" q restore w:/again --object "$outer"
check "without it" sh -c "[ -z \"\$('$bin/zt' --home alice --password-file alice.password ls w:/again)\" ]"
check "which stays where it is" content w:/lone f
q mkdir w:/box; q mkdir w:/box/in; q mkdir w:/box/in/most; q put f w:/box/in/most/f; q put f w:/box/in/g; q put f w:/box/h
q rm w:/box/in/most/f; q rm -r w:/box/in/most; q rm w:/box/in/g; q rm -r w:/box
trashed() { alice trash "$1" | grep -qx ".*  $2"; }
check "what was removed from a folder before that was removed itself is listed" trashed w /box/in/most/
check "a file too" trashed w /box/in/g
check "and what was removed from that before" trashed w /box/in/most/f
check "what came away with the folder is not" sh -c "! '$bin/zt' --home alice --password-file alice.password trash w | grep '  /box/h\|  /box/in/$'"
check "a path with nothing behind it is the workspace" trashed w:/ /box/
check "the trash of a folder is what was removed from there and below" sh -c "[ \"\$('$bin/zt' --home alice --password-file alice.password trash w:/box/in | sed 's/.*  //' | sort | tr '\\n' ' ')\" = '/box/in/g /box/in/most/ /box/in/most/f ' ]"
q restore w:/box-in-g --object "$(removed /box/in/g)"
check "and comes back" content w:/box-in-g f
# What bob made is declared void; what alice wrote to it is not.
bob --quiet put f w:/made; at=$(alice --json verify w | sed 's/.*"changesets": *\([0-9]*\).*/\1/'); q put d/g w:/made
check "what made a file is declared void" q workspace void-change w "$at"
expect 66 "there is no" "its name is not there" alice cat w:/made
expect 0 "alice@demo.example  /made  (no folder names it" "what another wrote to it is in the trash" alice trash w
q restore w:/made --object "$(alice trash w | grep ' /made  (' | cut -d' ' -f1)"
check "and comes back" content w:/made g

# The same size and the same time are not the same content.
printf AAAA > a; printf BBBB > b; touch -d 2020-01-01 a b
q put a w:/same; q put b w:/same
check "another file of equal size and time is sent" content w:/same BBBB
mkdir t; cp -p a t/x; q put t w:/t; cp -p b t/x; q put t w:/t
check "in a tree too" content w:/t/x BBBB
printf CCCC > t/x; touch -d 2020-01-01 t/x; q put t w:/t
check "and when the time is put back" content w:/t/x CCCC
expect 0 "^no file was sent" "what is the same is not sent" alice put t w:/t
chmod 700 t/x; q put t w:/t
check "a change of its mode is a change" sh -c "'$bin/zt' --home alice --password-file alice.password ls -l --json w:/t/x | grep -q '\"mode\":448'"

# What others write to a file while zt is at it is sent by the next put.
meanwhile_says() { LD_PRELOAD="$root/build/rel/tests/cli/meanwhile.so ${LD_PRELOAD:-}" alice "$@"; }
meanwhile() { meanwhile_says --quiet "$@"; }
mkdir ticks; head -c 900000 /dev/zero | tr '\0' A > ticks/f; MEANWHILE_TIME=$(($(date +%s) + 1)); export MEANWHILE_TIME
MEANWHILE_READ=$state/ticks/f meanwhile put ticks w:/ticks; meanwhile put ticks w:/ticks; unset MEANWHILE_TIME
check "where its times do not tell, too" sh -c "'$bin/zt' --home alice --password-file alice.password cat w:/ticks/f | cmp - ticks/f && grep -q X ticks/f"
MEANWHILE_NAMED=more meanwhile get w:/d named; q put named w:/d
check "what is written to a download as soon as it has its name" sh -c "'$bin/zt' --home alice --password-file alice.password cat w:/d/g | cmp - named/g && grep -q more named/g"

q put f w:/older; q get w:/older older; q put d/g w:/older
MEANWHILE_REPLACED=mine expect 3 "changed since" "what is written to a file right before a download replaces it stays" meanwhile_says get w:/older older
check "with what was there" grep -q mine older

# What is no file stays, and is not touched.
mkdir odd; echo ok > odd/ok; mkfifo odd/pipe; ln -s ok odd/link; mkdir odd/sub; echo in > odd/sub/in
( exec 3>odd/pipe; echo precious >&3; echo released > released ) & writer=$!
expect 3 "left out .*pipe" "a pipe in a tree is named" alice put odd w:/odd
expect 3 "left out .*link" "a link is" alice put odd w:/odd
check "the others came" content w:/odd/sub/in in
check "who waits to write to the pipe waits" test ! -e released
cat odd/pipe >/dev/null; wait $writer
expect 64 "neither a file nor a folder" "a pipe alone is refused at once" timeout 20 "$bin/zt" --home alice --password-file alice.password put odd/pipe w:/p
check "standard input is read" sh -c "echo piped | '$bin/zt' --quiet --home alice --password-file alice.password put - w:/piped"
check "and comes" content w:/piped piped
check "standard output is written" sh -c "[ \"\$('$bin/zt' --home alice --password-file alice.password get w:/piped -)\" = piped ]"
if mknod null c 1 3 2>/dev/null && true > null 2>/dev/null; then
	check "into a device" q get w:/piped null
	check "which stays one" test -c null
fi
mkfifo into; cat into > from & reader=$!
check "into a pipe" q get w:/piped into
wait $reader; check "whole" grep -qx piped from
head -c 3000000 /dev/urandom > large; cat large | q put - w:/large
check "more than a block is read from a pipe" sh -c "'$bin/zt' --home alice --password-file alice.password cat w:/large | cmp - large"
cat into > from & reader=$!
check "and is put into one" q get w:/large into
wait $reader; check "all of it" cmp large from

# Names.
mkdir n; nfc=$(printf 'caf\303\251'); nfd=$(printf 'cafe\314\201')
echo 1 > "n/$nfc"; echo 2 > "n/$nfd"; echo z > n/zz; echo c > n/CASE; echo d > n/case; echo x > "n/$(printf 'bad\377')"; echo y > "n/$(printf 'line\nbreak')"
rc=0; alice put n w:/n >said 2>&1 || rc=$?
check "odd names leave the others alone" [ $rc = 3 ]
for words in "composed otherwise" "not UTF-8" "control character"; do check "named: $words" grep -q "left out n/.*$words" said; done
check "what came" sh -c "[ \$('$bin/zt' --home alice --password-file alice.password ls w:/n | wc -l) = 4 ]"

# Deep and wide.
deep=$(seq -s/ 70); mkdir -p "deep/$deep"; echo top > deep/top
expect 3 "too deep" "what is too deep is named" alice put deep w:/deep
check "the others came" content w:/deep/top top
check "and can be listed whole" sh -c "'$bin/zt' --home alice --password-file alice.password ls -r w:/ >/dev/null"
q mkdir w:/up; q mkdir w:/up/up
expect 65 "at most" "a move makes nothing deeper than that" alice mv w:/deep w:/up/up/deep
expect 0 "up" "it stays where it was" alice ls w:/

# Down: modes, times, holes, conflicts.
mkdir -p src/private; echo s > src/private/s; chmod 700 src/private; echo e > src/run; chmod 755 src/run; : > src/empty
python3 -c 'f = open("src/crumbs", "wb"); [(f.seek(i << 13), f.write(b"x")) for i in range(10000)]; f.truncate(1 << 27)'
touch -d '1969-07-20 20:17:40.123456789 UTC' src/run; truncate -s 64M src/sparse; printf end | dd of=src/sparse bs=1 seek=40000000 conv=notrunc 2>/dev/null
touch -d '2001-02-03 04:05:06.789 UTC' src/private src
q put src w:/src; (umask 0; q get w:/src back); (umask 027; q get w:/src masked)
check "the umask takes away what it takes from any file" [ "$(stat -c %a masked/run)" = 750 ]
check "a tree comes back as it went" same src back
check "every difference would show" sh -c "cp -a back back2 && touch back2/run && [ -n \"\$(rsync -anc --itemize-changes --delete src/ back2/)\" ]"
check "a hole stays a hole" [ "$(stat -c %b back/sparse)" -lt 10000 ]
check "a file of a terabyte without content is sent" sh -c "truncate -s 1T huge && '$bin/zt' --quiet --home alice --password-file alice.password put huge w:/huge"
check "and comes back" sh -c "'$bin/zt' --quiet --home alice --password-file alice.password get w:/huge huge2 && [ \$(stat -c %s huge2) = 1099511627776 ]"
chmod 600 back/run; chmod 777 back/private/s; touch -d 2010-01-01 back/private/s; (umask 0; q get w:/src back)
check "modes and times that were changed here are set back" same src back
chmod 600 back/run; (umask 022; q get w:/src back)
check "with what the umask takes" [ "$(stat -c %a back/run)" = 755 ]
(umask 0; chmod 775 back/run; q put back/run w:/src/run; umask 022; chmod 775 back/run; q get w:/src/run back/run)
check "a file that is as it was sent keeps its bits" [ "$(stat -c %a back/run)" = 775 ]
cp -p src/run back/run; q put src/run w:/src/run
cp src/run strange; chmod 600 strange; q get w:/src/run strange
check "so does one of the same content that zt neither wrote nor sent" [ "$(stat -c %a strange)" = 600 ]
echo edited > back/run; rm back/empty; mkdir back/empty
rc=0; alice get w:/src back >said 2>&1 || rc=$?
check "what was changed here stays" grep -qx edited back/run
check "and is named, with its folders" grep -q "left out run" said
check "a folder in the place of a file too" test -d back/empty
q put src/run w:/src/private/more; rm -r back/private; echo file > back/private
rc=0; alice get w:/src back >said 2>&1 || rc=$?
check "a file in the place of a folder is named" grep -q "left out private: .*no folder" said
check "and stays" grep -qx file back/private

# A stop leaves nothing half behind.
head -c 30000000 /dev/urandom > large; q put large w:/large; mkdir stop
"$bin/zt" --quiet --home alice --password-file alice.password get w:/large stop/large 2>said & getting=$!
within 10 sh -c 'ls -A stop | grep -q .' || true
kill -INT $getting 2>/dev/null || true; rc=0; wait $getting || rc=$?
check "an interrupted download leaves no half file" sh -c "! ls -A stop | grep '^\\.zt-'"
check "and says so" sh -c "[ $rc = 130 ] || cmp -s large stop/large"
check "and what is kept" sh -c "cmp -s large stop/large || grep -q 'interrupted (what was sent or written whole by then stays; the same command continues)' said"

# What a killed download left is taken away by the next one to that place, and nothing else is.
rests() { find "$1" -name '.zt-*' | wc -l; }
kill_get() { # REMOTE LOCAL: killed when its file has begun
	"$bin/zt" --quiet --home alice --password-file alice.password get "$1" "$2" & getting=$!
	begun() { find "$where" -name '.zt-*' -newer large 2>/dev/null | grep -q .; }
	where=$2; test -d "$2" || where=$(dirname "$2")
	for i in $(seq 2000); do ! begun || break; sleep 0.005; done
	kill -9 $getting 2>/dev/null || true; wait $getting 2>/dev/null || true
}
mkdir -p killed tree2/sub killed2 elsewhere; touch large
cp large tree2/sub/large; q put tree2 w:/tree2; touch large
for try in $(seq 30); do kill_get w:/large killed/large; [ "$(rests killed)" = 0 ] || break; rm -f killed/large; done
check "a killed download leaves its rest behind" [ "$(rests killed)" != 0 ]
left=$(ls -A killed | grep '^.zt-' | head -1)
cp "killed/$left" "elsewhere/$left"; : > killed/.zt-0123456789abcdef01234567; : > killed/.zt-mine; mkdir "killed/.zt-$(printf a%.0s $(seq 24))"
check "the next one comes" q get w:/large killed/large
check "and takes the rest away" test ! -e "killed/$left"
check "and nothing that it cannot know to be its own" [ "$(rests killed)" = 3 ]
q get w:/old elsewhere/old
check "nor what lies in another folder than where it was made" test -e "elsewhere/$left"
for try in $(seq 30); do kill_get w:/tree2 killed2; [ "$(rests killed2)" = 0 ] || break; rm -rf killed2; mkdir killed2; done
check "of a tree too" [ "$(rests killed2)" != 0 ]
q get w:/tree2 killed2
check "it is taken away from each folder" [ "$(rests killed2)" = 0 ]
mkdir rest; : > rest/.zt-0123456789abcdef01234567; echo r > rest/r
expect 0 "did not end left it behind" "the rest of a killed one is not taken for a file of one's own" alice put rest w:/rest
check "nor sent" not_listed w:/rest "/rest/.zt-0123456789abcdef01234567"

# One's own state folder.
mkdir home; cp -r alice home/.zt; echo note > home/note
expect 0 "state folder of this very device" "the keys of this device stay" "$bin/zt" --home home/.zt --password-file alice.password put home w:/home
check "the others went" content w:/home/note note
check "the keys did not" not_listed w:/home /home/.zt/
expect 64 "state folder of this very device" "nor does the folder itself, named directly" alice put alice w:/home/own
ln -s alice/device.zt key
for it in alice/device.zt key alice/../alice/store.db; do expect 64 "state folder of this very device" "nor $it" alice put $it w:/home/own; done
expect 3 "left out alice: .*state folder" "of several it is left out" alice put f alice w:/home
check "nothing of it is there" not_listed w:/home "/home/own.*\|/home/alice.*"

# Several at once, finding, sums.
check "several into a folder" q put a b t w:/up
check "each under its name" content w:/up/t/x CCCC
expect 0 "/odd/sub/in" "find by name" alice find w:/ 'i?'
expect 0 '"bytes": *4,' "sums" alice --json du w:/up/a

# Two who put the same name at once: each sends one file, and says so also where the other was first.
echo 1 > one_; echo 22 > two_
for i in 1 2 3 4 5; do
	"$bin/zt" --home alice --password-file alice.password put one_ "w:/race$i" >race.alice 2>&1 & racing=$!
	"$bin/zt" --home bob --password-file bob.password put two_ "w:/race$i" >race.bob 2>&1 || true
	wait $racing || true
	cat race.alice race.bob >> races
done
check "of two who put one file each at once, none counts two" sh -c "! grep '^[02] files' races"

# Copies, trials, both.
q workspace create other
check "a folder is copied to another workspace" q cp w:/src other:/src
echo one > one; echo two > two; q put one w:/one; q put two w:/two; q mkdir other:/both
check "files are copied into a folder" q cp w:/one other:/both
check "one after the other" q cp w:/two other:/both
check "each under its own name" content other:/both/one one
check "the second too" content other:/both/two two
expect 64 "that is a folder" "a folder is written to no output" alice get other:/both -
check "nor beside it" sh -c "[ ! -e ./- ]"
check "several files are put into a folder" q put one two other:/both
expect 66 "nowhere" "and not under the name of one that is not there" alice put one two other:/nowhere/both
expect 66 "nowhere" "nor one over the other" alice put one two other:/nowhere
check "nothing has that name" not_listed other:/ nowhere
q mkdir w:/several
expect 3 "left out missing: No such file" "of several the one that is missing is named" alice put one missing two w:/several
check "the one before it is there" content w:/several/one one
check "and the one behind it" content w:/several/two two
expect 66 "missing" "where none is there, nothing is done" alice put missing missing2 w:/several
mkdir -p taken/two
expect 3 "left out taken/two" "one whose place is taken costs itself" alice put taken/two one w:/several
check "what has its place stays" content w:/several/two two
check "as it is" sh -c "'$bin/zt' --quiet --home alice --password-file alice.password get other:/src/run copied && cmp src/run copied"
expect 0 "t/x" "a trial names what would be sent" alice put --dry-run t w:/trial
check "and sends nothing" not_listed w:/ /trial/
expect 0 "^1 file would be sent; nothing was" "and says so" alice put --dry-run one w:/trial
expect 3 "nothing was sent; what is named above would stay here" "also where something would be left out" alice put --dry-run odd w:/trial
check "nothing is said to be done" sh -c "! '$bin/zt' --home alice --password-file alice.password put -n odd w:/trial 2>&1 | grep 'is done'"
mkdir -p names/t; q put one w:/names
expect 73 "w:/names is a file; name another place for this folder" "what is in the way is named where it is" alice put names w:/names
expect 66 "there was no \"names\" in w:/ at that time" "what was not yet, was not" alice ls --at "2020-01-01 00:00:00" w:/names
echo mine > both.txt; echo theirs > theirs; q put theirs w:/both.txt
expect 0 "kept both both.txt: what is there stays; what came is both (zt).txt" "with both kept, nothing is left out" alice get --keep-both w:/both.txt .
check "what was here stays" grep -qx mine both.txt
check "and the other comes beside it" grep -qx theirs "both (zt).txt"
echo mine > "both (zt).txt"
expect 3 "left out both (zt).txt: this name beside it is taken too" "where that is taken too, it stays" alice get --keep-both w:/both.txt .
check "as it was" grep -qx mine "both (zt).txt"
finish
