# The page: TypeScript to build/web, the same bytes on each machine. Its libraries are fetched by npm, in the versions and with
# the hashes of package-lock.json; no script of theirs runs. Exit 69: they cannot be fetched.
WEB := build/web
WEB_SOURCES := $(shell find apps/web -name node_modules -prune -o -type f -print) $(wildcard po/*.po)
.PHONY: web web-check test-web test-web-long page-if-possible
web: $(WEB)/zt-web.manifest
# For what is of use without it: scripts/web-libraries says what is missing.
page-if-possible:
	@! sh scripts/web-libraries --once || if sh scripts/wasm-sources $W/src; then $(MAKE) --no-print-directory web; else $(MAKE) --no-print-directory web WEB_HOST=; fi
apps/web/node_modules/.package-lock.json: apps/web/package.json apps/web/package-lock.json
	@sh scripts/web-libraries
build/gen/web/rpc.ts: apps/rpc/methods.def scripts/rpc-types
	@mkdir -p $(@D)
	$Qsh scripts/rpc-types > $@.new && mv $@.new $@
# The browser's host is a part of the page where its compiler is there; WEB_HOST= leaves it out.
WEB_HOST := $(if $(shell command -v $(firstword $(WASM_CC))),$W/host/.done)
$(WEB)/zt-web.manifest: apps/web/node_modules/.package-lock.json build/gen/web/rpc.ts $(WEB_SOURCES) $(WEB_HOST)
	$Qcd apps/web && node_modules/.bin/tsc --noEmit --incremental --tsBuildInfoFile ../../build/tsc.json && node_modules/.bin/vite build --logLevel warn
	$Q[ -z '$(WEB_HOST)' ] || { mkdir -p $(WEB)/host && install -m 644 $W/host/*.mjs $W/host/zt.wasm $W/host/certificates.wasm $(WEB)/host; }
	$Qnode apps/web/build/manifest.mjs $(WEB)
# The units of the page; then two people in two browsers against real services.
web-check: apps/web/node_modules/.package-lock.json build/gen/web/rpc.ts
	sh tests/web/units.sh
test-web: all web
	BIN=$(CURDIR)/$B/bin sh tests/web/run.sh
	BIN=$(CURDIR)/$B/bin sh tests/web/run.sh files
	BIN=$(CURDIR)/$B/bin sh tests/web/run.sh keyboard
	BIN=$(CURDIR)/$B/bin sh tests/web/run.sh releases
	[ -z '$(WEB_HOST)' ] || HOST=browser BIN=$(CURDIR)/$B/bin sh tests/web/run.sh
	[ -z '$(WEB_HOST)' ] || for text in files passkeys certificates; do HOST=browser BIN=$(CURDIR)/$B/bin sh tests/web/run.sh $$text || exit 1; done
	[ -z '$(WEB_HOST)' ] || BIN=$(CURDIR)/$B/bin sh tests/web/browser_host.sh
# Failures of all kinds, and Firefox where it is there.
test-web-long: all web
	for host in agent browser; do for text in trouble firefox markers gateway; do HOST=$$host BIN=$(CURDIR)/$B/bin sh tests/web/run.sh $$text || exit 1; done; done
	for text in passkeys certificates storage; do HOST=browser BIN=$(CURDIR)/$B/bin sh tests/web/run.sh $$text || exit 1; done
	BIN=$(CURDIR)/$B/bin sh tests/web/run.sh elsewhere
	MOMENTS=200 BIN=$(CURDIR)/$B/bin sh tests/web/browser_host.sh
