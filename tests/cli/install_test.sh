#!/bin/sh
# make install, and a program of a stranger's that is built against what it installed.
. "$(dirname "$0")/world.sh"
begin_world
check "make install" make -C "$root" install PREFIX="$state/prefix"
check "library, headers, pkg-config, manual page, completion" test -e "$state/prefix/lib/libzt.so" -a -e "$state/prefix/include/zt/file.h" \
	-a -e "$state/prefix/share/man/man1/zt.1" -a -e "$state/prefix/share/bash-completion/completions/zt"
expect 64 "pas de commande" "what is installed speaks French" env ZT_LANG=fr "$state/prefix/bin/zt" frob
export PKG_CONFIG_PATH="$state/prefix/lib/pkgconfig" LD_LIBRARY_PATH="$state/prefix/lib"
# shellcheck disable=SC2046
check "examples/share.c builds" cc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror "$root/examples/share.c" $(pkg-config --cflags --libs zt) -o "$state/share"
echo "hello" > "$state/hello.txt"
expect 0 "/hello.txt" "and runs" "$state/share" "$state/alice" "$state/alice.password" shared "$state/hello.txt" bob@demo.example
expect 0 "hello" "what it shared is read" bob cat shared:/hello.txt
# shellcheck disable=SC2046
check "examples/range.c builds" cc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror "$root/examples/range.c" $(pkg-config --cflags --libs zt) -o "$state/range"
head -c 30000000 /dev/urandom > "$state/film"
quiet_alice() { alice put "$state/film" shared:/film >/dev/null; }
check "a large file is put" quiet_alice
check "and read from its middle on" sh -c "'$state/range' '$state/alice' '$state/alice.password' shared:/film 15000001 5000000 > '$state/part' &&
	tail -c +15000002 '$state/film' | head -c 5000000 | cmp - '$state/part'"
# shellcheck disable=SC2046
check "examples/write.c builds" cc -std=c17 -D_GNU_SOURCE -Wall -Wextra -Werror "$root/examples/write.c" $(pkg-config --cflags --libs zt) -o "$state/write"
check "and writes a stream" sh -c "'$state/write' '$state/alice' '$state/alice.password' shared:/stream < '$state/film'"
check "and over its middle" sh -c "echo middle | '$state/write' '$state/alice' '$state/alice.password' shared:/stream 15000001"
check "and it is that" sh -c "{ head -c 15000001 '$state/film'; echo middle; tail -c +15000009 '$state/film'; } > '$state/both' &&
	'$state/range' '$state/alice' '$state/alice.password' shared:/stream 0 | cmp - '$state/both'"
cat > "$state/version.c" <<'END'
#include <stdio.h>
#include <string.h>
#include "zt/zt.h"
int
main(void)
{
	char is[32];
	snprintf(is, sizeof is, "%d.%d.%d", ZT_VERSION_NUMBER / 10000, ZT_VERSION_NUMBER / 100 % 100, ZT_VERSION_NUMBER % 100);
	return strcmp(is, zt_version()) != 0;
}
END
# shellcheck disable=SC2046
check "headers and library say the same version" sh -c "cc '$state/version.c' $(pkg-config --cflags --libs zt) -o '$state/version' && '$state/version'"
expect 0 "complete -F _zt zt" "bash completion" bash -c ". '$state/prefix/share/bash-completion/completions/zt' && complete -p zt"
check "the static library links, and shows no name but zt_*" sh -c "cc -std=c17 -D_GNU_SOURCE '$root/examples/share.c' $(pkg-config --cflags zt) '$state/prefix/lib/libzt.a' $(pkg-config --static --libs zt | sed 's/-lzt //') -o '$state/static' &&
	! nm -g --defined-only '$state/prefix/lib/libzt.a' | grep ' [TDBR] ' | grep -v ' zt_'"
for s in auth metadata blocks messaging gateway; do
	page=$state/prefix/share/man/man5/zt-$s.yaml.5
	check "zt-$s.yaml(5) has each setting of --help" test "$("$bin/zt-$s" --help | sed '1,/^Settings/d' | wc -l)" = "$(grep -c '^.It Va' "$page")"
done
check "make uninstall" make -C "$root" uninstall PREFIX="$state/prefix"
check "leaves nothing" test -z "$(find "$state/prefix" -type f -o -type l)"
finish
