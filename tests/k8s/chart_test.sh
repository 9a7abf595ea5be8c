#!/bin/sh
# The chart: it lints, its manifests are up to date, valid by the schemas of Kubernetes, and say what policy.py wants.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
k=$root/deploy/k8s
passed=0 failed=0
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
ok() { passed=$((passed + 1)); echo "ok - $1"; }
not_ok() { failed=$((failed + 1)); echo "NOT OK - $1"; sed 's/^/    /' "$work/out" | tail -5; }
check() { name=$1; shift; if "$@" >"$work/out" 2>&1; then ok "$name"; else not_ok "$name"; fi; }
refuses() { words=$1 name=$2; shift 2; if ! "$@" >"$work/out" 2>&1 && grep -q -- "$words" "$work/out"; then ok "$name"; else not_ok "$name"; fi; }
helm=$(sh "$k/tools")
json() { /usr/bin/python3 -c 'import json, sys, yaml; print(json.dumps([o for f in sys.argv[1:] for o in yaml.safe_load_all(open(f)) if o]))' "$@" > "$work/all.json"; }
valid() { json "$@" && node "$k/validate.js" "$work/all.json"; }
policy() { /usr/bin/python3 "$k/policy.py" "$@"; }
render() { "$helm" template zt "$k/zt" --namespace zt "$@" > "$work/zt.yaml"; }

check "the chart lints" "$helm" lint --strict "$k/zt"
check "the manifests are what it makes" sh "$k/render" --check
check "they are valid by the schemas" valid "$k"/manifests/*.yaml
check "and hardened" policy "$k"/manifests/*.yaml
# The validator finds what is wrong: an unknown field deep inside, a wrong type, what is missing, an unknown kind.
broken() { sed "$1" "$k/manifests/auth.yaml" > "$work/broken.yaml"; ! cmp -s "$k/manifests/auth.yaml" "$work/broken.yaml"; valid "$work/broken.yaml"; }
refuses "readOnlyRootFileSystem is not a field" "an unknown field" broken s/readOnlyRootFilesystem/readOnlyRootFileSystem/
refuses "terminationGrace is not a field" "an unknown field of a pod" broken s/terminationGracePeriodSeconds/terminationGrace/
refuses "replicas type.*integer" "a word in place of a number" broken 's/replicas: 1/replicas: one/'
refuses "/spec required.*selector" "a missing field" broken '/^kind: Deployment/,/^---/s/^  selector:/  labels:/'
refuses "no such kind" "an unknown kind" broken 's/^kind: Service$/kind: Servant/'
# The manifests' check finds what is old.
cp -r "$k" "$work/k8s"; printf 'echo %s\n' "$helm" > "$work/k8s/tools"; sed -i 's/failureThreshold: 6$/failureThreshold: 7/' "$work/k8s/zt/templates/gateway.yaml"; echo "# x" >> "$work/k8s/manifests/auth.yaml"
refuses "make manifests" "manifests that are not the chart's" sh "$work/k8s/render" --check
# Other values: what a cluster may set.
also() {
	what=$1; shift
	check "$what" render "$@"
	check "$what: valid" valid "$work/zt.yaml"
	check "$what: hardened" policy "$work/zt.yaml" "$k/namespace.yaml"
}
digest=$(printf x | sha256sum | cut -d' ' -f1)
also "an image by digest, from elsewhere, with a secret" --set image.repository=registry.example/zt --set "image.digest=sha256:$digest" --set 'imagePullSecrets[0].name=pull'
also "two gateways" --set gateway.replicas=2
check "have a budget" grep -q "kind: PodDisruptionBudget" "$work/zt.yaml"
also "a proxy that has TLS" --set gateway.tlsSecret= --set gateway.settings.proxies=192.0.2.7
also "who may call, and read metrics" --set-json 'gateway.from=[{"ipBlock":{"cidr":"192.0.2.0/24"}}]' --set-json 'gateway.metricsFrom=[{"namespaceSelector":{"matchLabels":{"a":"b"}}}]' --set-json 'database.to=[{"ipBlock":{"cidr":"192.0.2.10/32"}}]'
also "volumes that are there, and a class of storage" --set blocks.volume.existingClaim=old --set auth.volume.storageClass=fast
check "are named" grep -q "claimName: old" "$work/zt.yaml"
check "and no claim is made for them" sh -c "! grep -q 'name: zt-blocks-state' '$work/zt.yaml'"
render --set gateway.tlsSecret= && refuses "people reach the gateway by TLS" "neither TLS nor a proxy" policy "$work/zt.yaml" "$k/namespace.yaml"
render --set gateway.settings.rate=5000000 --set auth.settings.purge_after=600
check "large numbers stay numbers" grep -q "rate: 5000000$" "$work/zt.yaml"
check "each point of the policy is found when it is taken out" /usr/bin/python3 "$root/tests/k8s/policy_test.py"
sed 's/^/    /' "$work/out" | tail -1
# The settings that the chart writes are such as the services know.
for s in auth metadata blocks messaging gateway; do
	/usr/bin/python3 -c 'import sys, yaml
for o in yaml.safe_load_all(open(sys.argv[1])):
    if o["kind"] == "ConfigMap": print(o["data"][sys.argv[2]])' "$k/manifests/$s.yaml" $s.yaml | sed 's#/run/zt#/nowhere#' > "$work/$s.yaml"
	sed -n 's/^\([a-z_]*\):.*/\1/p' "$work/$s.yaml" | while read -r key; do
		"${BIN:-$root/build/rel/bin}/zt-$s" --help | grep -q "^  $key " || { echo "zt-$s has no setting $key"; exit 1; }
	done > "$work/out" && ok "zt-$s knows its settings" || not_ok "zt-$s knows its settings"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
