#!/bin/sh
# EVERY command of the table (zt help --json), in success and in failure: what it prints with --json, on both outputs,
# is one JSON object a line, in ASCII, with its kind; a failure ends with "error", its reason and the exit code it has.
. "$(dirname "$0")/world.sh"
begin_world
a=$state/alice.password
printf 'name\377' > "$state/bad"; mkdir "$state/tree"; echo x > "$state/tree/f"; : > "$state/tree/$(cat "$state/bad")"; ln -s f "$state/tree/link"
cat > "$state/read.py" <<'P'
import json, sys
out, err, rc, words = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
lines = lambda f: open(f, encoding="ascii").read().splitlines()
kinds = []
for line in lines(out) + lines(err):
    o = json.loads(line)
    assert type(o) is dict and type(o["kind"]) is str and o["kind"], line
    kinds.append(o["kind"])
for line in lines(err):
    o = json.loads(line)
    assert o["reason"], line
    assert o["kind"] in ("error", "left_out", "kept_both", "damaged", "warning"), line
    if o["kind"] != "error": assert type(o["path"]) is str, line
    else: assert o["exit"] == rc and type(o["retry"]) is bool and o["error"].isupper(), line
assert (rc == 0 or rc == 3) or kinds[-1] == "error", kinds
assert rc != 0 or "error" not in kinds, kinds
assert set(words.split()) <= set(kinds), (words, kinds)
P
# json CODE KINDS NAME COMMAND...: its exit code, kinds that are among those of its lines.
json() {
	want=$1 kinds=$2 name=$3; shift 3; rc=0
	"$@" >"$state/stdout" 2>"$state/stderr" </dev/null || rc=$?
	cat "$state/stdout" "$state/stderr" > "$state/out"
	if [ "$want" = "$rc" ] && /usr/bin/python3 "$state/read.py" "$state/stdout" "$state/stderr" $rc "$kinds" 2>>"$state/out"; then ok "$name"; else echo "    (exit $rc)"; not_ok "$name"; fi
}
j() { alice --json "$@"; }
if alice unlock --for 1h >/dev/null 2>&1; then unlocked=y; alice() { "$bin/zt" --home "$state/alice" "$@"; }; fi
operator() { "$bin/zt" --json server "$@" --server "$url" --operator-token-file "$state/operator-token"; }
fresh() { "$bin/zt" --json --home "$state/fresh" --password-file "$a" "$@"; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$state/stdout" | head -1; }

# success, in an order in which each finds what it needs
done_=" "
good() { done_="$done_$1, "; command=$1 kinds=$2; shift 2; json 0 "$kinds" "$command" "$@"; }
good "status" status j status
good "users" user j users
bob_id=$(sed -n 's/.*"id":"\([0-9a-f]*\)","email":"bob@.*/\1/p' "$state/stdout")
good "devices" device j devices
good "workspace create" workspace j workspace create w
good "workspace list" workspace j workspace list
command=put; done_="${done_}put, "; json 3 "transfer left_out" "put, of which some is left out" j put "$state/tree" w:/tree
good "ls" file j ls w:/ -r
good "get" transfer j get w:/tree "$state/back"
good "cat" "" fresh --help
good "history" version j history w:/tree/f
good "mkdir" done j mkdir w:/d
good "cp" transfer j cp w:/tree/f w:/copied
good "mv" done j mv w:/d w:/e
good "rm" done j rm w:/tree/f
good "trash" removed j trash w
good "find" file j find w:/ tree
good "du" sum j du w:/
good "restore" done j restore w:/tree/f --to-version 1
good "verify" checked j verify w
good "workspace share" "person done" j workspace share w bob@demo.example
good "workspace members" member j workspace members w
good "workspace rotate" done j workspace rotate w
good "workspace rewrap" rewrapped j workspace rewrap w
good "workspace rename" done j workspace rename w ww
good "workspace archive" done j workspace archive ww
good "workspace unarchive" done j workspace unarchive ww
good "workspace delete" done j workspace delete ww
good "workspace undelete" done j workspace undelete ww
good "workspace unshare" done j workspace unshare ww bob@demo.example
good "log show" entry j log show
good "log verify" verified j log verify
good "log head" head j log head
good "log export" done j log export "$state/history"
good "repair" repaired j repair
good "invite user" invitation j invite user
link=$(field link)
good "invite device" invitation j invite device
good "invite recovery" invitation j invite recovery
good "invite list" invitation j invite list
good "invite cancel" done j invite cancel "$link"
good "user profile" done j user profile bob@demo.example admin
good "device ack" acknowledged j device ack
good "org settings" settings j org settings
good "web check" page j web check
good "web ack" done j web ack
good "web pin" done j web pin "$(printf %064d 1)"
good "web releases" release j web releases
good "pki show" "" j pki show
good "pki list" "" j pki list
good "completion" "" "$bin/zt" help --json
good "server list" organization operator list
good "server create" founding_code operator create other
good "server set" done operator set markslug --users 50
good "server freeze" done operator freeze markslug "$bob_id"
good "server thaw" done operator thaw markslug "$bob_id"
good "recovery create" words j recovery create
good "chat create" channel j chat create talk
good "chat invite" done j chat invite talk bob@demo.example --role reader
good "chat members" member j chat members talk
good "chat send" sent j chat send talk hello
good "chat edit" sent j chat edit talk 1 hello again
good "chat react" sent j chat react talk 1 +1
good "chat read" message j chat read talk
good "chat search" message j chat search hello
good "chat list" channel j chat list
good "chat delete" sent j chat delete talk 1
good "chat flush" flushed j chat flush
good "chat remove" done j chat remove talk bob@demo.example
"$bin/zt" --json --home "$state/alice" --password-file "$a" chat follow talk >"$state/talk" 2>&1 & following=$!
soon grep -q ready "$state/talk"; kill -INT $following; wait $following || true
good "chat follow" event cat "$state/talk"
"$bin/zt" --json --home "$state/alice" --password-file "$a" watch >"$state/events" 2>&1 & watching=$!
soon grep -q ready "$state/events"; kill -INT $watching; wait $watching || true
good "watch" event cat "$state/events"
good "ui" link j ui
good "agent start" done j agent start
good "agent state" agent j agent state
good "agent stop" done j agent stop
good "user revoke" done j user revoke bob@demo.example
if [ -n "${unlocked:-}" ]; then good "lock" done j lock; good "unlock" done "$bin/zt" --json --home "$state/alice" --password-file "$a" unlock --for 1h; else done_="$done_ lock, unlock, "; fi
good "password" done "$bin/zt" --json --home "$state/alice" --password-file "$a" password --new-password-file "$a"
echo "$(operator create third | sed -n 's/.*"code":"\([^"]*\)".*/\1/p')" > "$state/code"
good "org bootstrap" done fresh org bootstrap --server "$url" --founding-file "$state/code" --slug third --email third@demo.example
check "what was left out has its path and its reason" /usr/bin/python3 - "$bin/zt" "$state" <<'P'
import json, os, subprocess, sys
zt, state = sys.argv[1:]
r = subprocess.run([zt, "--json", "--home", state + "/fresh", "--password-file", state + "/alice.password", "workspace", "create", "x"], check=True, capture_output=True)
r = subprocess.run([zt, "--json", "--home", state + "/fresh", "--password-file", state + "/alice.password", "put", state + "/tree", "x:/t"], capture_output=True)
left = [json.loads(l) for l in r.stderr.splitlines()]
assert {os.path.basename(o["path"]) for o in left if o["kind"] == "left_out"} >= {"link"}, left
assert left[-1]["kind"] == "error" and left[-1]["named"] == sum(o["kind"] == "left_out" for o in left) > 1, left
assert not any(c.isdigit() for c in left[-1]["reason"]), left
odd, = [o for o in left if "\ufffd" in o.get("path", "")]
assert bytes.fromhex(odd["path_hex"]) == os.fsencode(state) + b"/tree/name\xff", odd
assert all("path_hex" not in o for o in left if o is not odd), left
r = subprocess.run([zt, "--json", "--home", state + "/fresh", "--password-file", state + "/alice.password", "put", "-n", os.fsencode(state) + b"/tree/name\xff", "x:/as"], capture_output=True)
would, = [json.loads(l) for l in r.stdout.splitlines() if b"would_send" in l]
assert bytes.fromhex(would["path_hex"]).endswith(b"/tree/name\xff"), would
P
# Two people are asked: shown in tests of enrolment by their words, here by those of JSON.
done_="$done_ greet, claim, recover, recovery colleagues, protect, device revoke, pki trust, pki request, pki status, pki accept, pki reject, workspace claim, workspace void-change, workspace void-pin, server accept-loss, "

# failure: each command with a word too many, and where there is no device
zt_json() { "$bin/zt" --json "$@"; }
zt_json help > "$state/commands"
for command in $(sed 's/.*"command":"\([^"]*\)".*/\1/; s/ /_/' "$state/commands"); do
	command=$(echo "$command" | tr _ ' ')
	case $done_ in *" $command, "*) ;; *) not_ok "no success of $command is tried here: add a line that begins with good" ;; esac
done
check "each command's help, and its refusals of a flag, of too many words and where no device is" /usr/bin/python3 - "$bin/zt" "$state" <<'P'
import json, subprocess, sys
zt, state = sys.argv[1:]
def run(*args):
    r = subprocess.run([zt, "--json", "--home", state + "/none", "--password-file", state + "/alice.password", *args],
                       stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    lines = [json.loads(l) for l in (r.stdout + r.stderr).splitlines()]
    assert all(l["kind"] for l in lines), args
    if r.returncode:
        assert lines[-1]["kind"] == "error" and lines[-1]["exit"] == r.returncode and lines[-1]["reason"], (args, lines)
    return r.returncode, lines
n = 0
for k in map(json.loads, open(state + "/commands")):
    words = k["command"].split()
    n += 1
    assert run(*words, "--help") == (0, [k]), words
    assert run(*words, "--frob")[0] == 64, words
    assert run(*words, *["x"] * 5000)[0] == 64, words
    given = [w.split("|")[0] for w in k["usage"].split()[1 + len(words):] if not w.startswith(("[", "-"))]
    if words == ["completion"]: continue # prints a script, as cat prints a file
    code, lines = run(*words, *given) # with what the usage shows; options that are needed are named or there
    assert code in (0, 64, 65, 66, 69, 74), (words, given, code)
assert n > 60
P
none() { "$bin/zt" --json --home "$state/none" --password-file "$a" "$@"; }
json 64 error "no command" zt_json frob
json 64 error "no word" zt_json
json 0 zt "--version" zt_json --version
alice() { "$bin/zt" --home "$state/alice" --password-file "$a" "$@"; }
json 66 error "no device" none users
json 77 error "a wrong password" "$bin/zt" --json --home "$state/alice" --password-file "$state/bob.password" users
json 66 error "a workspace that is not there" j ls nothing:/
json 66 error "a file that is not there" j get ww:/nothing "$state/x"
json 66 error "a local file that is not there" j put "$state/nothing" ww:/x
json 64 error "a link that is none" none claim nonsense --email x@demo.example --name x
echo mine > "$state/kept"; j put "$state/tree/f" ww:/kept >/dev/null
json 0 "kept_both transfer" "both kept" j get --keep-both ww:/kept "$state/kept"
json 69 error "no server" zt_json server list --server http://127.0.0.1:9 --operator-token-file "$state/operator-token"
json 69 "warning error" "--insecure is warned of" zt_json --insecure server list --server http://127.0.0.1:9 --operator-token-file "$state/operator-token"
alice lock >/dev/null 2>&1 || true
finish
