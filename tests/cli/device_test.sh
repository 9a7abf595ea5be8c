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
    """LINES in a session keyring of its own, as pam_keyinit makes one; BETWEEN runs behind the first."""
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
finish
