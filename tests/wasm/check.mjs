// check.mjs WASM ROOT: the client as WebAssembly, under node. Each line of standard input is an act: its name and its
// texts, separated by tabs; ROOT is its "/". Prints what the acts print; ends with the number of the first error.
// A code that the other side shows is expected in ROOT/other-code.
import { webcrypto } from 'node:crypto';
import fs from 'node:fs';
import { MessageChannel, Worker, isMainThread, workerData } from 'node:worker_threads';
import { argon2Import } from '../../libzt/port/wasm/argon2.mjs';
import { httpImports, makeShared, serveHttp } from '../../libzt/port/wasm/http.mjs';
import { wasiImports } from '../../libzt/port/wasm/wasi.mjs';
import { folderFiles } from './files.mjs';
import { price } from './quick.mjs';

globalThis.crypto ??= webcrypto; // a browser has it, and Node.js since 20: Debian 12 has 18
if (isMainThread) main();
else serveHttp(workerData.port, workerData.shared);

function main() {
	const [wasm, root] = process.argv.slice(2), shared = makeShared(), { port1, port2 } = new MessageChannel();
	const network = new Worker(new URL(import.meta.url), { workerData: { port: port2, shared }, transferList: [port2] });
	let instance;
	const memory = () => instance.exports.memory;
	const text = (p, n) => new TextDecoder().decode(new Uint8Array(memory().buffer, p, n).slice());
	const ended = (p) => { const u = new Uint8Array(memory().buffer); let e = p; while (u[e]) e++; return text(p, e - p); };
	const module = new WebAssembly.Module(fs.readFileSync(wasm));
	const argon2 = argon2Import(module, memory);
	const zt = {
		argon2(pwd, pwdN, salt, saltN, passes, kib, ...more) {
			const pays = price(passes, kib);
			return argon2(pwd, pwdN, salt, saltN, pays.passes, pays.kib, ...more);
		},
		page_origin: () => 0,
		...httpImports(memory, port1, shared),
		print: (p, n) => fs.writeSync(1, text(p, n) + '\n'),
		pick(...choices) {
			const file = root + '/other-code';
			return fs.existsSync(file) ? choices.map(ended).indexOf(fs.readFileSync(file, 'utf8').trim()) : -1;
		},
	};
	const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
	const wasi_snapshot_preview1 = wasiImports(memory, folderFiles(root), sleep, (s) => fs.writeSync(2, s));
	instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1, zt });
	instance.exports._initialize();
	const place = (s) => {
		const bytes = new TextEncoder().encode(s + '\0'), p = instance.exports.malloc(bytes.length);
		new Uint8Array(memory().buffer).set(bytes, p);
		return p;
	};
	let err = 0;
	for (const line of fs.readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
		const [act, ...args] = line.split('\t');
		if ((err = instance.exports['app_' + act](...args.map(place)) ?? 0) !== 0) break;
	}
	instance.exports.app_close();
	network.terminate().then(() => process.exit(err));
}
