#!/usr/bin/python3
"""Takes each point of hardening out of the manifests, one at a time: policy.py must name it, where it is."""
import copy
import glob
import os
import sys

root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
sys.path.insert(0, os.path.join(root, "deploy/k8s"))
import policy  # noqa: E402

good = policy.read(sorted(glob.glob(os.path.join(root, "deploy/k8s/manifests/*.yaml"))))
passed = failed = 0


def report(ok, name):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    if not ok:
        print("NOT OK - " + name)


def the(objects, kind, name):
    return next(o for o in objects if o["kind"] == kind and o["metadata"]["name"] == name)


def spec_of(o, s):
    return the(o, "Deployment", "zt-" + s)["spec"]["template"]["spec"]


def container_of(o, s):
    return spec_of(o, s)["containers"][0]


def in_pod(change):
    return [lambda o, s=s: change(spec_of(o, s)) for s in policy.SERVICES]


def in_container(change):
    return [lambda o, s=s: change(container_of(o, s)) for s in policy.SERVICES]


def policy_spec(o, s):
    return the(o, "NetworkPolicy", "zt-" + s)["spec"]


def set_(d, k, v):
    d[k] = v


def settings(o, s, change):
    data = the(o, "ConfigMap", "zt-" + s)["data"]
    data[s + ".yaml"] = change(data[s + ".yaml"])


def without_line(word):
    return lambda text: "\n".join(line for line in text.split("\n") if not line.startswith(word))


def without_rules(way):
    """Each rule of each policy taken out, where it is an arrow."""
    for s in policy.SERVICES:
        for i, rule in enumerate(policy_spec(good, s)[way]):
            if "podSelector" in str(rule.get("from" if way == "ingress" else "to", "")) and "kube-dns" not in str(rule):
                yield lambda o, s=s, i=i: policy_spec(o, s)[way].pop(i)


def anyone(way):
    return [lambda o, s=s: policy_spec(o, s)[way].append({}) for s in policy.SERVICES] + \
        [lambda o, s=s: policy_spec(o, s)[way].append({"ports": [{"protocol": "TCP", "port": 7001}]}) for s in policy.SERVICES] + \
        [lambda o, s=s: policy_spec(o, s)[way].append({"ports": [{"port": 443}], "from" if way == "ingress" else "to": [
            {"ipBlock": {"cidr": "0.0.0.0/0"}}]}) for s in policy.SERVICES]


pop = dict.pop
MUTATIONS = {
    "does not run as root": in_pod(lambda p: pop(p["securityContext"], "runAsNonRoot")) +
    in_pod(lambda p: set_(p["securityContext"], "runAsNonRoot", False)) + in_pod(lambda p: pop(p, "securityContext")),
    "has its own user, group and volume group": [m for k in ("runAsUser", "runAsGroup", "fsGroup") for m in in_pod(
        lambda p, k=k: pop(p["securityContext"], k)) + in_pod(lambda p, k=k: set_(p["securityContext"], k, 0))],
    "system calls are filtered": in_pod(lambda p: pop(p["securityContext"], "seccompProfile")) +
    in_pod(lambda p: set_(p["securityContext"], "seccompProfile", {"type": "Unconfined"})),
    "no service account token": in_pod(lambda p: pop(p, "automountServiceAccountToken")) +
    in_pod(lambda p: set_(p, "automountServiceAccountToken", True)),
    "no addresses of services in the environment": in_pod(lambda p: pop(p, "enableServiceLinks")),
    "nothing of the node": [m for k in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace")
                            for m in in_pod(lambda p, k=k: set_(p, k, True))],
    "volumes of known kinds": in_pod(lambda p: p["volumes"].append({"name": "x", "hostPath": {"path": "/"}})) +
    in_pod(lambda p: p["volumes"].append({"name": "x", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}})),
    "secrets are read by its group at most": in_pod(lambda p: pop(p["volumes"][1]["secret"], "defaultMode")) +
    in_pod(lambda p: set_(p["volumes"][2]["secret"], "defaultMode", 0o444)) +
    in_pod(lambda p: set_(p["volumes"][2]["secret"], "defaultMode", 0o460)),
    "time to end": in_pod(lambda p: set_(p, "terminationGracePeriodSeconds", 12)),
    "one writer of a volume": [lambda o, s=s: set_(the(o, "Deployment", "zt-" + s)["spec"], "replicas", 2)
                               for s in ("auth", "metadata", "blocks", "messaging")] +
    [lambda o, s=s: pop(the(o, "Deployment", "zt-" + s)["spec"], "strategy") for s in ("auth", "metadata", "blocks", "messaging")],
    "no more rights than at the start": in_container(lambda c: pop(c["securityContext"], "allowPrivilegeEscalation")) +
    in_container(lambda c: set_(c["securityContext"], "privileged", True)) + in_container(lambda c: pop(c, "securityContext")),
    "the root is read-only": in_container(lambda c: pop(c["securityContext"], "readOnlyRootFilesystem")) +
    in_container(lambda c: set_(c["securityContext"], "readOnlyRootFilesystem", False)),
    "no capabilities": in_container(lambda c: pop(c["securityContext"], "capabilities")) +
    in_container(lambda c: set_(c["securityContext"], "capabilities", {"drop": ["NET_RAW"]})) +
    in_container(lambda c: set_(c["securityContext"]["capabilities"], "add", ["NET_BIND_SERVICE"])),
    "no looser than its pod": in_container(lambda c: set_(c["securityContext"], "runAsUser", 0)) +
    in_container(lambda c: set_(c["securityContext"], "runAsNonRoot", False)) +
    in_container(lambda c: set_(c["securityContext"], "seccompProfile", {"type": "Unconfined"})),
    "limits": in_container(lambda c: pop(c, "resources")) + [m for w in ("requests", "limits") for k in ("cpu", "memory")
                                                            for m in in_container(lambda c, w=w, k=k: pop(c["resources"][w], k))],
    "probes": [m for k in ("startupProbe", "readinessProbe", "livenessProbe") for m in in_container(lambda c, k=k: pop(c, k))],
    "a version of the image": in_container(lambda c: set_(c, "image", "registry.example:5000/zt")) +
    in_container(lambda c: set_(c, "image", "registry.example/zt:latest")),
    "no port of the node": in_container(lambda c: set_(c["ports"][0], "hostPort", 80)),
    "no secret in the environment": in_container(lambda c: set_(c, "envFrom", [{"secretRef": {"name": "zt-events"}}])),
    "settings and secrets are read-only": in_container(lambda c: pop(c["volumeMounts"][0], "readOnly")) +
    in_container(lambda c: set_(c["volumeMounts"][1], "readOnly", False)),
    "settings hold no secret": [lambda o, s=s: settings(o, s, lambda t: t + "\ndatabase: host=x password=y")
                                for s in policy.SERVICES] +
    [lambda o: o.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}})],
    "services speak by mutual TLS": [lambda o, s=s: settings(o, s, lambda t: t.replace("tls+tcp:", "tcp:", 1)) for s in policy.SERVICES] +
    [lambda o, s=s, k=k: settings(o, s, without_line(k)) for s in policy.SERVICES
     for k in ("peers_ca", "peers_certificate", "peers_key", "key_file")],
    "people reach the gateway by TLS": [lambda o, k=k: settings(o, "gateway", without_line(k)) for k in ("tls_certificate", "tls_key")],
    "the namespace is restricted": [
        lambda o: o.remove(the(o, "Namespace", "zt")),
        lambda o: set_(the(o, "Namespace", "zt")["metadata"]["labels"], "pod-security.kubernetes.io/enforce", "baseline")],
    "each pod has one policy both ways": [lambda o, s=s: o.remove(the(o, "NetworkPolicy", "zt-" + s)) for s in policy.SERVICES] +
    [lambda o, s=s, w=w: policy_spec(o, s)["policyTypes"].remove(w) for s in policy.SERVICES for w in ("Ingress", "Egress")],
    "who may be called by whom": [*without_rules("ingress"), *anyone("ingress"),
                                  lambda o: policy_spec(o, "auth")["ingress"].append(
                                      {"ports": [{"port": 7001}], "from": [{"podSelector": {}}]}),
                                  lambda o: policy_spec(o, "gateway")["ingress"].append({"ports": [{"port": "metrics"}]}),
                                  lambda o: policy_spec(o, "blocks")["ingress"][0]["ports"].append({"port": 22}),
                                  lambda o: policy_spec(o, "blocks")["ingress"][0]["from"].append({"namespaceSelector": {}})],
    "who may call whom": [*without_rules("egress"), *anyone("egress"),
                          lambda o: policy_spec(o, "blocks")["egress"].append({"ports": [{"protocol": "TCP", "port": 5432}]}),
                          lambda o: policy_spec(o, "auth")["egress"][0].pop("to")],
    "a budget leaves nodes drainable": [lambda o: o.append(
        {"kind": "PodDisruptionBudget", "metadata": {"name": "zt-auth"}, "spec": {"minAvailable": 1}})],
    "only the gateway is reached from outside": [lambda o, s=s: set_(the(o, "Service", "zt-" + s)["spec"], "type", "NodePort")
                                                 for s in policy.SERVICES[:4]],
    "nothing speaks to the cluster": in_pod(lambda p: set_(p, "serviceAccountName", "admin")) +
    [lambda o: o.append({"kind": "RoleBinding", "metadata": {"name": "x"}})],
}

report(not policy.missing(good), "the manifests themselves: %s" % policy.missing(good))
report(set(MUTATIONS) == set(policy.POINTS), "each point has its mutations: %s" % (set(MUTATIONS) ^ set(policy.POINTS)))
for name, mutations in MUTATIONS.items():
    for i, mutate in enumerate(mutations):
        objects = copy.deepcopy(good)
        mutate(objects)
        report(objects != good and any(n == name for n, _ in policy.missing(objects)), "%s, mutation %d is not found" % (name, i))
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
