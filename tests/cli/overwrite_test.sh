#!/bin/sh
# A contributor chooses the names of files, and "zt get ws:/ ~" ends in somebody's home: what zt did not write there, or
# was changed since, stays.
. "$(dirname "$0")/world.sh"
begin_world
has() { [ "$(cat "$state/home/$1")" = "$2" ]; }
mkdir "$state/src" "$state/home"
alice workspace create w; alice workspace share w bob@demo.example --role contributor
echo evil > "$state/src/.bashrc"; echo one > "$state/src/notes"; echo evil > "$state/src/link"
bob --quiet put "$state/src" w:/
echo mine > "$state/home/.bashrc"; echo mine > "$state/target"; ln -s ../target "$state/home/link"
expect 3 "left out .bashrc: what is there was not written by zt" "what zt did not write is named" alice get w:/ "$state/home"
check "and stays" has .bashrc mine
check "so does a link" [ "$(readlink "$state/home/link")" = ../target ]
check "and what it leads to" has ../target mine
check "the others come" has notes one
expect 3 "pas été écrit par zt" "in French, and as a file alone" env LC_ALL=fr_FR.UTF-8 "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" get w:/.bashrc "$state/home/.bashrc"
check "it stays then too" has .bashrc mine
echo two, longer > "$state/src/notes"; bob --quiet put "$state/src/notes" w:/notes
expect 3 "left out" "again" alice get w:/ "$state/home"
check "what zt wrote is replaced by a newer version" has notes "two, longer"
echo changed > "$state/home/notes"
expect 3 "left out notes" "what was changed since is named, also where nothing else comes" alice get w:/ "$state/home"
check "and stays" has notes changed
check "unless it is said" alice --quiet --overwrite get w:/ "$state/home"
check "then all are as they are there" has .bashrc evil
check "a link is replaced" test ! -L "$state/home/link"
check "and not followed" has ../target mine
rm "$state/home/notes"; mkdir "$state/home/notes"
expect 3 "left out notes: a folder is there, and stays; move it away" "a folder in the file's place is named, and what to do" alice --overwrite get w:/ "$state/home"
check "and it is one still" test -d "$state/home/notes"
advises_nothing() { ! alice --overwrite get w:/ "$state/home" 2>&1 | grep -q -- "--overwrite"; }
check "--overwrite does not advise itself" advises_nothing
expect 73 "no folder, and stays" "a folder is not put into a file" alice get w:/ "$state/home/.bashrc"
# What was sent to one workspace is no leave for another to replace it.
alice workspace create backup; bob workspace create team; bob workspace share team alice@demo.example --role reader
rm -rf "$state/home"; mkdir "$state/home"; echo 'export PATH=/usr/bin' > "$state/home/.bashrc"; sleep 0.1
alice --quiet put "$state/home/.bashrc" backup:/.bashrc
bob --quiet put "$state/src/.bashrc" team:/.bashrc
expect 3 "left out .bashrc" "what was sent elsewhere is named" alice get team:/ "$state/home"
check "and stays, also from another workspace" has .bashrc 'export PATH=/usr/bin'
check "no rest lies about" sh -c "! ls -A '$state/home' | grep '^.zt-'"
finish
