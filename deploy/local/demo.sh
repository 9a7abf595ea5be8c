#!/bin/sh
# The demonstration of ./do run: a real organization, two people who compare codes, a shared
# workspace, a real tree up and down, history, a removal. Continues where it was.
set -eu
umask 077
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$1 state=$2 once=${3:-}
[ "${CLEAN:-}" = 1 ] && { [ -d "$state" ] && sh "$root/deploy/local/zt-local" stop "$state"; rm -rf "$state"; }
mkdir -p "$state"
state=$(cd "$state" && pwd)
say() { printf '\n== %s\n' "$*"; }
stop() {
	for who in alice guest/guest; do ZT_HOME="$state/$who" "$bin/zt" --quiet agent stop >/dev/null 2>&1 || true; done
	sh "$root/deploy/local/zt-local" stop "$state"
}
trap stop EXIT
trap 'exit 0' INT TERM
say "starting PostgreSQL, auth, metadata, blocks, messaging and the gateway"
sh "$root/deploy/local/zt-local" start "$state" "$bin"
url=$(cat "$state/url"); echo "the gateway listens on $url"
for who in alice bob; do
	[ -s "$state/$who.password" ] || { head -c 15 /dev/urandom | base64 > "$state/$who.password"; }
	eval "$who() { ZT_HOME='$state/$who' '$bin/zt' --password-file '$state/$who.password' \"\$@\"; }"
done
if [ ! -e "$state/alice/device.zt" ]; then
	say "alice creates the organization"
	alice org bootstrap --server "$url" --operator-token-file "$state/operator-token" \
		--slug demo --email alice@demo.example --name Alice
fi
if [ ! -e "$state/bob/device.zt" ]; then
	say "bob joins: two zt processes whose codes are compared"
	link=$(alice invite user)
	sh "$root/deploy/local/enrol.sh" "$bin" "$state" "$link"
fi
alice users
if [ ! -e "$state/shown" ]; then
	say "alice creates and shares a workspace, and uploads this source tree and 256 MiB"
	alice workspace list | grep -q ' plans$' || alice workspace create plans
	alice workspace share plans bob@demo.example --role contributor
	[ -s "$state/big" ] || head -c 268435456 /dev/urandom > "$state/big"
	rm -rf "$state/tree"; mkdir "$state/tree"
	(cd "$root" && tar cf - --exclude=./build --exclude=./.git --exclude=./state --exclude=./apps/web/node_modules .) | tar xf - -C "$state/tree"
	find "$state/tree" -type l -exec rm {} +
	alice put "$state/tree" plans:/source
	alice put "$state/big" plans:/big
	say "bob reads it back, byte for byte"
	rm -rf "$state/copy"; mkdir "$state/copy"
	bob get plans:/ "$state/copy"
	diff -r "$state/tree" "$state/copy/source" && cmp "$state/big" "$state/copy/big" && echo "identical"
	rm -rf "$state/copy"
	say "history"
	echo first > "$state/note"; alice put "$state/note" plans:/note
	echo second > "$state/note"; bob put "$state/note" plans:/note
	alice history plans:/note
	alice restore plans:/note --to-version 1
	alice cat plans:/note
	say "bob is removed from the workspace, and refused"
	alice workspace unshare plans bob@demo.example
	if bob ls plans:/; then echo "bob was not refused" >&2; exit 1; fi
	alice verify plans
	: > "$state/shown"
fi
say "everything runs on $url"
cat <<T
Act as either in a shell:
  export ZT_HOME=$state/alice; $bin/zt --password-file $state/alice.password ls plans:/
  export ZT_HOME=$state/bob; $bin/zt --password-file $state/bob.password users
T
# The page, where it was built: alice's agent, and one of a guest who has nothing yet.
page() { ZT_HOME="$state/$1" "$bin/zt" ui --print-link; }
if [ -e "$root/build/web/zt-web.manifest" ]; then
	mkdir -p "$state/guest"
	cat <<T

The page, by links that work once, within a minute (the command behind each makes another):
  alice, her password is $(cat "$state/alice.password")
    $(page alice)
    ZT_HOME=$state/alice $bin/zt ui --print-link
  a guest, in a private window, who joins by this invitation:
    $(page guest/guest)
    ZT_HOME=$state/guest/guest $bin/zt ui --print-link
    $(alice --quiet invite user | grep -o 'zt[+a-z]*://[^ ]*' | head -1)
T
else
	echo "The page was not built: make web says what it needs."
fi
cat <<T
The logs are in $state/log. ./do run CLEAN=1 begins with empty state. Ctrl-C stops everything.
T
[ "$once" = once ] && exit 0
while :; do sleep 1; done
