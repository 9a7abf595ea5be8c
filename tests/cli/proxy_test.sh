#!/bin/sh
# Behind a real proxy (HAProxy) that ends TLS and speaks HTTP/2 to devices and HTTP/1.1 to the gateway:
# signatures, large bodies, errors and event sockets pass it as they are.
. "$(dirname "$0")/world.sh"
export ZT_GATEWAY="proxies: 127.0.0.1
unproved_rate: 1
unproved_burst: 60"
begin_world
person() { "$bin/zt" --home "$state/carol" --ca-file "$state/tls.pem" --password-file "$state/alice.password" "$@"; }
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$state/tls.key" -out "$state/tls.crt" -days 2 -subj /CN=localhost \
	-addext "subjectAltName=DNS:localhost" >/dev/null 2>&1
cat "$state/tls.crt" "$state/tls.key" > "$state/tls.pem"
port=$(free_port)
cat > "$state/haproxy.cfg" <<C
global
    log stdout format raw local0
    stats socket $state/haproxy.sock mode 600
defaults
    mode http
    log global
    log-format "%HV %HM %HP %ST %tsc"
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout tunnel 60s
    option forwardfor
frontend door
    bind 127.0.0.1:$port ssl crt $state/tls.pem alpn h2,http/1.1
    default_backend gateway
backend gateway
    option httpchk GET /readyz
    server one 127.0.0.1:$(cat "$state/port") check inter 500 max-reuse -1
C
# Debian keeps it where only root's path leads.
PATH=$PATH:/usr/sbin haproxy -f "$state/haproxy.cfg" >"$state/log/haproxy" 2>&1 & proxy=$!
url=https://localhost:$port
up() { /usr/bin/python3 -c "import ssl, urllib.request as u; u.urlopen('$url/readyz', context=ssl.create_default_context(cafile='$state/tls.crt'))"; }
check "the proxy asks the gateway whether it is ready" soon up
check "an organization begins" person org bootstrap --server "$url" --operator-token-file "$state/operator-token" --slug carols --email carol@carol.example
check "a workspace" person workspace create w
mkdir "$state/tree"; for i in $(seq 40); do head -c 3000 /dev/urandom > "$state/tree/$i"; done
head -c 20000000 /dev/urandom > "$state/tree/large"
check "a tree up" person --quiet put "$state/tree" w:/tree
check "and down" person --quiet get w:/tree "$state/back"
check "byte for byte" diff -r "$state/tree" "$state/back"
expect 66 "no \"nothing\"" "errors come with their words" person cat w:/nothing
check "from nothing, all of it verifies" sh -c "rm '$state/carol'/store.db*; '$bin/zt' --home '$state/carol' --ca-file '$state/tls.pem' --password-file '$state/alice.password' verify w"

"$bin/zt" --home "$state/carol" --ca-file "$state/tls.pem" --password-file "$state/alice.password" --json watch > "$state/events" 2>&1 & watching=$!
check "an event socket opens" soon grep -q ready "$state/events"
check "the same device writes meanwhile" person --quiet put "$state/alice.password" w:/event
check "and the socket tells of it" soon grep -q '"event":"chain","workspace":"w"' "$state/events"

# refused FROM N: how many of N calls that nobody signed, from the address FROM, are too many
refused() {
	/usr/bin/python3 - "$state/tls.crt" "$port" "$1" "$2" <<'P'
import http.client, ssl, sys
tls = ssl.create_default_context(cafile=sys.argv[1])
line = http.client.HTTPSConnection("localhost", int(sys.argv[2]), context=tls, source_address=(sys.argv[3], 0))
many = 0
for i in range(int(sys.argv[4])):
    line.request("PUT", f"/v1/orgs/{'0' * 32}/pki/{'0' * 32}", b"x", {"X-Forwarded-For": f"192.0.2.{i}"})
    answer = line.getresponse()
    answer.read()
    many += answer.status == 429
print(many)
P
}
check "a stranger behind the proxy who calls too often is refused" test "$(refused 127.0.0.9 90)" -gt 0
check "others behind the same proxy are not" test "$(refused 127.0.0.10 20)" -eq 0
check "and a person who signs continues" person ls w:/

over() { grep -c "^HTTP/2.0 $1 [^ ]*/v1/[^ ]* 200 " "$state/log/haproxy"; }
check "reads went over HTTP/2" test "$(over GET)" -gt 10
check "and so did writes" test "$(over PUT)" -ge 20
check "and calls" test "$(over POST)" -ge 2

# the gateway ends, and is there again
lines() { grep -c ready "$state/events" || true; } # as often as the socket was open
more_lines() { test "$(lines)" -gt "$before"; }
chains() { grep -c '"chain","workspace":"w"' "$state/events" || true; }
more_seen() { test "$(chains)" -gt "$seen"; }
before=$(lines)
local_ end "$state" "$bin" gateway
expect 69 "answered 503" "a gateway that is down behind the proxy is reported as such" person ls w:/
local_ one "$state" "$bin" gateway
back() { person ls w:/ >"$state/out" 2>&1; }
check "and everything continues when it is back" soon back
check "the watch too" kill -0 $watching
check "and is open again" within 30 more_lines
seen=$(chains)
person --quiet put "$state/url" w:/late
check "which tells of what came after" soon more_seen

# a connection that becomes silent: the watch asks after 25 seconds, gives up after 35, and connects again
before=$(lines)
kill -STOP $proxy
sleep 45
kill -CONT $proxy
check "a silent way is given up, and found again" within 60 more_lines
seen=$(chains)
person --quiet put "$state/url" w:/awake
check "and tells of what came after" soon more_seen
kill $watching $proxy; wait $watching $proxy || true
finish
