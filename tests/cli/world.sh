# world.sh - sourced by the tests of the command line: a server, alice and bob, and assertions.
set -eu
umask 077
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${BIN:-$root/build/rel/bin}
# Passwords cost what people pay where QUICK is empty before this file is read.
quick=${QUICK-$root/build/rel/tests/cli/quick.so}
[ -z "$quick" ] || [ -e "$quick" ] || { echo "$quick is not built: run make test-cli CLI_TESTS=$(basename "$0" _test.sh)"; exit 1; }
[ -z "$quick" ] || export LD_PRELOAD="$quick"
state=$(mktemp -d /tmp/zt-test.XXXXXX)
passed=0 failed=0 url=
cleanup() { sh "$root/deploy/local/zt-local" stop "$state" >/dev/null 2>&1 || true; [ "$failed" = 0 ] && rm -rf "$state" || echo "kept: $state"; }
trap cleanup EXIT
ok() { passed=$((passed + 1)); echo "ok - $1"; }
not_ok() { failed=$((failed + 1)); echo "NOT OK - $1"; [ ! -s "$state/out" ] || sed 's/^/    /' "$state/out" | tail -5; }
# The functions of this file own their variables (local), because a test may have the same names (scripts/check-shell).
# expect CODE WORDS NAME COMMAND...: the exit code, and words in what is printed.
expect() {
	local code=$1 words=$2 name=$3 rc=0; shift 3
	"$@" >"$state/out" 2>&1 || rc=$?
	if [ "$rc" = "$code" ] && grep -q -- "$words" "$state/out"; then ok "$name"; else echo "    (exit $rc)"; not_ok "$name"; fi
}
check() { local name=$1; shift; if "$@" >"$state/out" 2>&1; then ok "$name"; else not_ok "$name"; fi; }
# within SECONDS COMMAND..., soon COMMAND...: whether it succeeds by then, or within ten.
within() { local i; for i in $(seq $(($1 * 10))); do (shift; "$@") && return 0; sleep 0.1; done; return 1; }
soon() { within 10 "$@"; }
# A port that stays free until somebody listens there.
free_port() { local_ port; }
finish() { echo "$passed passed, $failed failed"; [ "$failed" = 0 ]; }
alice() { "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" "$@"; }
bob() { "$bin/zt" --home "$state/bob" --password-file "$state/bob.password" "$@"; }
# asked PATH [FILE]: what the gateway answers, at its door or at the port that FILE holds.
asked() { bash -c "exec 3<>/dev/tcp/127.0.0.1/$(cat "$state/${2:-port}"); printf 'GET $1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n' >&3; cat <&3"; }
local_() { sh "$root/tests/support/local" "$@"; }
# later SECONDS COMMAND...: by a clock that is so much ahead (later.c); what is waited for takes no longer.
later() { LATER_S=$1; shift; LATER_S=$LATER_S LD_PRELOAD="$root/build/rel/tests/cli/later.so ${LD_PRELOAD:-}" "$@"; }
restart() { local_ end "$state" "$bin" "$1"; local_ one "$state" "$bin" "$1"; }
# at_terminal ANSWER COMMAND...: at a new terminal; ANSWER is typed at its question.
at_terminal() {
	/usr/bin/python3 - "$@" <<'P'
import os, pty, sys
pid, master = pty.fork()
if pid == 0: os.execv(sys.argv[2], sys.argv[2:])
out = b""
while b"[y/n]" not in out:
    try: some = os.read(master, 4096)
    except OSError: break
    if not some: break
    out += some
os.write(master, sys.argv[1].encode() + b"\n")
while True:
    try: some = os.read(master, 4096)
    except OSError: break
    if not some: break
    out += some
sys.stdout.buffer.write(out)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
P
}
begin_world() {
	echo alicepass > "$state/alice.password"; echo bobpass > "$state/bob.password"
	local_ start "$state" "$bin"
	url=$(cat "$state/url")
	alice org bootstrap --server "$url" --operator-token-file "$state/operator-token" --slug markslug \
		--email alice@demo.example --name Alice >/dev/null
	sh "$root/deploy/local/enrol.sh" "$bin" "$state" "$(alice invite user)" >/dev/null
}
