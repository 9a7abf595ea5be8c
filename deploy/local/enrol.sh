#!/bin/sh
# Enrols someone with two zt processes: reads each one's code and picks it on the other's list, as the
# two humans would. enrol.sh BIN STATE LINK [GREETER NEWCOMER]: folders in STATE, alice and bob unless said.
set -eu
bin=$1 state=$2 link=$3 greeter=${4:-alice} newcomer=${5:-bob}
dir=$(mktemp -d)
a= b=
trap 'rm -rf "$dir"; kill $a $b 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
mkfifo "$dir/a.in" "$dir/b.in"; : >"$dir/a.out"; : >"$dir/b.out"
"$bin/zt" --home "$state/$greeter" --password-file "$state/$greeter.password" greet "$link" --yes <"$dir/a.in" >"$dir/a.out" 2>&1 & a=$!
"$bin/zt" --home "$state/$newcomer" --password-file "$state/$newcomer.password" claim "$link" --email "$newcomer@demo.example" --name "$newcomer" --label "$newcomer" <"$dir/b.in" >"$dir/b.out" 2>&1 & b=$!
exec 3>"$dir/a.in" 4>"$dir/b.in"
code() { for i in $(seq 600); do c=$(LC_ALL=C sed -n 's/^your code.*: //p' "$1"); [ -n "$c" ] && { echo "$c"; return; }; sleep 0.1; done; cat "$1" >&2; exit 1; }
codeb=$(code "$dir/b.out"); codea=$(code "$dir/a.out")
echo "$greeter's screen shows $codea, $newcomer's shows $codeb"
echo "$codea" >&4; echo "$codeb" >&3
wait $b || { wait $a || cat "$dir/a.out"; cat "$dir/b.out"; exit 1; }
wait $a || { cat "$dir/a.out"; exit 1; }
exec 3>&- 4>&-
tail -1 "$dir/a.out"; tail -1 "$dir/b.out"
