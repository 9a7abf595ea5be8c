#!/bin/sh
# kill -9 of each service and of the client in turn, at random moments of an upload, ROUNDS times:
# nothing acknowledged is lost, every upload can be finished, everything verifies.
. "$(dirname "$0")/world.sh"
begin_world
alice workspace create w
rounds=${ROUNDS:-10}
mkdir "$state/all"
# How long an upload takes here, in milliseconds: the kills come at a random moment of it.
mkdir "$state/all/0"; head -c 14700000 /dev/urandom > "$state/all/0/1"
began=$(date +%s%3N); alice --quiet put "$state/all/0" w:/0; took=$(($(date +%s%3N) - began))
i=0
while [ $i -lt "$rounds" ]; do
	i=$((i + 1))
	mkdir "$state/all/$i"
	for k in 1 2 3 4 5 6; do head -c $((k * 700000)) /dev/urandom > "$state/all/$i/$k"; done
	case $((i % 5)) in 0) victim=client;; 1) victim=auth;; 2) victim=metadata;; 3) victim=blocks;; 4) victim=gateway;; esac
	"$bin/zt" --home "$state/alice" --password-file "$state/alice.password" --quiet put "$state/all/$i" "w:/$i" >"$state/put.log" 2>&1 & put=$!
	at=$(($(od -An -N2 -tu2 /dev/urandom) % took)); sleep "$((at / 1000)).$(printf %03d $((at % 1000)))"
	if [ $victim = client ]; then kill -9 $put 2>/dev/null || true
	else kill -9 "$(cat "$state/run/$victim.pid")"; sleep 0.2; local_ one "$state" "$bin" $victim; fi
	wait $put && acknowledged=yes || acknowledged=no
	# The same command again, as it says; nng may take three seconds to dial again (services/bus/pipes.h).
	if [ $acknowledged = no ]; then within 10 alice --quiet put "$state/all/$i" "w:/$i" >"$state/out" 2>&1 || not_ok "round $i: the upload cannot be finished"; fi
	echo "round $i: killed $victim after $at of $took ms, acknowledged at once: $acknowledged"
done
check "the workspace verifies" alice verify w
check "the local store verifies" alice status
mkdir "$state/copy"
alice --quiet get w:/ "$state/copy"
check "nothing acknowledged is lost" diff -r "$state/all" "$state/copy"
finish
