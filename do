#!/bin/sh
# ./do TARGET: installs what is missing on a bare Debian 12 or 13, then runs make TARGET.
set -eu
cd "$(dirname "$0")"
sh scripts/deps.sh "${1:-}"
[ "${1:-}" = deps ] && exit 0
exec make -j"$(nproc)" "$@"
