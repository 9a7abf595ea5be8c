#!/bin/sh
# Certificates in the browser's host: one table, judged natively and by the module that a browser fetches; then an admin there, with
# real services and newcomers. certificates_test.sh PARTS (build/wasm/host).
parts=$(realpath "$1")
. "$(dirname "$0")/../cli/world.sh"
for table in rel address-undefined; do table=$root/build/$table/tests/attack/certificate_test; [ ! -x "$table" ] || break; done
rc=0; LD_PRELOAD= CASES="$state/cases" "$table" > "$state/printed" 2>&1 || rc=$?
check "the table, natively" test "$rc" = 0
[ "$rc" = 0 ] || cat "$state/printed"
rc=0; LD_PRELOAD= node "$root/tests/wasm/certificates_check.mjs" "$parts" "$state/cases" || rc=$?
check "a browser's module judges as the native check" test "$rc" = 0
begin_world
rc=0; LD_PRELOAD= node "$root/tests/wasm/pki_check.mjs" "$parts" "$bin" "$state" "$quick" || rc=$?
check "an admin in a browser answers who asks by a certificate" test "$rc" = 0
finish
