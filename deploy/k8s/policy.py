#!/usr/bin/python3
"""What the manifests must say so that a service that was taken over can do little: policy.py FILE...
Prints each point that is missing, and where; exits with 1 then."""
import sys

import yaml

SERVICES = ("auth", "metadata", "blocks", "messaging", "gateway")
CALL, EVENTS = 7001, 7002
# docs/architecture.md: who speaks to whom, at which port.
ARROWS = {
    *((("gateway", s, CALL)) for s in ("auth", "metadata", "blocks", "messaging")),
    ("gateway", "messaging", EVENTS),
    ("auth", "metadata", CALL), ("auth", "messaging", CALL),
    ("metadata", "auth", CALL), ("metadata", "auth", EVENTS), ("metadata", "blocks", CALL),
    ("blocks", "auth", CALL), ("blocks", "auth", EVENTS),
    ("messaging", "auth", CALL), ("messaging", "auth", EVENTS), ("messaging", "metadata", EVENTS),
}
DATABASE = {"auth", "metadata", "messaging"}
POINTS = {}


def point(f):
    """One point: a function of all objects that yields where it is missing."""
    POINTS[f.__name__.replace("_", " ")] = f
    return f


def of_kind(objects, kind):
    return [o for o in objects if o["kind"] == kind]


def pods(objects):
    for d in objects:
        if d["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
            yield d["metadata"]["name"], d["spec"]["template"]["spec"], d
        elif d["kind"] == "Pod":
            yield d["metadata"]["name"], d["spec"], d


def containers(objects):
    for name, spec, _ in pods(objects):
        for c in spec.get("containers", []) + spec.get("initContainers", []) + spec.get("ephemeralContainers", []):
            yield name, c, spec


def pod_point(name, holds):
    def f(objects):
        return [n for n, spec, d in pods(objects) if not holds(spec, d)]
    POINTS[name] = f


def container_point(name, holds):
    def f(objects):
        return [n for n, c, _ in containers(objects) if not holds(c)]
    POINTS[name] = f


def security(o):
    return o.get("securityContext") or {}


def grace(spec):
    return spec.get("terminationGracePeriodSeconds", 30)


def volume_kinds(spec):
    return {k for v in spec.get("volumes", []) for k in v if k != "name"}


def overrides_nothing(c):
    """A container may not loosen what its pod says."""
    s = security(c)
    return s.get("runAsNonRoot", True) and s.get("runAsUser", 1) != 0 and s.get("runAsGroup", 1) != 0 and \
        s.get("seccompProfile", {"type": "RuntimeDefault"}).get("type") in ("RuntimeDefault", "Localhost") and \
        s.get("procMount", "Default") == "Default"


pod_point("does not run as root", lambda s, d: security(s).get("runAsNonRoot") is True)
pod_point("has its own user, group and volume group", lambda s, d: all(
    isinstance(security(s).get(k), int) and security(s)[k] >= 10000 for k in ("runAsUser", "runAsGroup", "fsGroup")))
pod_point("system calls are filtered", lambda s, d: security(s).get("seccompProfile", {}).get("type") == "RuntimeDefault")
pod_point("no service account token", lambda s, d: s.get("automountServiceAccountToken") is False)
pod_point("no addresses of services in the environment", lambda s, d: s.get("enableServiceLinks") is False)
pod_point("nothing of the node", lambda s, d: not any(s.get(k) for k in ("hostNetwork", "hostPID", "hostIPC")) and
          not security(s).get("sysctls") and s.get("shareProcessNamespace") is not True)
pod_point("volumes of known kinds", lambda s, d: volume_kinds(s) <= {"configMap", "secret", "persistentVolumeClaim"})
pod_point("secrets are read by its group at most", lambda s, d: all(
    v["secret"].get("defaultMode", 0o644) & 0o337 == 0 and not any("mode" in i for i in v["secret"].get("items", []))
    for v in s.get("volumes", []) if "secret" in v))
pod_point("time to end", lambda s, d: grace(s) > 12)
pod_point("one writer of a volume", lambda s, d: "persistentVolumeClaim" not in volume_kinds(s) or
          (d["spec"].get("replicas") == 1 and d["spec"].get("strategy", {}).get("type") == "Recreate"))
container_point("no more rights than at the start", lambda c: security(c).get("allowPrivilegeEscalation") is False and
                not security(c).get("privileged"))
container_point("the root is read-only", lambda c: security(c).get("readOnlyRootFilesystem") is True)
container_point("no capabilities", lambda c: security(c).get("capabilities", {}).get("drop") == ["ALL"] and
                not security(c)["capabilities"].get("add"))
container_point("no looser than its pod", overrides_nothing)
container_point("limits", lambda c: all(
    k in c.get("resources", {}).get(w, {}) for k in ("cpu", "memory") for w in ("requests", "limits")))
container_point("probes", lambda c: all(k in c for k in ("startupProbe", "readinessProbe", "livenessProbe")))
container_point("a version of the image", lambda c: "@sha256:" in c["image"] or
                (":" in c["image"].rpartition("/")[2] and not c["image"].endswith(":latest")))
container_point("no port of the node", lambda c: not any("hostPort" in p for p in c.get("ports", [])))
container_point("no secret in the environment", lambda c: not c.get("env") and not c.get("envFrom"))
container_point("settings and secrets are read-only", lambda c: all(
    m.get("readOnly") is True for m in c.get("volumeMounts", []) if m["name"] != "state"))


@point
def settings_hold_no_secret(objects):
    words = ("password:", "token:", "database:", "PRIVATE KEY")
    for o in of_kind(objects, "ConfigMap"):
        if any(line.strip().startswith(w) or "PRIVATE KEY" in line
               for text in o["data"].values() for line in text.split("\n") for w in words):
            yield o["metadata"]["name"]
    for o in of_kind(objects, "Secret"):
        yield o["metadata"]["name"]


@point
def services_speak_by_mutual_TLS(objects):
    for o in of_kind(objects, "ConfigMap"):
        for text in o["data"].values():
            settings = yaml.safe_load(text)
            addresses = [a.strip() for k in SERVICES[:4] + ("listen", "events", "subscribe", "messaging_events")
                         for a in str(settings.get(k, "")).split(",") if a.strip()]
            if not addresses or any(not a.startswith("tls+tcp://") for a in addresses) or \
                    any(k not in settings for k in ("peers_ca", "peers_certificate", "peers_key", "key_file")):
                yield o["metadata"]["name"]


@point
def people_reach_the_gateway_by_TLS(objects):
    for o in of_kind(objects, "ConfigMap"):
        settings = yaml.safe_load(o["data"].get("gateway.yaml", "{}"))
        if settings and not ("tls_certificate" in settings and "tls_key" in settings) and "proxies" not in settings:
            yield o["metadata"]["name"]


@point
def the_namespace_is_restricted(objects):
    spaces = of_kind(objects, "Namespace")
    if not spaces or any(o["metadata"].get("labels", {}).get("pod-security.kubernetes.io/enforce") != "restricted" for o in spaces):
        yield "Namespace"


def policy_of(objects, labels):
    return [o for o in of_kind(objects, "NetworkPolicy")
            if all(labels.get(k) == v for k, v in (o["spec"]["podSelector"].get("matchLabels") or {}).items())]


def service_named(peer):
    labels = peer.get("podSelector", {}).get("matchLabels", {})
    return labels.get("app.kubernetes.io/name") if set(peer) == {"podSelector"} else None


@point
def each_pod_has_one_policy_both_ways(objects):
    for name, _, d in pods(objects):
        found = policy_of(objects, d["spec"]["template"]["metadata"]["labels"])
        if len(found) != 1 or set(found[0]["spec"].get("policyTypes", [])) != {"Ingress", "Egress"}:
            yield name


def number(objects, service, port):
    """A port by its number; names are those of the service's container."""
    for name, c, _ in containers(objects):
        if name == "zt-" + service:
            for p in c.get("ports", []):
                if p.get("name") == port:
                    return p["containerPort"]
    return port


def arrows(objects, way):
    """What the policies let through one way: arrows between services, and rules that are none, by service."""
    found, others = set(), []
    for o in of_kind(objects, "NetworkPolicy"):
        me = o["spec"]["podSelector"].get("matchLabels", {}).get("app.kubernetes.io/name")
        for rule in o["spec"].get(way) or []:
            peers = [service_named(p) for p in rule.get("from" if way == "ingress" else "to", [])]
            ports = [p.get("port") for p in rule.get("ports", [])]
            if not peers or not ports or any(p not in SERVICES for p in peers) or any("endPort" in p for p in rule["ports"]):
                others.append((me, rule))
                continue
            for p in peers:
                for port in ports:
                    found.add((p, me, number(objects, me, port)) if way == "ingress" else (me, p, number(objects, p, port)))
    return found, others


def compare(found):
    for a in sorted(found - ARROWS):
        yield "%s -> %s %s, which nobody needs" % a
    for a in sorted(ARROWS - found):
        yield "%s -> %s %s is missing" % a


@point
def who_may_be_called_by_whom(objects):
    found, others = arrows(objects, "ingress")
    yield from compare(found)
    for me, rule in others:
        ports = [p.get("port") for p in rule.get("ports", [])]
        if me != "gateway" or ports not in (["public"], ["metrics"]) or (ports == ["metrics"] and not rule.get("from")):
            yield "zt-%s" % me


@point
def who_may_call_whom(objects):
    found, others = arrows(objects, "egress")
    yield from compare(found)
    for me, rule in others:
        ports = {(p.get("protocol"), p.get("port")) for p in rule.get("ports", [])}
        is_names = ports == {("UDP", 53), ("TCP", 53)} and rule.get("to")
        is_database = me in DATABASE and ports == {("TCP", 5432)}
        if not is_names and not is_database:
            yield "zt-%s" % me


@point
def a_budget_leaves_nodes_drainable(objects):
    replicas = {d["metadata"]["name"]: d["spec"].get("replicas", 1) for _, _, d in pods(objects)}
    for o in of_kind(objects, "PodDisruptionBudget"):
        if replicas.get(o["metadata"]["name"], 1) < 2:
            yield o["metadata"]["name"]


@point
def only_the_gateway_is_reached_from_outside(objects):
    for o in of_kind(objects, "Service"):
        if o["metadata"]["name"] != "zt-gateway" and (
                o["spec"].get("type", "ClusterIP") != "ClusterIP" or o["spec"].get("externalIPs")):
            yield o["metadata"]["name"]


@point
def nothing_speaks_to_the_cluster(objects):
    for o in objects:
        if o["kind"] in ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ServiceAccount"):
            yield o["metadata"]["name"]
    for name, spec, _ in pods(objects):
        if spec.get("serviceAccountName", "default") != "default":
            yield name


def read(files):
    return [o for f in files for o in yaml.safe_load_all(open(f, encoding="utf-8")) if o]


def missing(objects):
    return [(name, where) for name, f in POINTS.items() for where in f(objects)]


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: policy.py FILE...")
    found = missing(read(sys.argv[1:]))
    for name, where in found:
        print("%s: %s" % (where, name))
    sys.exit(1 if found else 0)
