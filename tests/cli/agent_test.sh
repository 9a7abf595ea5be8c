#!/bin/sh
# The agent: who may come in (rows W2 to W5), what it bounds, what it answers, the main job by two of them, and zt that
# begins, asks and ends it.
. "$(dirname "$0")/world.sh"
agent=${AGENT:-$bin/zt-agent}
mkdir -p "$state/root" "$state/page/assets"
alice() { "$bin/zt" --home "$state/root/alice" --password-file "$state/alice.password" "$@"; }
echo alicepass > "$state/alice.password"
local_ start "$state" "$bin"
url=$(cat "$state/url")
alice org bootstrap --server "$url" --operator-token-file "$state/operator-token" --slug markslug --email alice@demo.example --name Alice >/dev/null
echo '<!doctype html><title>zt</title>' > "$state/page/index.html"; echo '1' > "$state/page/assets/a.js"
printf 'as if compressed' > "$state/page/assets/a.js.br"
echo secret > "$state/secret"; ln -s "$state/secret" "$state/page/link"; ln -s "$state" "$state/page/linked"
/usr/bin/python3 "$root/tests/cli/agent.py" "$bin" "$agent" "$state" "$url" || failed=1
# zt begins, asks and ends an agent. The home is beside no other device, so that it is this root's.
mkdir "$state/home"; mv "$state/root/alice" "$state/home/alice"
alice() { "$bin/zt" --home "$state/home/alice" --password-file "$state/alice.password" "$@"; }
bare() { "$bin/zt" --home "$state/home/alice" "$@" </dev/null; }
place=$state/home/zt-agent
trap 'bare agent stop >/dev/null 2>&1 || true; cleanup' EXIT
expect 66 "no agent runs" "there is no agent before one begins" bare agent state
expect 66 "no agent runs" "nor can it end" bare agent stop
expect 0 "the agent runs" "zt agent start" bare agent start
expect 0 "the agent runs" "a second time it is found" bare agent start
[ "$(pgrep -fc "zt-agent --root $state/home")" = 1 ] && ok "one runs" || not_ok "one runs"
expect 0 "alice  is locked" "zt agent state" bare agent state
expect 0 "^http://zt-[0-9a-f]*[.]localhost:[0-9]*/open?ticket=[-_A-Za-z0-9]\{43\}\$" "zt ui --print-link" bare ui --print-link
expect 0 "\"link\":\"http://zt-" "in JSON too" bare --json ui
mkdir "$state/path"; printf '#!/bin/sh\nprintf %%s "$1" > "%s/opened"\n' "$state" > "$state/path/xdg-open"; chmod +x "$state/path/xdg-open"
expect 0 "open in the browser" "zt ui opens the browser" env DISPLAY=:9 PATH="$state/path:$PATH" "$bin/zt" --home "$state/home/alice" ui
check "with the link" grep -q "^http://zt-[0-9a-f]*[.]localhost:[0-9]*/open?ticket=" "$state/opened"
expect 64 "no terminal" "a locked device is opened here, as without the agent" bare ls w:/
open_alice() {
	/usr/bin/python3 - "$root" "$place/socket" <<'P'
import sys
sys.path.insert(0, sys.argv[1] + "/tests/agent")
import speak
speak.Agent(sys.argv[2]).call("host.unlock", {"key": "alice", "password": "alicepass"})
P
}
open_alice
expect 0 "alice  is open  markslug  alice@demo.example" "an open one is shown" bare agent state
alice workspace create many >/dev/null
mkdir -p "$state/files/sub/deep"
for i in $(seq 1 60); do echo "$i" > "$state/files/sub/a file $i"; done
touch -d '1969-07-20 20:17:40.5' "$state/files/sub/a file 1"
alice put "$state/files" many: >/dev/null
for what in many: many:/ many:/sub many:sub/ many:/sub/deep many://sub//; do
	for how in "" -l; do
		bare ls $how "$what" >"$state/by" 2>&1; alice ls $how "$what" >"$state/without" 2>&1
		cmp "$state/by" "$state/without" && ok "zt ls $how $what is the same by the agent" || { diff "$state/by" "$state/without" | head -5; not_ok "zt ls $how $what is the same by the agent"; }
	done
done
for what in many:/none none:/ many:/sub/none/below; do
	bare ls "$what" >"$state/by" 2>&1 && not_ok "$what is not there"; alice ls "$what" >"$state/without" 2>&1 || true
	cmp "$state/by" "$state/without" && ok "and what is not there: $what" || not_ok "and what is not there: $what"
done
expect 64 "no terminal" "ZT_AGENT=no asks no agent" env ZT_AGENT=no "$bin/zt" --home "$state/home/alice" ls many:/
expect 64 "no terminal" "nor does --no-agent" bare --no-agent ls many:/
echo wrong > "$state/wrong"
expect 77 "password is wrong" "a password that is given still counts" "$bin/zt" --home "$state/home/alice" --password-file "$state/wrong" ls many:/
expect 0 "1 file was sent" "zt writes beside the agent that has the device open" alice put "$state/secret" many:/beside
expect 0 "beside" "and the agent shows it" bare ls many:/
# Acts of one call, by the agent and without: the same words, the same errors, the same JSON.
# acts WHO [--json]: each, with its exit code, into the file WHO.
acts() {
	local who=$1 act rc; shift
	for act in "mkdir many:/made" "mkdir many:/made" "mkdir none:/made" "mv many:/made many:/moved" "mv many:/made many:/moved" \
		"mv many:/sub many:/sub/deep" "rm many:/moved" "rm -r many:/moved" "rm many:/moved" "rm many:/sub" "mkdir many:/tree" "mkdir many:/tree/below" "rm -r many:/tree"; do
		rc=0; "$who" "$@" $act >>"$state/acts-$who" 2>&1 || rc=$?
		echo "$act: $rc" >>"$state/acts-$who"
	done
}
acts bare; acts bare --json; acts alice; acts alice --json
check "acts are the same by the agent, in words and in JSON" diff "$state/acts-bare" "$state/acts-alice"
check "and some went" grep -q "rm -r many:/tree: 0" "$state/acts-bare"
check "with what to type" grep -q "add --recursive" "$state/acts-bare"
# The words are in the language of who types, whatever the agent's is.
for who in bare alice; do : > "$state/acts-$who"; (ZT_LANG=fr; export ZT_LANG; acts $who; acts $who --json); done
check "in French too, beside an English agent" diff "$state/acts-bare" "$state/acts-alice"
check "and that is French" grep -q "ajoutez --recursive" "$state/acts-bare"
bare agent stop >/dev/null; env ZT_LANG=fr "$bin/zt" --home "$state/home/alice" agent start >/dev/null; open_alice
for who in bare alice; do : > "$state/acts-$who"; acts $who; done
check "and in English beside a French agent" diff "$state/acts-bare" "$state/acts-alice"
check "and that is English" grep -q "add --recursive" "$state/acts-bare"
bare agent stop >/dev/null; bare agent start >/dev/null; open_alice
expect 64 "no terminal" "ZT_AGENT=no asks no agent for acts either" env ZT_AGENT=no "$bin/zt" --home "$state/home/alice" mkdir many:/never
# A large put by another process: what is done by the agent waits little for it, and sees what it brought. Alone on a machine
# that is less than a second; the limit is that of one on which all other tests run.
head -c 300000000 /dev/urandom > "$state/large"
alice put "$state/large" many:/large >"$state/put.log" 2>&1 & put=$!
n=0 longest=0
while kill -0 $put 2>/dev/null; do
	for act in "mkdir many:/beside-$n" "ls many:/"; do
		from=$(date +%s%3N); bare $act >/dev/null; took=$(($(date +%s%3N) - from))
		[ $took -le $longest ] || longest=$took
	done
	n=$((n + 1))
done
echo "# $n folders beside it, the longest act took $longest ms"
wait $put && [ $n -ge 2 ] && [ $longest -lt 3000 ] && ok "the agent acts beside a large put" || { cat "$state/put.log"; not_ok "the agent acts beside a large put"; }
expect 0 "large" "and shows what it brought" bare ls many:/
[ "$(bare ls many:/ | grep -c beside-)" = $n ] && ok "and what it made itself" || not_ok "and what it made itself"
expect 0 "locked" "zt lock locks what the agent has open" bare lock
expect 66 "" "and says so once" bare lock
expect 64 "no terminal" "a device that was locked acts for nobody" bare mkdir many:/locked
# An agent that was stopped takes each connection, and says nothing.
kill -STOP "$(pgrep -f "zt-agent --root $state/home")"
expect 64 "no terminal" "zt opens the device without it" timeout 20 "$bin/zt" --home "$state/home/alice" ls many:/
expect 75 "zt-agent does not answer: what it has open stays open" "zt lock says so" timeout 20 "$bin/zt" --home "$state/home/alice" lock
expect 75 "zt-agent does not answer" "so does zt agent state" timeout 20 "$bin/zt" --home "$state/home/alice" agent state
kill -CONT "$(pgrep -f "zt-agent --root $state/home")"
# A zt that opens devices without the agent locks them there, too.
for way in "--password-file $state/alice.password" --no-agent; do
	open_alice
	expect 0 "locked" "zt lock $way locks what the agent has open" bare $way lock
	expect 64 "no terminal" "for everybody" bare mkdir many:/locked
done
open_alice
check "the log is this person's alone" test "$(stat -c %a "$place/log")" = 600
! grep -q "alicepass\|ticket" "$place/log" && ok "and has no secret" || not_ok "and has no secret"
expect 0 "has ended" "zt agent stop" bare agent stop
nothing_runs() { [ "$(pgrep -fc "zt-agent --root $state/home")" = 0 ] && [ ! -e "$place/socket" ]; }
soon nothing_runs && ok "nothing of it is left" || not_ok "nothing of it is left"
# One that begins waits for one that ends: that has the lock, and listens no more. A socket that was left by a kill is none.
flock "$place/lock" sleep 2 & lock=$!
/usr/bin/python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$place/socket"
check "an agent begins behind one that ends" bare agent start
wait $lock
expect 75 "another agent serves" "and there is no second one" env LD_PRELOAD= timeout 5 "$agent" --root "$state/home"
bare agent stop >/dev/null; bare agent start >/dev/null && ok "it begins right behind its own end" || not_ok "it begins right behind its own end"
bare agent stop >/dev/null; soon nothing_runs || not_ok "and ends again"
# An agent that takes what it is asked, and is gone before it answers.
/usr/bin/python3 "$root/tests/agent/dies.py" "$place/socket" files.makeFolder & dies=$!
soon test -S "$place/socket"
expect 74 "it may be done, or not" "an act whose agent is gone is not said to be undone" bare mkdir many:/perhaps
wait $dies; /usr/bin/python3 "$root/tests/agent/dies.py" "$place/socket" list.open & dies=$!
soon test -S "$place/socket"
expect 64 "no terminal" "a listing is begun again, here" bare ls many:/
wait $dies; rm -f "$place/socket"
# The machine is about to sleep, as the login manager says by D-Bus: devices are locked before it does.
cat > "$state/bus.conf" <<X
<busconfig><listen>unix:path=$state/bus</listen><auth>EXTERNAL</auth><policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
X
mkfifo "$state/orders"
dbus-daemon --config-file="$state/bus.conf" --nofork --nopidfile 2>"$state/bus.log" & others=$!
trap 'bare agent stop >/dev/null 2>&1 || true; kill $others 2>/dev/null || true; cleanup' EXIT
soon test -S "$state/bus"
DBUS_SYSTEM_BUS_ADDRESS=unix:path=$state/bus; export DBUS_SYSTEM_BUS_ADDRESS
"$bin/../tests/cli/logind" <"$state/orders" >"$state/sleep" & others="$others $!"
exec 4>"$state/orders"
soon grep -q ready "$state/sleep"
ASAN_OPTIONS="${ASAN_OPTIONS-}:verify_asan_link_order=0" "$agent" --root "$state/home" 2>"$state/sleeper.log" & others="$others $!"
unset DBUS_SYSTEM_BUS_ADDRESS
soon grep -q "waits for zt-agent: sleep, delay" "$state/sleep" && ok "the login manager is asked to wait for the agent" || not_ok "the login manager is asked to wait for the agent"
open_alice
expect 0 "alice  is open" "a device is open" bare agent state
echo sleep >&4
soon grep -q "waits for nobody" "$state/sleep" && ok "it waits no longer than that" || not_ok "it waits no longer than that"
expect 0 "alice  is locked" "the device is locked then" bare agent state
: > "$state/sleep"; echo wake >&4
soon grep -q "waits for zt-agent" "$state/sleep" && ok "awake, it is asked again" || not_ok "awake, it is asked again"
open_alice; kill "${others%% *}"; wait "${others%% *}" || true
expect 0 "alice  is open" "a bus that ends takes nothing with it" bare agent state
expect 0 "has ended" "and the agent ends" bare agent stop
exec 4>&-
# A person who has nothing yet: no folder is there, and the socket is where the session's are.
mkdir "$state/new" "$state/session"
new() { env -u ZT_HOME HOME="$state/new" XDG_RUNTIME_DIR="$state/session" "$bin/zt" "$@"; }
expect 0 "^http://zt-" "zt ui where there is nothing yet" new ui --print-link
check "its socket is in the session's folder" test -S "$state/session/zt/agent"
check "which is this person's alone" test "$(stat -c %a "$state/session/zt")" = 700
new agent state >"$state/out" 2>&1 && [ ! -s "$state/out" ] && ok "it has no device" || not_ok "it has no device"
mkdir "$state/new/.local/share/other"; cp "$state/home/alice/device.zt" "$state/new/.local/share/other"
cp -r "$state/home/alice" "$state/new/.local/share/zt"
expect 0 "^zt  is locked" "the device of zt is one of its devices" new agent state
new agent state | grep -q other && not_ok "a folder of another program is none" || ok "a folder of another program is none"
expect 0 "has ended" "and it ends" new agent stop
chmod 755 "$state/session/zt"
expect 77 "" "where others may enter its folder, it does not begin" new agent start
finish
