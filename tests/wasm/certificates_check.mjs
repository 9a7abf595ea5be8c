// certificates_check.mjs PARTS CASES: each case of tests/attack/certificate_cases.c asked of the module that a browser fetches
// (build/wasm/host/certificates.wasm), as its client asks it: the answer is the native one, to the byte. CASES is what
// certificate_test wrote. Then a module that cannot be had, calls that are none, and what is not left behind.
import assert from 'node:assert';
import { webcrypto } from 'node:crypto';
import fs from 'node:fs';

globalThis.crypto ??= webcrypto; // a browser has it, and Node.js since 20: Debian 12 has 18
const [parts, path] = process.argv.slice(2), { certificatesImport } = await import(parts + '/certificates.mjs');
const memory = new WebAssembly.Memory({ initial: 32 }), ROOM = 1024, OUT = 0, SIZE = 2048, IN = 4096;
let loaded = 0;
const load = () => { loaded++; return fs.readFileSync(parts + '/certificates.wasm'); };
const ask = (by, call) => {
	new Uint8Array(memory.buffer, IN, call.length).set(call);
	const err = by(IN, call.length, OUT, ROOM, SIZE), n = new DataView(memory.buffer).getUint32(SIZE, true);
	return { err, answer: Buffer.from(new Uint8Array(memory.buffer, OUT, n)) };
};
const cases = fs.readFileSync(path, 'utf8').trim().split('\n').map((line) => {
	const [name, err, call, answer] = line.split('\t');
	return { name, err: Number(err), call: Buffer.from(call, 'hex'), answer: Buffer.from(answer, 'hex') };
});
const names = new Set(cases.map((c) => c.name)), said = [], by = certificatesImport(() => memory, load, (s) => said.push(s));
assert(names.size > 50, `${names.size} cases`);
for (const c of cases) {
	const is = ask(by, c.call);
	assert.equal(is.err, c.err, `${c.name}: ${is.err} ${is.answer}, and natively ${c.err} ${c.answer}`);
	assert(is.answer.equals(c.answer), `${c.name}: ${is.answer}, and natively ${c.answer}`);
}
assert.deepEqual([loaded, said], [1, []]);
console.log(`ok - ${names.size} certificates, asked ${cases.length} times, are judged and described as natively; the module was fetched once`);

// Each call cut at each length, and with a byte that differs: an answer or a refusal, and the module lives.
const one = cases.find((c) => c.name === 'over one between'), refused = new Set();
for (let n = 0; n < one.call.length; n += 7) refused.add(ask(by, one.call.subarray(0, n)).err);
assert.deepEqual([...refused], [2]); // CORRUPT
for (let at = 0; at < one.call.length; at += 3) {
	const call = Buffer.from(one.call);
	call[at] ^= 1 << (at % 8);
	ask(by, call);
}
assert.equal(ask(by, one.call).err, 0);
console.log('ok - a call that was cut is refused, and one that was altered leaves the module alive');

// A byte that differs in the certificate or the signature makes them worthless.
const { certificate, signature } = spansOf(one.call);
for (const [from, to] of [certificate, signature])
	for (let at = from; at < to; at++) {
		const call = Buffer.from(one.call);
		call[at] ^= 1 << (at % 8);
		assert.notEqual(ask(by, call).err, 0, `byte ${at}`);
	}
console.log(`ok - each of the ${certificate[1] - certificate[0]} bytes of a certificate, and of its signature, counts`);
// Where the certificate and the signature are in a CHECK (libzt/port/wasm/x509_call.h).
function spansOf(call) {
	let at = 12;
	const next = () => { const n = call.readUInt32BE(at); at += 4 + n; return [at - n, at]; };
	next(); next();
	const signature = next(), certificate = next();
	return { signature, certificate };
}

for (const broken of [() => { throw new Error('404'); }, () => Buffer.from('no module'), () => Buffer.alloc(0)]) {
	const why = [], none = certificatesImport(() => memory, broken, (s) => why.push(s));
	assert.equal(none(IN, 4, OUT, ROOM, SIZE), -1);
	assert.equal(why.length, 1);
}
let tries = 0;
const later = certificatesImport(() => memory, () => { if (tries++ === 0) throw new Error('away'); return load(); });
assert.deepEqual([later(IN, 4, OUT, ROOM, SIZE), ask(later, one.call).err], [-1, 0]);
console.log('ok - a module that cannot be had is said, and fetched again');
const began = performance.now();
for (let i = 0; i < 50; i++) ask(by, one.call);
console.log(`ok - a check takes ${((performance.now() - began) / 50).toFixed(1)} ms`);
