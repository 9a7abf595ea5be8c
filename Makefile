# The targets that a person types; how they are done stands in mk/.
.DEFAULT_GOAL := all
include mk/config.mk mk/floors.mk mk/gen.mk mk/rules.mk mk/wasm.mk

.PHONY: all pure run test bench lint fmt install install-server uninstall manuals deb test-packages clean
all: $B/libzt.a $B/libzt.so.0 $B/bin/zt $B/bin/zt-audit $(foreach s,$(SERVICES),$B/bin/zt-$s) $B/bin/zt-gateway $(CATALOGUES:%=$B/%)
pure: $B/libzt-pure.a
clean:
	rm -rf build

STATE ?= state
run: all
	sh deploy/local/demo.sh $(CURDIR)/$B/bin $(STATE) $(ONCE)

# TESTS are compiled; the command line's tests run real services. SIDE of them run side by side.
# They wait more than they work, and begin with the longest.
SIDE ?= $(shell expr 2 '*' $$(nproc))
LONGEST := $(addprefix $B/tests/,$(addsuffix _test,attack/checkpoint attack/pages attack/return attack/joining model/files))
SIDE_BY_SIDE = { rm -f build/log/failed; xargs -P $(SIDE) -I{} sh scripts/test-one {} || { cat build/log/failed; exit 1; }; }
CLI_TESTS := trust files home leave people readme deletion clear device local overwrite kill trouble pki operator demo repair restored proxy install options words passwords reports portal json link
.PHONY: test-unit test-attack test-cli
test-unit: all $(TESTS)
# A crash on a thread that cmocka did not start ends the test without a word, unless the sanitizer keeps the signal.
	@export LSAN_OPTIONS=suppressions=$(CURDIR)/tests/support/leaks:print_suppressions=0; \
	  export ASAN_OPTIONS=handle_segv=2:handle_sigbus=2:handle_sigill=2:handle_sigfpe=2; \
	  printf '%s\n' $(LONGEST) $(filter-out $(LONGEST),$(TESTS)) | $(SIDE_BY_SIDE)
test-attack: all $(filter $B/tests/attack/%,$(TESTS))
	@for t in $(filter-out all,$^); do $$t >$B/attack.log 2>&1 || { cat $B/attack.log; exit 1; }; \
	  grep -E '\[ +OK +\]' $B/attack.log; done
.PHONY: test-threads
# ThreadSanitizer wants addresses where it expects them: without randomness, where that may be turned off.
test-threads: $B/tests/threads/threads_test $B/tests/services/policy_test $B/tests/services/backend_test
	@plain=; setarch "$$(uname -m)" -R true 2>/dev/null && plain="setarch $$(uname -m) -R"; \
	for t in $^; do echo "== $$t"; $$plain $$t || exit 1; done
test-cli: all $B/tests/cli/read_qr $B/tests/cli/quick.so
	@export BIN=$(CURDIR)/$B/bin; printf 'tests/cli/%s_test.sh\n' $(CLI_TESTS) | $(SIDE_BY_SIDE)
# Each parser, FUZZ_SECONDS long; two at a time. What they find stands in build/fuzz/.
.PHONY: fuzz fuzz-run
FUZZ_SECONDS ?= 60
fuzz:
	$(MAKE) CC=clang SANITIZE=address,undefined FUZZ=1 fuzz-run
fuzz-run: $(FUZZERS)
	@mkdir -p build/fuzz/new
	@printf '%s\n' $(FUZZERS) | xargs -P 2 -I{} sh scripts/fuzz-one {} $(FUZZ_SECONDS)
# Mends of findings, each taken out of a copy of the tree: what finds that (scripts/mutants).
.PHONY: mutants
mutants:
	sh scripts/mutants
# The same service without its signature check, to see what that costs; it is never installed.
$B/bench/zt-metadata-unverified: $(call srcs,services/metadata) $(call srcs,services/bus services/frame) $B/libzt-pure.a all
	$(MAKE) build/unverified/bin/zt-metadata UNVERIFIED=1
	install -D build/unverified/bin/zt-metadata $@
bench: all $(BENCHES) $B/bench/zt-metadata-unverified
	sh bench/bench.sh $(CURDIR)/$B/bin $(CURDIR)/$B/bench > $B/RESULTS.md
	cp $B/RESULTS.md bench/RESULTS.md; cat bench/RESULTS.md
lint: all
	sh scripts/check-symbols $B
	sh scripts/check-headers
	sh scripts/check-l10n
	sh scripts/interfaces --check
	sh scripts/check-c
	sh tests/packages/commit_msg_test.sh
# The texts of today into po/*.po: what is new waits there for its translation.
.PHONY: po
po:
	sh scripts/check-l10n --update
fmt:
	git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i
# The release build is tested by its programs, and with PLAIN by the unit tests as well.
test: all
	$(if $(PLAIN),$(MAKE) test-unit)
	$(MAKE) test-unit SANITIZE=address,undefined
	$(MAKE) test-threads SANITIZE=thread
	$(MAKE) lint
	$(MAKE) test-cli
	$(MAKE) fuzz FUZZ_SECONDS=$(or $(FUZZ_CI_SECONDS),5)
# An OCI image, as root and without a daemon: build/images/zt.tar.
.PHONY: images manifests check-k8s test-k8s
images: all
	sh deploy/images/build $(VERSION)
manifests:
	sh deploy/k8s/render
check-k8s:
	sh tests/k8s/chart_test.sh
test-k8s: check-k8s images
	BIN=$(CURDIR)/$B/bin sh tests/k8s/kube_test.sh
# Distributions say where: PREFIX, LIBDIR, SBINDIR, MANDIR, DESTDIR.
SERVERS := $(SERVICES) gateway
MANUALS := man1/zt.1 man1/zt-audit.1 man8/zt-server-setup.8 $(foreach s,$(SERVERS),man5/zt-$s.yaml.5 man8/zt-$s.8)
PROGRAMS := $(BINDIR)/zt $(BINDIR)/zt-audit $(addprefix $(SBINDIR)/zt-,$(SERVERS) server-setup)
INSTALLED = $(PROGRAMS) $(LIBDIR)/libzt.a $(LIBDIR)/libzt.so $(LIBDIR)/libzt.so.0 $(LIBDIR)/pkgconfig/zt.pc \
    $(PREFIX)/include/zt $(addprefix $(MANDIR)/,$(MANUALS)) $(PREFIX)/share/bash-completion/completions/zt \
    $(PREFIX)/share/zsh/site-functions/_zt $(addprefix $(PREFIX)/,$(CATALOGUES))
manuals: $(addprefix $B/man/,$(MANUALS))
install: all manuals $B/installed/libzt.a
	$(foreach p,$(PROGRAMS),install -D -m 755 $(or $(wildcard deploy/server/$(notdir $p)),$B/bin/$(notdir $p)) $(DESTDIR)$p && ):
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(PREFIX)/include/zt
	install -m 755 $B/libzt.so.0 $(DESTDIR)$(LIBDIR)
	ln -sf libzt.so.0 $(DESTDIR)$(LIBDIR)/libzt.so
	install -m 644 $B/installed/libzt.a $(DESTDIR)$(LIBDIR)
	install -m 644 libzt/include/zt/* $(DESTDIR)$(PREFIX)/include/zt
	sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|; s|@PRIVATE@|$(LIBS) $(LIBS_CLIENT)|' libzt/zt.pc.in \
	    > $(DESTDIR)$(LIBDIR)/pkgconfig/zt.pc
	chmod 644 $(DESTDIR)$(LIBDIR)/pkgconfig/zt.pc
	$(foreach m,$(MANUALS),install -D -m 644 $B/man/$m $(DESTDIR)$(MANDIR)/$m && ):
	$(foreach c,$(CATALOGUES),install -D -m 644 $B/$c $(DESTDIR)$(PREFIX)/$c && ):
	install -d $(DESTDIR)$(PREFIX)/share/bash-completion/completions $(DESTDIR)$(PREFIX)/share/zsh/site-functions
	$B/bin/zt completion bash > $(DESTDIR)$(PREFIX)/share/bash-completion/completions/zt
	$B/bin/zt completion zsh > $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_zt
# What a server with systemd has besides: units, users, folders, settings.
UNITDIR ?= $(PREFIX)/lib/systemd/system
install-server: install
	install -d $(DESTDIR)$(UNITDIR) $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d $(DESTDIR)/etc/zt
	for s in $(SERVERS); do sh deploy/server/unit $$s $(SBINDIR) > $(DESTDIR)$(UNITDIR)/zt-$$s.service || exit 1; done
	install -m 644 deploy/server/zt.target $(DESTDIR)$(UNITDIR)
	install -m 644 deploy/server/zt-server.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/zt-server.conf
	install -m 644 deploy/server/zt-server.tmpfiles $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/zt-server.conf
	install -m 644 deploy/server/etc/* $(DESTDIR)/etc/zt
uninstall:
	rm -rf $(addprefix $(DESTDIR),$(INSTALLED))
# Debian packages in build/deb, and their life in a bare root.
deb:
	sh scripts/deb build/deb
test-packages: deb
	sh tests/packages/cycle_test.sh build/deb
