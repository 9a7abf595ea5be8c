#!/bin/sh
# The client as WebAssembly does the main job against the real services, and what it writes is what the native client
# reads, and the reverse. wasm_test.sh WASM.
wasm=$(realpath "$1")
. "$(dirname "$0")/../cli/world.sh"
begin_world
wanda=$state/wanda-root; mkdir "$wanda"
# acts LINE...: in one process, its device open.
acts() { { printf 'open\t/home\twandapass\n'; printf '%b\n' "$@"; } | node "$root/tests/wasm/check.mjs" "$wasm" "$wanda"; }
same() { cmp -s "$1" "$2"; }

# Claim: each side's code is read and picked on the other's list.
link=$(alice invite user)
mkfifo "$state/greet.in"; : > "$state/greet.out"
alice greet "$link" --yes < "$state/greet.in" > "$state/greet.out" 2>&1 & greeter=$!
exec 3> "$state/greet.in"
printf 'claim\t/home\twandapass\t%s\twanda@demo.example\n' "$link" | node "$root/tests/wasm/check.mjs" "$wasm" "$wanda" > "$state/claim.out" 2>&1 & claimer=$!
code() { for i in $(seq 600); do c=$(LC_ALL=C sed -n "s/^$1//p" "$2"); [ -z "$c" ] || { echo "$c"; return; }; sleep 0.1; done; cat "$2" >&2; return 1; }
code 'code ' "$state/claim.out" >&3
code 'your code.*: ' "$state/greet.out" > "$state/other"; mv "$state/other" "$wanda/other-code"
rc=0; wait $claimer || rc=$?
check "a device is claimed in WebAssembly, codes compared" test "$rc" = 0
[ "$rc" = 0 ] || cat "$state/claim.out"
rc=0; wait $greeter || rc=$?
check "and the greeter knows" test "$rc" = 0
[ "$rc" = 0 ] || cat "$state/greet.out"
exec 3>&-
expect 0 "wanda@demo.example" "others see who came" alice users

alice workspace create plans; alice workspace share plans wanda@demo.example --role contributor
echo "from native" > "$state/note"; head -c 5000000 /dev/urandom > "$state/large"
mkdir "$state/tree" "$state/tree/sub"; for i in 1 2 3 4 5; do echo "file $i" > "$state/tree/sub/$i"; done
alice --quiet put "$state/note" plans:/note; alice --quiet put "$state/large" plans:/large; alice --quiet put "$state/tree" plans:/tree
expect 0 "plans contributor" "workspaces" acts workspaces
expect 0 "/tree/sub/5" "a tree is listed" acts 'list\tplans:/'
check "what the native client sent is got" acts 'get\tplans:/note\t/note' 'get\tplans:/large\t/large' 'get\tplans:/tree\t/tree'
check "byte for byte" same "$state/note" "$wanda/note"
check "also what has several blocks" same "$state/large" "$wanda/large"
check "and a tree" diff -r "$state/tree" "$wanda/tree"
head -c 9000000 /dev/urandom > "$wanda/own"; echo "from WebAssembly" > "$wanda/small"
check "files are sent" acts 'put\t/own\tplans:/own' 'put\t/small\tplans:/small' 'put\t/tree\tplans:/again'
check "the native client gets them" alice --quiet get plans:/own "$state/own"
check "byte for byte, too" same "$wanda/own" "$state/own"
expect 0 "from WebAssembly" "small ones" alice cat plans:/small
check "it verifies the whole workspace" acts 'verify\tplans'
check "the native client finds the same" alice verify plans
printf 'open\t/home\twrong\n' > "$state/acts"
rc=0; node "$root/tests/wasm/check.mjs" "$wasm" "$wanda" < "$state/acts" > "$state/printed" 2>&1 || rc=$?
check "a wrong password opens nothing" grep -q '^PASSWORD' "$state/printed"
alice --quiet user revoke wanda@demo.example
acts 'list\tplans:/' > "$state/printed" 2>&1 || true
check "a device that was revoked is out" grep -q '^REVOKED' "$state/printed"
finish
