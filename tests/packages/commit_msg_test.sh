#!/bin/sh
# Each message that scripts/commit-msg must refuse has beside it one that it must take.
set -eu
cd "$(dirname "$0")/../.."
f=$(mktemp); trap 'rm -f "$f"' EXIT
failed=0 passed=0
says() { # CODE MESSAGE
	printf "$2" > "$f"; code=0
	sh scripts/commit-msg "$f" 2>/dev/null || code=1
	if [ $code = "$1" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL: $1 expected: $2"; fi
}
says 0 'auth: keep the head\n'
says 0 'tests/cli: wait for the end\n\nWhy.\n# a comment\n'
says 0 'Revert "auth: keep the head"\n'
says 0 "auth: $(printf %053d 0)\n"
says 1 "auth: $(printf %054d 0)\n"
says 1 'keep the head\n'
says 1 'auth:keep the head\n'
says 1 'auth: keep the head.\n'
says 1 'auth: added a head\n'
says 1 'auth: keep the head\nat once\n'
says 1 '\n'
echo "$passed passed, $failed failed"
[ $failed = 0 ]
