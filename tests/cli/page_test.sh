#!/bin/sh
# The page that a server sends, looked at by devices that do not run it: one byte of one file, shown to one visitor once
# (W1), and an older release again (W9). A liar (page.py) is between people and the real gateway. Then settings that bind.
set -eu
web=$(mktemp -d /tmp/zt-web.XXXXXX)
mkdir "$web/assets"
page() {
	printf '<!doctype html><title>zt %s</title>' "$1" > "$web/index.html"
	printf 'export const release = "%s";' "$1" > "$web/assets/a-1.js"; printf 'compressed %s' "$1" > "$web/assets/a-1.js.br"
	(cd "$web" && sha256sum index.html assets/a-1.js assets/a-1.js.br > zt-web.manifest)
}
page one
. "$(dirname "$0")/world.sh"
local_ start "$state" "$bin"
trap 'kill "$liar" 2>/dev/null || true; cleanup; rm -rf "$web"' EXIT
echo alicepass > "$state/alice.password"; echo bobpass > "$state/bob.password"
: > "$state/lie"; : > "$state/times"; : > "$state/asked"
/usr/bin/python3 "$root/tests/cli/page.py" "$(cat "$state/port")" "$state" & liar=$!
soon test -s "$state/liar"; url=http://127.0.0.1:$(cat "$state/liar"); echo "$url" > "$state/url"
alice org bootstrap --server "$url" --operator-token-file "$state/operator-token" --slug markslug --email alice@demo.example --name Alice >/dev/null
sh "$root/deploy/local/enrol.sh" "$bin" "$state" "$(alice invite user)" >/dev/null
release() { sha256sum < "$web/zt-web.manifest" | cut -c1-64; }
lie() { echo "${2:-}" > "$state/times"; echo "$1" > "$state/lie"; }
honest() { : > "$state/lie"; }
gateway() { sed -i '/^web:/d' "$state/config/gateway.yaml"; [ -z "${1:-}" ] || echo "web: $1" >> "$state/config/gateway.yaml"; restart gateway; }
alarms() { expect 76 "$1" "$2" alice web check; cp "$state/out" "$state/said"; }

expect 0 "it serves no page" "a server without a page is no alarm" alice web check
gateway "$web"
expect 0 "has not said which ones it accepts" "a whole release that nobody named" alice web check
expect 0 "release $(release)" "is named" alice web check
lie "byte /assets/a-1.js"
alarms "file assets/a-1.js" "its files are looked at all the same"
honest; alice web ack >/dev/null
expect 77 "only an admin says which releases" "bob says not which releases count" bob web pin "$(release)"
expect 65 "is no zt-web.manifest" "a file that is no manifest" alice web pin "$web/index.html"
expect 66 "cannot be read" "and one that is not there" alice web pin "$web/none"
expect 0 "^1 release of the page is accepted" "alice says it, by the manifest" alice web pin "$web/zt-web.manifest"
expect 0 "^$(release)$" "everybody sees it" bob web releases
expect 0 "as a release says that the organization accepts" "and the page is one" bob web check
check "no request had a signature, a cookie or a name" sh -c "! grep -i 'signature\|cookie\|authorization\|libcurl\|zt/' '$state/asked'"
check "a browser's compressed files were asked for too" grep -qi 'accept-encoding: .*br' "$state/asked"

# W1
lie "byte /assets/a-1.js" 1
alarms "ALARM: a file is not as its release says" "one byte, shown once"
check "names the file" grep -q "file assets/a-1.js" "$state/said"
check "and the origin" grep -q "^$url: ALARM" "$state/said"
expect 0 "as a release says" "the next visitor sees the true page" alice web check
expect 0 "file assets/a-1.js" "the alarm stays" alice status
expect 0 "the alarm about the page has ended" "until a person ends it" alice web ack
alice status > "$state/status"
check "then it is gone" sh -c "! grep -q ALARM '$state/status'"
expect 0 "there was no alarm" "and there is none to end" alice web ack
lie "brotli /assets/a-1.js"; alarms "file assets/a-1.js" "the compressed form alone, which browsers get"
lie "plain /assets/a-1.js"; alarms "file assets/a-1.js" "the plain form alone"
lie "byte /"; alarms "file index.html" "the page at the root alone, which people open"
lie "byte /index.html"; alarms "file index.html" "by its name alone"
lie "missing /assets/a-1.js"; alarms "file assets/a-1.js" "a file that is missing"
lie "elsewhere /assets/a-1.js"; alarms "file assets/a-1.js" "one that is elsewhere is not followed"
{ cat "$web/zt-web.manifest"; echo "$(sha256sum < "$web/index.html" | cut -c1-64)  other.html"; } > "$state/other.manifest"
lie "then=$state/other.manifest /assets/a-1.js"; alarms "file assets/a-1.js" "an altered file is not excused by another manifest behind it"
lie "endless /index.html"; alarms "file index.html" "one that never ends"
printf '%064d  ../passwd\n' 0 > "$state/bad"; lie "as=$state/bad /zt-web.manifest"
alarms "never accepted" "a manifest that leads out of the origin"
alice web pin none >/dev/null; alarms "file zt-web.manifest" "also where any release is accepted"
honest; alice web pin "$(release)" >/dev/null
lie "missing /zt-web.manifest"; alarms "is shown none any more" "a page that is hidden from this device"
expect 76 "is shown none" "again" alice web check
expect 0 "has ended" "which a person may know of" alice web ack
expect 0 "it serves no page" "and then is no alarm" alice web check
lie "busy /index.html" 2; expect 0 "as a release says" "a server that has too much to do is asked again" alice web check
honest
expect 64 "is no origin" "an address with a path is none" alice web check "$url/index.html"
expect 64 "in clear" "nor one in clear" alice web check http://zt.example
expect 69 "could not be looked at" "one where nobody is" alice web check http://127.0.0.1:9
expect 0 "as a release says" "the gateway itself, by its address" alice web check "http://127.0.0.1:$(cat "$state/port")"
expect 0 '"state":"good","alarm":false' "as JSON" alice --json web check
expect 0 "tous les fichiers sont" "in French" env LC_ALL=fr_FR.UTF-8 "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" web check

# zt watch and the agent look by themselves.
watch_says() { lie "byte /assets/a-1.js"; "$bin/zt" --home "$state/bob" --password-file "$state/bob.password" watch --page-check 1 > "$state/watched" & w=$!
	within 30 grep -q "file assets/a-1.js" "$state/watched"; rc=$?; kill $w; wait $w 2>/dev/null || true; honest; return $rc; }
check "zt watch raises it" watch_says
expect 0 "file assets/a-1.js" "which bob's status has too" bob status
bob web ack >/dev/null
# A server that takes no event sockets is looked at all the same.
for how in close hold; do
	echo "$how" > "$state/events"; rm -f "$state/turned-away"
	check "zt watch raises it where event sockets are: $how" watch_says
	check "they were" test -s "$state/turned-away"
	bob web ack >/dev/null
done
rm "$state/events"
# A page that drips costs a watch nothing: it hears of others meanwhile, and ends at once.
alice --quiet workspace create watched; alice --quiet workspace share watched bob@demo.example
rm -f "$state/drips"; lie "drip /index.html"
"$bin/zt" --home "$state/bob" --password-file "$state/bob.password" watch --page-check 1 > "$state/watched" & w=$!
check "a look at a page that drips has begun" within 30 test -s "$state/drips"
heard=$(wc -l < "$state/watched"); heard_more() { [ "$(wc -l < "$state/watched")" -gt "$heard" ]; }
alice --quiet mkdir watched:/meanwhile
check "the watch hears what others do meanwhile" within 10 heard_more
began=$(date +%s); kill $w; wait $w 2>/dev/null || true
check "and ends at once" test $(($(date +%s) - began)) -le 5
honest
mkdir "$state/root"; mv "$state/bob" "$state/root/bob"
"$bin/zt-agent" --root "$state/root" --page-check 1 >"$state/agent.log" 2>&1 & agent=$!
soon test -S "$state/root/zt-agent/socket"
lie "byte /index.html"
/usr/bin/python3 - "$root" "$state" > "$state/out" 2>&1 <<'P' && ok "the agent tells the page, keeps it, and ends it by the person" || not_ok "the agent tells the page, keeps it, and ends it by the person"
import sys, time
root, state = sys.argv[1:]
sys.path.insert(0, root + "/tests/agent")
import speak
a = speak.Agent(state + "/root/zt-agent/socket")
a.call("host.unlock", {"key": "bob", "password": "bobpass"})
end = time.time() + 40
while not any(e["event"] == "pageAlarm" for e in a.events):
    assert time.time() < end, a.events
    a.call("host.state", {})
    time.sleep(0.2)
said = next(e for e in a.events if e["event"] == "pageAlarm")
assert said["device"] == "bob" and said["data"]["file"] == "index.html" and said["data"]["alarm"], said
open(state + "/lie", "w").close()
time.sleep(1)
known = a.call("releases.list", {}, device="bob")
assert known["alarm"]["file"] == "index.html", known
assert a.call("releases.check", {}, device="bob")["state"] == "good"
a.call("releases.clear", {}, device="bob")
assert "alarm" not in a.call("releases.list", {}, device="bob")
P
kill $agent; wait $agent 2>/dev/null || true; mv "$state/root/bob" "$state/bob"

# W9
old=$(release); page two; new=$(release)
expect 0 "^2 releases" "a newer release is accepted beside the older" alice web pin --add "$web/zt-web.manifest"
expect 0 "as a release says" "which the server still sends" alice web check
expect 0 "^1 release " "then in its place" alice web pin "$new"
alarms "is an older one, which the organization accepts no more" "an older release that is served again"
check "is named" grep -q "release $old" "$state/said"
gateway "$web"
expect 0 "release $new" "the new one is none" alice web check
page three; gateway "$web"
alarms "one that the organization never accepted" "nor is one that nobody named"
alice log export "$state/history" >/dev/null
expect 0 "accepted release of the page: $new" "zt-audit shows what is accepted" "$bin/zt-audit" "$(alice --json status | sed 's/.*"organization_id":"\([0-9a-f]*\)".*/\1/')" "$state/history"
gateway; alarms "is shown none any more" "a page that is taken away is one, until a person says so"

# Settings that bind.
expect 0 "may add a device in a browser: everybody" "settings are shown" bob org settings
expect 77 "only an admin changes the settings" "and changed by admins alone" bob org settings --workspaces-by admins
. "$root/tests/cli/ca.sh"; crl
alice --quiet pki trust "$ca/ca.pem" "$ca/ca.crl"
expect 0 "admins alone" "alice says who makes workspaces" alice org settings --workspaces-by admins --deletion-delay 10d
expect 0 "CN=Test CA" "trust anchors stay" bob pki show
alice --quiet pki trust none
expect 0 "at least: 10 days" "and settings stay when anchors go" bob org settings
expect 77 "only an admin creates a workspace" "bob makes none now" bob workspace create his
check "alice does" alice workspace create plans
expect 77 "let a deletion be due only later" "no deletion is due before" alice workspace delete plans --for 9d
expect 0 "^plans will be deleted on $(date -d '+10 days' +%Y-%m-%d)" "and unless said, it is due as early as it may be" alice workspace delete plans
expect 64 "one day to 30 days" "a delay has bounds" alice org settings --deletion-delay 31d
expect 0 '"browser_devices":"not-admins","workspaces_by":"admins","deletion_delay":864000000' "as JSON" alice --json org settings --browser-devices not-admins

# A page that cannot be looked at, of a server that answers this device: no alarm, until that has lasted for a day.
page four; gateway "$web"; alice --quiet web ack; alice --quiet web pin "$web/zt-web.manifest"
expect 0 "as a release says" "the page is good again" alice web check
lie "busy /zt-web.manifest"; expect 69 "could not be looked at" "a server that is always too busy for its page" alice web check
lie "cut /index.html"; expect 69 "could not be looked at" "or ends the line beside a file" alice web check
alice status > "$state/status"
check "is no alarm at first" sh -c "! grep -q ALARM '$state/status'"
for s in gateway messaging metadata blocks auth; do local_ end "$state" "$bin" $s; done
for s in auth blocks metadata messaging gateway; do later 90000 sh "$root/deploy/local/zt-local" one "$state" "$bin" $s; done
alice_later() { later 90000 "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" "$@"; }
expect 76 "is shown none any more" "a day later it is one" alice_later web check
expect 0 "is shown none any more" "which stays" alice_later status
honest; alice_later --quiet web ack
expect 0 "as a release says" "until the page is there again" alice_later web check
finish
