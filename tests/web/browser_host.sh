#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# The browser's host in a browser, by the messages that a page sends it, against the real services and the native client.
# MOMENTS: how often a tab is killed.
root=$(cd "$(dirname "$0")/../.." && pwd)
command -v "${CHROMIUM:-chromium}" >/dev/null || { echo "browser_host.sh: no browser (apt-get install chromium)" >&2; exit 69; }
. "$root/tests/cli/world.sh"
page=$root/build/web
if [ -n "${QUICK_PAGE-}" ]; then sh "$root/tests/web/quick_page.sh" "$page" "$state/web"; page=$state/web; fi
ZT_GATEWAY="web: $page"; export ZT_GATEWAY
begin_world
rc=0; LD_PRELOAD= node "$root/tests/web/browser_host.mjs" "$bin" "$state" "$quick" "$url" "${MOMENTS:-12}" || rc=$?
check "the host in a browser" test "$rc" = 0
finish
