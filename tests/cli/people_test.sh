#!/bin/sh
# What two people meet who enrol each other: slips, waiting, leaving, other windows; and state folders and clocks that
# are not as they should be. (Ended at every place: leave_test.sh.)
. "$(dirname "$0")/world.sh"
begin_world
alice --quiet workspace create plans
g= c=
trap 'kill $g $c 2>/dev/null || true; cleanup' EXIT
echo newpass > "$state/new.password"
new() { "$bin/zt" --home "$state/new" --password-file "$state/new.password" "$@"; }
# begin_greet LINK, begin_claim LINK: in the background; what is typed is written to descriptor 7 and 8.
begin_greet() { rm -f "$state/g.in"; mkfifo "$state/g.in"; : > "$state/g.out"; "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" greet "$@" <"$state/g.in" >"$state/g.out" 2>&1 & g=$!; exec 7>"$state/g.in"; }
begin_claim() { rm -f "$state/c.in"; mkfifo "$state/c.in"; : > "$state/c.out"; "$bin/zt" --home "$state/new" --password-file "$state/new.password" claim "$@" <"$state/c.in" >"$state/c.out" 2>&1 & c=$!; exec 8>"$state/c.in"; }
said() { grep -q -- "$2" "$state/$1.out"; }
code() { within 30 said "$1" "^your code" && LC_ALL=C sed -n 's/^your code.*: //p' "$state/$1.out" | tail -1; }
gone() { ! kill -0 "$1" 2>/dev/null; }
# ends PID: its exit code, within 30 seconds
ends() { ended=hangs; if within 30 gone "$1"; then ended=0; wait "$1" || ended=$?; fi; }

# what a newcomer says of itself is looked at before codes are compared
link=$(alice invite user)
long=$(printf 'x%.0s' $(seq 300))
expect 64 "--email" "who joins says an address" new claim "$link"
expect 64 "one @" "an address has one @" new claim "$link" --email bob
expect 64 "one @" "and not two" new claim "$link" --email a@b@c
expect 64 "a name is" "a name has a length" new claim "$link" --email n@demo.example --name "$long"
expect 64 "a name is" "and is text" new claim "$link" --email n@demo.example --name "$(printf 'Ren\351')"
expect 64 "a device's label" "so is a device's label" new claim "$link" --email n@demo.example --label "$long"

# while one side waits it says so, and the device's other windows work
begin_greet "$link"
check "a greeting says that it waits" within 20 said g "waiting for the other side"
check "another command of the device meanwhile" timeout 9 "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" ls plans:/
# a newcomer who leaves and begins again is met again, by the greeting that runs
begin_claim "$link" --email n@demo.example --name New --label new
code g > "$state/code.g"; code c > "$state/code.c"
kill -INT $c; exec 8>&-; ends $c
check "a newcomer leaves by Ctrl-C ($ended)" test "$ended" = 130
check "the greeter sees it" within 20 said g "the other side has gone, or has begun again"
begin_claim "$link" --email n@demo.example --name New --label new
within 30 said c "^your code"; of_c=$(code c); twice() { test "$(grep -c '^your code' "$state/g.out")" = 2; }
check "and shows the codes of the newcomer's next try" within 30 twice
of_g=$(code g)
echo "$of_g" >&8
printf '\n5\n  %s %s \n' "$(echo "$of_c" | cut -c1-2 | tr A-Z a-z)" "$(echo "$of_c" | cut -c3-)" >&7
check "a slip is asked again, small letters and blanks do not count" within 20 said g 'y/n'
check "another window while a person thinks" timeout 9 "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" ls plans:/
kill -9 $c; wait $c 2>/dev/null || true; exec 8>&-
echo y >&7; ends $g; exec 7>&-
check "the newcomer went away before the answer: the greeter ends ($ended)" test "$ended" = 0
check "and says that it was not fetched" said g "has not fetched it yet"
expect 0 "this device is in" "the same command fetches it" new claim "$link" --email n@demo.example --name New --label new
expect 0 "New <n@demo.example>" "and the newcomer is in" new users
check "once" test "$(alice users | grep -c n@demo.example)" = 1
expect 66 "accepted this invitation before" "the link is used up" alice greet "$link"

# refused at the question: each side sees who refused
refused() { # ANSWER
	link=$(alice invite user); rm -rf "$state/new"; begin_greet "$link"; within 20 said g "waiting" || true
	begin_claim "$link" --email m@demo.example --name Mel --label mel
	of_g=$(code g); of_c=$(code c); echo "$of_g" >&8; echo "$of_c" >&7
	within 20 said g "accept Mel" || true
	echo "$1" >&7; ends $g; greeter=$ended; ends $c; claimer=$ended; exec 7>&- 8>&-
}
# none of the codes: each side sees that it can go on with the same link
link=$(alice invite user); rm -rf "$state/new"; begin_greet "$link"; within 20 said g "waiting" || true
begin_claim "$link" --email m@demo.example --name Mel --label mel
code g > "$state/code.g"; code c > "$state/code.c"
echo 0 >&7; ends $g; greeter=$ended; ends $c; claimer=$ended; exec 7>&- 8>&-
check "who sees none of the codes ends ($greeter)" test "$greeter" = 76
check "and sees what to do next" said g "none of the codes was the other side's: both can compare again with the same link"
check "the other side, too ($claimer)" test "$claimer" = 75
check "sees what to do next" said c "the other side stopped, or began again: both can try again with the same link"
refused "perhaps
n"
check "an answer that is neither yes nor no is asked for again" said g "that is neither yes nor no \[y/n\]"
check "a greeter who does not accept ends ($greeter)" test "$greeter" = 130
check "and sees that they did not" said g "zt: you did not accept m@demo.example: nobody was let in"
check "not that the other side did something" sh -c "! grep 'other side stopped' '$state/g.out'"
check "the newcomer ends too ($claimer)" test "$claimer" = 75
check "and sees that the other side did not accept" said c "the other side did not accept you, or left before it answered"
check "nobody came in" sh -c "! '$bin/zt' --home '$state/alice' --password-file '$state/alice.password' users | grep m@demo.example"
export LC_ALL=fr_FR.UTF-8
code() { within 30 said "$1" "^votre code" && LC_ALL=C sed -n 's/^votre code.*: //p' "$state/$1.out" | tail -1; }
within_french() { said g "\[o/n\]"; }
rm -rf "$state/new"; begin_greet "$link"; begin_claim "$link" --email m@demo.example --name Mel --label mel
of_g=$(code g); of_c=$(code c); echo "$of_g" >&8; echo "$of_c" >&7
check "in French the question is o or n" within 20 within_french
echo peut-être >&7
within_again() { said g "ni oui ni non \[o/n\]"; }
check "in French too, what is neither is asked for again" within 20 within_again
echo oui >&7; ends $g; greeter=$ended; ends $c; exec 7>&- 8>&-
check "and oui is yes ($greeter $ended)" test "$greeter $ended" = "0 0"
unset LC_ALL

# cancelled in another window
link=$(alice invite user); begin_greet "$link"; within 20 said g "waiting" || true
check "the invitation is cancelled in another window" alice invite cancel "$link"
ends $g; exec 7>&-
check "which ends the greeting ($ended)" test "$ended" = 66

# a state folder that does not work: which file, and why
mv "$state/bob/lock" "$state/lock.was"; mkdir "$state/bob/lock"
expect 74 "bob/lock: Is a directory" "what is in the lock's place is named" bob users
rmdir "$state/bob/lock"; mv "$state/lock.was" "$state/bob/lock"
printf '#include <errno.h>\nint flock(int fd, int op) { (void)fd; (void)op; errno = ENOLCK; return -1; }\n' > "$state/nolock.c"
cc -shared -fPIC -o "$state/nolock.so" "$state/nolock.c"
expect 74 "bob/lock: No locks available" "a file system without locks is not another zt" env LD_PRELOAD="$state/nolock.so ${LD_PRELOAD:-}" "$bin/zt" --home "$state/bob" --password-file "$state/bob.password" users
mkdir -m 700 "$state/cut"; : > "$state/cut/device.zt"
expect 65 "device.zt" "a device file that a power cut emptied" "$bin/zt" --home "$state/cut" --password-file "$state/bob.password" users
expect 0 "bob@demo.example" "and the folder as it was" bob users

# a clock that is a little behind, just after a restart of the service
cat > "$state/behind.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
time_t time(time_t *t) { time_t (*next)(time_t *) = (time_t (*)(time_t *))dlsym(RTLD_NEXT, "time"); time_t now = next(0) - 120; if (t) *t = now; return now; }
int clock_gettime(clockid_t id, struct timespec *t) { int (*next)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime"); int rv = next(id, t); if (id == CLOCK_REALTIME) t->tv_sec -= 120; return rv; }
C
cc -shared -fPIC -o "$state/behind.so" "$state/behind.c" -ldl
restart auth
expect 0 "plans" "two minutes behind, just after a restart" env LD_PRELOAD="$state/behind.so ${LD_PRELOAD:-}" "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" workspace list
expect 0 "plans" "and with the right clock" alice workspace list
# a person who revokes another is asked, where a person sits there
revoke() { at_terminal "$1" "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" user revoke bob@demo.example; }
bobs=$(alice devices | awk '/bob@demo.example/ {print $1}')
expect 130 "^zt: you did not confirm: bob@demo.example is not revoked" "who answers no revokes nobody" revoke n
expect 130 "$bobs" "the devices are named" revoke n
expect 130 "lose the access to every workspace" "and what is lost" revoke "
n"
expect 130 "that is neither yes nor no" "an empty line is no answer" revoke "
n"
expect 0 "bob@demo.example" "the person is there still" bob users
expect 0 "bob@demo.example is revoked" "who answers yes does" revoke y
expect 77 "revoked" "and the person is out" bob users
expect 0 "is revoked" "a script is not asked" alice user revoke n@demo.example
finish
