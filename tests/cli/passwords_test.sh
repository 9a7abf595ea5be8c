#!/bin/sh
# The one rule of passwords (docs/command-line.md): a line, bytes, one spelling. No services but at the start.
. "$(dirname "$0")/world.sh"
begin_world
p=$state/copy; cp -r "$state/bob" "$p"; cp "$state/bob.password" "$state/now"
with() { "$bin/zt" --home "$p" --password-file "$1" --quiet log head; }
printf 'bobpass' > "$state/p"; check "without a line's end" with "$state/p"
printf 'bobpass\r\nmore\n' > "$state/p"; check "CR LF, and more lines behind" with "$state/p"
printf '\357\273\277bobpass\n' > "$state/p"; check "a byte order mark" with "$state/p"
: > "$state/p"; expect 64 "first line is empty" "an empty file" with "$state/p"
printf '\n\nbobpass\n' > "$state/p"; expect 64 "first line is empty" "an empty first line" with "$state/p"
printf '\357\273\277\n' > "$state/p"; expect 64 "first line is empty" "a mark and nothing else" with "$state/p"
expect 74 "Is a directory" "a folder" with "$state"
expect 66 "No such file" "none" with "$state/missing"
set_to() { "$bin/zt" --home "$p" --password-file "$state/now" --quiet password --new-password-file "$1"; }
printf 'a\000secret\n' > "$state/p"; expect 64 "a NUL" "a NUL is refused, not cut at" set_to "$state/p"
printf 'a\rsecret\n' > "$state/p"; expect 64 "carriage return" "so is a carriage return" set_to "$state/p"
head -c 1024 /dev/zero | tr '\0' x > "$state/p"; expect 65 "longer than 1023" "1,024 bytes" set_to "$state/p"
head -c 9000 /dev/zero | tr '\0' x > "$state/p"; expect 65 "longer than 1023" "9,000 bytes" set_to "$state/p"
{ printf '\357\273\277'; head -c 1023 /dev/zero | tr '\0' x; printf '\r\n'; } > "$state/p"; check "1,023, with all that does not count" set_to "$state/p"
head -c 1022 "$state/p" > "$state/short"; expect 77 "password is wrong" "of which each counts" with "$state/short"
cp "$state/p" "$state/now"
printf 'g\303\251nial\n' > "$state/nfc"; printf 'ge\314\201nial\n' > "$state/nfd"; printf 'g\351nial\n' > "$state/latin"
check "letters with accents" set_to "$state/nfc"
check "open as another keyboard spells them" with "$state/nfd"
expect 77 "password is wrong" "not in another encoding" with "$state/latin"
cp "$state/nfd" "$state/now"; check "bytes that are no UTF-8" set_to "$state/latin"
check "open as they are" env LC_ALL=C "$bin/zt" --home "$p" --password-file "$state/latin" --quiet users
check "--password-fd: a socket whose other end stays open, as Node.js makes them" /usr/bin/python3 - "$bin/zt" "$p" "$state/latin" <<'P'
import socket, subprocess, sys
a, b = socket.socketpair()
b.sendall(open(sys.argv[3], "rb").read() + b"next\n")
subprocess.run([sys.argv[1], "--home", sys.argv[2], "--password-fd", str(a.fileno()), "users"], pass_fds=[a.fileno()], check=True, timeout=100)
assert a.recv(100) == b"next\n", "what is behind the line is for others"
P

# a folder that holds a device already has a password: it is asked for once, and not as a new one
founds() { (sleep 1; printf '%s\n' "$1"; sleep 4) | script -qec "'$bin/zt' --home '$state/alice' org bootstrap --server $url --founding-file '$state/alice.password' --slug again --email a@demo.example" /dev/null; }
expect 73 "holds a device already" "a second founding in the same folder is refused by one question" founds alicepass
check "which is not for a new password" sh -c "! grep -q 'New password' '$state/out'"
expect 77 "password is wrong" "another password is a wrong one" founds other
finish
