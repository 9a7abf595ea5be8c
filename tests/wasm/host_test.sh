#!/bin/sh
# The browser's host under node, against the real services and the native client. host_test.sh PARTS (build/wasm/host).
parts=$(realpath "$1")
. "$(dirname "$0")/../cli/world.sh"
begin_world
rc=0; node "$root/tests/wasm/opfs_test.mjs" "$parts" || rc=$?
check "the names of files survive a kill" test "$rc" = 0
rc=0; node "$root/tests/wasm/lines_test.mjs" "$parts" || rc=$?
check "event sockets are opened, asked and opened again" test "$rc" = 0
rc=0; node "$root/tests/wasm/queue_test.mjs" "$parts" || rc=$?
check "requests run in their order, and wait for nobody's disk" test "$rc" = 0
rc=0; node "$root/tests/wasm/clock_test.mjs" "$parts" || rc=$?
check "a computer that slept knows how late it is" test "$rc" = 0
rc=0; LD_PRELOAD= node "$root/tests/wasm/host_check.mjs" "$parts" "$bin" "$state" "$quick" || rc=$?
check "the browser's host does what the native one does" test "$rc" = 0
finish
