#!/bin/sh
# The manifests, played by podman with the image of make images: the main job, and what a container may do there.
# As root. PostgreSQL runs beside them, on the bridge of their network.
set -eu
umask 077
root=$(cd "$(dirname "$0")/../.." && pwd)
real=${BIN:-$root/build/rel/bin}
version=$(sed -n 's/^appVersion: "\(.*\)"/\1/p' "$root/deploy/k8s/zt/Chart.yaml")
services="messaging blocks auth metadata gateway"
state=$(mktemp -d /tmp/zt-kube.XXXXXX) bin=$state/bin net=zt-kube-$$
passed=0 failed=0 pg=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
ok() { passed=$((passed + 1)); echo "ok - $1"; }
not_ok() { failed=$((failed + 1)); echo "NOT OK - $1"; [ ! -s "$state/out" ] || sed 's/^/    /' "$state/out" | tail -5; }
check() { name=$1; shift; if "$@" >"$state/out" 2>&1; then ok "$name"; else not_ok "$name"; fi; }
expect() { words=$1 name=$2; shift 2; if "$@" >"$state/out" 2>&1 && grep -q -- "$words" "$state/out"; then ok "$name"; else not_ok "$name"; fi; }
within() { for i in $(seq $(($1 * 5))); do (shift; "$@") >/dev/null 2>&1 && return 0; sleep 0.2; done; return 1; }
pod() { echo "zt-$1-pod-0"; }
box() { echo "zt-$1-pod-0-$1"; }
volumes="zt-events zt-operator zt-auth-database zt-metadata-database zt-messaging-database zt-gateway-tls"
for s in $services; do volumes="$volumes zt-$s-peers"; done
as_pg() { runuser -u postgres -- "$@"; }
cleanup() {
	[ "$failed" = 0 ] || for s in $services; do podman logs "$(box $s)" > "$state/$s.log" 2>&1 || true; done
	for s in $services; do podman pod rm -f -t 2 "$(pod $s)" >/dev/null 2>&1 || true; podman volume rm -f "zt-$s" "zt-$s-state" >/dev/null 2>&1 || true; done
	for v in $volumes; do podman volume rm -f "$v-secret" >/dev/null 2>&1 || true; done
	podman network rm -f "$net" >/dev/null 2>&1 || true
	[ ! -d "$state/pg/data" ] || as_pg "$pg/pg_ctl" -D "$state/pg/data" -m immediate stop >/dev/null 2>&1 || true
	if [ "$failed" = 0 ]; then rm -rf "$state"; else echo "kept: $state"; fi
}
[ "$(id -u)" = 0 ] || { echo "kube_test: run it as root" >&2; exit 1; }
podman image exists "localhost/zt:$version" || { echo "kube_test: run make images before" >&2; exit 1; }
for s in $services; do ! podman pod exists "$(pod $s)" || { echo "kube_test: a pod $(pod $s) is there already" >&2; exit 1; }; done
trap 'failed=$((failed + 1)); cleanup' EXIT
trap 'exit 130' INT TERM
# Without systemd podman needs another manager of cgroups; limits are not raised beyond ours. Names of pods are resolved by netavark
# alone: where an image was built before it was there, podman has settled on CNI.
export CONTAINERS_CONF="$state/containers.conf"
printf '[engine]\ncgroup_manager="cgroupfs"\nevents_logger="file"\nruntime="runc"\n[network]\nnetwork_backend="netavark"\n[containers]\ndefault_ulimits=["nofile=%s:%s","nproc=%s:%s"]\n' \
	"$(ulimit -Hn)" "$(ulimit -Hn)" 16384 16384 > "$CONTAINERS_CONF"

podman network create "$net" >/dev/null
gate=$(podman network inspect "$net" | sed -n 's/.*"gateway": "\(.*\)".*/\1/p')
address=${gate%.*}.200
for s in auth metadata messaging; do head -c 18 /dev/urandom | base64 | tr '/+' '_-' > "$state/$s.word"; done
dsn() { echo "host=$gate dbname=postgres user=$1 password=$(cat "$state/$1.word") sslmode=disable"; }
AUTH_DATABASE=$(dsn auth) METADATA_DATABASE=$(dsn metadata) MESSAGING_DATABASE=$(dsn messaging) HOST=$address sh "$root/deploy/k8s/secrets" "$state/secrets" >/dev/null
# As the kubelet mounts Secrets: root's, and read by the group of the pod.
/usr/bin/python3 - "$state/secrets/secrets.yaml" "$state/values" <<'P'
import base64, os, sys, yaml
for o in yaml.safe_load_all(open(sys.argv[1])):
    d = os.path.join(sys.argv[2], o["metadata"]["name"])
    os.makedirs(d)
    for k, v in o["data"].items():
        open(os.path.join(d, k), "wb").write(base64.b64decode(v))
P
for v in $volumes; do
	podman volume create "$v-secret" >/dev/null
	at=$(podman volume inspect -f '{{.Mountpoint}}' "$v-secret")
	cp "$state/values/$v"/* "$at/"; chown 0:10001 "$at" "$at"/*; chmod 0550 "$at"; chmod 0440 "$at"/*
done
# And claims: root's, and written by that group.
for s in auth metadata blocks messaging; do
	podman volume create "zt-$s-state" >/dev/null
	at=$(podman volume inspect -f '{{.Mountpoint}}' "zt-$s-state"); chown 0:10001 "$at"; chmod 2770 "$at"
done
play() {
	extra=; [ "$1" != gateway ] || extra=",ip=$address"
	/usr/bin/python3 "$root/tests/k8s/for_podman.py" "$1" "$root/deploy/k8s/manifests/$1.yaml" > "$state/$1.yaml"
	podman kube play --network "$net:alias=zt-$1$extra" "$state/$1.yaml" >"$state/$1.play" 2>&1 || { cat "$state/$1.play" >&2; exit 1; }
}
start_database() {
	chmod 711 "$state"; mkdir "$state/pg"; chown postgres "$state/pg"
	as_pg "$pg/initdb" -D "$state/pg/data" -U zt --auth=peer -E UTF8 --no-locale >"$state/initdb.log" 2>&1
	printf 'local all zt peer map=zt\nhost all all %s.0/24 scram-sha-256\n' "${gate%.*}" > "$state/pg/data/pg_hba.conf"
	echo "zt postgres zt" > "$state/pg/data/pg_ident.conf"
	as_pg "$pg/pg_ctl" -D "$state/pg/data" -w -l "$state/pg/log" -o "-k $state/pg -c listen_addresses=$gate" start >/dev/null
	for s in auth metadata messaging; do
		printf "CREATE ROLE %s LOGIN PASSWORD '%s'; CREATE SCHEMA %s AUTHORIZATION %s;\n" $s "$(cat "$state/$s.word")" $s $s
	done | as_pg psql -q -h "$state/pg" -U zt -d postgres -v ON_ERROR_STOP=1
}
play blocks # with it the bridge is there, at which the database listens
start_database
for s in messaging auth metadata gateway; do play $s; done
zt_get() { curl -sf --max-time 5 --cacert "$state/secrets/tls-ca.crt" "https://$address:8443$1"; }
check "the gateway reaches all services" within 30 zt_get /readyz
[ "$failed" = 0 ] || exit 1
metrics() { curl -sf --max-time 5 "http://$address:9090$1"; }
check "the probes of the gateway: alive" metrics /healthz
check "and ready" metrics /readyz
# podman would give a probe's words to a shell, which is not there: they are run as the kubelet does.
probe() { podman exec "$(box "$1")" $(sed -n 's/.*exec: {command: \[\(.*\)\]}/\1/p' "$root/deploy/k8s/manifests/$1.yaml" | head -1 | tr -d ,); }
for s in auth metadata blocks messaging; do check "the probe of $s" probe $s; done

# What each process may do, as the kernel tells.
for s in $services; do
	p=$(podman inspect -f '{{.State.Pid}}' "$(box $s)"); status=/proc/$p/status
	has() { grep -q "^$1:[[:space:]]*$2\$" "$status"; }
	check "$s: its own user" has Uid "10001.10001.10001.10001"
	check "$s: no capability" has CapPrm 0000000000000000
	check "$s: none to be had" has CapBnd 0000000000000000
	check "$s: no new privileges" has NoNewPrivs 1
	check "$s: system calls are filtered" has Seccomp 2
	check "$s: its root is read-only" grep -q ' / / ro[, ]' "/proc/$p/mountinfo"
	check "$s: there is no shell" sh -c "! podman exec $(box $s) /bin/sh -c true"
done

# The main job, as people do it.
mkdir "$bin"
printf '#!/bin/sh\nexec "%s/zt" --ca-file "%s/secrets/tls-ca.crt" "$@"\n' "$real" "$state" > "$bin/zt"; chmod 700 "$bin/zt"
echo alicepass > "$state/alice.password"; echo bobpass > "$state/bob.password"
alice() { "$bin/zt" --home "$state/alice" --password-file "$state/alice.password" "$@"; }
bob() { "$bin/zt" --home "$state/bob" --password-file "$state/bob.password" "$@"; }
check "alice founds an organization" alice org bootstrap --server "https://$address:8443" --operator-token-file "$state/secrets/operator-token" \
	--slug demo --email alice@demo.example --name Alice
check "bob is enrolled" sh "$root/deploy/local/enrol.sh" "$bin" "$state" "$(alice invite user)"
check "a workspace" alice workspace create plans
check "is shared" alice workspace share plans bob@demo.example --role contributor
mkdir "$state/tree"; head -c 9000000 /dev/urandom > "$state/tree/big"; for i in $(seq 50); do echo "$i" > "$state/tree/$i"; done
check "alice puts a folder" alice put "$state/tree" plans:/tree
check "bob gets it" bob get plans:/tree "$state/copy"
check "byte for byte" diff -r "$state/tree" "$state/copy"
check "and verifies the workspace" bob verify plans
check "and the log" bob log verify
check "a channel" alice chat create team
check "with bob" alice chat invite team bob@demo.example
check "a message" alice chat send team "read the plans"
expect "read the plans" "is read" bob chat read team

# Each service is ended and begun again; its state is where it was.
for s in gateway messaging metadata blocks auth; do
	began=$(date +%s)
	check "$s ends" podman stop -t 30 "$(box $s)"
	[ $(($(date +%s) - began)) -le 14 ] && ok "$s ends by itself, in time" || not_ok "$s is killed"
	expect '^0$' "$s ends well" podman inspect -f '{{.State.ExitCode}}' "$(box $s)"
	podman start "$(box $s)" >/dev/null 2>&1
done
check "all are there again" within 30 zt_get /readyz
rm -rf "$state/copy"
check "bob gets it again" within 10 bob get plans:/tree "$state/copy"
check "the same" diff -r "$state/tree" "$state/copy"
check "a new version" bob put "$state/tree/1" plans:/tree/2
expect '^1$' "is read" alice cat plans:/tree/2
expect "read the plans" "the message is there" alice chat read team
check "and an answer" bob chat send team "they are read"
expect "they are read" "arrives" alice chat read team
check "and all of it verifies" alice verify plans
# A pod that is made again has its volume.
podman pod rm -f "$(pod blocks)" >/dev/null 2>&1
podman kube play --network "$net:alias=zt-blocks" "$state/blocks.yaml" >"$state/out" 2>&1
check "another pod with the blocks" within 30 zt_get /readyz
rm -rf "$state/copy"
check "bob gets it from there" within 20 bob get plans:/tree "$state/copy"
expect '^1$' "with the new version" cat "$state/copy/2"

# Another pod of the network, with no certificate of ours, is not answered.
reaches_nng() { (sleep 2) | timeout 5 openssl s_client -quiet "$2" -connect "$1:7001" 2>/dev/null | head -c 3 | grep -qa SP; }
at=$(podman inspect -f "{{(index .NetworkSettings.Networks \"$net\").IPAddress}}" "$(podman pod inspect -f '{{.InfraContainerID}}' "$(pod auth)")")
check "auth is there" timeout 3 bash -c "exec 3<>/dev/tcp/$at/7001"
for v in -tls1_2 -tls1_3; do
	if reaches_nng "$at" $v; then not_ok "auth answers a stranger ($v)"; else ok "auth does not answer a stranger ($v)"; fi
done
# No log says a name, and none a secret.
for s in $services; do podman logs "$(box $s)" 2>&1; done > "$state/all.log"
check "the logs hold no name and no secret" sh -c "grep -q ready '$state/all.log' && ! grep -qF -e Alice -e demo.example -e \"$(cat "$state/auth.word")\" -e \"$(cat "$state/secrets/operator-token")\" '$state/all.log'"
trap cleanup EXIT
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
