# One rule each: object, library, program, test, fuzz target, bench.
.SECONDEXPANSION:
.SECONDARY:

srcs = $(sort $(wildcard $(addsuffix /*.c,$1)))
objs = $(patsubst %.c,$B/%.o,$1)

$B/%.o: %.c mk/config.mk build/inc/.done $(PB_H) $(DEFS) $(MIGRATIONS)
	@mkdir -p $(@D)
	$Q$(CC) $(CFLAGS) -I build/inc/$(call floor_of,$<)/of $(if $(filter tests/%,$<),-I tests/support -I tests/model)$(if $(filter bench/%,$<),-I bench) -I $G/migrations -MMD -MP -c $< -o $@
$B/gen/%.o: $G/%.c mk/config.mk $(PB_H)
	@mkdir -p $(@D)
	$Q$(CC) $(CFLAGS) -I $G -w -MMD -MP -c $< -o $@

# Bulk cipher and hash are OpenSSL's; bulk_sodium.c is for where there is none.
PURE_SRCS := $(filter-out libzt/crypto/bulk_sodium.c,$(call srcs,libzt/base libzt/crypto libzt/format libzt/trust libzt/files libzt/history libzt/message))
PURE := $(call objs,$(PURE_SRCS)) $(patsubst $G/%.c,$B/gen/%.o,$(GENERATED))
# What an unlocked device does, each room above those before it.
ROOMS := $(addprefix libzt/,session log release chain topic workspace content tree handles disk restore people recovery join chat api)
UPPER := $(call objs,$(call srcs,libzt/pki libzt/port/posix libzt/store libzt/net $(ROOMS)))
FRAME := $(call objs,$(call srcs,services/bus services/frame))
SERVICES := auth metadata blocks messaging

$B/apps/common/l10n.o: override CFLAGS += -DZT_LOCALEDIR='"$(PREFIX)/share/locale"'
$B/libzt/api/text.o: VERSION libzt/include/zt/version.h
$B/libzt/api/text.o: override CFLAGS += -DVERSION_TEXT='"$(VERSION)"'
# The headers that are installed say it too; scripts/check-headers compares.
libzt/include/zt/version.h: VERSION
	$Qset -- $$(tr . ' ' <VERSION); sed -i "s/\(_MAJOR\) [0-9]*$$/\1 $$1/; s/\(_MINOR\) [0-9]*$$/\1 $$2/; s/\(_PATCH\) [0-9]*$$/\1 $$3/" $@; touch $@
$B/libzt/%.o: override CFLAGS += -fvisibility=hidden

$B/libzt-pure.a: $(PURE)
	$Qrm -f $@; ar rcs $@ $^
$B/libzt.a: $(PURE) $(UPPER)
	$Qrm -f $@; ar rcs $@ $^
$B/libframe.a: $(FRAME)
	$Qrm -f $@; ar rcs $@ $^
# The library that is installed shows the public names and nothing else.
$B/libzt.so.0: $(PURE) $(UPPER) mk/libzt.map
	$Q$(CC) $(LDFLAGS) -shared -Wl,-soname,libzt.so.0 -Wl,--version-script=mk/libzt.map -o $@ $(PURE) $(UPPER) $(LIBS) $(LIBS_CLIENT)
# The static one too: what is ours alone is local in it, so that it meets no name of who embeds it.
$B/installed/libzt.a: $(PURE) $(UPPER)
	@mkdir -p $(@D)
	$Qld -r -o $(@D)/libzt.obj $^ && objcopy -w --keep-global-symbol='zt_[a-z]*' $(@D)/libzt.obj
	$Qrm -f $@; ar rcs $@ $(@D)/libzt.obj
# Settings are described once, in the program: its --help is the list of the manual.
$B/man/man1/zt.1: $B/bin/zt
	@mkdir -p $(@D)
	$Q$< completion man > $@
$B/man/man5/%.yaml.5: $B/bin/% scripts/settings-manual deploy/server/etc/%.yaml VERSION
	@mkdir -p $(@D)
	$Qsh scripts/settings-manual $* $< deploy/server/etc/$*.yaml $(VERSION) > $@
$B/man/man1/%: docs/man/% VERSION
	@mkdir -p $(@D)
	$Qsed 's/@VERSION@/$(VERSION)/' $< > $@
$B/man/man8/%: docs/man/% VERSION
	@mkdir -p $(@D)
	$Qsed 's/@VERSION@/$(VERSION)/' $< > $@

$B/bin/zt-auth: $(call objs,$(call srcs,libzt/pki))
$B/bin/zt-auth: LIBS_SERVICE += -lcurl
ROOMS_auth := services/auth/operator
$(foreach s,$(SERVICES),$B/bin/zt-$s): $B/bin/zt-%: $$(call objs,$$(call srcs,services/$$* $$(ROOMS_$$*))) $B/libframe.a $B/libzt-pure.a
	@mkdir -p $(@D)
	$Q$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) $(LIBS_SERVICE)
$B/bin/zt-gateway: $(call objs,$(call srcs,gateway gateway/limits gateway/upstream gateway/site gateway/page)) $B/libframe.a $B/libzt-pure.a
	@mkdir -p $(@D)
	$Q$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) $(LIBS_SERVICE) -lwebsockets
$B/bin/zt: $(call objs,$(call srcs,apps/cli apps/cli/files apps/ui apps/operator apps/terminal apps/common)) $B/libzt.a
	@mkdir -p $(@D)
	$Q$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) $(LIBS_CLIENT) $(LIBS_CLI)
$B/apps/agent/http/main.o: override CFLAGS += -DAGENT_PAGE='"$(PREFIX)/share/zt/web"'
$B/bin/zt-agent: $(call objs,$(call srcs,apps/agent apps/agent/http apps/agent/door apps/hosts apps/rpc apps/rpc/encode) apps/common/l10n.c apps/common/output.c apps/common/usage.c apps/common/standard.c apps/common/agent_place.c) $(call objs,$(call srcs,gateway/page)) $B/libzt.a
	@mkdir -p $(@D) $B/share/zt && ln -sfn ../../../web $B/share/zt/web
	$Q$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) $(LIBS_CLIENT) $(LIBS_AGENT)
$B/bin/zt-audit: $(call objs,$(call srcs,apps/audit) apps/common/l10n.c apps/common/standard.c) $B/libzt.a
	@mkdir -p $(@D)
	$Q$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

SUPPORT := $(call objs,$(call srcs,tests/support))
# Each test holds the whole library: where there is gold, that is linked in a third of the time.
FAST_LD := $(shell command -v ld.gold >/dev/null && echo -fuse-ld=gold)
QUICK := $B/tests/support/quick/argon2.o
TESTS := $(patsubst %.c,$B/%,$(wildcard tests/*/*_test.c)) $B/tests/vectors/sodium_test
# The vectors have the real price.
$(filter-out $B/tests/vectors/%,$(TESTS)): $(QUICK)
$B/tests/attack/display_test: $B/tests/cli/quick.so
$B/tests/%_test: $B/tests/%_test.o $(SUPPORT) $B/libzt.a $B/libframe.a
	$Q$(CC) $(LDFLAGS) $(FAST_LD) -o $@ $(filter %.o,$^) $B/libframe.a $B/libzt.a $(if $(findstring torture,$@),$(WRAP)) $(LIBS) $(LIBS_CLIENT) $(LIBS_SERVICE) -lcmocka
# The vectors again, by the other back end of bulk cipher and hash.
$B/tests/vectors/sodium_test: $B/tests/vectors/vectors_test.o $B/libzt/crypto/bulk_sodium.o $(SUPPORT) $B/libzt.a $B/libframe.a
	$Q$(CC) $(LDFLAGS) $(FAST_LD) -o $@ $(filter %.o,$^) $B/libframe.a $B/libzt.a $(LIBS) $(LIBS_CLIENT) $(LIBS_SERVICE) -lcmocka
$B/tests/attack/writer_test $B/tests/attack/keep_test $B/tests/attack/spill_test: $B/tests/attack/writer_model.o
$B/tests/attack/hostile_test: $B/tests/attack/hostile_calls.o
$B/tests/attack/messages_test $B/tests/attack/message_members_test: $B/tests/attack/talk.o
$B/tests/attack/exchange_test $B/tests/attack/joining_test: $B/tests/attack/meeting.o
$B/tests/services/tls_listener_test $B/tests/services/tls_turns_test: $B/tests/services/tls_world.o
ACCEPTOR_SOON := -DACCEPTOR_LOOK_MS=1000 -DACCEPTOR_AGAIN_MS=300 -DACCEPTOR_PATIENCE_MS=1000
$B/tests/services/acceptor_test: CFLAGS += $(ACCEPTOR_SOON)
$B/tests/services/acceptor_test: $B/tests/services/acceptor_soon.o
$B/tests/services/acceptor_soon.o: services/bus/acceptor.c build/inc/.done
	@mkdir -p $(@D)
	$Q$(CC) $(CFLAGS) $(ACCEPTOR_SOON) -I build/inc/services/bus/of -c $< -o $@
$B/tests/attack/certificate_test $B/tests/attack/pki_test: $B/tests/attack/authority.o
$B/tests/attack/certificate_test: $B/tests/attack/certificate_cases.o $B/tests/attack/asks.o
$B/tests/attack/asks.o: libzt/port/wasm/x509.c libzt/port/wasm/x509_call.h build/inc/.done
	@mkdir -p $(@D)
	$Q$(CC) $(CFLAGS) -Wno-attributes -Dx509_check=asks_check -Dx509_describe=asks_describe -Dx509_describe_list=asks_describe_list \
	  -I build/inc/libzt/port/wasm/of -c $< -o $@
MODEL := $B/tests/model/rules_model.o $B/tests/model/play.o
$B/tests/model/model_test $(addprefix $B/tests/model/,histories_test newcomer_test lost_device_test): $(MODEL)
$B/tests/model/histories_test: $(addprefix $B/tests/model/,log_tree.o judged.o promises.o)
$B/tests/model/files_test: $(addprefix $B/tests/model/,tree_model.o tree_player.o tree_seen.o tree_episode.o tree_futures.o)
$B/tests/model/newcomer_test: $B/tests/model/log_tree.o
$B/tests/model/newcomer_test: LIBS += -Wl,--wrap=session_call
$B/tests/model/lost_device_test: LIBS += -Wl,--wrap=log_append
$B/tests/fuzz/rules_fuzz $B/tests/fuzz/differ_fuzz: $(MODEL)
$B/tests/fuzz/rules_fuzz $B/tests/fuzz/differ_fuzz: LIBS_SERVICE += -lcmocka
$B/tests/store/desktop_test: LIBS_CLIENT += $(shell pkg-config --libs gio-2.0 2>/dev/null)
$B/tests/services/backend_test: $B/services/blocks/backend_fs.o
$B/tests/services/backend_test: LIBS += -Wl,--wrap=syncfs
$B/tests/attack/sink_test: LIBS += -Wl,--wrap=fallocate,--wrap=renameat2
WRAP := -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=aligned_alloc
# The app's interface.
RPC := $(call objs,$(call srcs,apps/rpc apps/rpc/encode) apps/common/output.c apps/common/usage.c)
$B/tests/apps/rpc_test $B/tests/apps/rpc_join_test $B/tests/apps/rpc_hostile_test: $(RPC) $B/tests/apps/ask.o
$B/tests/apps/rpc_test: $(addprefix $B/tests/apps/,rpc_certificates.o rpc_chat.o rpc_files.o rpc_log.o rpc_people.o rpc_trees.o rpc_workspaces.o)
$B/tests/apps/rpc_hostile_test $B/tests/store/vec_test: LIBS += -Wl,--wrap=free
$B/tests/fuzz/app_fuzz: $(RPC)
AGENT_PURE := $(call objs,$(addprefix apps/agent/door/,content.c door.c idle.c mark.c message.c))
$B/tests/agent/door_test: $(AGENT_PURE)
$B/tests/fuzz/agent_fuzz: $(RPC) $(AGENT_PURE)
FUZZERS := $(patsubst %.c,$B/%,$(wildcard tests/fuzz/*_fuzz.c))
$B/tests/fuzz/%_fuzz: $B/tests/fuzz/%_fuzz.o $B/libframe.a $B/libzt.a
	$Q$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(filter %.a,$^) $(LIBS) $(LIBS_CLIENT) $(LIBS_SERVICE)
BENCHES := $(patsubst %.c,$B/%,$(wildcard bench/*_bench.c)) $B/bench/floor $B/bench/transfer
$B/bench/floor $B/bench/transfer: $B/bench/%: $B/bench/peers/%.o $B/libframe.a $B/libzt.a
	$Q$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) $(LIBS_CLIENT) $(LIBS_SERVICE)
$B/bench/%_bench: $B/bench/%_bench.o $B/bench/load.o $B/bench/device.o $B/libframe.a $B/libzt.a
	$Q$(CC) $(LDFLAGS) -o $@ $^ $(LIBS) $(LIBS_CLIENT) $(LIBS_SERVICE)
$B/tests/cli/quick.so: tests/support/quick/argon2.c
	@mkdir -p $(@D)
	$Q$(CC) $(CFLAGS) -fPIC -shared -o $@ $<
$B/tests/cli/logind: tests/cli/logind.c
	@mkdir -p $(@D)
	$Q$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIBS_AGENT)
$B/tests/cli/later.so $B/tests/cli/meanwhile.so: $B/tests/cli/%.so: tests/cli/%.c
	@mkdir -p $(@D)
	$Q$(CC) $(CFLAGS) -fPIC -shared -o $@ $<
$B/tests/attack/hang.so: tests/support/hang/nng_close.c
	@mkdir -p $(@D)
	$Q$(CC) $(CFLAGS) -fPIC -shared -o $@ $<
$B/tests/attack/gateway_test: $B/tests/attack/hang.so
$B/tests/services/due_test: $B/gateway/limits/due.o
$B/tests/threads/handles_test $B/tests/threads/lend_test: $B/tests/threads/held.o
$B/tests/cli/read_qr: $B/tests/cli/read_qr.o
	$Q$(CC) $(LDFLAGS) -o $@ $^ -lzbar
-include $(shell find $B -name '*.d' 2>/dev/null)
