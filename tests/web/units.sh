#!/bin/sh
# SPDX-License-Identifier: AGPL-3.0-or-later
# The units of the page, without a host: types, messages, words.
set -eu
cd "$(dirname "$0")/../../apps/web"
node_modules/.bin/tsc --noEmit --incremental --tsBuildInfoFile ../../build/tsc.json
node_modules/.bin/vitest run
