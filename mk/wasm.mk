# The client for WebAssembly: `make wasm` builds it, `make wasm-check` runs it under node against the real services.
# Everything of libzt but what needs threads, sockets, OpenSSL or tokens, which libzt/port/wasm replaces.
W := build/wasm
WASM_CC ?= clang-19
# Built only for what names it: others need neither its compiler nor its sources.
WASM_FLAGS := --target=wasm32-wasi -msimd128 -mbulk-memory -O2 -D_GNU_SOURCE -D_WASI_EMULATED_MMAN -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_GETPID
# A page fetches the module: what is not the work on bytes is small before it is fast.
WASM_SMALL = $(if $(filter libzt/crypto/% libzt/base/% libzt/port/%,$<),,-Oz)
SODIUM := $W/src/libsodium/src/libsodium
WASM_INCLUDES := -I libzt/port/wasm/include -isystem $W/include -isystem $(SODIUM)/include -isystem $(SODIUM)/include/sodium \
	-isystem $W/src/protobuf-c -isystem $W/src/utf8proc -isystem $W/src/sqlite3
WASM_SRCS := $(filter-out libzt/crypto/bulk_openssl.c libzt/net/events.c $(addprefix libzt/join/pki_,ask.c file.c trust.c) libzt/people/watch.c libzt/api/watch.c libzt/release/page.c libzt/release/fetch.c libzt/api/page.c,\
	$(call srcs,libzt/base libzt/crypto libzt/format libzt/trust libzt/files libzt/history libzt/message libzt/store libzt/net $(ROOMS))) \
	libzt/pki/pki_request.c libzt/port/posix/clock.c $(wildcard libzt/port/wasm/*.c)
# Large pieces are hashed by the host (libzt/port/wasm/hash.c).
$W/libzt/crypto/bulk_sodium.o: WASM_FLAGS += -Dbulk_hash=bulk_hash_here
$W/libzt/api/text.o: WASM_FLAGS += -DVERSION_TEXT='"$(VERSION)"'
WASM_OBJS := $(patsubst %.c,$W/%.o,$(WASM_SRCS)) $(patsubst $G/%.c,$W/gen/%.o,$(GENERATED))

$W/src/.done: scripts/wasm-sources
	sh scripts/wasm-sources $W/src
# What libsodium's configure would find on this target.
$W/include/sodium/version.h: $W/src/.done
	@mkdir -p $(@D)
	sed 's/@VERSION@/1.0.18/;s/@SODIUM_LIBRARY_VERSION_MAJOR@/10/;s/@SODIUM_LIBRARY_VERSION_MINOR@/3/;s/@SODIUM_LIBRARY_MINIMAL_DEF@//' \
	  $(SODIUM)/include/sodium/version.h.in > $@
$W/%.o: %.c mk/wasm.mk build/inc/.done $(PB_H) $(DEFS) $W/include/sodium/version.h
	@mkdir -p $(@D)
	$Q$(WASM_CC) $(WASM_FLAGS) $(WASM_SMALL) -std=c17 $(WARN) -Wno-unknown-attributes -Wno-gnu-statement-expression-from-macro-expansion -include libzt/port/wasm/include/system.h $(WASM_INCLUDES) \
	  -I build/inc/$(call floor_of,$<)/of $(if $(findstring argon2,$<),-I $(SODIUM)) -MMD -MP -c $< -o $@
$W/gen/%.o: $G/%.c mk/wasm.mk $(PB_H) $W/include/sodium/version.h
	@mkdir -p $(@D)
	$Q$(WASM_CC) $(WASM_FLAGS) -Os -w -I $G -isystem $W/src/protobuf-c -c $< -o $@
# The libraries, in one step each: their lists of files are known once their sources are there.
$W/libs.o: $W/include/sodium/version.h mk/wasm.mk mk/wasm-libs.mk $(wildcard libzt/port/wasm/include/simd/*.h)
	$Q$(MAKE) --no-print-directory -f mk/wasm-libs.mk W=$W SODIUM=$(SODIUM) WASM_CC=$(WASM_CC) WASM_FLAGS='$(WASM_FLAGS)' $@
WASM_LINK = $(WASM_CC) $(WASM_FLAGS) -mexec-model=reactor -Wl,-s -Wl,--fatal-warnings -Wl,--gc-sections -Wl,--max-memory=2147483648 -Wl,-z,stack-size=1048576 \
	-Wl,--export=malloc -Wl,--export=free
WASM_EMULATED := -lwasi-emulated-mman -lwasi-emulated-signal -lwasi-emulated-getpid
$W/zt.wasm: $(WASM_OBJS) $W/tests/wasm/app.o $W/libs.o
	$Q$(WASM_LINK) -o $@ $^ $(WASM_EMULATED)

# The browser's host: the client and the app's interface in one module, which a worker of the page runs (apps/browser).
WASM_RPC := $(call srcs,apps/rpc apps/rpc/encode apps/hosts apps/browser) apps/common/output.c apps/common/usage.c
WASM_RPC_OBJS := $(patsubst %.c,$W/%.o,$(WASM_RPC))
$(WASM_RPC_OBJS): WASM_INCLUDES += -isystem $W/include/jansson -isystem $W/src/jansson/src
$(WASM_RPC_OBJS): $W/include/jansson/jansson_config.h
# The library's allocator does not tell how much a piece has, and json.c wipes what comes back.
$W/apps/rpc/json.o: WASM_FLAGS += -include apps/browser/sized.h
# What jansson's configure would find on this target.
$W/include/jansson/jansson_config.h: $W/src/.done
	@mkdir -p $(@D)
	sed 's/@json_inline@/inline/;s/@json_have_long_long@/1/;s/@json_have_localeconv@/1/;s/@json_have_[a-z]*_builtins@/0/' \
	  $W/src/jansson/src/jansson_config.h.in > $@
	touch $(@D)/jansson_private_config.h
$W/jansson.o: $W/include/jansson/jansson_config.h mk/wasm-libs.mk
	$Q$(MAKE) --no-print-directory -f mk/wasm-libs.mk W=$W SODIUM=$(SODIUM) WASM_CC=$(WASM_CC) WASM_FLAGS='$(WASM_FLAGS)' $@
$W/host/zt.wasm: $(WASM_OBJS) $(WASM_RPC_OBJS) $W/libs.o $W/jansson.o
	@mkdir -p $(@D)
	$Q$(WASM_LINK) -o $@ $^ $(WASM_EMULATED)
# What reads certificates: OpenSSL and what asks it, as a second module, which the first one's host fetches when a person with
# such requests is there (docs/decisions/0010-certificates-in-the-browser.md).
$W/openssl/openssl.o: $W/src/.done scripts/wasm-openssl
	$QCC=$(WASM_CC) sh scripts/wasm-openssl $W/src/openssl $W/openssl
CERTIFICATES := $W/libzt/pki/x509_check.o $W/libzt/port/wasm/x509/module.o
$(CERTIFICATES): WASM_INCLUDES += -isystem $W/openssl/include -isystem $W/src/openssl/include
$(CERTIFICATES): $W/openssl/openssl.o
$W/host/certificates.wasm: $(CERTIFICATES) $(patsubst %.c,$W/%.o,$(call srcs,libzt/base)) $W/openssl/openssl.o
	@mkdir -p $(@D)
	$Q$(WASM_LINK) -Wl,--max-memory=134217728 -o $@ $^ $(WASM_EMULATED)
# What the page's build takes beside its own files: the module, and the workers that run it, as they are.
WASM_WORKERS := $(wildcard apps/browser/*.mjs) $(wildcard libzt/port/wasm/*.mjs)
$W/host/.done: $W/host/zt.wasm $W/host/certificates.wasm $(WASM_WORKERS)
	$Qcp $(WASM_WORKERS) $(@D) && node apps/browser/tools/weigh.mjs $(@D) && touch $@
.PHONY: wasm wasm-check zt-wasm-web
zt-wasm-web: $W/host/.done
wasm: $W/zt.wasm
wasm-check: all $W/zt.wasm $W/host/.done $B/tests/cli/quick.so $B/tests/attack/certificate_test
	KILLS=8 BIN=$(CURDIR)/$B/bin sh tests/wasm/wasm_test.sh $W/zt.wasm
	KILLS=8 BIN=$(CURDIR)/$B/bin sh tests/wasm/host_test.sh $W/host
	KILLS=8 BIN=$(CURDIR)/$B/bin sh tests/wasm/certificates_test.sh $W/host
-include $(shell find $W -name '*.d' -not -path '*/src/*' 2>/dev/null)
