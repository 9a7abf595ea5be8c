# The targets that a person types; how they are done stands in mk/.
.DEFAULT_GOAL := all
include mk/config.mk mk/floors.mk mk/gen.mk mk/rules.mk

.PHONY: all pure run test bench lint fmt install clean
all: $B/libzt.a $B/libzt.so.0 $B/bin/zt $(foreach s,$(SERVICES),$B/bin/zt-$s) $B/bin/zt-gateway
pure: $B/libzt-pure.a
clean:
	rm -rf build

STATE ?= state
run: all
	sh deploy/local/demo.sh $(CURDIR)/$B/bin $(STATE) $(ONCE)
