#!/bin/sh
# Services that find each other over a network: mutual TLS in place of a folder of their own.
. "$(dirname "$0")/world.sh"
begin_world
sock=$(cat "$state/sockets")
t=$state/tls; mkdir "$t"
# authority NAME, identity CA NAME NAMES: a certificate that names localhost where it is to be believed.
ec="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
authority() { openssl req -x509 $ec -days 2 -subj "/CN=$1" -keyout "$t/$1.key" -out "$t/$1.crt" 2>/dev/null; }
identity() {
	openssl req $ec -subj "/CN=$2" -keyout "$t/$2.key" -out "$t/$2.csr" 2>/dev/null
	echo "subjectAltName=$3" > "$t/ext"
	openssl x509 -req -in "$t/$2.csr" -CA "$t/$1.crt" -CAkey "$t/$1.key" -CAcreateserial -days 2 -extfile "$t/ext" -out "$t/$2.crt" 2>/dev/null
}
authority ours; authority theirs
for s in auth metadata blocks messaging gateway; do identity ours $s DNS:localhost; done
identity ours elsewhere DNS:elsewhere; identity theirs stranger DNS:localhost
for s in gateway messaging metadata blocks auth; do local_ end "$state" "$bin" $s; done
for a in auth-events metadata-events messaging-events auth metadata blocks messaging; do
	p=$(free_port)
	sed -i "s#ipc://$sock/$a\([, ]\|\$\)#tls+tcp://localhost:$p\1#" "$state"/config/*.yaml
done
sed -i 's#^\(listen\|events\): tls+tcp://localhost:#\1: tls+tcp://127.0.0.1:#' "$state"/config/*.yaml
with() { sed '/^peers_/d' "$state/config/$1.yaml"; printf 'peers_ca: %s/%s.crt\npeers_certificate: %s/%s.crt\npeers_key: %s/%s.key\n' "$t" "$2" "$t" "$3" "$t" "$3"; }
without=$(mktemp "$t/XXXXXX"); cp "$state/config/blocks.yaml" "$without"
for s in auth metadata blocks messaging gateway; do with $s ours $s > "$t/new"; cp "$t/new" "$state/config/$s.yaml"; done
check "no address of this machine is left" sh -c "! grep -l ipc: '$state'/config/*.yaml"

expect 78 "one is missing" "an address of the network without certificates" "$bin/zt-blocks" --config "$without"
sed '/^peers_key/d' "$state/config/blocks.yaml" > "$t/bad.yaml"
expect 78 "one is missing" "a certificate without its key" "$bin/zt-blocks" --config "$t/bad.yaml"
with blocks ours blocks | sed "s#^\(peers_key: \).*#\1$t/auth.key#" > "$t/bad.yaml"
expect 78 "do not serve" "a key of another certificate" "$bin/zt-blocks" --config "$t/bad.yaml"
chmod 640 "$t/blocks.key"; chown 0:0 "$t/blocks.key" 2>/dev/null || true
[ "$(id -u)" != 0 ] || check "a key of root's that its group reads, as clusters mount it" sh -c \
	"! timeout 1 '$bin/zt-blocks' --config '$state/config/blocks.yaml' 2>&1 | grep -q 'is open'"
chmod 644 "$t/blocks.key"
expect 78 "peers_key.*is open to others" "a key that everyone reads" "$bin/zt-blocks" --config "$state/config/blocks.yaml"
chmod 600 "$t/blocks.key"
expect 69 "UNAVAILABLE" "a probe of a service that is down" "$bin/zt-auth" --health "$state/config/auth.yaml"

for s in auth metadata blocks messaging gateway; do local_ one "$state" "$bin" $s; done
for s in auth metadata blocks messaging; do check "$s answers its probe" "$bin/zt-$s" --health "$state/config/$s.yaml"; done
echo secret > "$state/a.txt"
# main_job NAME: what needs each arrow between services.
main_job() {
	check "$1: a workspace" soon alice workspace create "$1"
	check "$1: a member" alice workspace share "$1" bob@demo.example --role contributor
	check "$1: put" alice put "$state/a.txt" "$1:/a.txt"
	expect 0 secret "$1: get" bob cat "$1:/a.txt"
	check "$1: verify" bob verify "$1"
}
main_job first
check "every service is ready" sh -c "$(command -v bash) -c 'exec 3<>/dev/tcp/127.0.0.1/$(cat "$state/port"); printf \"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n\" >&3; cat <&3' | grep -q '200'"

# Who has no certificate of ours does not reach nng, which says first what it speaks.
port=$(sed -n 's/^listen:.*://p' "$state/config/auth.yaml")
refused() { name=$1; shift; if "$@" >"$state/out" 2>&1; then not_ok "$name"; else ok "$name"; fi; }
reaches_nng() { (sleep 1) | openssl s_client -quiet -connect "127.0.0.1:$port" -CAfile "$t/ours.crt" "$@" 2>/dev/null | head -c 3 | grep -qa SP; }
check "one with a certificate of ours is let in" reaches_nng -cert "$t/blocks.crt" -key "$t/blocks.key"
for v in -tls1_2 -tls1_3; do
	refused "one without a certificate is not ($v)" reaches_nng $v
	refused "nor one of another authority ($v)" reaches_nng $v -cert "$t/stranger.crt" -key "$t/stranger.key"
done
refused "nor one with TLS 1.1" reaches_nng -tls1_1 -cipher DEFAULT@SECLEVEL=0 -cert "$t/blocks.crt" -key "$t/blocks.key"

# is_cut_off SERVICE CA NAME: with this certificate the service is not believed by those who call it.
is_cut_off() {
	cp "$state/config/$1.yaml" "$t/kept"; with "$1" "$2" "$3" > "$t/new"; cp "$t/new" "$state/config/$1.yaml"
	restart "$1" >/dev/null 2>&1
	sleep 1
	rc=0; asked /readyz > "$state/out" || rc=$?
	cp "$t/kept" "$state/config/$1.yaml"; restart "$1" >/dev/null 2>&1
	grep -q "^$1 cannot be reached" "$state/out"
}
check "a service whose certificate names another host" is_cut_off blocks ours elsewhere
check "a service with a certificate of another authority" is_cut_off blocks theirs stranger
main_job second
for s in auth blocks; do kill -9 "$(cat "$state/run/$s.pid")"; sleep 0.2; local_ one "$state" "$bin" $s; done
main_job third
finish
