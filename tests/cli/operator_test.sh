#!/bin/sh
# The operator's side: organizations reserved, limited, expired; users frozen; the audit trail.
. "$(dirname "$0")/world.sh"
begin_world
operator() { "$bin/zt" server "$@" --server "$url" --operator-token-file "$state/operator-token"; }
as() { who=$1; shift; "$bin/zt" --home "$state/$who" --password-file "$state/$who.password" "$@"; }
id_of() { alice --json users | sed -n "s/.*\"id\":\"\([0-9a-f]*\)\",\"email\":\"$1.*/\1/p"; }

# an organization is reserved, and begun without the operator's token
reserve() { operator create acme --quiet > "$state/code"; }
check "an organization is reserved" reserve
cp "$state/code" "$state/older"
check "reserved again, it has another code" reserve
echo fredpass > "$state/fred.password"
expect 77 "founding code is not known.*zt server create" "the older code is valid no more" as fred org bootstrap --server "$url" --founding-file "$state/older" --slug acme --email fred@acme.example
check "its founder begins it with the code" as fred org bootstrap --server "$url/" --founding-file "$state/code" --slug acme --email fred@acme.example
whole() { as fred status | grep "^local store" | grep -v DAMAGED; }
check "what the refused founding had stored is not in the way" whole
check "a slash at the end of a server's address is not in its links" test "$(as fred --quiet invite user | grep -c "^zt+http://[^/]*/[0-9a-f]*/[0-9a-f]*$")" = 1
echo gregpass > "$state/greg.password"
expect 73 "of this name exists" "the code works once" as greg org bootstrap --server "$url" --founding-file "$state/code" --slug acme --email greg@acme.example
expect 64 "founding code" "anything else is no code" as greg org bootstrap --server "$url" --founding-file "$state/fred.password" --slug other --email greg@acme.example
echo wrong-token-0123456789 > "$state/wrong"
expect 77 "^zt: the token in .*/wrong is not that of this server.s operator$" "another token is refused, and which" "$bin/zt" server list --server "$url" --operator-token-file "$state/wrong"

# listed, with what is used
alice workspace create w; head -c 700000 /dev/urandom > "$state/some"; alice --quiet put "$state/some" w:/some
alice workspace share w bob@demo.example --role contributor
expect 0 "markslug .*2 users" "organizations are listed" operator list
check "with what they store" test "$(operator list --json | sed -n 's/.*"markslug".*"bytes":\([0-9]*\).*/\1/p')" -ge 700000
expect 0 "\"frozen\":0" "as JSON too" operator list --json

# limits
expect 0 "^the limits of markslug are set: 2 users$" "a limit of users is set, and said" operator set markslug --users 2
echo carolpass > "$state/carol.password"
expect 1 "as many users" "and kept" sh "$root/deploy/local/enrol.sh" "$bin" "$state" "$(alice invite user)" alice carol
expect 0 "are set: 1048576 bytes$" "a limit of storage is set" operator set markslug --storage 1M
expect 77 "stores as much" "and kept" alice put "$state/some" w:/more
expect 0 "are set: users without a limit, storage without a limit$" "0 ends it" operator set markslug --storage 0 --users 0
check "and writing continues" alice --quiet put "$state/some" w:/more
expect 64 "no size" "what is no size" operator set markslug --storage lots
expect 66 "no organization" "an unknown organization" operator set nobody --users 3

# frozen, which is not revoked
bob=$(id_of bob@)
cp -r "$state/bob" "$state/bobs"; "$bin/zt" --home "$state/bobs" --password-file "$state/bob.password" --json watch > "$state/watch" 2>&1 & watcher=$!
soon grep -q ready "$state/watch"
check "a user is frozen" operator freeze markslug "$bob"
expect 77 "frozen this user" "and says so, not as if revoked" bob cat w:/some
rc=0; wait $watcher || rc=$?
check "the open event socket is closed at once, and the watcher ends with the reason" sh -c "test $rc = 77 && grep -q FROZEN \"$state/watch\""
expect 0 "standard .*bob" "the organization still trusts bob" alice users
check "the trust log holds nothing of it" sh -c "! \"$bin/zt\" --home \"$state/alice\" --password-file \"$state/alice.password\" log show | grep -i -E 'revoked|frozen'"
expect 0 "1 frozen" "the operator sees whom" operator list
check "and thaws" operator thaw markslug "$bob"
expect 0 "" "and all continues" bob ls w:/
expect 66 "no user" "an unknown user" operator freeze markslug 00112233445566778899aabbccddeeff
expect 64 "id that zt users" "what is no user's id" operator freeze markslug bob

# expiry
check "an organization expires" operator set markslug --for 1s
sleep 3
expect 77 "has expired at this server" "and sees so" alice ls w:/
check "others go on" as fred users
expect 0 "are set: it does not expire$" "0 lifts that" operator set markslug --for 0
expect 0 "some" "and continues where it was" alice ls w:/
expect 0 "are set: it expires $(date -d "+365 days" +%Y)" "it may expire in a year" operator set markslug --for 365d
expect 0 "are set: it does not expire$" "and that is lifted" operator set markslug --for ever

# limits survive a restart
operator set markslug --users 7; operator freeze markslug "$bob" >/dev/null
restart auth
expect 0 "2/7 users" "limits survive a restart" operator list
expect 77 "frozen" "and so does a freeze" bob ls w:/
operator thaw markslug "$bob"

# invitations by e-mail: off by default; then through a real relay
expect 76 "sends no mail" "without a relay an invitation is not mailed" alice invite user --email dora@demo.example
expect 76 "zt+http://" "and its link is there all the same" alice invite user --email dora@demo.example
relay() { /usr/bin/python3 -m aiosmtpd -n -l "127.0.0.1:$1" -c aiosmtpd.handlers.Mailbox "$state/mail" >/dev/null 2>&1 & relay=$!; }
smtp=$(free_port)
{ echo "smtp_url: smtp://127.0.0.1:$smtp"; echo "smtp_from: zt@demo.example"; echo "public_url: $url"; echo "smtp_in_clear: 1"; } >> "$state/config/auth.yaml"
restart auth
expect 69 "mail relay did not take" "a relay that is down is reported, with the link" alice invite user --email dora@demo.example
relay "$smtp"; soon /usr/bin/python3 -c "import socket; socket.create_connection(('127.0.0.1', $smtp))" 2>/dev/null
expect 0 "sent" "with a relay it is mailed" alice invite user --email dora@demo.example
link=$(grep -h "zt+http://" "$state/out")
check "the mail holds the link" grep -rqF "zt claim $link --email dora@demo.example" "$state/mail/new"
check "in French too" grep -rq "Vous êtes invité" "$state/mail/new"
check "to whom and from whom it should" sh -c "grep -rq '^To: dora@demo.example' '$state/mail/new' && grep -rq '^From: zt@demo.example' '$state/mail/new'"
expect 64 "not an e-mail address" "no header is smuggled in" alice invite user --email "x@demo.example
Bcc: all@demo.example"
expect 77 "only an admin" "a member mails nobody" bob invite user --email x@demo.example
sed -i '/^smtp_in_clear/d' "$state/config/auth.yaml"; restart auth
expect 69 "did not take" "unless a setting says so, it speaks to no relay without TLS" alice invite user --email dora@demo.example
kill "$relay"

# the numbers, for Prometheus: at a listener of their own
cat > "$state/read_metrics.py" <<'PY'
import sys
from prometheus_client.parser import text_string_to_metric_families
body = sys.stdin.read().partition("\r\n\r\n")[2]
names = [f.name for f in text_string_to_metric_families(body)]
assert len(names) == len(set(names)), "a family is in two places"
for family in text_string_to_metric_families(body):
    assert family.type != "unknown", family.name
    for s in family.samples:
        print(s.name, *(f"{k}={v}" for k, v in sorted(s.labels.items())), s.value)
PY
numbers() { asked "$1" metrics-port | /usr/bin/python3 "$state/read_metrics.py"; }
expect 0 "^zt_gateway_service_up service=blocks 1" "the gateway's numbers" numbers /metrics
expect 0 "^zt_calls_total call=INVITE_MAIL service=auth [1-9]" "those of auth" numbers /metrics/auth
expect 0 "^zt_call_seconds_bucket call=PUSH le=+Inf service=metadata [1-9]" "of metadata, with how long calls took" numbers /metrics/metadata
expect 0 "^zt_call_errors_total call=BLOCK_PUT service=blocks [1-9]" "of blocks, with what was refused" numbers /metrics/blocks
check "of messaging" numbers /metrics/messaging
expect 0 " 404 " "of nothing else" asked /metrics/gateway metrics-port
expect 0 " 404 " "nor is anything else there" asked "/v1/orgs/00112233445566778899aabbccddeeff/log" metrics-port
expect 0 " 405 " "and they are not at the door" asked /metrics

# the trail
trail=$state/log/audit.jsonl
for event in organization_begun invited invitation_accepted user_added workspace_created role_changed user_frozen user_thawed limits_set invitation_mailed FROZEN FORBIDDEN; do
	check "the trail tells of $event" grep -q "\"event\":\"$event\"" "$trail"
done
check "each line is JSON" sh -c "! grep -v -E '^\{\"time\":\"[0-9T:.-]+Z\",\"service\":\"[a-z]+\",\"event\":\"[A-Za-z_]+\"(,\"(org|device|subject)\":\"[0-9a-f]{32}\")*\}$' \"$trail\""
check "without a handle" sh -c "! grep -i -E 'demo.example|alice|bob' \"$trail\""
finish
