#!/bin/sh
# What is typed: options, numbers, times, help, the state folder's place; and what cannot be printed. No server.
. "$(dirname "$0")/world.sh"
zt() { "$bin/zt" "$@"; }
echo secret > "$state/pw"
# A folder without a device: a command whose words are right gets as far as this, exit 66.
at_home() { "$bin/zt" --home "$state/none" --password-file "$state/pw" "$@"; }
right() { name=$1; shift; expect 66 "no device" "$name" at_home "$@"; }
wrong() { words=$1 name=$2; shift 2; expect 64 "$words" "$name" at_home "$@"; }

# options: --opt=value, letters, only a command's own, complete
expect 66 "no device" "--home=DIR and --password-file=FILE" zt --home="$state/none" --password-file="$state/pw" users
right "options behind the arguments, letters together" ls w:/ -rl --at="2026-01-31 12:00:00"
right "after -- nothing is an option" put -- -c w:/-c
wrong "a value is missing behind --at" "an empty value" ls w:/ --at=
wrong "a value is missing behind --at" "no value" ls w:/ --at
wrong "takes no value" "a value of a flag" ls w:/ --recursive=yes
wrong "no option -rx" "an unknown letter" ls w:/ -rx
wrong "no option --recur$" "half a name" ls w:/ --recur
wrong "no option --recur=yes" "with a value" ls w:/ --recur=yes
wrong "no option --to-vers$" "of an option with a value" restore w:/f --to-vers 1
wrong "no option --re$" "that of several options" ls w:/ --re
wrong "no option ---at" "three hyphens" ls w:/ ---at
wrong "no option -r:" "what getopt reads in its own way" ls w:/ -r:
wrong "no option -W" "and this" ls w:/ -W at
wrong "is no time" "a value that looks like an option is one" ls w:/ --at --long
right "the name of one that begins another" get w:/f --keep-both
wrong "zt get has no option --keep" "and of the other" get w:/f --keep
wrong "2x.* is no whole number" "each of two is read" restore w:/f --to-version 1 --to-version 2x
wrong "no use for \"--long\"" "behind -- among arguments" mkdir w:/a -- --long
right "one hyphen is an argument" put - w:/f
expect 66 "no device" "also where POSIX has options before arguments" env POSIXLY_CORRECT=1 "$bin/zt" --home "$state/none" --password-file "$state/pw" ls w:/ -rl
wrong "zt ls has no option --to-version" "an option of another command" ls w:/ --to-version 1
wrong "zt mkdir has no option --yes" "a flag of another command" mkdir w:/ -y
wrong "zt get has no option --at" "get gives no older content in silence" get w:/f --at "2026-01-31 12:00:00"
wrong "do not go together" "two options of which one would be ignored" restore w:/f --to-version 1 --at "2026-01-31 12:00:00"
expect 64 "do not go together" "two passwords" zt --home "$state/none" --password-file "$state/pw" --password-fd 0 users
wrong "is one of reader|contributor|manager|owner" "a role that is none" workspace share w bob --role admin
wrong "usage: zt workspace share WORKSPACE USER" "and the usage of that command is shown" workspace share w bob --role admin
wrong "is one of admin|standard|outsider" "a profile that is none, before codes are compared" greet zt:link --profile "adm"
wrong "an option is missing: --email" "a missing option is named" claim zt:link
wrong "an argument is missing: USER" "a missing argument is named" workspace share w
wrong "argument 1 of zt find is empty" "an empty path is none" find "" "*"
wrong "argument 2 of zt find is empty" "nor is an empty pattern, which nothing has" find w:/ ""
wrong "argument 1 of zt find is empty" "also where another is missing" find ""
wrong "no use for \"c\"" "so is one too many" mv w:/a w:/b c
right "the same with all of them" workspace share w bob --role reader

# numbers, whole
for n in abc 0 1x 0x1 -1 +1 1.9 " 1" "1 " 1e3 99999999999999999999 18446744073709551616; do
	wrong "no whole number from 1" "version \"$n\"" cat w:/f --to-version "$n"
done
right "version 18446744073709551615" cat w:/f --to-version 18446744073709551615
wrong "no whole number from 2 to 16" "--need 1" recovery colleagues a b --need 1
wrong "no whole number from 2 to 16" "--need 2x" recovery colleagues a b --need 2x
right "--need 2" recovery colleagues a b --need 2
for n in abc -1 0x3 2147483648; do expect 64 "no whole number" "--password-fd $n" zt --home "$state/none" --password-fd "$n" users; done
link=zt://server.example/$(printf %032d 1)/$(printf %032d 1)
expect 64 "not an invitation link" "a link that is none is said before a password is asked for" zt --home "$state/none" claim zt://x --email a@b.example
expect 64 "not an invitation link" "also beside others" zt --home "$state/none" recover "$link" zt://x --email a@b.example
expect 74 "password-fd 99: Bad file" "a descriptor that is not open" zt --home "$state/none" --password-fd 99 claim "$link" --email a@b.example
for n in lots 1.5G 5GB -1 "" 9223372036854775807K; do
	expect 64 "size\|a value is missing" "size \"$n\"" zt server set x --server http://127.0.0.1:9 --operator-token-file "$state/pw" --storage "$n"
done
expect 69 "cannot be reached" "500M is one" zt server set x --server http://127.0.0.1:9 --operator-token-file "$state/pw" --storage 500M

# times that there were
for t in 2026-01-31 "2026-02-31 10:00:00" "2026-13-01 00:00:00" "1969-12-31 00:00:00" "2026-01-31T10:00:00Z" \
	"2026-01-31 10:00:00 +0900" " 2026-01-31 10:00:00" "2026-01-31 24:00:00" "2026-01-31 10:00:60" "26-01-31 10:00:00"; do
	wrong "is no time" "time \"$t\"" restore w:/f --at "$t"
	wrong "is no time" "since \"$t\"" device revoke laptop --since "$t"
done
wrong "has not come yet" "a time to come" ls w:/ --at "9999-12-31 23:59:59"
in_paris() { TZ=Europe/Paris at_home "$@"; }
expect 64 "is no time" "the hour that the clock skips" in_paris ls w:/ --at "2026-03-29 02:30:00"
expect 66 "no device" "the hour after it" in_paris ls w:/ --at "2026-03-29 03:30:00"
right "29 February 2024" ls w:/ --at "2024-02-29 00:00:00"
for t in -5m 5x 1.5h 99999999999999999999d 36501d h "5 m" 15M; do wrong "is no time such as" "duration \"$t\"" unlock --for "$t"; done
for t in ever 0 0s 0d; do wrong "for a limited time only" "without an end, \"$t\"" unlock --for "$t"; done
wrong "for is at most 30d" "a session has its limit" unlock --for 31d
expect 69 "cannot be reached" "an organization may expire in a year" zt server set x --server http://127.0.0.1:9 --operator-token-file "$state/pw" --for 365d
expect 69 "cannot be reached" "and 0 lifts that" zt server set x --server http://127.0.0.1:9 --operator-token-file "$state/pw" --for 0
expect 66 "there is no device" "30d" at_home unlock --for 30d

for a in zt.example ftp://zt.example zt.example:8443; do wrong "is no address such as https://" "server \"$a\"" recover --server "$a"; done

# help, by all the ways that people try
for way in "help" "--help" "-h"; do expect 0 "workspace share" "zt $way" zt $way; done
for way in "help workspace" "workspace --help"; do expect 0 "workspace share" "zt $way lists the group" zt $way; done
only_group() { ! zt workspace --help | grep -q mkdir; }
check "and nothing else" only_group
expect 64 "workspace share" "zt workspace lists it too, and says that a word is missing" zt workspace
for way in "help workspace share" "workspace share --help"; do expect 0 "\-\-role reader|contributor" "zt $way" zt $way; done
expect 64 "no command \"workspace frob\"" "a word that the group does not have" zt workspace frob
expect 64 "no command \"frob\"" "help for what there is not" zt help frob
expect 64 "\"workspace crate\"; did you mean \"workspace create\"?" "a letter too few" zt workspace crate x
expect 64 "\"worskpace create\"; did you mean \"workspace create\"?" "two letters in turn" zt worskpace create
expect 64 "\"statsu\"; did you mean \"status\"?" "a command of one word, with an argument" zt statsu x
expect 64 "no command \"frob\"$" "nothing is near" zt frob
for way in --version -V; do expect 0 "^zt [0-9]" "zt $way" zt $way; done
# each command, of the table that the program reads
zt help --json > "$state/table"
check "each command shows its help with each of its options, and man and the completions have all" /usr/bin/python3 - "$bin/zt" "$state/table" <<'P'
import json, subprocess, sys
out = lambda *a: subprocess.run([sys.argv[1], *a], capture_output=True, text=True, check=True).stdout
man, bash, zsh = (out("completion", kind) for kind in ("man", "bash", "zsh"))
n = 0
for line in open(sys.argv[2]):
    k = json.loads(line)
    text = out("help", *k["command"].split())
    assert k["usage"] in text and k["example"] in text, k
    assert "\n.Ss " + k["command"] + "\n" in man, k["command"]
    for shell in bash, zsh: assert k["command"].split()[-1] in shell, k["command"]
    for o in k["needs"] + k["takes"]:
        assert "  " + o["name"] in text or ", " + o["name"] in text, (k["command"], o)
        assert "Fl " + o["name"][1:] + (" Ar " + o["value"] if o["value"] else "") + "\n" in man, o
        for shell in bash, zsh: assert o["name"] + " " in shell, o
    n += 1
assert n > 60, n
P
words_of() { bash -c ". /dev/stdin <<<\"\$('$bin/zt' completion bash)\"; COMP_WORDS=(zt $1) COMP_CWORD=$2; _zt; echo \"\${COMPREPLY[*]}\""; }
check "bash completes a command's own options" test "$(words_of 'workspace share --r' 3)" = "--role"
check "and not those of others" test "$(words_of 'workspace members --r' 3)" = ""
check "and of a command of one word" test "$(words_of 'restore --a' 2)" = "--at"

# every exit code of an error is in the table of help, man and docs/command-line.md
codes() { sed -n 's/^ERR([A-Z_]*, *[0-9]*, *[0-9]*, *\([0-9]*\),.*/\1/p' "$root/libzt/base/err.def" | sort -un; }
zt help > "$state/help"; zt completion man > "$state/man"
for code in 0 3 $(codes); do
	check "exit code $code is in --help" grep -q "^  $code  *[a-z]" "$state/help"
	check "in man" grep -qx ".It $code" "$state/man"
	check "and in docs/command-line.md" grep -q "^| $code |" "$root/docs/command-line.md"
done

# the language: ZT_LANG, or what gettext looks at, whether or not the locale is installed
in_french() { words=$1; shift; expect 64 "il n'y a pas de commande" "$words" env -u ZT_LANG -u LANGUAGE -u LC_ALL -u LC_MESSAGES -u LANG "$@" "$bin/zt" frob; }
in_english() { words=$1; shift; expect 64 "there is no command" "$words" env -u ZT_LANG -u LANGUAGE -u LC_ALL -u LC_MESSAGES -u LANG "$@" "$bin/zt" frob; }
for set in ZT_LANG=fr LANG=fr_FR.UTF-8 LANG=fr_CA.ISO-8859-1 LC_MESSAGES=fr_BE LC_ALL=fr; do in_french "French by $set" $set; done
in_french "the second of a list" LANG=de_DE.UTF-8 LANGUAGE=de:fr
in_french "ZT_LANG precedes all" ZT_LANG=fr LC_ALL=C
in_french "LC_ALL precedes LANG" LC_ALL=fr_FR LANG=en_GB.UTF-8
in_english "English by no variable at all" A=
for set in LANG=C.UTF-8 LANG=en_GB.UTF-8 LANG=de_DE.UTF-8 LC_ALL=POSIX LANG=xx ZT_LANG=C; do in_english "English by $set" $set; done
in_english "a script that asks for C gets it, whatever LANGUAGE says" LC_ALL=C LANGUAGE=fr
in_english "so for C.UTF-8" LANG=C.UTF-8 LANGUAGE=fr
in_english "ZT_LANG precedes all" ZT_LANG=en LC_ALL=fr_FR.UTF-8 LANGUAGE=fr
expect 64 "Vérifie une histoire" "zt-audit too" env ZT_LANG=fr "$bin/zt-audit"
cp "$bin/zt-audit" "$state/"
expect 64 "Checks a history" "without its catalogue it speaks English" env ZT_LANG=fr "$state/zt-audit"
printf '#include "common/l10n.h"\n#include <stdio.h>\nint main(void) { l10n_start(); return puts(_("open")) < 0 || printf(ln_(0, "%%d file", "%%d files"), 0) < 0 || puts(_("")) < 0; }\n' >"$state/l10n.c"
check "a program of another place is built" cc -D_GNU_SOURCE -DZT_LOCALEDIR="\"$bin/../share/locale\"" -I "$root/apps" "$state/l10n.c" "$root/apps/common/l10n.c" -o "$state/l10n"
expect 0 "ouverte" "and finds the catalogue that is installed" env LANG=fr_FR.UTF-8 "$state/l10n"

# where the state folder is
no_home() { env -u HOME -u ZT_HOME "$bin/zt" --password-file "$state/pw" users; }
expect 64 "HOME or ZT_HOME, or say --home" "no HOME and no ZT_HOME: the sentence names what is missing" no_home
expect 64 "HOME or ZT_HOME, or say --home" "an empty HOME is none" env -u ZT_HOME HOME= "$bin/zt" --password-file "$state/pw" users
expect 66 "no device in $state/a/.local" "an empty ZT_HOME is as unset" env ZT_HOME= HOME="$state/a" "$bin/zt" --password-file "$state/pw" users
expect 66 "no device in $state/b" "ZT_HOME is taken" env -u HOME ZT_HOME="$state/b" "$bin/zt" --password-file "$state/pw" users
expect 66 "no device in $state/c" "--home precedes it" env ZT_HOME="$state/b" "$bin/zt" --home "$state/c" --password-file "$state/pw" users
expect 64 "set HOME" "a HOME that is too long is not cut" env -u ZT_HOME HOME="/$(head -c 5000 /dev/zero | tr '\0' x)" "$bin/zt" --password-file "$state/pw" users
expect 66 "zt claim LINK, zt recover or zt org bootstrap makes one there" "what to do is said, and no password asked for" env ZT_HOME="$state/b" "$bin/zt" users
expect 66 "no device in $state/b" "nor to unlock what is not there" env ZT_HOME="$state/b" "$bin/zt" unlock
check "without a home, completion works" env -u HOME -u ZT_HOME "$bin/zt" completion bash
expect 69 "cannot be reached" "and what an operator does" env -u HOME -u ZT_HOME "$bin/zt" server list --server http://127.0.0.1:9 --operator-token-file "$state/pw"

# what cannot be printed is an error
full() { "$@" >/dev/full; }
closed() { "$@" >&-; }
for way in help --version "help --json" "workspace --help" "completion man" "help ls"; do
	expect 74 "standard output" "zt $way, and the disk is full" full "$bin/zt" $way
	expect 74 "standard output" "zt $way, and standard output is closed" closed "$bin/zt" $way
done
expect 74 '"error":"IO"' "as JSON too" full "$bin/zt" --json --version
gone() { { sleep 0.2; "$bin/zt" completion man; echo $? >"$state/rc"; } 2>"$state/out" | true; test "$(cat "$state/rc")" = 74; }
check "a reader that is gone" gone
expect 64 "no command" "an error stays what it is" full "$bin/zt" frob
expect 74 "" "zt-audit too" full "$bin/zt-audit" --help
expect 0 "ORGANIZATION" "which does print" "$bin/zt-audit" --help
finish
