#!/bin/sh
# What users of other programs reported (docs/verification-history.md has the reports): disks that are full or refuse, files that
# change or cannot be read, odd names, sizes and times. Nothing is lost in silence; one odd entry costs that entry.
. "$(dirname "$0")/world.sh"
begin_world
cd "$state"
q() { alice --quiet "$@"; }
# As a person who may not do everything: the tests may run as root.
if [ "$(id -u)" = 0 ]; then bound="setpriv --bounding-set -all --inh-caps -all --"; else bound=; fi
plain() { $bound "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" "$@"; }
same() { [ -z "$(rsync -anc --itemize-changes --delete "$1/" "$2/")" ]; }
no_halves() { [ -z "$(find "$1" -name '.zt-*')" ]; }
# Whether every line of what a command prints with --json is JSON.
is_json() { "$@" 2>&1 | /usr/bin/python3 -c 'import json, sys; [json.loads(l) for l in sys.stdin]'; }
q workspace create w; q workspace share w bob@demo.example --role contributor; q workspace create o

# A folder, or a file, that may not be written.
mkdir -p t/a t/ro t/z; for i in a ro z; do echo old > t/$i/f; done; chmod 555 t/ro
q put t w:/t
check "a read-only folder comes, with what is in it" plain get w:/t back
echo newer > newer; chmod 644 newer; q put newer w:/t/ro/f; q put newer w:/t/z/f
expect 74 "left out ro/f: Permission denied" "what cannot be written there is named with its folder" plain get w:/t back
check "what comes behind it comes" cmp newer back/z/f
check "what is there stays" grep -qx old back/ro/f
check "nothing half is left" no_halves back
mkdir taken locked; echo mine > taken/f; chmod 555 locked
expect 74 "left out f: Permission denied" "a single file too" plain get w:/t/a/f locked
ln -s "$state/taken/f" taken/link; ln -s "$state/taken" back2
expect 3 "left out link" "nothing is written through a link" alice get w:/t/z/f taken/link
check "where it leads, all stays" grep -qx mine taken/f
mkdir through; ln -s "$state/taken" through/a
expect 3 "left out a: what is there is no folder" "nor through one in the place of a folder" alice get w:/t through
check "where it leads, nothing came" [ "$(ls taken | wc -l)" = 2 ]

# A copy to another workspace keeps modes, and leaves nothing in clear here.
(umask 077; plain --quiet cp w:/t o:/t)
check "a copy has the modes of what it is one of" sh -c "'$bin/zt' --home alice --password-file alice.password ls --json o:/t/z/f | grep -q '\"mode\":420,'"
check "its clear text is gone, from a read-only folder too" [ -z "$(find alice -name 'copy*')" ]
head -c 12000000 /dev/urandom > large; q put large w:/large
# With no blocks to come, the copy cannot be over before the kill.
blocks=$(cat run/blocks.pid); kill -STOP "$blocks"
"$bin/zt" --quiet --home alice --password-file alice.password cp w:/large o:/large & copying=$!
left() { find alice -name "copy*" | grep -q .; }
within 10 left && kill -KILL $copying; wait $copying || true
kill -CONT "$blocks"
check "one that is killed leaves it" left
check "and the next command, whatever it is, removes it" sh -c "'$bin/zt' --home alice --password-file alice.password ls w:/ && test -z \"\$(find alice -name 'copy*')\""

# Files too large for their place, many folders, full disks.
mkdir lim; cp large newer lim/; q put lim w:/lim
expect 74 "left out large: File too large" "a file that is too large there is named, and not called a full disk" sh -c "ulimit -f 20000; '$bin/zt' --home alice --password-file alice.password get w:/lim lim2"
check "the others come" cmp newer lim2/newer
check "nothing half is left of it" no_halves lim2
mkdir wide; for i in $(seq 99); do mkdir wide/$i; done; q put wide w:/wide
check "few open files are no reason to stop" sh -c "ulimit -S -n 64; '$bin/zt' --quiet --home alice --password-file alice.password get w:/wide wide2"
check "all folders are there" same wide wide2
mkdir few
on_small_disk() { unshare -rm sh -c 'mount -t tmpfs -o "$1" none few && shift && "$@"' sh "$@" || return $?; }
if on_small_disk size=1m true 2>/dev/null; then
	expect 74 "left out 9: No space left on device" "a folder that has no room is named so" on_small_disk nr_inodes=20 "$bin/zt" --home alice --password-file alice.password get w:/wide few/w
	expect 74 "left out large: No space left on device" "a file too" on_small_disk size=1m "$bin/zt" --home alice --password-file alice.password get w:/lim few/l
	expect 74 "few/h/store.db: No space left on device" "a full disk under the state folder is named" on_small_disk size=1m sh -c "mkdir -m 700 few/h; cp alice/device.zt few/h; head -c 900000 /dev/zero > few/fill; '$bin/zt' --home few/h --password-file alice.password put wide w:/wide3"
else
	echo "no small disk can be mounted here: three checks left out"
fi

# Files that change, or fail, while they are read.
cc -shared -fPIC -O1 -o unread.so "$root/tests/cli/unread.c" -ldl
failing() { LD_PRELOAD="${LD_PRELOAD:-} $state/unread.so" UNREAD_SIZE=3000001 GROWING_SIZE=5000 "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" "$@"; }
head -c 5000 /dev/urandom > growing
expect 3 "left out growing: it was changed while it was read" "a file that grows is named" failing put growing w:/growing
check "and arrives whole when it rests" sh -c "[ \$(stat -c %s growing) = 5001 ] && '$bin/zt' --quiet --home alice --password-file alice.password put growing w:/growing && '$bin/zt' --home alice --password-file alice.password cat w:/growing | cmp - growing"
mkdir bad; head -c 3000001 /dev/urandom > bad/m; echo a > bad/a; echo z > bad/z
expect 3 "left out bad/m: Input/output error" "a file that cannot be read to its end is named" failing put bad w:/bad
expect 0 "^/bad/a /bad/z \$" "it alone is missing, and no half of it came" sh -c "'$bin/zt' --home alice --password-file alice.password ls w:/bad | tr '\n' ' '"
q put bad w:/bad; cp bad/m whole; echo zz > bad/z; head -c 3000001 /dev/urandom > bad/m
expect 3 "left out bad/m" "the same of one that is there" failing put bad w:/bad
check "which stays as it was" sh -c "'$bin/zt' --home alice --password-file alice.password cat w:/bad/m | cmp - whole"
expect 74 "bad/m: Input/output error" "one alone fails" failing put bad/m w:/m

# A folder is removed while a colleague puts into it: a reader that saw it there finds it again.
for i in 1 2 3; do
	q put t w:/t$i; bob ls w:/ >/dev/null
	bob --quiet put newer w:/t$i/bob 2>bob.said & putting=$!
	for k in $(seq 2 $i); do alice ls w:/ >/dev/null; done # the colleague is first, now and then
	q rm -r w:/t$i; rc=0; wait $putting || rc=$?
	q restore w:/t$i
	if [ $rc = 0 ]; then check "what a colleague put comes back with its folder ($i)" sh -c "'$bin/zt' --home alice --password-file alice.password cat w:/t$i/bob | cmp - newer"
	else check "a colleague who was too late sees it ($i)" grep -q "there is no\|does not exist" bob.said; fi
done
expect 0 "all verified" "nothing hangs in the air" alice verify w

# Names, sizes and times as they are.
mkdir n; long=$(printf 'n%.0s' $(seq 251)).txt; rtl=$(printf 'a\342\200\256gpj.exe')
for i in "$long" "$rtl" 'trail. ' CON -rf '~' '$(x)' '*' 'a\b' ' ' .... %s%n : w: "$(printf '\360\237\230\200')" "$(printf '\357\273\277bom')" '"q'; do echo "$i" > "n/$i"; done
q put n w:/n; q get w:/n n2
check "odd names go up and come down" same n n2
expect 0 'a\\u{202e}gpj.exe' "a name that would be shown backwards is not" alice ls w:/n
for i in "ls --json w:/n" "find --json w:/n [!x]*" "put --json --dry-run n w:/n3" "--json trash w"; do check "JSON is JSON: $i" is_json alice $i; done
check "each can be removed by its name" sh -c "for i in '-rf' '*' '~' '....' ':' 'trail. ' ' '; do '$bin/zt' --quiet --home alice --password-file alice.password rm \"w:/n/\$i\" || exit 1; done"
expect 0 "/n/$(printf '\360\237\230\200')" "one letter is one letter, in a cron job too" env LC_ALL=C "$bin/zt" --home alice --password-file alice.password find w:/n '?'
mkdir s; for i in 0 1 65535 65536 65537 1048575 1048576 1048577 8388607 8388608 8388609; do head -c $i /dev/urandom > s/$i; done
for i in 4294967295 4294967296 4294967297; do truncate -s $((i - 3)) s/$i; printf end >> s/$i; done
touch -d '1901-12-13 20:45:52 UTC' s/0; touch -d '@-1' s/1; touch -d '2106-02-07 06:28:16 UTC' s/65535; touch -d '2300-01-01 UTC' s/65536
q put s w:/s; q get w:/s s2
check "sizes next to every border, and times before 1970 and after 2106" sh -c "rsync -an --itemize-changes --delete s/ s2/ | grep . || { cd s; for i in *; do [ \$(stat -c %s \$i) -gt 9000000 ] || cmp \$i ../s2/\$i || exit 1; done; tail -c 3 ../s2/4294967297 | grep -q end; }"
expect 0 "1969-12-31 23:59:59 .*/s/1\$" "and are listed so" env TZ=UTC "$bin/zt" --home alice --password-file alice.password ls -l w:/s
expect 0 "^no file was sent" "and are the same when they are put again" alice put s w:/s
mkdir -p m/none; chmod 0 m/none
if [ "$(id -u)" = 0 ]; then
	q put m w:/m; (umask 0; q get w:/m m2)
	check "a folder that lets nobody in lets in its owner alone" [ "$(stat -c %a m2/none)" = 700 ]
else
	expect 3 "left out m/none" "a folder that lets nobody in is named" alice put m w:/m
fi
finish
