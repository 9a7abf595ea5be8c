# The targets that a person types; how they are done is in mk/.
.DEFAULT_GOAL := all
include mk/config.mk mk/floors.mk mk/gen.mk mk/rules.mk mk/wasm.mk mk/web.mk

.PHONY: all pure run test test-long bench lint fmt install install-server uninstall manuals deb test-packages clean
all: $B/libzt.a $B/libzt.so.0 $B/bin/zt $B/bin/zt-agent $B/bin/zt-audit $(foreach s,$(SERVICES),$B/bin/zt-$s) $B/bin/zt-gateway $(CATALOGUES:%=$B/%)
pure: $B/libzt-pure.a
clean:
	rm -rf build

STATE ?= state
run: all page-if-possible
	sh deploy/local/demo.sh $(CURDIR)/$B/bin $(STATE) $(ONCE)

# A test is one line: a program, or a script with its arguments. SIDE of them run side by side, because they wait more
# than they work.
SIDE ?= $(shell expr 3 '*' $$(nproc))
SIDE_BY_SIDE = sh scripts/side-by-side $(SIDE)
ASAN := SANITIZE=address,undefined
# Those that prove less under sanitizers, which keep what is freed and are slow: they run in the release build as well.
PLAIN_TESTS := $(patsubst %.c,$B/%,$(shell grep -lE 'process_kib|world_kib|peak_kib|__SANITIZE_ADDRESS__' tests/*/*_test.c))
# Those that look at all there is of something (each character, each byte, the acts of a model) or move much: `make test` has
# them, and PLAIN_TESTS, in the release build alone, and test-long in both.
EXHAUSTIVE_TESTS := $(addprefix $B/tests/,attack/display_test attack/history_test attack/checkpoint_test attack/cancel_test attack/certificate_test attack/large_test \
    attack/writer_test attack/spill_test model/model_test model/files_test model/lost_device_test)
RELEASE_TESTS := $(sort $(PLAIN_TESTS) $(EXHAUSTIVE_TESTS))
SANITIZED_TESTS = $(filter-out $(RELEASE_TESTS),$(TESTS))
THREAD_TESTS := $(addprefix $B/tests/,threads/threads_test threads/handles_test threads/lend_test services/policy_test services/backend_test)
CLI_TESTS := trust files home leave people readme chat deletion clear device local overwrite kill trouble pki operator demo repair restored proxy install options words passwords reports portal json link neighbours agent site page beside
CLI_LINES = $(CLI_TESTS:%='sh tests/cli/%_test.sh')
# The agent under sanitizers; `make test` has these in the place of the plain one.
AGENT_LINES = $(foreach v,thread address-undefined,'env AGENT=build/$v/bin/zt-agent sh tests/cli/agent_test.sh')
FUZZ_SECONDS ?= 60
FUZZ_LINES = $(FUZZERS:%='sh scripts/fuzz-one % $(FUZZ_SECONDS)')
LINT_LINES = 'sh scripts/check-symbols $B' 'sh scripts/check-headers' 'sh scripts/check-l10n' 'sh scripts/check-advice' 'sh scripts/check-man $B/man' \
    'sh scripts/check-words' 'sh scripts/check-shell' 'sh scripts/interfaces --check' 'sh tests/packages/commit_msg_test.sh'
QUICK_LINT_LINES = $(patsubst 'sh scripts/check-headers','sh scripts/check-headers quick',$(LINT_LINES)) 'sh scripts/check-c quick'
.PHONY: tests tests-release tests-sanitized tests-threads tests-cli fuzzers
tests: all $(TESTS)
tests-release: all $(RELEASE_TESTS)
tests-sanitized: all $(SANITIZED_TESTS)
tests-threads: $(THREAD_TESTS) $B/bin/zt-agent
	$(MAKE) SANITIZE= all # the services that they ask
tests-cli: all $(addprefix $B/tests/cli/,read_qr logind quick.so later.so meanwhile.so)
fuzzers: $(FUZZERS)
.PHONY: test-unit test-attack test-threads test-cli fuzz fuzz-run
test-unit: tests
	@printf '%s\n' $(TESTS) | $(SIDE_BY_SIDE)
test-attack: all $(filter $B/tests/attack/%,$(TESTS))
	@for t in $(filter-out all,$^); do $$t >$B/attack.log 2>&1 || { cat $B/attack.log; exit 1; }; \
	  grep -E '\[ +OK +\]' $B/attack.log; done
test-threads: tests-threads
	@printf '%s\n' $(THREAD_TESTS) | $(SIDE_BY_SIDE)
test-cli: tests-cli
	@export BIN=$(or $(BIN),$(CURDIR)/$B/bin); printf '%s\n' $(CLI_LINES) | $(SIDE_BY_SIDE)
# Each parser, FUZZ_SECONDS long. What they find is in build/fuzz/.
fuzz:
	$(MAKE) CC=clang $(ASAN) FUZZ=1 fuzz-run
fuzz-run: fuzzers
	@printf '%s\n' $(FUZZ_LINES) | $(SIDE_BY_SIDE)
# Every test, in minutes: under sanitizers, but those of the command line and RELEASE_TESTS in the release build. Each
# parser is fuzzed for a second, and clang-tidy looks at what changed of late, without its analyzer. The WebAssembly build has its libraries'
# sources from Debian's servers, the page its libraries from npm's: where those, the compiler or a browser cannot be had, all
# else is tested, and the end says so.
in_variant = $(patsubst $B/%,build/$1/%,$2)
test: tests-cli tests-release manuals
	$(MAKE) $(ASAN) tests-sanitized
	$(MAKE) SANITIZE=thread tests-threads
	$(MAKE) CC=clang $(ASAN) FUZZ=1 fuzzers
	@rm -f $W/ready; if sh scripts/wasm-sources $W/src; then ! command -v $(firstword $(WASM_CC)) >/dev/null || touch $W/ready; else [ $$? = 69 ]; fi
	@[ ! -e $W/ready ] || $(MAKE) wasm zt-wasm-web
	@rm -f $(WEB)-ready; if sh scripts/web-libraries --once; then ! command -v chromium >/dev/null || touch $(WEB)-ready; else [ $$? = 69 ]; fi
	@[ ! -e $(WEB)-ready ] || $(MAKE) web $$([ -e $W/ready ] || echo WEB_HOST=)
	@export BIN=$(CURDIR)/$B/bin; { printf '%s\n' $(call in_variant,address-undefined,$(SANITIZED_TESTS)) $(RELEASE_TESTS) \
	  $(call in_variant,thread,$(THREAD_TESTS)) $(patsubst %,'sh tests/cli/%_test.sh',$(filter-out agent,$(CLI_TESTS))) $(AGENT_LINES) $(QUICK_LINT_LINES) \
	  $(patsubst %,'sh scripts/fuzz-one % 1',$(call in_variant,address-undefined-fuzz,$(FUZZERS))); \
	  [ ! -e $(WEB)-ready ] || printf '%s\n' 'sh tests/web/run.sh' 'sh tests/web/run.sh files' 'sh tests/web/run.sh keyboard' 'sh tests/web/units.sh'; \
	  [ ! -e $W/ready ] || [ ! -e $(WEB)-ready ] || printf '%s\n' 'env HOST=browser QUICK_PAGE=1 sh tests/web/run.sh' 'env HOST=browser QUICK_PAGE=1 sh tests/web/run.sh markers' 'env MOMENTS=4 QUICK_PAGE=1 sh tests/web/browser_host.sh'; \
	  [ ! -e $W/ready ] || printf '%s\n' 'sh tests/wasm/wasm_test.sh $W/zt.wasm' 'sh tests/wasm/host_test.sh $W/host' 'sh tests/wasm/certificates_test.sh $W/host'; } | $(SIDE_BY_SIDE)
	@[ -e $W/ready ] || echo "== NOT RUN: the client in WebAssembly, for want of its compiler or of the sources of its libraries"
	@[ -e $(WEB)-ready ] || echo "== NOT RUN: the page, for want of npm, of its libraries or of a browser"
# And what takes hours: in both builds, all that has a length at its length, the analyzer, the mutants.
LONG := MOST_S=20000 ZT_MODEL_ACTS=1000000 ZT_MODEL_SERVER_ACTS=2000 ZT_HISTORY_RANDOM=30000 ZT_FILES_ACTS=50000 \
    ROUNDS=50 ZT_CANCEL_WAYS=all LEAVE_SECONDS=6000 HOME_FILES=30000 BESIDE_BYTES=400000000
test-long:
	$(MAKE) lint
	$(LONG) $(MAKE) test-unit
	$(LONG) $(MAKE) test-unit $(ASAN)
	$(MAKE) test-threads SANITIZE=thread
	$(LONG) $(MAKE) test-cli
	$(MAKE) $(ASAN) all
	ASAN_MORE=:verify_asan_link_order=0 $(MAKE) test-cli BIN=$(CURDIR)/build/address-undefined/bin
	$(MAKE) fuzz FUZZ_SECONDS=600
	$(MAKE) mutants
	$(MAKE) wasm-check
	$(MAKE) test-web-long
# Mends of findings, each taken out of a copy of the tree: what finds that (scripts/mutants).
.PHONY: mutants
mutants:
	sh scripts/mutants
# The same service without its signature check, to see what that costs; it is never installed.
$B/bench/zt-metadata-unverified: $(call srcs,services/metadata) $(call srcs,services/bus services/frame) $B/libzt-pure.a all
	$(MAKE) build/unverified/bin/zt-metadata UNVERIFIED=1
	install -D build/unverified/bin/zt-metadata $@
bench: all $(BENCHES) $B/bench/zt-metadata-unverified page-if-possible
	sh bench/bench.sh $(CURDIR)/$B/bin $(CURDIR)/$B/bench > $B/RESULTS.md
	cp $B/RESULTS.md bench/RESULTS.md; cat bench/RESULTS.md
lint: all manuals
	@for line in $(LINT_LINES) 'sh scripts/check-c'; do $$line || exit 1; done
# The texts of today into po/*.po: what is new waits there for its translation.
.PHONY: po
po:
	sh scripts/check-l10n --update
fmt:
	git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format -i
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
MANUALS := man1/zt.1 man1/zt-agent.1 man1/zt-audit.1 man8/zt-server-setup.8 $(foreach s,$(SERVERS),man5/zt-$s.yaml.5 man8/zt-$s.8)
PROGRAMS := $(BINDIR)/zt $(BINDIR)/zt-agent $(BINDIR)/zt-audit $(addprefix $(SBINDIR)/zt-,$(SERVERS) server-setup)
INSTALLED = $(PROGRAMS) $(LIBDIR)/libzt.a $(LIBDIR)/libzt.so $(LIBDIR)/libzt.so.0 $(LIBDIR)/pkgconfig/zt.pc \
    $(PREFIX)/include/zt $(addprefix $(MANDIR)/,$(MANUALS)) $(PREFIX)/share/bash-completion/completions/zt \
    $(PREFIX)/share/zsh/site-functions/_zt $(PREFIX)/share/zt $(addprefix $(PREFIX)/,$(CATALOGUES))
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
	install -d $(DESTDIR)$(PREFIX)/share/zt
	[ ! -e $(WEB)/zt-web.manifest ] || { rm -rf $(DESTDIR)$(PREFIX)/share/zt/web && cp -r $(WEB) $(DESTDIR)$(PREFIX)/share/zt/web; }
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
deb: page-if-possible
	sh scripts/deb build/deb
test-packages: deb
	sh tests/packages/cycle_test.sh build/deb
