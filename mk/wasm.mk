# The client for WebAssembly: `make wasm` builds it, `make wasm-check` runs it under node against the real services.
# Everything of libzt but what needs threads, sockets, OpenSSL or tokens, which libzt/port/wasm replaces.
W := build/wasm
WASM_CC ?= clang-19
# Built only for what names it: others need neither its compiler nor its sources.
WASM_FLAGS := --target=wasm32-wasi -msimd128 -mbulk-memory -O2 -D_GNU_SOURCE -D_WASI_EMULATED_MMAN -D_WASI_EMULATED_SIGNAL -D_WASI_EMULATED_GETPID
SODIUM := $W/src/libsodium/src/libsodium
WASM_INCLUDES := -I libzt/port/wasm/include -isystem $W/include -isystem $(SODIUM)/include -isystem $(SODIUM)/include/sodium \
	-isystem $W/src/protobuf-c -isystem $W/src/utf8proc -isystem $W/src/sqlite3
WASM_SRCS := $(filter-out libzt/crypto/bulk_openssl.c libzt/net/events.c $(wildcard libzt/join/pki_*.c) libzt/people/watch.c libzt/api/pki.c libzt/api/watch.c,\
	$(call srcs,libzt/base libzt/crypto libzt/format libzt/trust libzt/files libzt/history libzt/store libzt/net $(ROOMS))) \
	libzt/port/posix/clock.c $(wildcard libzt/port/wasm/*.c)
$W/libzt/api/text.o: WASM_FLAGS += -DVERSION_TEXT='"$(VERSION)"'
WASM_OBJS := $(patsubst %.c,$W/%.o,$(WASM_SRCS)) $(patsubst $G/%.c,$W/gen/%.o,$(GENERATED))

$W/src/.done: scripts/wasm-sources
	sh scripts/wasm-sources $W/src
# What libsodium's configure would find on this target.
$W/include/sodium/version.h: $W/src/.done
	@mkdir -p $(@D)
	sed 's/@VERSION@/1.0.18/;s/@SODIUM_LIBRARY_VERSION_MAJOR@/10/;s/@SODIUM_LIBRARY_VERSION_MINOR@/3/;s/@SODIUM_LIBRARY_MINIMAL_DEF@//' \
	  $(SODIUM)/include/sodium/version.h.in > $@
$W/%.o: %.c build/inc/.done $(PB_H) $(DEFS) $W/include/sodium/version.h
	@mkdir -p $(@D)
	$Q$(WASM_CC) $(WASM_FLAGS) -std=c17 $(WARN) -Wno-unknown-attributes -Wno-gnu-statement-expression-from-macro-expansion -include libzt/port/wasm/include/system.h $(WASM_INCLUDES) \
	  -I build/inc/$(call floor_of,$<)/of $(if $(findstring argon2,$<),-I $(SODIUM)) -MMD -MP -c $< -o $@
$W/gen/%.o: $G/%.c $(PB_H) $W/include/sodium/version.h
	@mkdir -p $(@D)
	$Q$(WASM_CC) $(WASM_FLAGS) -w -I $G -isystem $W/src/protobuf-c -c $< -o $@
# The libraries, in one step each: their lists of files are known once their sources are there.
$W/libs.o: $W/include/sodium/version.h mk/wasm.mk
	$Q$(MAKE) --no-print-directory -f mk/wasm-libs.mk W=$W SODIUM=$(SODIUM) WASM_CC=$(WASM_CC) WASM_FLAGS='$(WASM_FLAGS)' $@
$W/zt.wasm: $(WASM_OBJS) $W/tests/wasm/app.o $W/libs.o
	$Q$(WASM_CC) $(WASM_FLAGS) -mexec-model=reactor -Wl,-s -Wl,--gc-sections -Wl,--max-memory=2147483648 -Wl,-z,stack-size=1048576 \
	  -Wl,--export=malloc -Wl,--export=free -o $@ $^ -lwasi-emulated-mman -lwasi-emulated-signal -lwasi-emulated-getpid
.PHONY: wasm wasm-check
wasm: $W/zt.wasm
wasm-check: all $W/zt.wasm $B/tests/cli/quick.so
	BIN=$(CURDIR)/$B/bin sh tests/wasm/wasm_test.sh $W/zt.wasm
-include $(shell find $W -name '*.d' -not -path '*/src/*' 2>/dev/null)
