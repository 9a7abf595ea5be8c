#!/bin/sh
# What zt says and asks on a system that runs: output that cannot be written, doubled names, acts
# that say what they did, files that are whole or not there, plural forms.
. "$(dirname "$0")/world.sh"
begin_world
# A password costs a second each time: without one, where the system keeps keys.
if alice unlock --for 1h >/dev/null 2>&1; then alice() { "$bin/zt" --home "$state/alice" "$@"; }; fi
french() { LC_ALL=fr_FR.UTF-8 alice "$@"; }
echo x > "$state/f"
expect 0 "w is made ([0-9a-f]\{32\})" "workspace create says name and id" alice workspace create w
expect 0 "^1 file was sent$" "one file is one, and what became of it is said" alice put "$state/f" w:/f
expect 0 "^no file was sent: the contents are there already$" "the same again has nothing to do" alice put "$state/f" w:/f

# acts say in one line what was done; --quiet silences
expect 0 "^w:/d is made$" "mkdir" alice mkdir w:/d
expect 0 "^no file was written: the contents are here already$" "no file, in English" alice get w:/d "$state/d"
expect 0 "^aucun fichier écrit" "in French" french get w:/d "$state/d"
expect 0 "^1 fichier copié$" "a copy is one" french cp w:/f w:/copied
alice --quiet rm w:/copied
mkdir "$state/some"; echo x > "$state/some/x"; ln -s x "$state/some/link"
expect 3 "^1 file was sent; named above: 1$" "what was left out is counted beside it" alice put "$state/some" w:/some
expect 3 "^zt: some of it was left out, as named above; all else is done$" "and the error has no count in its words" alice put "$state/some" w:/some
alice --quiet rm --recursive w:/some
expect 0 "^w:/f is w:/d/f now$" "mv" alice mv w:/f w:/d/f
expect 0 "^w:/d/f is removed" "rm" alice rm w:/d/f
expect 0 "^w:/d/f is like version 1 now, as a new version, the newest; what it was before stays in the history$" "restore" alice restore w:/d/f --to-version 1
alice --quiet rm w:/d/f
expect 0 "^w:/d/f is back from the trash$" "and from the trash" alice restore w:/d/f
alice --quiet mkdir w:/lost; alice --quiet put "$state/f" w:/lost/f; alice --quiet rm -r w:/lost
expect 66 "may be in the trash, with all that was in it. zt trash lists it" "a file whose folder was removed says where that is" alice restore w:/lost/f
alice --quiet mkdir w:/later; alice --quiet rm -r w:/later
check "the trash has the newest last" sh -c "'$bin/zt' --home '$state/alice' --password-file '$state/alice.password' trash w | tail -1 | grep later/"
expect 0 "^nothing there has a name that is .F. as a whole$" "nothing found says so" alice find w:/ F
check "on standard error alone" test -z "$(alice find w:/ F 2>/dev/null)"
expect 64 "that is a folder: removing it removes all in it; add --recursive" "what to type is behind the fact" alice rm w:/d
expect 64 "\"reason\":\"that is a folder: removing it removes all in it; add --recursive\"" "in JSON too" alice --json rm w:/d
expect 64 "enlève tout ce qu'il contient ; ajoutez --recursive" "and in French" french rm w:/d
expect 66 "there is no device nobody; zt devices lists them, another person.s by its id alone" "with what it is about" alice device revoke nobody
expect 0 "^w is shared with bob@demo.example, role reader$" "share" alice workspace share w bob@demo.example --role reader
expect 0 "has no role in w any more" "unshare" alice workspace unshare w bob@demo.example
expect 0 "a plus de rôle dans w\|est partagé avec" "in French" french workspace share w bob@demo.example
says_nothing() { "$@" >"$state/said" 2>&1 && ! test -s "$state/said"; }
expect 66 "^zt: [^(]*rien : Aucun fichier ou dossier de ce [a-z]*$" "what the system says too, with blanks before colons" french put "$state/rien" w:/f
expect 3 "laissé de côté [^:]*rien : Aucun fichier" "and of one of several" french put "$state/f" "$state/rien" w:/d
expect 0 "20[0-9][0-9]-[0-9][0-9]-[0-9][0-9] .*utilisateur ouverte" "dates and states of invitations" sh -c "LC_ALL=fr_FR.UTF-8 '$bin/zt' --home '$state/alice' --password-file '$state/alice.password' invite user >/dev/null; LC_ALL=fr_FR.UTF-8 '$bin/zt' --home '$state/alice' --password-file '$state/alice.password' invite list"
french_zt() { LC_ALL=C ZT_LANG=fr alice "$@"; }
expect 0 "^1 fichier écrit$\|^aucun fichier écrit" "ZT_LANG precedes LC_ALL" french_zt get w:/d "$state/d"
english_zt() { LC_ALL=fr_FR.UTF-8 ZT_LANG=en alice "$@"; }
expect 0 "file" "either way" english_zt get w:/d "$state/d"
"$bin/zt" --home "$state/alice" --password-file "$state/alice.password" watch >"$state/events" 2>&1 & watching=$!
changed() { alice --quiet mkdir "w:/watched$1"; within 1 grep -q "^the files were changed ([0-9]*): w$" "$state/events"; }
seen=no; for i in 1 2 3 4 5 6 7 8 9 10; do ! changed $i || { seen=yes; break; }; done
check "zt watch says in words what happens ($seen)" test $seen = yes
kill -INT $watching; wait $watching || true
check "--quiet says nothing of an act" says_nothing alice --quiet mkdir w:/q
expect 0 "^/q/$" "and still lists what was asked for" alice --quiet ls w:/

# one sentence, and not the same in two
expect 66 "^zt: there is no workspace nothing$" "what is not there is said once" alice ls nothing:/
expect 73 "^zt: .d. exists already$" "so is what is there already" alice mkdir w:/d
bob --quiet workspace create lent; bob --quiet workspace share lent alice@demo.example; alice --quiet ls lent:/
bob --quiet workspace unshare lent alice@demo.example
expect 77 "^zt: you are no longer a member of the workspace lent$" "and who is no longer a member" alice ls lent:/
alice --quiet workspace create old; alice --quiet workspace archive old
expect 77 "^zt: the server says: the workspace is archived: an owner takes changes again with zt workspace unarchive" "an archived workspace says what ends that" alice put "$state/f" old:/f
expect 73 "^zt: the workspace is archived already$" "and is archived once" alice workspace archive old
alice --quiet workspace unarchive old
expect 73 "^zt: the workspace is not archived$" "as it takes changes again once" alice workspace unarchive old
expect 77 "^zt: no deletion of the workspace is announced" "where there is nothing to take back" alice workspace undelete old
expect 64 "^zt: a name holds a slash$" "a name that is none" alice workspace create a/b
expect 64 "holds no colon" "nor is one with a colon" alice workspace create a:b

# a link alone on standard output, and beside it for whom it is and what both type
expect 0 "^This link lets one person in. They type: zt claim LINK --email ADDRESS --name NAME$" "an invitation says for whom it is" alice invite user
expect 0 "valid until it is used, or until you cancel it: zt invite cancel LINK" "how long it is valid" alice invite device
expect 0 "another device yours. There you type: zt claim LINK" "what to type where, for a device" alice invite device
expect 0 "links of their other colleagues: zt recover LINK... --email ADDRESS" "and for a colleague" alice invite recovery
expect 0 "^Ce lien laisse entrer une personne. Elle tape : zt claim LIEN" "in French" french invite user
check "a pipe has the link alone" test "$(alice invite user 2>/dev/null | grep -vc '^zt+')" = 0
check "--quiet explains nothing" test -z "$(alice --quiet invite user 2>&1 >/dev/null)"

# names are found in whichever form they are typed
nfc=$(printf 'caf\303\251') nfd=$(printf 'cafe\314\201')
alice --quiet mkdir "w:/$nfd"
expect 0 "^/$nfc/$" "find takes a pattern in form D" alice find w:/ "*$nfd"
expect 0 "^/$nfc/$" "and in form C" alice find w:/ "$nfc*"
alice --quiet rm --recursive "w:/$nfc"
long=$(i=0; while [ $i -lt 100 ]; do printf 'e\314\201'; i=$((i + 1)); done)
alice --quiet workspace create "$long"
expect 0 "is made" "a workspace's name may be longer in form D than a name is in form C" alice mkdir "$long:/d"
check "its trash is listed" alice trash "$long"

# a stream that is interrupted
mkfifo "$state/pipe"
sleep 60 >"$state/pipe" & holding=$!
"$bin/zt" --home "$state/alice" --password-file "$state/alice.password" put - w:/stream <"$state/pipe" >"$state/said" 2>&1 & putting=$!
sleep 1; kill -INT $putting; rc=0; wait $putting || rc=$?; kill $holding
expect 0 "it was interrupted (nothing of it is kept: a stream is put whole or not at all)" "an interrupted stream says that nothing is kept ($rc)" cat "$state/said"

# two of one name
id=$(alice --json workspace list | sed -n 's/.*"id":"\([0-9a-f]*\)","name":"w".*/\1/p')
expect 73 "workspace w already ($id)" "a second workspace of one's own of a name is refused" alice workspace create w
expect 73 "already" "so is a renamed one's name, and a third" alice workspace create w
check "unless it is wanted" alice workspace create w --force
expect 64 "$id of alice@demo.example, or\|or $id of alice@demo.example" "the name alone is refused then, with ids and owners" alice ls w:/
expect 0 "^/q/$" "and the id leads to the one" alice ls "$id:/"
second=$(alice --json workspace list | sed -n 's/.*"id":"\([0-9a-f]*\)","name":"w".*/\1/p' | grep -v "$id")
expect 73 "workspace w already" "which cannot be renamed to what another has" alice workspace rename "$second" w
check "which can get another name" alice workspace rename "$second" w2
expect 0 "^/q/$" "and the name is good again" alice ls w:/
bob --quiet workspace create w2; bob --quiet workspace share w2 alice@demo.example
expect 64 "of bob@demo.example" "one that another shared is distinguished by its owner" alice ls w2:/

# standard output that cannot be written, at every kind of command
full() { "$@" >/dev/full; }
closed() { "$@" >&-; }
for way in "ls w:/" "--json ls w:/" "cat w:/d/f" "history w:/d/f" users "log show" "workspace list" status "mkdir w:/full"; do
	expect 74 "" "zt $way, and the disk is full" full alice $way
done
expect 74 "standard output" "closed output is said, and nothing else gets what was meant for it" closed alice put "$state/f" w:/closed
expect 0 "^x$" "what was done is there" alice cat w:/closed

# an export is whole or not there
expect 66 "no workspace nothing" "an export that fails" alice log export "$state/history" nothing
check "leaves no file" test ! -e "$state/history" -a -z "$(find "$state" -maxdepth 1 -name 'history*')"
echo before > "$state/history"; expect 73 "is there already; --overwrite replaces it" "one over a file that is there" alice log export "$state/history" w
expect 66 "" "one that is to replace it, and fails" alice log export --overwrite "$state/history" nothing
expect 0 "^before$" "leaves that file" cat "$state/history"
expect 74 "No such file" "a folder that is not there" alice log export "$state/none/history"
expect 73 "" "a device is no place for it" alice log export /dev/null
expect 73 "" "whatever is said" alice log export --overwrite /dev/null
ln -s history "$state/link"; check "through a link" alice log export --overwrite "$state/link" w
check "which stays a link to the whole history" "$bin/zt-audit" "$(alice --json status | sed -n 's/.*"organization_id":"\([0-9a-f]*\)".*/\1/p')" "$state/history"
check "with nothing beside it" test -L "$state/link" -a -z "$(find "$state" -maxdepth 1 -name 'history.*')"
expect 74 "" "zt-audit, and the disk is full" full "$bin/zt-audit" "$(alice --json status | sed -n 's/.*"organization_id":"\([0-9a-f]*\)".*/\1/p')" "$state/history"
expect 64 "no whole number" "the place of a changeset is a number" alice workspace void-change w 1x
for head in "1x:$(head -c 64 /dev/zero | tr '\0' a)" "-1:$(head -c 64 /dev/zero | tr '\0' a)" "12: $(head -c 63 /dev/zero | tr '\0' a)" "12"; do
	expect 64 "" "a head \"$head\" is refused as a slip" alice log verify --against="$head"
done

alice lock >/dev/null 2>&1 || true
finish
