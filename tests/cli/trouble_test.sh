#!/bin/sh
# Failures of real life: each with a clear error and exit code, and nothing lost.
. "$(dirname "$0")/world.sh"
begin_world
alice workspace create w
echo kept > "$state/kept"; alice put "$state/kept" w:/kept >/dev/null

# wrong addresses, versions, options
expect 69 "cannot be reached" "a server that is not there" "$bin/zt" --home "$state/x" --password-file "$state/alice.password" \
	org bootstrap --server http://127.0.0.1:9 --operator-token-file "$state/operator-token" --slug x --email x@x
expect 77 "the token in .*alice.password is not that of this server" "a wrong operator's token" "$bin/zt" --home "$state/x" --password-file "$state/alice.password" \
	org bootstrap --server "$url" --operator-token-file "$state/alice.password" --slug x --email x@x
expect 64 "no option --frob" "an unknown option" alice ls --frob
expect 64 "no command \"frob\"" "an unknown command" alice frob
expect 64 "usage: zt put" "a missing argument" alice put x
expect 64 "option is missing: --slug" "a missing option" alice org bootstrap --server "$url" --email a@b
head -c 10 "$state/alice/device.zt" > "$state/short.zt"; mkdir "$state/broken"; cp "$state/short.zt" "$state/broken/device.zt"
expect 65 "damaged" "a device file cut short" "$bin/zt" --home "$state/broken" --password-file "$state/alice.password" status
tail -c +3 "$state/alice/device.zt" > "$state/rest"; { printf '\010\003'; cat "$state/rest"; } > "$state/broken/device.zt"
expect 76 "newer" "a device file of a newer version" "$bin/zt" --home "$state/broken" --password-file "$state/alice.password" status
mkdir "$state/newer"; cp "$state/alice/device.zt" "$state/newer/"; cp "$state/alice"/store.db* "$state/newer/"
/usr/bin/python3 -c "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA user_version = 99')" "$state/newer/store.db"
expect 76 "newer" "a local store of a newer version" "$bin/zt" --home "$state/newer" --password-file "$state/alice.password" status
code=$(asked /v2/orgs | head -1)
case $code in *426*) ok "a call of another protocol version is refused as such" ;; *) echo "$code"; not_ok "a call of another protocol version is refused as such" ;; esac
local_ end "$state" "$bin" blocks
ready() { case $(asked /readyz) in *" $1 "*"${2:-}"*) ;; *) return 1 ;; esac; }
check "the gateway says which service it cannot reach" soon ready 503 "blocks cannot be reached"
local_ one "$state" "$bin" blocks
check "and is ready again when it is back" soon ready 200
# X3: another local user reads nothing (the sockets' folder, states, files, processes)
if [ "$(id -u)" = 0 ]; then
	chmod o+x "$state" # as if the folder stood where everybody may go
	other() { runuser -u nobody -- "$@"; }
	check "X3: another user lists no folder of the server's" sh -c "for d in blocks config log postgres run; do runuser -u nobody -- ls \"$state/\$d\" >/dev/null 2>&1 && exit 1; done; true"
	check "nor of a device's" sh -c "! runuser -u nobody -- ls \"$state/alice\" 2>/dev/null"
	check "and reads no file" sh -c "test -z \"\$(find \"$state\" -type f -not -path '*/postgres/*' | while read -r f; do runuser -u nobody -- head -c 1 \"\$f\" 2>/dev/null; done)\""
	check "connects to no socket" sh -c "for s in \"$(cat "$state/sockets")\"/*; do runuser -u nobody -- sh -c \"test -r '\$s' -o -w '\$s'\" && exit 1; done; true"
	for s in auth metadata blocks messaging gateway; do
		pid=$(cat "$state/run/$s.pid")
		check "reads no memory, map or environment of $s" sh -c "for f in mem maps environ; do runuser -u nobody -- head -c 1 /proc/$pid/\$f 2>/dev/null | grep -q . && exit 1; done; true"
		check "which leaves no core file" grep -q '^Max core file size  *0 ' "/proc/$pid/limits"
	done
	check "no secret is in an argument" sh -c "! ps -eo args | grep -F -e \"\$(cat \"$state/operator-token\")\" -e \"\$(cat \"$state/auth.password\")\" -e alicepass | grep -v grep"
	chmod o-x "$state"
else
	echo "skipped: X3 needs a second user, and so root"
fi
psql_zt() { d=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1); s=$(cat "$state/sockets")/pg; if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$d/psql" -q -h "$s" -U zt -d postgres -c "$1"; else "$d/psql" -q -h "$s" -U zt -d postgres -c "$1"; fi; }
psql_zt "INSERT INTO metadata.migrations VALUES (99)"
sed "s#^listen:.*#listen: ipc://$(cat "$state/sockets")/second#; s#^events:.*#events: ipc://$(cat "$state/sockets")/second-events#" "$state/config/metadata.yaml" > "$state/second.yaml"
expect 76 "schema is newer" "a database of a newer version" "$bin/zt-metadata" --config "$state/second.yaml"
psql_zt "DELETE FROM metadata.migrations WHERE number = 99"

# a key that is held for the session
held() { "$bin/zt" --home "$state/alice" "$@" </dev/null; }
no_terminal() { setsid -w "$bin/zt" --home "$state/alice" "$@" </dev/null; }
expect 64 "no terminal" "without a terminal, and locked" no_terminal ls w:/
expect 77 "password is wrong" "unlocking with a wrong password" "$bin/zt" --home "$state/alice" --password-file "$state/kept" unlock
expect 64 "for a limited time only" "unlocking for a time that is none" alice unlock --for ever
if alice unlock --for 1h >"$state/out" 2>&1; then
	expect 0 "kept" "unlocked, no password is asked for" held ls w:/
	expect 77 "password is wrong" "unlocked, a password that is given still counts" held --password-file "$state/kept" ls w:/
	expect 0 "locked" "locking" held lock
	expect 64 "no terminal" "locked again" no_terminal ls w:/
	alice --quiet unlock --for 1s; sleep 2
	expect 64 "no terminal" "the time is over" no_terminal ls w:/
else
	expect 74 "keeps no keys" "a system without a keyring says so" alice unlock
	echo "skipped: no keyring here, so nothing is held"
fi

# clocks
expect 75 "clock of this device" "a clock that is an hour behind" later -3600 "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" ls w:/
expect 75 "clock of this device" "a clock that is an hour ahead" later 3600 "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" ls w:/
expect 0 "kept" "the right time again" alice ls w:/

# files that cannot be read, disks that are full
mkdir "$state/odd"; echo fine > "$state/odd/fine"; mkfifo "$state/odd/pipe"
if [ "$(id -u)" != 0 ]; then echo secret > "$state/odd/secret"; chmod 000 "$state/odd/secret"; fi
expect 3 "left out .*pipe" "what is no file is left out, and said" alice put "$state/odd" w:/odd
if [ "$(id -u)" = 0 ]; then
	install -d -o nobody "$state/nobody"; cp -r "$state/alice/." "$state/nobody/"; cp "$state/alice.password" "$state/nobody/pw"
	mkdir "$state/nobody/tree"; echo a > "$state/nobody/tree/a"; echo b > "$state/nobody/tree/b"
	chown -R nobody "$state/nobody"; chmod 000 "$state/nobody/tree/b"; chmod o+x "$state"
	bins=$(dirname "$(dirname "$bin")"); copy=$(mktemp -d /tmp/zt-bin.XXXXXX); chmod 755 "$copy"; cp "$bin/zt" "$quick" "$copy/"; chmod 755 "$copy"/*
	expect 3 "left out .*b: Permission denied" "a file that may not be read is left out, and said" \
		runuser -u nobody -- env LD_PRELOAD="$copy/quick.so" "$copy/zt" --home "$state/nobody" --password-file "$state/nobody/pw" put "$state/nobody/tree" w:/nobody
	rm -rf "$copy"
	mkdir "$state/full"
	if mount -t tmpfs -o size=3m,mode=0700 tmpfs "$state/full" 2>/dev/null; then
		head -c 6000000 /dev/urandom > "$state/six"; alice --quiet put "$state/six" w:/six
		expect 74 "no space left" "a full disk while fetching" alice get w:/six "$state/full/six"
		check "nothing half stays there" test -z "$(ls -A "$state/full")"
		cp -r "$state/alice/." "$state/full/"; head -c 9000000 /dev/zero > "$state/full/fill" 2>/dev/null || true
		expect 74 "no space left" "a full disk under the local store" "$bin/zt" --home "$state/full" --password-file "$state/alice.password" workspace create nospace
		rm "$state/full/fill"
		expect 0 "kept" "space again, and the store is whole" "$bin/zt" --home "$state/full" --password-file "$state/alice.password" ls w:/
		umount "$state/full"
		# a blocks service on a disk that fills up
		sed "s#^folder:.*#folder: $state/full/blocks#" "$state/config/blocks.yaml" > "$state/config/blocks.full"
		mount -t tmpfs -o size=8m tmpfs "$state/full"
		cp "$state/config/blocks.yaml" "$state/blocks.was"; cp "$state/config/blocks.full" "$state/config/blocks.yaml"
		restart blocks
		head -c 16000000 /dev/urandom > "$state/sixteen"
		expect 74 "no space left" "a full disk under the blocks service" alice --quiet put "$state/sixteen" w:/sixteen
		expect 0 "kept" "everything else continues" alice ls w:/
		cp "$state/blocks.was" "$state/config/blocks.yaml"; restart blocks
		umount "$state/full"
		check "and with space the upload can be finished" alice --quiet put "$state/sixteen" w:/sixteen
	else
		echo "skipped: no tmpfs can be mounted, so no full disks"
	fi
fi

# content that the servers have lost: it is named, and all else comes
alice workspace create lossy
mkdir -p "$state/lost/in"; echo small > "$state/lost/small"; head -c 300000 /dev/urandom > "$state/lost/in/other"
alice --quiet put "$state/lost" lossy:/; touch "$state/mark"
head -c 1200000 /dev/urandom > "$state/lost/in/large"; alice --quiet put "$state/lost" lossy:/
rm "$(find "$state/blocks" -type f -size +400k -newer "$state/mark" | head -1)"
expect 65 "left out in/large: a block of the file is not on the server" "a lost block: its file is left out, and named" alice get lossy:/ "$state/found"
cp "$state/lost/in/large" "$state/lost.large"; rm "$state/lost/in/large"
check "all others are there, whole, and nothing half" diff -r "$state/lost" "$state/found"
expect 65 "in/large" "zt verify names it too" alice verify lossy
expect 65 "A person who has a copy of it sends it again with zt put --resend" "and how it comes back" alice verify lossy
# A person who has a copy sends it again.
expect 0 "^no file was sent" "put alone takes it for unchanged" alice put "$state/lost.large" lossy:/in/large
expect 0 "lost.large" "--resend sends it again: a dry run names it" alice put --resend --dry-run "$state/lost.large" lossy:/in/large
expect 0 "^1 file was sent" "and so it does" alice put --resend "$state/lost.large" lossy:/in/large
expect 0 "all verified" "and all is whole" alice verify lossy
# What the disk damaged, too, of small files that share a block, by a colleague who has them.
mkdir "$state/shared"; for i in 1 2 3; do head -c 20000 /dev/urandom > "$state/shared/$i"; done
alice --quiet workspace create lossy2; alice --quiet workspace share lossy2 bob@demo.example
touch "$state/mark"; sleep 0.1; alice --quiet put "$state/shared" lossy2:/
printf spoiled | dd of="$(find "$state/blocks" -type f -size +40k -newer "$state/mark" | head -1)" bs=1 seek=1000 conv=notrunc 2>/dev/null
expect 65 "damaged 2: " "a block that small files share is damaged" alice verify lossy2
expect 65 '"kind":"damaged","path":"2"' "in JSON too" alice --json verify lossy2
expect 65 '"reason":"the data is damaged or was altered (damaged content is named above; all else is whole. A person' "whose reason is the whole sentence" alice --json verify lossy2
expect 0 "^3 files were sent" "each of them is sent again" bob put --resend "$state/shared" lossy2:/
expect 0 "all verified" "and all is whole for all" alice verify lossy2

# a database that ends, and is there again
pg_now() { d=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1); if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$d/pg_ctl" -D "$state/postgres" "$@"; else "$d/pg_ctl" -D "$state/postgres" "$@"; fi; }
pg_now -m immediate -w stop >/dev/null 2>&1
expect 69 "database is not available" "a database that was lost" alice put "$state/kept" w:/later
s=$(cat "$state/sockets")/pg
pg_now -w -l "$s/log" -o "-k $s -c listen_addresses='' -c max_connections=60" start >/dev/null 2>&1
check "it is back: the same command finishes" alice put "$state/kept" w:/later
check "nothing was lost" alice verify w

# events
"$bin/zt" --home "$state/alice" --password-file "$state/alice.password" --json watch > "$state/events" & watching=$!
soon grep -q ready "$state/events" || true
check "the same device writes meanwhile" alice put "$state/kept" w:/event
check "a watch tells of a change as it happens" soon grep -q '"event":"chain","workspace":"w"' "$state/events"
check "and makes a workspace" alice workspace create later; alice put "$state/kept" later:/event >/dev/null
check "whose name the watch has learned" soon grep -q '"event":"chain","workspace":"later"' "$state/events"
flock -o "$state/alice/lock" sleep 30 & holder=$!
expect 75 "another zt" "a state folder that is in use is not shared" timeout 20 "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" status
kill $holder; wait $holder || true
check "the watch is still there" kill -0 $watching
kill $watching; wait $watching || true

# Something else at the server's address, whose answer never ends
/usr/bin/python3 - "$state/endless.port" <<'P' & endless=$!
import socket, sys, threading, time
s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(9); open(sys.argv[1], 'w').write(str(s.getsockname()[1]))
def one(c):
    try:
        c.recv(65536); c.sendall(b'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n')
        while True: c.sendall(b'x' * 150); time.sleep(.1)
    except OSError: pass
while True:
    c, _ = s.accept(); threading.Thread(target=one, args=(c,), daemon=True).start()
P
soon test -s "$state/endless.port"
expect 69 "not a zt server" "somebody else's page is not waited for" timeout 60 "$bin/zt" --home "$state/endless" --password-file "$state/alice.password" \
	org bootstrap --server "http://127.0.0.1:$(cat "$state/endless.port")" --operator-token-file "$state/operator-token" --slug endless --email e@e.example
kill $endless

# TLS: a certificate of our own authority, and not without it
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$state/tls.key" -out "$state/tls.pem" -days 2 -subj /CN=localhost \
	-addext "subjectAltName=DNS:localhost,IP:127.0.0.1" >/dev/null 2>&1
sed "s#^port:.*#port: 0#; s#^port_file:.*#port_file: $state/tls.port#" "$state/config/gateway.yaml" > "$state/tls.yaml"
printf 'tls_certificate: %s\ntls_key: %s\n' "$state/tls.pem" "$state/tls.key" >> "$state/tls.yaml"
"$bin/zt-gateway" --config "$state/tls.yaml" >"$state/log/tls.log" 2>&1 & tls=$!
soon test -s "$state/tls.port"
tls_url=https://localhost:$(cat "$state/tls.port")
expect 0 "organization exists" "TLS with the authority's certificate" "$bin/zt" --home "$state/tls" --ca-file "$state/tls.pem" --password-file "$state/alice.password" \
	org bootstrap --server "$tls_url" --operator-token-file "$state/operator-token" --slug tls --email t@t.example
expect 69 "certificate" "TLS is refused without it" "$bin/zt" --home "$state/tls" --password-file "$state/alice.password" users
head -c 3000000 /dev/urandom > "$state/three"
tls() { "$bin/zt" --home "$state/tls" --ca-file "$state/tls.pem" --password-file "$state/alice.password" "$@"; }
check "a workspace over TLS" tls workspace create t
check "a file up over TLS" tls --quiet put "$state/three" t:/three
check "and down" tls --quiet get t:/three "$state/three.back"
check "byte for byte over TLS" cmp "$state/three" "$state/three.back"
# What a stranger's first kilobyte makes the gateway compute: with ffdhe8192 a tenth of a second, so ten a second end it.
by() { openssl s_client -connect "localhost:$(cat "$state/tls.port")" -groups "$1" </dev/null >/dev/null 2>&1; }
for group in X25519 P-256; do check "a caller may choose $group" by $group; done
for group in ffdhe2048 ffdhe8192 P-521; do check "and not $group" sh -c "! openssl s_client -connect localhost:$(cat "$state/tls.port") -groups $group </dev/null"; done
kill $tls; wait $tls || true
finish
