#!/bin/sh
# Channels, direct conversations and messages: two people, a third who is added and removed, servers that are away.
. "$(dirname "$0")/world.sh"
begin_world
operator() { "$bin/zt" server "$@" --server "$url" --operator-token-file "$state/operator-token"; }
carol() { "$bin/zt" --home "$state/carol" --password-file "$state/carol.password" "$@"; }
texts() { "$@" --json | /usr/bin/python3 -c '
import json, sys
for line in sys.stdin:
    m = json.loads(line)
    if m["kind"] == "message": print(m["email"].split("@")[0] + ": " + m["text"])'; }
same() { [ "$(cat "$state/is")" = "$(printf "$1")" ]; }

expect 0 "the channel general is made" "a channel is made" alice chat create general
expect 73 "you have a channel general already" "not twice" alice chat create general
expect 0 "is in general now" "a colleague is added" alice chat invite general bob@demo.example
expect 0 "message 1" "a message is sent" alice chat send general "Good morning, @bob@demo.example"
expect 0 "message 2" "and another" bob chat send general Good morning
alice chat read general > "$state/is"
expect 0 "Good morning, @bob" "both read it" bob chat read general
expect 0 "(to you)" "who is mentioned sees that" bob chat read general
expect 0 "contributor *#general" "channels are listed" bob chat list
expect 0 "bob@demo.example" "and who is in one" alice chat members general
alice chat create other >/dev/null
expect 66 "there is no workspace general" "a channel is no workspace" alice ls general:/
check "and is not among them" sh -c "! '$bin/zt' --home '$state/alice' --password-file '$state/alice.password' workspace list | grep -q general"
expect 66 "there is no channel plans" "nor a workspace a channel" alice chat send plans x
expect 66 "there is no channel other" "who is not in a channel does not find it" bob chat read other

# what becomes of a message
expect 0 "message 1 is edited" "one's own text is changed" alice chat edit general 1 "Good afternoon"
expect 77 "only who wrote" "another's is not" bob chat edit general 1 "no"
expect 0 "your reaction to message 1 is there" "a reaction" bob chat react general 1 +1
expect 0 "message 5" "an answer in a thread" bob chat send general "Hello" --reply-to 1
alice chat read general > "$state/shown" 2>&1
check "all of that is seen" grep -q "(edited)" "$state/shown"
check "the text as it is now" grep -q "Good afternoon" "$state/shown"
check "and not as it was" sh -c "! grep -q 'Good morning, @bob' '$state/shown'"
check "the reaction" grep -q "+1 1" "$state/shown"
check "the reply" grep -q "(1 reply)" "$state/shown"
bob chat react general 1 +1 --remove >/dev/null; alice chat read general > "$state/shown"
check "a reaction is taken back" sh -c "! grep -q '+1 1' '$state/shown'"
expect 77 "a manager or an owner deletes" "a contributor deletes nobody else's" bob chat delete general 1
expect 0 "message 2 is deleted" "an owner does" alice chat delete general 2
bob chat read general > "$state/shown"
check "which is seen" grep -q "(deleted)" "$state/shown"
expect 66 "there is no message 99" "a message that is not there" alice chat react general 99 x
expect 64 "named by its number or its id" "a name that is none" alice chat react general first x

# a conversation of two
expect 0 "message 1" "a direct conversation begins by a message" bob chat send @alice@demo.example "just us"
expect 0 "message 2" "which is the same from the other side" alice chat send @bob@demo.example "yes"
check "one, and not two" sh -c "[ \$('$bin/zt' --home '$state/alice' --password-file '$state/alice.password' chat list | grep -c '@bob') = 1 ]"

# a newcomer reads what was before; a person who is removed does not read on
echo carolpass > "$state/carol.password"
sh "$root/deploy/local/enrol.sh" "$bin" "$state" "$(alice invite user)" alice carol >/dev/null
alice chat invite general carol@demo.example --role reader >/dev/null
texts carol chat read general > "$state/is"
check "a newcomer reads what was written before" grep -q "alice: Good afternoon" "$state/is"
expect 77 "a reader does not write" "a reader does not write" carol chat send general hi
expect 0 "its key is renewed" "a member is removed" alice chat remove general carol@demo.example
alice chat send general "among us" >/dev/null
expect 77 "no longer a member" "and reads nothing more" carol chat read general
check "who stayed does" sh -c "'$bin/zt' --home '$state/bob' --password-file '$state/bob.password' chat read general | grep -q 'among us'"
# many, long, and odd
printf 'one\ntwo\n\033[31mred' | alice chat send general - >/dev/null
alice chat read general --most 1 > "$state/shown"
check "a text of lines" grep -q "^  two" "$state/shown"
check "no terminal obeys a text" grep -q '\\u{001b}\[31mred' "$state/shown"
head -c 40000 /dev/zero | tr '\0' x > "$state/long"
expect 64 "32,768 bytes" "a text that is too long" sh -c "'$bin/zt' --home '$state/alice' --password-file '$state/alice.password' chat send general - < '$state/long'"
for i in $(seq 1 20); do alice chat send other "line $i" >/dev/null; done
texts alice chat read other --most 3 > "$state/is"
check "the newest are shown" same 'alice: line 18\nalice: line 19\nalice: line 20\n'
texts alice chat read other --most 2 --before 5 > "$state/is"
check "and those before" same 'alice: line 3\nalice: line 4\n'
alice chat send other "Un été à la plage" >/dev/null
texts alice chat search ETE plage > "$state/is"
check "words are found in any case, without accents" same 'alice: Un été à la plage\n'

# following, by a program
"$bin/zt" --home "$state/alice" --password-file "$state/alice.password" chat follow other --json > "$state/followed" 2>&1 & f=$!
check "who follows is ready" soon grep -q ready "$state/followed"
alice --no-agent chat send other "live" >/dev/null
check "and sees what comes" soon grep -q '"live"' "$state/followed"
alice chat edit other 22 "lively" >/dev/null
check "and what becomes of it" soon grep -q '"lively"' "$state/followed"
kill -INT $f; rc=0; wait $f || rc=$?
check "until it is ended ($rc)" test $rc = 0

# servers that are away: what was written is sent once, in its order
local_ end "$state" "$bin" gateway
expect 0 "kept on this device" "without a server a message is kept" alice chat send other "first of two"
expect 0 "kept on this device" "and the next" alice chat send other "second of two"
local_ one "$state" "$bin" gateway
expect 0 "2 messages are sent" "they are sent" alice chat flush
texts alice chat read other --most 2 > "$state/is"
check "once, in their order" same 'alice: first of two\nalice: second of two\n'
restart messaging
expect 0 "message" "behind a restart" alice chat send other "after"
alice chat read other --json > "$state/all" && for text in "first of two" "second of two" after; do check "\"$text\" is there once" sh -c "[ \$(grep -c '\"text\": *\"$text\"' '$state/all') = 1 ]"; done

# what is none, what is no text, and what the operator's limit does not allow
printf 'a\0b' > "$state/no-text"
rc=0; alice chat send other - < "$state/no-text" >/dev/null 2>&1 || rc=$?
check "no text is sent in part" test "$rc" = 64
expect 64 "the message is empty" "nor nothing" alice chat send other "  "
expect 66 "is no text, but an edit" "a number that is no text's" alice chat delete other 23
expect 0 "nothing was found" "what is nowhere is not found" alice chat search unheardof
log_before=$(alice status --json | grep -o '"size": *[0-9]*' | head -1)
expect 66 "nobody@demo.example" "nobody is written to" alice chat send @nobody@demo.example hello
check "and nothing of it stays" test "$log_before" = "$(alice status --json | grep -o '"size": *[0-9]*' | head -1)"
operator set markslug --storage 1K >/dev/null
expect 77 "as much as its operator allows" "a limit of storage is one of messages, too" alice chat send other "too much"
operator set markslug --storage 0 >/dev/null
expect 0 "message" "and ends" alice chat send other "enough"
# who is removed follows no more
alice chat create short >/dev/null; alice chat invite short bob@demo.example >/dev/null
"$bin/zt" --home "$state/bob" --password-file "$state/bob.password" chat follow short --json > "$state/followed" 2>&1 & f=$!
check "he follows" soon grep -q ready "$state/followed"
alice --no-agent chat remove short bob@demo.example >/dev/null
rc=0; wait $f || rc=$?
check "until he is removed ($rc)" test $rc = 77

# nothing in clear; the search finds what is: the organization's name
places="$state/alice $state/bob $state/log $(readlink -f "$state/postgres")/"
in_clear() { grep -rqaF "$1" $places; }
check "what is in clear is found" in_clear markslug
for word in "Good afternoon" "just us" "first of two"; do
	if in_clear "$word"; then not_ok "\"$word\" is nowhere in clear"; else ok "\"$word\" is nowhere in clear"; fi
done
finish
