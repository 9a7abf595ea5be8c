#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# Real services, an agent for each of two people, and a browser with their two profiles. HOST=browser: the gateway serves
# the page, and each browser runs the client itself. QUICK_PAGE=1: with passwords that cost little there. `run.sh firefox`: in Firefox ESR.
set -eu
umask 077
root=$(cd "$(dirname "$0")/../.." && pwd)
export BIN=${BIN:-$root/build/rel/bin}
[ -n "${QUICK-}" ] || QUICK=$root/build/rel/tests/cli/quick.so
[ -e "$QUICK" ] || QUICK=
export QUICK
if [ "${1:-}" = firefox ]; then BROWSER=firefox; export BROWSER; fi
if [ "${BROWSER:-}" = firefox ]; then
	command -v "${FIREFOX:-firefox-esr}" >/dev/null || { echo "run.sh: skipped, no Firefox (apt-get install firefox-esr)"; exit 0; }
else
	command -v "${CHROMIUM:-chromium}" >/dev/null || { echo "run.sh: no browser (apt-get install chromium)" >&2; exit 69; }
fi
STATE=$(mktemp -d /tmp/zt-web.XXXXXX); export STATE
failed=1
cleanup() {
	sh "$root/deploy/local/zt-local" stop "$STATE" >/dev/null 2>&1 || true
	if [ $failed = 0 ]; then rm -rf "$STATE"; else echo "kept: $STATE"; fi
}
trap cleanup EXIT
trap 'exit 130' INT TERM
page=$root/build/web
if [ "${HOST:-}" = browser ] && [ -n "${QUICK_PAGE-}" ]; then sh "$root/tests/web/quick_page.sh" "$page" "$STATE/web"; page=$STATE/web; fi
if [ "${HOST:-}" = browser ] || [ "${1:-}" = releases ]; then ZT_GATEWAY="web: $page"; export ZT_GATEWAY; fi
sh "$root/tests/support/local" start "$STATE" "$BIN" >/dev/null
URL=$(cat "$STATE/url"); export URL
CODE=$("$BIN/zt" server create harbour --server "$URL" --operator-token-file "$STATE/operator-token" | tail -1); export CODE
node "$root/tests/web/${1:-two_people}.mjs"
failed=0
