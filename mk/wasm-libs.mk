# wasm-libs.mk - libsodium, protobuf-c, utf8proc and SQLite for WebAssembly, from their sources in $W/src.
SODIUM_C := $(filter-out %/crypto_pwhash/scryptsalsa208sha256/%,$(shell find $(SODIUM) -name '*.c'))
SRCS := $(SODIUM_C) $W/src/protobuf-c/protobuf-c/protobuf-c.c $W/src/utf8proc/utf8proc.c $W/src/sqlite3/sqlite3.c
OBJS := $(patsubst %.c,%.wasm.o,$(SRCS))

FLAGS_sodium := -DCONFIGURED=1 -DSODIUM_STATIC -DDEV_MODE=0 -DHAVE_WEAK_SYMBOLS=1 -DHAVE_INLINE_ASM=1 -DHAVE_EXPLICIT_BZERO=1 \
	-DHAVE_POSIX_MEMALIGN=1 -DNATIVE_LITTLE_ENDIAN=1 -DHAVE_STDINT_H -DHAVE_INTTYPES_H -DHAVE_C_VARARRAYS=1 \
	-I$W/include -I$W/include/sodium -I$(SODIUM)/include -I$(SODIUM)/include/sodium
FLAGS_sqlite3 := -DSQLITE_OS_OTHER=1 -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_DQS=0 -DSQLITE_DEFAULT_MEMSTATUS=0 \
	-DSQLITE_OMIT_DEPRECATED -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_OMIT_UTF16 -DSQLITE_OMIT_PROGRESS_CALLBACK -DSQLITE_OMIT_AUTHORIZATION \
	-DSQLITE_OMIT_JSON -DSQLITE_OMIT_DECLTYPE -DSQLITE_MAX_EXPR_DEPTH=0 -DSQLITE_TEMP_STORE=3 -DHAVE_USLEEP=0
FLAGS = $(if $(findstring libsodium,$1),$(FLAGS_sodium),$(if $(findstring sqlite3,$1),$(FLAGS_sqlite3),\
	$(if $(findstring utf8proc,$1),-DUTF8PROC_STATIC,-I$W/src/protobuf-c)))
%.wasm.o: %.c
	@$(WASM_CC) $(WASM_FLAGS) -w $(call FLAGS,$<) -c $< -o $@
$W/libs.o: $(OBJS)
	@wasm-ld-19 -r -o $@ $^
