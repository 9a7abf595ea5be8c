#!/bin/sh
# Without TLS only this machine is spoken to, unless a person says --insecure; and TLS is 1.2 at least. 0.0.0.0 is
# another machine by its name, and this one for the kernel.
. "$(dirname "$0")/world.sh"
begin_world
far=http://0.0.0.0:$(cat "$state/port")
carol() { "$bin/zt" --home "$state/carol" --password-file "$state/alice.password" "$@"; }
founds() { carol "$@" org bootstrap --server "$far" --operator-token-file "$state/operator-token" --slug far --email c@t.example; }
expect 64 "insecure allows" "an organization is not founded in clear" founds
expect 64 "sans TLS" "in French" env LC_ALL=fr_FR.UTF-8 "$bin/zt" server list --server "$far" --operator-token-file "$state/operator-token"
expect 64 "insecure allows" "the operator's token is not sent in clear" alice server list --server "$far" --operator-token-file "$state/operator-token"
expect 0 "markslug" "unless it is said" alice --insecure server list --server "$far" --operator-token-file "$state/operator-token"
expect 0 "reads names, addresses and tokens" "and what that means is on the screen" founds --insecure
expect 64 "insecure allows" "the device that was made so asks each time" carol users
expect 0 "c@t.example" "and continues" carol --insecure users
link=$(carol --insecure invite user 2>/dev/null)
expect 64 "insecure allows" "a link of a server without TLS" "$bin/zt" --home "$state/dora" --password-file "$state/alice.password" claim "$link" --email d@t.example --name D
check "no device is left of it" test ! -e "$state/dora/device.zt"
expect 64 "not valid" "an address that two readers read differently" alice server list --server http://x:80@127.0.0.1 --operator-token-file "$state/operator-token"

# A server that speaks TLS 1.1 at best, and a system that would let it.
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$state/tls.key" -out "$state/tls.pem" -days 2 -subj /CN=localhost \
	-addext "subjectAltName=DNS:localhost" >/dev/null 2>&1
cat > "$state/lax.cnf" <<C
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = lax
[lax]
MinProtocol = TLSv1
CipherString = DEFAULT@SECLEVEL=0
C
export OPENSSL_CONF="$state/lax.cnf"
for version in tls1_1 tls1_2; do
	tls_port=$(free_port)
	openssl s_server -$version -cert "$state/tls.pem" -key "$state/tls.key" -accept "$tls_port" -www >"$state/log/$version" 2>&1 & tls=$!
	soon sh -c "openssl s_client -connect localhost:$tls_port -$version </dev/null >/dev/null 2>&1"
	[ $version = tls1_1 ] && wanted="69 cannot be reached" || wanted="69 is not a zt server" # that is, spoken to
	expect ${wanted%% *} "${wanted#* }" "a server of $version: ${wanted#* }" alice --ca-file "$state/tls.pem" server list --server "https://localhost:$tls_port" \
		--operator-token-file "$state/operator-token"
	kill $tls; wait $tls || true
done
finish
