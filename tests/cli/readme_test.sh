#!/bin/sh
# The path of README.md, typed line by line from an empty server on.
. "$(dirname "$0")/world.sh"
local_ start "$state" "$bin"
mkdir "$state/tree"; ln -s "$state" "$state/tree/state"
/usr/bin/python3 "$root/tests/cli/readme.py" "$root/README.md" "$state/tree" "$bin" || failed=1
[ "$failed" = 0 ]
