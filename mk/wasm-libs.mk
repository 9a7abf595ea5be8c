# wasm-libs.mk - libsodium, protobuf-c, utf8proc, SQLite and, apart, jansson for WebAssembly, from their sources in $W/src.
SODIUM_C := $(filter-out %/crypto_pwhash/scryptsalsa208sha256/%,$(shell find $(SODIUM) -name '*.c'))
SRCS := $(SODIUM_C) $W/src/protobuf-c/protobuf-c/protobuf-c.c $W/src/utf8proc/utf8proc.c $W/src/sqlite3/sqlite3.c
OBJS := $(patsubst %.c,%.wasm.o,$(SRCS))
# What jansson's configure would find: jansson_config.h says the rest.
JANSSON_C := $(wildcard $W/src/jansson/src/*.c)

FLAGS_sodium := -DCONFIGURED=1 -DSODIUM_STATIC -DDEV_MODE=0 -DHAVE_WEAK_SYMBOLS=1 -DHAVE_INLINE_ASM=1 -DHAVE_EXPLICIT_BZERO=1 \
	-DHAVE_POSIX_MEMALIGN=1 -DNATIVE_LITTLE_ENDIAN=1 -DHAVE_STDINT_H -DHAVE_INTTYPES_H -DHAVE_C_VARARRAYS=1 \
	-I$W/include -I$W/include/sodium -I$(SODIUM)/include -I$(SODIUM)/include/sodium
# Its ChaCha20 for SSSE3, four blocks at once, over vectors of WebAssembly; simd.c says that they are there.
FLAGS_chacha20 := -DHAVE_EMMINTRIN_H -DHAVE_TMMINTRIN_H -Dsodium_runtime_has_ssse3=zt_has_simd -Ilibzt/port/wasm/include/simd
# A page fetches it: small before fast.
FLAGS_sqlite3 := -Oz -DSQLITE_OS_OTHER=1 -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_DQS=0 -DSQLITE_DEFAULT_MEMSTATUS=0 \
	-DSQLITE_OMIT_DEPRECATED -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_OMIT_UTF16 -DSQLITE_OMIT_PROGRESS_CALLBACK -DSQLITE_OMIT_AUTHORIZATION \
	-DSQLITE_OMIT_JSON -DSQLITE_OMIT_DATETIME_FUNCS -DSQLITE_UNTESTABLE -DSQLITE_OMIT_LIKE_OPTIMIZATION -DSQLITE_OMIT_OR_OPTIMIZATION -DSQLITE_OMIT_BETWEEN_OPTIMIZATION -DSQLITE_OMIT_HEX_INTEGER -DSQLITE_OMIT_DECLTYPE -DSQLITE_OMIT_TRACE -DSQLITE_OMIT_GET_TABLE -DSQLITE_OMIT_INCRBLOB -DSQLITE_OMIT_COMPILEOPTION_DIAGS -DSQLITE_OMIT_TCL_VARIABLE -DSQLITE_OMIT_INTROSPECTION_PRAGMAS -DSQLITE_MAX_EXPR_DEPTH=0 -DSQLITE_TEMP_STORE=3 -DHAVE_USLEEP=0
FLAGS_jansson := -Oz -DHAVE_STDINT_H -DHAVE_SYS_TIME_H -DHAVE_GETTIMEOFDAY -DHAVE_SYS_TYPES_H -DHAVE_STRTOLL -I$W/include/jansson
FLAGS = $(if $(findstring /jansson/,$1),$(FLAGS_jansson),$(if $(findstring libsodium,$1),$(FLAGS_sodium) $(if $(findstring /crypto_stream/chacha20/,$1),$(FLAGS_chacha20)),$(if $(findstring sqlite3,$1),$(FLAGS_sqlite3),\
	$(if $(findstring utf8proc,$1),-DUTF8PROC_STATIC,-I$W/src/protobuf-c))))
# Flags are of this file: a change of them builds the libraries again.
$(patsubst %.c,%.wasm.o,$(filter $(SODIUM)/crypto_stream/chacha20/%,$(SODIUM_C))): $(wildcard libzt/port/wasm/include/simd/*.h)
%.wasm.o: %.c mk/wasm-libs.mk
	@$(WASM_CC) $(WASM_FLAGS) -w $(call FLAGS,$<) -c $< -o $@
$W/libs.o: $(OBJS)
	@wasm-ld-19 -r -o $@ $^
$W/jansson.o: $(patsubst %.c,%.wasm.o,$(JANSSON_C))
	@wasm-ld-19 -r -o $@ $^
