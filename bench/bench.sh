#!/bin/sh
# make bench: each figure beside its peer, interleaved, as medians; the answer is bench/RESULTS.md.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
bin=$1 tools=$2 rounds=${ROUNDS:-3} history=${HISTORY:-1000000}
w=$(mktemp -d /var/tmp/zt-bench.XXXXXX)
chmod 711 "$w"
rclone_pid= floor_pids= busy_pid=
cleanup() {
	kill $rclone_pid $floor_pids $busy_pid 2>/dev/null || true
	sh "$root/deploy/local/zt-local" stop "$w/state" >/dev/null 2>&1 || true
	rm -rf "$w"
}
trap cleanup EXIT
now() { date +%s.%N; }
# took FILE COMMAND...: the seconds that COMMAND takes, added to FILE.
took() { out=$1; shift; sync; from=$(now); "$@" >/dev/null; to=$(now); echo "$to - $from" | bc >>"$out"; }
median() { sort -n "$1" | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
ratio() { echo "scale=2; $1 / $2" | bc; }
mkdir "$w/state"
# One device is many here: the gateway's limits of good clients are out of the way, those of strangers are as they are.
export ZT_GATEWAY="rate: 1000000
burst: 1000000
org_rate: 1000000
org_burst: 1000000
connections_per_address: 4000
connections_per_user: 4000
sockets_per_device: 4000"
export ZT_SERVICES="user_rate: 1000000
org_rate: 1000000"
echo "a password of the bench" >"$w/password"
sh "$root/deploy/local/zt-local" start "$w/state" "$bin"
# As people work: unlocked once (zt unlock); where there is no keyring, with the password each time.
zt() { home=$1; shift; if [ -e "$w/unlocked" ]; then "$bin/zt" --home "$w/$home" --quiet "$@"; else person "$home" "$@"; fi; }
person() { home=$1; shift; "$bin/zt" --home "$w/$home" --password-file "$w/password" --quiet "$@"; }
for who in files log trust; do
	person $who org bootstrap --server "$(cat "$w/state/url")" --operator-token-file "$w/state/operator-token" \
		--slug "bench-$who" --email "$who@bench.example" --name "$who"
done
person files workspace create w
if person files unlock --for 2h 2>/dev/null; then touch "$w/unlocked"; fi
head -c 1073741824 /dev/urandom >"$w/big"
mkdir "$w/tree"
for d in $(seq 100); do mkdir "$w/tree/$d"; for f in $(seq 100); do head -c 4096 /dev/urandom >"$w/tree/$d/$f"; done; done
port=$(shuf -i 20000-29999 -n 1)
rclone serve restic --addr "127.0.0.1:$port" "$w/repo" >/dev/null 2>&1 & rclone_pid=$!
export RESTIC_PASSWORD=x RESTIC_REPOSITORY="rest:http://127.0.0.1:$port/" RESTIC_CACHE_DIR="$w/cache"
for i in $(seq 50); do restic init >/dev/null 2>&1 && break; sleep 0.1; done
memory() { awk '/VmRSS/ {print int($2 / 1024)}' "/proc/$1/status" 2>/dev/null || echo 0; }
# The most that client, gateway and blocks service hold while the client of process $1 transfers. Where a
# password is asked for, from its second second on: before, the password's key takes 256 MiB, and gives them back.
watch_memory() {
	[ -e "$w/unlocked" ] || sleep 2
	while kill -0 "$1" 2>/dev/null; do
		echo "$(memory "$(pgrep -P "$1" -x zt || echo "$1")") $(memory "$(cat "$w/state/run/gateway.pid")") $(memory "$(cat "$w/state/run/blocks.pid")")"
		sleep 0.2
	done >>"$w/memory"
}
mkdir "$w/floor-blocks"
"$tools/transfer" service "ipc://$w/transfer" "$w/floor-blocks" & floor_pids=$!
"$tools/transfer" gateway $((port + 2)) "ipc://$w/transfer" & floor_pids="$floor_pids $!"
# both ROUND SUFFIX: 1 GiB up and down by zt and by the floor, who begin in turn: what ran last leaves the disk its work.
both() {
	for one in $([ $(($1 % 2)) = 0 ] && echo zt floor || echo floor zt); do
		if [ $one = zt ]; then
			took "$w/zt.put${2:-}" zt files put "$w/big" "w:/big$1${2:-}"
			took "$w/zt.get${2:-}" zt files get "w:/big$1${2:-}" "$w/out"
		else
			rm -rf "$w/floor-blocks"/*
			took "$w/floor.put${2:-}" "$tools/transfer" put $((port + 2)) "$w/big" 1073741824
			took "$w/floor.get${2:-}" "$tools/transfer" get $((port + 2)) "$w/out" 1073741824
		fi
		cmp "$w/big" "$w/out"; rm "$w/out"
	done
}
for i in $(seq "$rounds"); do
	echo "round $i of $rounds" >&2
	# Trees stay until the end: for five minutes after many files were deleted, ext4 steps over each
	# of their inodes whenever it makes a new one, and so measures itself.
	rm -rf "$w/back" "$w/out" "$w/floor-blocks"/*; sleep 6
	took "$w/restic.put" restic backup "$w/big"
	took "$w/restic.get" restic restore latest --target "$w/back"
	rm -r "$w/back"
	both "$i"
	sh -c 'while :; do :; done' & busy_pid=$!
	both "$i" .busy
	kill $busy_pid; busy_pid=
	# In separate transfers: who watches takes a part of two processors.
	zt files put "$w/big" "w:/watched$i" & p=$!; watch_memory $p & wait $p
	zt files get "w:/watched$i" "$w/out" & p=$!; watch_memory $p & wait $p; rm "$w/out"
	kill $rclone_pid; wait $rclone_pid 2>/dev/null || true; rm -rf "$w/repo" "$w/cache" # restic would find the same data again
	rclone serve restic --addr "127.0.0.1:$port" "$w/repo" >/dev/null 2>&1 & rclone_pid=$!
	for k in $(seq 50); do restic init >/dev/null 2>&1 && break; sleep 0.1; done
	took "$w/restic.tput" restic backup "$w/tree"
	took "$w/zt.tput" zt files put "$w/tree" "w:/tree$i"
	took "$w/restic.tget" restic restore latest --target "$w/back$i"
	took "$w/zt.tget" zt files get "w:/tree$i" "$w/out$i"
	diff -r "$w/tree" "$w/out$i"
	# A device that knows nothing of the workspace yet: its store is as it was at the bootstrap.
	cp -r "$w/files" "$w/fresh$i"; rm -f "$w/fresh$i"/store.db*
	took "$w/zt.ls" zt "fresh$i" ls -r "w:/tree$i"
	took "$w/zt.status" zt files status
	took "$w/zt.password" person files status
	took "$w/restic.open" restic cat config
done
echo "the agent" >&2
"$bin/zt" --home "$w/files" --quiet agent start
/usr/bin/python3 "$root/bench/agent.py" "$w/zt-agent/socket" files "$w/password" >"$w/agent.txt"
for i in $(seq "$rounds"); do
	took "$w/zt.ls.agent" "$bin/zt" --home "$w/files" ls w:/
	took "$w/zt.ls.password" person files ls w:/
done
"$bin/zt" --home "$w/files" --quiet agent stop
echo "requests" >&2
kill $floor_pids; floor_pids=
"$tools/floor" service "ipc://$w/floor" & floor_pids=$!
"$tools/floor" gateway $((port + 1)) "ipc://$w/floor" & floor_pids="$floor_pids $!"
sleep 1
password=$(cat "$w/password")
for i in $(seq "$rounds"); do
	"$tools/requests_bench" floor $((port + 1)) 30000 >>"$w/floor.txt"
	"$tools/requests_bench" requests "$w/files" "$password" w 30000 >>"$w/requests.txt"
done
kill $floor_pids; floor_pids=
cp "$tools/zt-metadata-unverified" "$w/zt-metadata"
sh "$root/deploy/local/zt-local" end "$w/state" "$bin" metadata
sh "$root/deploy/local/zt-local" one "$w/state" "$w" metadata
"$tools/requests_bench" requests "$w/files" "$password" w 30000 >"$w/unverified.txt"
sh "$root/deploy/local/zt-local" end "$w/state" "$bin" metadata
sh "$root/deploy/local/zt-local" one "$w/state" "$bin" metadata
"$tools/requests_bench" append "$w/log" "$password" 5000 >"$w/append.txt"
"$tools/requests_bench" verify 100000 >"$w/verify.txt"
ulimit -n 5000 2>/dev/null || true
echo "a history of $history changesets" >&2
mkdir "$w/rows"
person trust workspace create large
person trust put "$w/tree" large:/tree
"$tools/history_bench" "$w/trust" "$password" large "$history" "$w/rows"
(
	echo "SET search_path = metadata; SET synchronous_commit = off;"
	for t in changesets objects; do printf '%s\n' "\\copy $t FROM '$w/rows/$t' (FORMAT binary)"; done
	echo "CREATE TEMP TABLE newest (LIKE vlobs);"
	printf '%s\n' "\\copy newest FROM '$w/rows/vlobs' (FORMAT binary)"
	echo "UPDATE vlobs v SET version = n.version, object_hash = n.object_hash FROM newest n WHERE v.org = n.org AND v.workspace = n.workspace AND v.vlob = n.vlob;"
	cat "$w/rows/chain.sql"
	echo "ANALYZE changesets, objects, vlobs;"
) | PGPASSWORD=$(cat "$w/state/metadata.password") psql -q -X -v ON_ERROR_STOP=1 -h "$(cat "$w/state/sockets")/pg" -U metadata postgres
rm -r "$w/rows"
if [ -e "$w/unlocked" ]; then person trust unlock --for 2h >/dev/null; fi
took "$w/history.whole" zt trust ls large:/   # the owner verifies all of it, and puts down a checkpoint
for i in $(seq "$rounds"); do
	cp -r "$w/trust" "$w/newcomer$i"; rm -f "$w/newcomer$i"/store.db*
	took "$w/history.ls" zt "newcomer$i" ls -r large:/
	"$bin/zt" --home "$w/newcomer$i" --quiet ls large:/tree/1 | grep -q . || [ ! -e "$w/unlocked" ]
done
"$tools/trust_bench" "$w/trust" "$password" large 1000 100 >"$w/trust.txt"
flood() { sed "s/.*$1 \([0-9.]*\).*/\1/" "$w/flood.txt"; }
mkfifo "$w/hold"
"$tools/requests_bench" sockets "$w/files" "$password" 2000 <"$w/hold" >"$w/sockets.txt" & s=$!
exec 9>"$w/hold"
for i in $(seq 300); do [ -s "$w/sockets.txt" ] && break; sleep 0.1; done
idle=$(memory "$(cat "$w/state/run/gateway.pid")")
exec 9>&-; wait $s
"$tools/flood_bench" "$w/files" "$password" w 6000 "$rounds" "$w/state/run" >"$w/flood.txt"
echo "the page" >&2
: >"$w/page.md"
page() { # HOST: with Argon2 as it is, on separate services
	for what in timings speed; do
		ROWS="$w/page.md" HOST=$1 ROUNDS=$rounds BIN=$bin QUICK=/nowhere sh "$root/tests/web/run.sh" $what >&2
	done
}
if [ ! -e "$root/build/web/zt-web.manifest" ] || ! command -v "${CHROMIUM:-chromium}" >/dev/null; then
	echo "| the page is not measured: there is no browser here, or no page was built | | | | |" >"$w/page.md"
else
	page agent
	[ ! -e "$root/build/web/host/zt.wasm" ] || page browser
fi
rate() { sed 's/.*rate \([0-9]*\).*/\1/' "$1" >"$w/rates"; median "$w/rates"; }
p99() { sed 's/.*p99 \([0-9.]*\).*/\1/' "$1" >"$w/rates"; median "$w/rates"; }
m() { median "$w/$1"; }
most() { sort -n -k "$1,$1" "$w/memory" | tail -1 | cut -d ' ' -f "$1"; }
cat <<T
# Results of \`make bench\`

$(date -u +%Y-%m-%d), $(nproc) cores, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), $(. /etc/os-release; echo "$PRETTY_NAME"); medians of $rounds rounds, pairs interleaved. Times hold
the whole program. $(if [ -e "$w/unlocked" ]; then echo "The device is unlocked, as by \`zt unlock\`"; else echo "There is no keyring here: each zt command asks for its password"; fi); what a password adds has its own row. Disks are
synced before each.

| what | zt | beside it | ratio | wanted |
|---|---|---|---|---|
| 1 GiB up, durable | $(m zt.put) s | restic backup $(m restic.put) s | $(ratio "$(m restic.put)" "$(m zt.put)") | 2 |
| | | floor $(m floor.put) s | $(ratio "$(m floor.put)" "$(m zt.put)") | 0.9 |
| the same beside a busy process | $(m zt.put.busy) s | floor $(m floor.put.busy) s | $(ratio "$(m floor.put.busy)" "$(m zt.put.busy)") | 0.9 |
| 1 GiB down | $(m zt.get) s | restic restore $(m restic.get) s | $(ratio "$(m restic.get)" "$(m zt.get)") | 2 |
| | | floor $(m floor.get) s | $(ratio "$(m floor.get)" "$(m zt.get)") | 0.9 |
| the same beside a busy process | $(m zt.get.busy) s | floor $(m floor.get.busy) s | $(ratio "$(m floor.get.busy)" "$(m zt.get.busy)") | 0.9 |
| resident while transferring: client, gateway, blocks | $(most 1), $(most 2), $(most 3) MiB | | | 96 each |
| 10,000 x 4 KiB up | $(m zt.tput) s | restic backup $(m restic.tput) s | $(ratio "$(m restic.tput)" "$(m zt.tput)") | 1 |
| 10,000 x 4 KiB down | $(m zt.tget) s | restic restore $(m restic.tget) s | $(ratio "$(m restic.tget)" "$(m zt.tget)") | 1 |
| listing them from a fresh device | $(m zt.ls) s | zt status, which opens every record of its store, $(m zt.status) s | | 1 s |
| opening with a password: Argon2id, 256 MiB | $(m zt.password) s | restic cat config (scrypt) $(m restic.open) s | | |
| zt ls of a folder, by the agent | $(m zt.ls.agent) s | without it, with the password $(m zt.ls.password) s | $(ratio "$(m zt.ls.password)" "$(m zt.ls.agent)") | 5 |
| a call of the agent by its socket, p50 of 5,000: device.whoami, and what the client in Python takes | $(cat "$w/agent.txt") ms | | | 0.2 ms |
| signed small requests, 64 connections | $(rate "$w/requests.txt")/s, p99 $(p99 "$w/requests.txt") ms | floor $(rate "$w/floor.txt")/s | $(ratio "$(rate "$w/requests.txt")" "$(rate "$w/floor.txt")") | 5,000/s, 25 ms, 0.5 |
| the same without verification | $(rate "$w/unverified.txt")/s | | | |
| appends to one trust log | $(rate "$w/append.txt")/s | | | 500/s |
| verifying 100,000 entries from nothing | $(sed 's/.*entries \([0-9]*\).*/\1/' "$w/verify.txt")/s | bare Ed25519 $(sed 's/.*bare \([0-9]*\).*/\1/' "$w/verify.txt")/s | $(sed 's/.*ratio //' "$w/verify.txt") | 0.7 |
| a new device lists 10,000 files behind a history of $history changesets, from a checkpoint | $(m history.ls) s | verifying all of it $(m history.whole) s | $(ratio "$(m history.whole)" "$(m history.ls)") | 5 s |
| one of 1,000 members of that workspace removed: log, key rotated, 999 keys sealed; no manifest is touched | $(sed -n 's/^rotation \([0-9.]*\).*/\1/p' "$w/trust.txt") s | | | 2 s |
| a revocation reaches 1,000 connected devices, closes its socket, blocks its next request | p50 $(sed -n 's/.*p50 \([0-9.]*\).*/\1/p' "$w/trust.txt"), p99 $(sed -n 's/.*p99 \([0-9.]*\).*/\1/p' "$w/trust.txt") ms | | | 100 ms |
| signed small requests over 16 connections beside a flood of strangers (2,000 connections of 8 addresses: half heads, slow and large bodies, calls and sockets without a signature) | $(flood 'beside')/s, p99 $(sed 's/.*beside [0-9]*\/s \([0-9.]*\) ms.*/\1/' "$w/flood.txt") ms | without it $(flood 'quiet')/s, p99 $(sed 's/.*quiet [0-9]*\/s \([0-9.]*\) ms.*/\1/' "$w/flood.txt") ms | throughput $(flood 'kept'), p99 $(sed 's/.*kept [0-9.]* p99 \([0-9.]*\).*/\1/' "$w/flood.txt") | 0.9, 2 |
| what the flood itself takes of one of the two processors | $(flood 'itself') | | | |
| resident meanwhile, MiB | $(sed 's/.*memory \(.*\) MiB/\1/' "$w/flood.txt") | | | gateway 128 |
| 2,000 idle event sockets: the gateway holds | $idle MiB | | | 64 |
$(cat "$w/page.md")
T
