#!/bin/sh
# A zt that is ended at any place of a guided act, by kill -9 or Ctrl-C, continues with the same command: joining (both
# sides, a person and a device), coming back by words and by colleagues, making words, founding, joining by certificate
# (asked, accepted, heard), repair. The places are counted, and each can be ended (end_at.c); within LEAVE_SECONDS as many as there is time for, all of them with LEAVE_SECONDS=6000.
. "$(dirname "$0")/world.sh"
cc -shared -fPIC -O1 -o "$state/end_at.so" "$root/tests/cli/end_at.c" -ldl
begin_world
alice workspace create plans >/dev/null
export ROOT="$root"
/usr/bin/python3 "$root/tests/cli/leave.py" "$bin" "$state/end_at.so" "$state" "$url" "${LEAVE_SECONDS:-30}" ${LEAVE_ACTS:-} || failed=1
[ "$failed" = 0 ]
