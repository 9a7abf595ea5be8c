#!/bin/sh
# zt-local as root: what is closed above its state folder stays closed, though the database runs as another user.
. "$(dirname "$0")/world.sh"
if [ "$(id -u)" != 0 ]; then echo "skipped: only root's folders are closed to the user postgres"; exit 0; fi
mkdir -m 700 "$state/home"; mkdir -m 755 "$state/home/open"
s=$state/home/open/s
close() { local_ stop "$s" >/dev/null 2>&1 || true; far=$(readlink "$s/postgres") && rm -rf "$far"; cleanup; }
trap close EXIT
modes() { stat -c %a "$state" "$state/home" "$state/home/open" | tr '\n' ' '; }
before=$(modes)
answers() { "$bin/zt" server list --server "$(cat "$s/url")" --operator-token-file "$s/operator-token"; }
check "it starts below a folder that is root's alone" local_ start "$s" "$bin"
check "the services answer" answers
check "no folder above was opened" [ "$(modes)" = "$before" ]
echo password > "$state/password"
check "an organization begins" "$bin/zt" --home "$state/k" --password-file "$state/password" org bootstrap --server "$(cat "$s/url")" --operator-token-file "$s/operator-token" --slug kept --email k@demo.example
check "it stops" local_ stop "$s"
check "it starts again" local_ start "$s" "$bin"
expect 0 "kept" "with what it held" answers
check "and nothing was opened" [ "$(modes)" = "$before" ]
local_ stop "$s"; rm -rf "$s"
check "a new state folder in its place" local_ start "$s" "$bin"
check "holds nothing of the old one" sh -c "! '$bin/zt' server list --server '$(cat "$s/url")' --operator-token-file '$s/operator-token' | grep kept"
finish
