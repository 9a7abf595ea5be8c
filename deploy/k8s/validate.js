// Manifests against the schemas of Kubernetes, without a cluster: validate.js FILE.json, a list of objects.
// The schemas do not refuse fields that they do not know. What a validator never looks at is such a field.
'use strict';
const fs = require('fs'), path = require('path');
const schemas = path.join(__dirname, '../../build/k8s/node_modules/kubernetes-models/_schemas');
const folders = { v1: 'CoreV1', 'apps/v1': 'AppsV1', 'networking.k8s.io/v1': 'NetworkingV1', 'policy/v1': 'PolicyV1' };
let bad = 0;

// A view of VALUE that notes in SEEN which of its places are read.
function watched(value, at, seen, all) {
	if (value === null || typeof value !== 'object') return value;
	const inner = Array.isArray(value) ? [] : {};
	for (const k of Object.keys(value)) {
		all.push(at + '/' + k);
		inner[k] = watched(value[k], at + '/' + k, seen, all);
	}
	return new Proxy(inner, { get(o, k) { if (typeof k === 'string') seen.add(at + '/' + k); return o[k]; } });
}

for (const o of JSON.parse(fs.readFileSync(process.argv[2], 'utf8'))) {
	const name = `${o.kind} ${(o.metadata || {}).name}`;
	const file = path.join(schemas, `IoK8sApi${folders[o.apiVersion]}${o.kind}.js`);
	const say = (what) => { bad++; console.log(`${name}: ${what}`); };
	if (!fs.existsSync(file)) { say(`no such kind in ${o.apiVersion}`); continue; }
	const { validate } = require(file), seen = new Set(), all = [];
	if (!validate(watched(o, '', seen, all)))
		for (const e of validate.errors) say(`${e.instancePath} ${e.keyword} ${JSON.stringify(e.params)}`);
	else // what is in an unknown field is unknown too: the topmost is named
		for (const p of all)
			if (!seen.has(p) && seen.has(p.replace(/\/[^/]*$/, '')) || !seen.has(p) && !p.slice(1).includes('/')) say(`${p} is not a field`);
}
process.exit(bad ? 1 : 0);
