# FLOORS to include trees: build/inc/<folder>/of/ holds links to the folders that <folder> may include,
# and is its only -I. An include upward is therefore "No such file or directory".
build/inc/.done: FLOORS
	rm -rf build/inc
	sed 's/#.*//' FLOORS | while read -r dir below; do [ -n "$$dir" ] || continue; \
	  for d in $$dir $$below; do mkdir -p build/inc/$$dir/of; \
	    ln -sfnr $$d build/inc/$$dir/of/$${d##*/}; done; done
	touch $@
# The tree of a file is that of its nearest folder in FLOORS.
floor_of = $(or $(firstword $(foreach d,$(FLOOR_DIRS),$(if $(filter $d/%,$1),$d))),$(error $1: no floor))
FLOOR_DIRS := $(shell sed 's/\#.*//' FLOORS | awk 'NF{print $$1}')
