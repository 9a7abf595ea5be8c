# What is generated: protobuf-c from proto/, and a link to each table of proto/ beside it.
PROTOS := $(wildcard proto/*.proto)
PB_C := $(PROTOS:proto/%.proto=$G/proto/%.pb-c.c)
PB_H := $(PB_C:.c=.h)
DEFS := $(patsubst proto/%,$G/proto/%,$(wildcard proto/*.def))
$G/proto/%.pb-c.c: proto/%.proto $(PROTOS)
	@mkdir -p $(@D)
	$Qprotoc -I proto --c_out=$(@D) $<
	@sed -i 's/#include "\([a-z]*\)\.pb-c\.h"/#include "proto\/\1.pb-c.h"/' $G/proto/$*.pb-c.c $G/proto/$*.pb-c.h
$G/proto/%.pb-c.h: $G/proto/%.pb-c.c ;
$G/proto/%.def: proto/%.def
	@mkdir -p $(@D)
	$Qln -sfn $(CURDIR)/$< $@
# The word lists of BIP-39, of Debian's python3-mnemonic.
WORD_LISTS ?= /usr/lib/python3/dist-packages/mnemonic/wordlist
$G/words/lists.c: scripts/word-lists
	@mkdir -p $(@D)
	$Qsh scripts/word-lists $(WORD_LISTS) > $@.new && mv $@.new $@
GENERATED := $(PB_C) $G/words/lists.c
MIGRATIONS := $(foreach s,auth metadata messaging,$G/migrations/migrations_$s.h)
$(MIGRATIONS): $G/migrations/migrations_%.h: scripts/embed-migrations $(wildcard services/*/migrations/*.sql)
	@mkdir -p $(@D)
	$Qsh scripts/embed-migrations services/$*/migrations > $@
# The catalogues of translations, where a program of the build folder finds them: beside it.
LANGUAGES := $(patsubst po/%.po,%,$(wildcard po/*.po))
CATALOGUES := $(LANGUAGES:%=share/locale/%/LC_MESSAGES/zt.mo)
$B/share/locale/%/LC_MESSAGES/zt.mo: po/%.po
	@mkdir -p $(@D)
	$Qmsgfmt -c -o $@ $<
