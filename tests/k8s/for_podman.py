#!/usr/bin/python3
"""for_podman.py SERVICE MANIFEST: what podman kube play takes of a service's manifest, as it is there but for this:
podman 4.3 writes the values of a Secret undecoded and readable by everyone, and knows no fsGroup, so the test makes and
fills the volumes of Secrets and claims as the kubelet does; it publishes each containerPort on the machine; and it knows no policies and no services (the test
gives the pod its service's name)."""
import sys

import yaml

kept = []
for o in yaml.safe_load_all(open(sys.argv[2], encoding="utf-8")):
    if o["kind"] == "Deployment":
        spec = o["spec"]["template"]["spec"]
        for v in spec["volumes"]:
            if "secret" in v:
                v["persistentVolumeClaim"] = {"claimName": v.pop("secret")["secretName"] + "-secret"}
        for c in spec["containers"]:
            del c["ports"]
            if sys.argv[1] == "gateway":  # podman would ask by a curl inside the container
                for p in ("startupProbe", "readinessProbe", "livenessProbe"):
                    del c[p]
    if o["kind"] in ("Deployment", "ConfigMap"):
        kept.append(o)
print(yaml.safe_dump_all(kept, sort_keys=False))
