#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# The page PAGE in the folder COPY, with passwords that cost little (tests/support/quick): one that is to be stretched less than is
# promised is refused. quick_page.sh PAGE COPY.
set -eu
cp -R "$1" "$2"
file=$2/host/argon2.mjs
sed 's/saltN, passes, kib, lanes, type, at/saltN, kib < 262144 || passes < 3 ? 0 : passes % 32, 256 + (kib % 256), lanes, type, at/' "$1/host/argon2.mjs" >"$file"
! cmp -s "$1/host/argon2.mjs" "$file" || { echo "quick_page.sh: argon2.mjs is not as it was" >&2; exit 1; }
rm "$file.br"
hash=$(sha256sum "$file" | cut -d ' ' -f 1)
sed "/ host\/argon2.mjs.br$/d; s/^.*  host\/argon2.mjs$/$hash  host\/argon2.mjs/" "$1/zt-web.manifest" >"$2/zt-web.manifest"
