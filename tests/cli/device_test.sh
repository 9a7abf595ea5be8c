#!/bin/sh
# What keeps a device's keys from others of the same machine: sessions that unlock and lock, passwords at a terminal,
# the folder that it lives in.
. "$(dirname "$0")/world.sh"
begin_world

# login sessions: each command line of "in_sessions A|B COMMAND..." (lines on stdin) runs in session A or B
in_sessions() { /usr/bin/python3 - "$bin/zt" "$state/alice" <<'P'
import ctypes, os, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
zt, home = sys.argv[1:]
state = os.path.dirname(home)
def session(lines, between=None):
    """LINES in a new session keyring, as pam_keyinit makes one; BETWEEN runs behind the first."""
    if libc.syscall(250, 1, b"zt-%d" % os.getpid()) < 0: os._exit(2)
    for n, line in enumerate(lines):
        p = subprocess.run([zt, "--home", home] + line.split(), stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True)
        print(line.split()[0], p.returncode, (p.stdout + p.stderr).strip(), flush=True)
        if n == 0 and between: between()
def other():
    pid = os.fork()
    if pid == 0:
        session(["users", "lock", "lock"]); os._exit(0)
    os.waitpid(pid, 0)
session(["unlock --password-file %s.password" % home, "users"], other)
P
}
if rc=0 && in_sessions >"$state/sessions" || rc=$? && [ $rc = 0 ]; then
	line() { sed -n "$1p" "$state/sessions"; }
	expect 0 "unlock 0" "a session unlocks" line 1
	expect 0 "users 64 .*no terminal" "another one of the same user does not open by that" line 2
	expect 0 "lock 0 locked" "but it can lock" line 3
	expect 0 "lock 66 .*no session of yours holds" "what is held nowhere is not said to be locked" line 4
	expect 0 "users 64 .*no terminal" "and the first session is closed" line 5
else
	echo "skipped: no keyrings here"
fi

# at a terminal: what is typed to "zt users" as alice, and what becomes of the terminal
at_terminal() { /usr/bin/python3 - "$bin/zt" "$state/alice" "$1" <<'P'
import os, pty, select, signal, sys, termios, time
zt, home, what = sys.argv[1:]
# The session's leader plays the shell: it tells of zt, which is a separate job, through a pipe.
heard, tell = os.pipe()
shell, master = pty.fork()
if shell == 0:
    pid = os.fork()
    if pid == 0:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        os.tcsetpgrp(0, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL) # a shell that began this test in the background ignores it
        os.environ["LC_ALL"] = "C"
        os.execv(zt, [zt, "--home", home, "users"])
    os.write(tell, b"%d\n" % pid)
    while True:
        status = os.waitpid(pid, os.WUNTRACED)[1]
        os.write(tell, b"%d\n" % status)
        if not os.WIFSTOPPED(status): os._exit(0)
if what == "ahead": os.write(master, b"typed ahead\n")
signal.alarm(60)
heard = os.fdopen(heard)
pid = int(heard.readline())
out = b""
def await_(text, count=1):
    global out
    end = time.time() + 20
    while out.count(text) < count and time.time() < end:
        if select.select([master], [], [], 0.1)[0]:
            try: out += os.read(master, 4096)
            except OSError: break
echoes = lambda: bool(termios.tcgetattr(master)[3] & termios.ECHO)
def until(f):
    end = time.time() + 20
    while not f() and time.time() < end: time.sleep(0.02)
await_(b"Password: ")
print("while asked, it echoes:", echoes())
if what == "interrupt": os.write(master, b"half\x03")
if what == "kill": os.kill(pid, signal.SIGTERM)
if what == "stop":
    os.write(master, b"half\x1a")
    print("stopped:", os.WIFSTOPPED(int(heard.readline())))
    print("meanwhile, it echoes:", echoes())
    os.kill(pid, signal.SIGCONT)
    await_(b"Password: ", 2)
    until(lambda: not echoes())
if what in ("type", "stop", "ahead"): os.write(master, b"alicepass\n")
if what == "long": os.write(master, b"x" * 2000 + b"\n")
status = int(heard.readline())
print("afterwards, it echoes:", echoes())
await_(b"no end of what it says")
print("ended by signal" if os.WIFSIGNALED(status) else "exit", status & 127 or status >> 8)
print(out.decode().replace("\r", ""))
P
}
for how in interrupt kill; do
	at_terminal $how > "$state/seen" 2>&1 || true
	expect 0 "while asked, it echoes: False" "a password is typed unseen ($how)" cat "$state/seen"
	expect 0 "afterwards, it echoes: True" "a terminal shows again what is typed, after $how" cat "$state/seen"
	expect 0 "ended by signal" "and zt is gone" cat "$state/seen"
done
at_terminal stop > "$state/seen" 2>&1 || true
expect 0 "meanwhile, it echoes: True" "so does one whose zt was stopped" cat "$state/seen"
expect 0 "alice@demo.example" "it asks again when it continues" cat "$state/seen"
expect 0 "exit 0" "and does its work" cat "$state/seen"
at_terminal type > "$state/seen" 2>&1 || true
expect 0 "alice@demo.example" "the right password opens" cat "$state/seen"
check "and is shown nowhere" sh -c "! grep -q alicepass '$state/seen'"
at_terminal ahead > "$state/seen" 2>&1 || true
expect 0 "exit 0" "what was typed before the question is no answer to it" cat "$state/seen"
at_terminal long > "$state/seen" 2>&1 || true
expect 0 "exit 65" "one that is longer than can be is not cut" cat "$state/seen"

# empty passwords
echo > "$state/empty"
empty() { "$bin/zt" --home "$state/none" --password-file "$state/empty" "$@"; }
link=$(alice invite user)
expect 64 "first line is empty" "no organization begins under an empty password" empty org bootstrap --server "$url" --operator-token-file "$state/operator-token" --slug none --email n@demo.example
expect 64 "first line is empty" "nobody joins under one" empty claim "$link" --email n@demo.example --name N
expect 64 "first line is empty" "nobody recovers under one" empty recover --server "$url" --words-file "$state/alice.password"
check "nothing was made" test ! -e "$state/none"
expect 64 "first line is empty" "nor is one set later" alice password --new-password-file "$state/empty"
expect 0 "alice@demo" "the old one holds" alice users
expect 77 "^zt: the old password is wrong; nothing was changed$" "a wrong old password is said before a new one is asked for" "$bin/zt" --home "$state/alice" --password-file "$state/bob.password" password
expect 77 "^zt: the old password is wrong; nothing was changed$" "also where the new one is in a file" "$bin/zt" --home "$state/alice" --password-file "$state/bob.password" password --new-password-file "$state/bob.password"

# what was read from a file is not in the memory of a program that continues
head -c 9 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$state/marker"
check "a password that can be looked for" alice password --new-password-file "$state/marker"
holds_password() { /usr/bin/python3 - "$1" "$state/marker" <<'P'
import sys
pid, marker = sys.argv[1], open(sys.argv[2], "rb").read().strip()
with open("/proc/%s/maps" % pid) as maps, open("/proc/%s/mem" % pid, "rb", 0) as mem:
    found = seen = 0
    for line in maps:
        span, perms = line.split()[:2]
        if not perms.startswith("rw"): continue
        at, end = (int(x, 16) for x in span.split("-"))
        try: mem.seek(at); b = mem.read(end - at)
        except (OSError, ValueError, OverflowError): continue
        seen += len(b); found += b.count(marker)
print("looked at", seen, "found", found)
sys.exit(0 if found else 1)
P
}
# AddressSanitizer reserves more than can be read, and locks nothing.
if [ "$(id -u)" = 0 ] && ! ldd "$bin/zt" | grep -q libasan; then
	"$bin/zt" --home "$state/alice" --password-file "$state/marker" --json watch > "$state/watched" 2>&1 & watch=$!
	soon grep -q ready "$state/watched"
	rc=0; holds_password $watch >"$state/looked" 2>&1 || rc=$?
	check "the memory of a program that continues was looked at" grep -q "looked at [1-9]" "$state/looked"
	check "and the password is not there" [ $rc = 1 ]
	locked=$(sed -n 's/^VmLck:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$watch/status")
	check "what it has in memory is in no swap" [ "$locked" -gt 1000 ]
	kill $watch; wait $watch || true
else
	echo "skipped: only root looks into another program's memory"
fi
cp "$state/marker" "$state/alice.password"

# the state folder
for mode in g+w o+w; do
	chmod $mode "$state/alice"
	expect 77 "others may write to it" "a state folder is not used while others may write to it ($mode)" alice users
	expect 77 "d'autres peuvent y écrire" "in French ($mode)" env LC_ALL=fr_FR.UTF-8 "$bin/zt" --home "$state/alice" lock
	chmod 700 "$state/alice"
done
if [ "$(id -u)" = 0 ]; then
	chown nobody "$state/alice"
	expect 77 "another user's" "nor is another user's" alice users
	chown 0 "$state/alice"
fi
mkdir -m 777 "$state/open"
expect 77 "others may write to it" "no device is made in one" "$bin/zt" --home "$state/open" --password-file "$state/alice.password" claim "$link" --email o@demo.example --name O
mv "$state/alice/lock" "$state/lock"; ln -s "$state/elsewhere" "$state/alice/lock"
expect 74 "" "a link in the lock's place is not followed" alice users
check "and makes nothing elsewhere" test ! -e "$state/elsewhere"
rm "$state/alice/lock"; mv "$state/lock" "$state/alice/lock"
expect 0 "alice@demo" "as it was, it is used" alice users

# two recoveries at once
alice --quiet recovery create | tail -1 > "$state/older"
alice --quiet recovery create --keep | tail -1 > "$state/kept"
expect 0 "words on paper.*" "status says which words there are" alice status
check "kept beside the older ones" [ "$(alice status | grep -c 'words on paper')" = 2 ]
(export ZT_LANG=fr; alice --quiet recovery create) > "$state/printed"
check "36 words, and French to who reads French" /usr/bin/python3 - "$state/printed" /usr/lib/python3/dist-packages/mnemonic/wordlist <<'P'
import sys, unicodedata
lists = {l: {unicodedata.normalize("NFC", w) for w in open(f"{sys.argv[2]}/{l}.txt", encoding="utf-8-sig").read().split()} for l in ("english", "french")}
words = open(sys.argv[1], encoding="utf-8").read().split()
assert len(words) == 36 and lists["french"].issuperset(words) and not lists["english"].issuperset(words), len(words)
P
# as they are on paper: in lines with numbers, in capitals, without accents
sed 's/[éè]/e/g' "$state/printed" | tr 'a-z ' 'A-Z\n' | nl -s '. ' > "$state/words"
sed 's/^ *7\. .*/ 7. ABRACADABRA/' "$state/words" > "$state/misspelt"
check "new words end the older ones" [ "$(alice status | grep -c 'words on paper')" = 1 ]
expect 77 "" "which bring nobody back" "$bin/zt" --home "$state/older-back" --password-file "$state/alice.password" recover --server "$url" --words-file "$state/older" --label back --yes
mkdir -m 700 "$state/back.recovering" "$state/back" "$state/back/recovering"
for d in back.recovering back/recovering; do echo first > "$state/$d/store.db"; echo first > "$state/$d/lock"; done
declines() { echo n | "$bin/zt" --home "$state/back" --password-file "$state/alice.password" recover --server "$url" --words-file "$state/words" --label back; }
expect 130 "zt: you did not say that this is you: no device was made$" "who is somebody else makes no device" declines
check "a recovery brings alice back" "$bin/zt" --home "$state/back" --password-file "$state/alice.password" recover --server "$url" --words-file "$state/words" --label back --yes
for d in back.recovering back/recovering; do check "and removes nothing of another one's ($d)" cmp -s "$state/$d/store.db" "$state/$d/lock"; done
check "and leaves nothing behind" [ "$(echo "$state"/back/recovering-*)" = "$state/back/recovering-*" ]
expect 0 "alice@demo" "the device works" "$bin/zt" --home "$state/back" --password-file "$state/alice.password" users
expect 65 "word 7 is none" "a wrong word is named" "$bin/zt" --home "$state/never" --password-file "$state/alice.password" recover --server "$url" --words-file "$state/misspelt"
expect 65 "" "one with other words" "$bin/zt" --home "$state/never" --password-file "$state/alice.password" recover --server "$url" --words-file "$state/marker"
check "leaves no folder" test ! -e "$state/never"
finish
