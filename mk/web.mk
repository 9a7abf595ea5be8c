# The page: TypeScript to build/web, the same bytes on each machine. Its libraries are fetched by npm, in the versions and with
# the hashes of package-lock.json; no script of theirs runs. Exit 69: they cannot be fetched.
WEB := build/web
WEB_SOURCES := $(shell find apps/web -name node_modules -prune -o -type f -print) $(wildcard po/*.po)
.PHONY: web web-check test-web page-if-possible
web: $(WEB)/zt-web.manifest
# For what is of use without it: scripts/web-libraries says what is missing.
page-if-possible:
	@! sh scripts/web-libraries --once || $(MAKE) --no-print-directory web
apps/web/node_modules/.package-lock.json: apps/web/package.json apps/web/package-lock.json
	@sh scripts/web-libraries
build/gen/web/rpc.ts: apps/rpc/methods.def scripts/rpc-types
	@mkdir -p $(@D)
	$Qsh scripts/rpc-types > $@.new && mv $@.new $@
$(WEB)/zt-web.manifest: apps/web/node_modules/.package-lock.json build/gen/web/rpc.ts $(WEB_SOURCES)
	$Qcd apps/web && node_modules/.bin/tsc --noEmit && node_modules/.bin/vite build --logLevel warn
	$Qnode apps/web/build/manifest.mjs $(WEB)
# The units of the page; then two people in two browsers against real services.
web-check: apps/web/node_modules/.package-lock.json build/gen/web/rpc.ts
	sh tests/web/units.sh
test-web: all web
	BIN=$(CURDIR)/$B/bin sh tests/web/run.sh
