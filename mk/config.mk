# Compiler, warnings, sanitizers and libraries. SANITIZE=address,undefined or thread picks a build
# separate folder, so that variants never mix.
CC ?= cc
ifeq ($(origin CC),default)
CC := cc
endif
comma := ,
variant := $(if $(UNVERIFIED),unverified,$(if $(SANITIZE),$(subst $(comma),-,$(SANITIZE)),rel))$(if $(FUZZ),-fuzz)
B := build/$(variant)
G := build/gen

WARN := -Wall -Wextra -Wformat=2 -Wpedantic -Wconversion -Wshadow -Wswitch-enum -Werror
OPT := $(if $(UNVERIFIED),-DZT_BENCH_UNVERIFIED )$(if $(SANITIZE),-O1 -fno-omit-frame-pointer -fsanitize=$(SANITIZE) -fno-sanitize-recover=all$(if $(FUZZ), -fsanitize=fuzzer-no-link),-O2 -fstack-protector-strong -D_FORTIFY_SOURCE=2)
PKGS := libsodium libargon2 libcrypto libprotobuf-c libutf8proc
PKGS_CLIENT := sqlite3 libcurl p11-kit-1
PKGS_SERVICE := libpq yaml-0.1 libxxhash jansson libssl
# Asked once, and not for each file that is compiled.
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) $(PKGS_CLIENT) $(PKGS_SERVICE) 2>/dev/null)
SECRET_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags-only-I libsecret-1 2>/dev/null))
override CFLAGS += -std=c17 -D_GNU_SOURCE $(WARN) $(OPT) -g -fPIC -pthread $(PKG_CFLAGS)
override LDFLAGS += -pthread -Wl,-z,relro,-z,now $(if $(SANITIZE),-fsanitize=$(SANITIZE))
# Loaded when it is first needed, so that only its headers are.
override CFLAGS += $(SECRET_CFLAGS)
LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
LIBS_CLIENT := $(shell pkg-config --libs $(PKGS_CLIENT) jansson 2>/dev/null) -lwebsockets -lkeyutils
LIBS_AGENT := $(shell pkg-config --libs libsystemd 2>/dev/null)
LIBS_CLI := $(shell pkg-config --libs libqrencode 2>/dev/null)
LIBS_SERVICE := $(shell pkg-config --libs $(PKGS_SERVICE) 2>/dev/null) -lnng -lev
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
LIBDIR ?= $(PREFIX)/lib
MANDIR ?= $(PREFIX)/share/man
VERSION := $(shell cat VERSION)
# make V=1 shows each command.
Q := $(if $V,,@)
