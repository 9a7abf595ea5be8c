#!/bin/sh
# pki_test.sh - joining with an X.509 certificate: in a file, and on a real SoftHSM token (RSA and EC).
. "$(dirname "$0")/world.sh"
begin_world
echo nopass >"$state/nobody.password"; echo carolpass >"$state/carol.password"; echo davepass >"$state/dave.password"; echo evepass >"$state/eve.password"
person() { who=$1; shift; "$bin/zt" --home "$state/$who" --password-file "$state/$who.password" "$@"; }
org=$(alice status --json | sed 's/.*"organization_id":"\([0-9a-f]*\)".*/\1/')

. "$root/tests/cli/ca.sh"
ask() { who=$1 cert=$2; shift 2; person "$who" pki request "$cert" --server "$url" --org "$org" --email "$who@demo.example" --name "$who" --label desk "$@"; }
for p in carol dave eve; do request_of $p; sign $p; done
crl

expect 77 "no trust anchor: an admin adds one with zt pki trust" "without an anchor nobody may ask" ask carol "$ca/carol.pem" --key "$ca/carol.key"
expect 77 "only an admin" "bob sets no anchors" bob pki trust "$ca/ca.pem"
expect 0 "nobody can ask yet" "an anchor without a revocation list lets nobody in, and that is said" alice pki trust "$ca/ca.pem"
expect 77 "no revocation list" "so it is" ask carol "$ca/carol.pem" --key "$ca/carol.key"
check "alice sets the anchor and its revocation list" alice pki trust "$ca/ca.pem" "$ca/ca.crl"
expect 0 "CN=Test CA" "and anyone can read them" bob pki show
expect 0 '"kind":"revocation_list"' "as JSON too" alice pki show --json
alice status > "$state/status"
check "a list that holds for a month is no matter" sh -c "grep -q 'trust log' '$state/status' && ! grep -q 'within a week' '$state/status'"
cp "$ca/ca.crl" "$ca/month.crl"; openssl ca -config "$ca/conf" -gencrl -crldays 6 -out "$ca/week.crl" 2>/dev/null
alice pki trust "$ca/ca.pem" "$ca/week.crl" > "$state/trust" 2>&1
check "with a list nobody hears of a missing one" sh -c "! grep -q 'nobody can ask' '$state/trust'"
expect 0 "zt user revoke ends that" "what a later revocation does not do is said" alice pki trust "$ca/ca.pem" "$ca/week.crl"
expect 0 "end within a week: 1" "a list that ends within a week is warned of" alice status
expect 0 "d'ici une semaine : 1" "in French" env LC_ALL=fr_FR.UTF-8 "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" status
expect 0 "set a newer list" "and named" alice pki show
alice --quiet pki trust "$ca/ca.pem" "$ca/month.crl"
expect 65 "neither a certificate nor" "what is no certificate is refused by name" alice pki trust "$state/url"

# ---- by a file ----
check "carol asks" ask carol "$ca/carol.pem" --key "$ca/carol.key"
expect 0 "waits" "and waits" person carol pki status
expect 77 "" "until then her device is nobody's" person carol workspace list
expect 77 "only an admin" "bob does not see who asks" bob pki list
expect 0 "vouches for it" "alice sees it, checked" alice pki list
expect 0 "CN=carol" "with whose certificate it is" alice pki list
id=$(alice pki list --json | sed 's/.*"request":"\([0-9a-f]*\)".*/\1/')
check "alice accepts" alice pki accept "$id"
expect 0 "accepted" "carol hears of it" person carol pki status
expect 0 "carol@demo.example" "and is one of the organization" alice users
expect 0 "markslug" "her device pins what the id names" person carol status
check "she works: a workspace" person carol workspace create hers
check "shared with bob" person carol workspace share hers bob@demo.example --role contributor
echo "by certificate" >"$state/note"
check "bob writes there" bob put "$state/note" hers:/note
expect 0 "by certificate" "and she reads it" person carol cat hers:/note
expect 66 "no such request" "what was accepted cannot be accepted again" alice pki accept "$id"
expect 73 "" "a folder that holds a device asks for no other" ask carol "$ca/carol.pem" --key "$ca/carol.key"

# ---- what is refused, with its reason ----
expect 77 "another e-mail" "another's e-mail" person dave pki request "$ca/dave.pem" --key "$ca/dave.key" --server "$url" \
	--org "$org" --email alice@demo.example --label x
check "a refused request leaves no device behind" test ! -e "$state/dave/device.zt"
expect 77 "not signed by the certificate's key" "another's key" ask dave "$ca/dave.pem" --key "$ca/eve.key"
requested() { alice pki list | grep -o '[0-9a-f]\{32\}' | head -1; }
check "eve asks" ask eve "$ca/eve.pem" --key "$ca/eve.key"
check "alice rejects it" alice pki reject "$(requested)"
expect 0 "rejected" "eve hears of it" person eve pki status
check "she may ask again from the same folder" ask eve "$ca/eve.pem" --key "$ca/eve.key"
expect 73 "waits for an admin: zt pki status" "not twice, while one waits" ask eve "$ca/eve.pem" --key "$ca/eve.key"
openssl ca -config "$ca/conf" -revoke "$ca/eve.pem" 2>/dev/null; crl
check "alice hears that her certificate was revoked" alice pki trust "$ca/ca.pem" "$ca/ca.crl"
expect 0 "was revoked" "and sees that at the request" alice pki list
expect 77 "was revoked" "accepting it is refused" alice pki accept "$(requested)"
check "which she rejects again" alice pki reject "$(requested)"
: > "$state/empty"
expect 65 "cannot be read" "an empty file is no certificate" ask nobody "$state/empty" --key "$ca/eve.key"
expect 64 "or none" "anchors do not go away by an empty list" alice pki trust
rm -rf "$state/eve"
expect 77 "was revoked" "and may not even ask again" ask eve "$ca/eve.pem" --key "$ca/eve.key"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$ca/own.key" -out "$ca/own.pem" -days 30 -subj "/CN=dave" \
	-addext "subjectAltName=email:dave@demo.example" -config "$ca/conf" -extensions person 2>/dev/null
expect 77 "does not lead to a trust anchor" "one that nobody issued" ask dave "$ca/own.pem" --key "$ca/own.key"
openssl pkcs8 -topk8 -in "$ca/dave.key" -out "$ca/dave.enc" -passout pass:sesame 2>/dev/null
expect 77 "needs its password (--pin-file)" "a key under a password" ask dave "$ca/dave.pem" --key "$ca/dave.enc"
echo sesame >"$state/pin"
check "with it" ask dave "$ca/dave.pem" --key "$ca/dave.enc" --pin-file "$state/pin"
rm -rf "$state/dave"

# ---- by a token ----
export SOFTHSM2_CONF="$state/softhsm.conf"
mkdir "$state/tokens"
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$state/tokens" >"$SOFTHSM2_CONF"
module=$(ls /usr/lib/softhsm/libsofthsm2.so /usr/lib/*/softhsm/libsofthsm2.so 2>/dev/null | head -1)
softhsm2-util --init-token --free --label badge --pin 1234 --so-pin 4321 >/dev/null
p11() { pkcs11-tool --module "$module" --token-label badge --login --pin 1234 "$@" >/dev/null 2>&1; }
# on_token NAME ID: the key that NAME's certificate is of, and the certificate.
on_token() {
	openssl pkcs8 -topk8 -nocrypt -in "$ca/$1.key" -out "$ca/$1.p8"
	softhsm2-util --import "$ca/$1.p8" --token badge --label "$1" --id "$2" --pin 1234 >/dev/null
	openssl x509 -in "$ca/$1.pem" -outform DER -out "$ca/$1.der"
	p11 --write-object "$ca/$1.der" --type cert --id "$2" --label "$1"
}
request_of frank; sign frank; on_token frank 01
request_of grace ec ec_paramgen_curve:P-256; sign grace; on_token grace 02
echo frankpass >"$state/frank.password"; echo gracepass >"$state/grace.password"
echo 1234 >"$state/pin"; echo 9999 >"$state/wrong"
uri="pkcs11:token=badge;object=frank?module-path=$module"
expect 77 "refuses this PIN" "a wrong PIN" ask frank "$uri" --pin-file "$state/wrong"
expect 66 "no such certificate" "a certificate that is not there" ask frank "pkcs11:token=badge;object=zoe?module-path=$module" --pin-file "$state/pin"
expect 64 "not the URI" "a URI that is none" ask frank "pkcs11:tok%en" --pin-file "$state/pin"
for pin in pin-value=1234 pin-source=file:/pin; do
	expect 64 "without a PIN" "one that holds a PIN ($pin)" ask frank "$uri&$pin" --pin-file "$state/pin"
done
check "frank asks with an RSA key that never leaves the token" ask frank "$uri" --pin-file "$state/pin"
check "grace with one on P-256" ask grace "pkcs11:token=badge;object=grace?module-path=$module" --pin-file "$state/pin"
for id in $(alice pki list --json | grep -v dave@ | sed 's/.*"request":"\([0-9a-f]*\)".*/\1/'); do
	check "alice accepts one of them" alice pki accept "$id" --profile standard
done
check "frank works" person frank workspace create his
check "grace works" person grace workspace create hers2

# ---- a device's keys under a token ----
expect 64 "p11-kit knows" "a library that a device file would name is refused" person frank protect "$uri" --pin-file "$state/pin"
uri="pkcs11:token=badge;object=frank"
for more in pin-value=1234 pin%2dvalue=1234 pin-source=file:/pin module-name=softhsm2; do
	expect 64 "" "nor may it hold $more" person frank protect "$uri?$more" --pin-file "$state/pin"
done
check "no PIN was kept" sh -c "! grep -q 1234 '$state/frank/device.zt'"
expect 77 "" "a wrong PIN protects nothing" person frank protect "$uri" --pin-file "$state/wrong"
expect 65 "RSA key that decrypts" "nor does a key on P-256" person grace protect "pkcs11:token=badge;object=grace" --pin-file "$state/pin"
check "the password still opens it" person frank workspace list
check "frank puts his device under the token" person frank protect "$uri" --pin-file "$state/pin"
expect 77 "" "the password opens it no more" person frank workspace list
frank_pin() { "$bin/zt" --home "$state/frank" --password-file "$state/pin" "$@"; }
expect 0 "his" "the PIN does" frank_pin workspace list
mv "$state/tokens" "$state/away"; mkdir "$state/tokens"
expect 66 "" "without the token nothing does" frank_pin workspace list
rm -rf "$state/tokens"; mv "$state/away" "$state/tokens"
expect 0 "his" "it is back" frank_pin workspace list
check "no PIN and no key lies in the state folder" sh -c "! grep -rqE '1234|frankpass' '$state/frank'"
check "back to a password" "$bin/zt" --home "$state/frank" --password-file "$state/pin" password --new-password-file "$state/frank.password"
expect 0 "his" "which opens it again" person frank workspace list
# ---- a device's keys with the desktop ----
desk="$state/desktop"; mkdir -m 700 "$desk" "$desk/run"
# Its secret service, whose keyrings lie in $1, opened with its owner's password as at a login.
desktop() {
	mkdir -p "$1"
	env -u DISPLAY XDG_RUNTIME_DIR="$desk/run" dbus-daemon --session --fork --print-address=1 --print-pid=1 >"$desk/bus" 2>/dev/null
	bus=$(sed -n 1p "$desk/bus")
	printf 'login' | at_desktop env HOME="$1" XDG_DATA_HOME="$1" gnome-keyring-daemon --unlock --components=secrets --daemonize >/dev/null 2>&1
}
at_desktop() { env -u DISPLAY XDG_RUNTIME_DIR="$desk/run" DBUS_SESSION_BUS_ADDRESS="$bus" "$@"; }
nobody_there() { ! grep -lzqs "^XDG_RUNTIME_DIR=$desk/run" /proc/[0-9]*/environ; }
logged_out() { kill "$(sed -n 2p "$desk/bus")"; bus=unix:path=/nowhere; within 60 nobody_there; }
grace_here() { at_desktop "$bin/zt" --home "$state/grace" "$@" </dev/null; }
keys() { at_desktop secret-tool search --all xdg:schema org.zt.Device 2>/dev/null | grep -c '^secret = [0-9a-f]\{64\}$'; }
bus=unix:path=/nowhere
expect 69 "secret service cannot be reached" "without a desktop nothing is changed" at_desktop "$bin/zt" --home "$state/grace" --password-file "$state/grace.password" protect desktop
check "the password still opens it" person grace workspace list
desktop "$desk/keys"
check "grace puts her device under the desktop" at_desktop "$bin/zt" --home "$state/grace" --password-file "$state/grace.password" protect desktop
expect 0 "hers2" "which opens it without a password" grace_here workspace list
expect 66 "the desktop opens this device" "zt lock does not say that it is locked" grace_here lock
check "again, under a new key" grace_here protect desktop
expect 0 "hers2" "which opens it too" grace_here workspace list
check "and is the only one there" [ "$(keys)" = 1 ]
check "it is not in the state folder" sh -c "! grep -rq '$(at_desktop secret-tool search --all xdg:schema org.zt.Device 2>/dev/null | sed -n 's/^secret = //p')' '$state/grace'"
logged_out
expect 69 "secret service cannot be reached" "logged out, nothing opens it" grace_here workspace list
expect 69 "ne peut pas être joint" "said in French" env LC_ALL=fr_FR.UTF-8 "$bin/zt" --home "$state/grace" workspace list
desktop "$desk/others"
expect 66 "does not hold this device's key" "nor at another's desktop" grace_here workspace list
logged_out
desktop "$desk/keys"
expect 0 "hers2" "logged in again, it opens" grace_here workspace list
check "back to a password" grace_here password --new-password-file "$state/grace.password"
expect 0 "hers2" "which opens it" person grace workspace list
check "nothing is left at the desktop" [ "$(keys)" = 0 ]
logged_out
expect 0 "accepté : cet" "in French" env LC_ALL=fr_FR.UTF-8 "$bin/zt" --home "$state/grace" --password-file "$state/grace.password" pki status
finish
