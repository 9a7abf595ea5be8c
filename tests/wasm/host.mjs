// host.mjs - the browser's host under node: its client in a thread, over files of FOLDER. PARTS is the folder that the page's
// build takes (build/wasm/host). openHost gives { call(device, method, params, how), hard(), close() }; HOW: content, ask,
// event, and cancel, which gets the function that cancels.
import fs from 'node:fs';
import { webcrypto } from 'node:crypto';
import { MessageChannel, Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { openFolder } from './handles.mjs';
import { price } from './quick.mjs';

// The page's, which a browser would know.
export const ORIGIN = 'https://zt.demo.example';
globalThis.crypto ??= webcrypto; // a browser has it, and Node.js since 20: Debian 12 has 18
if (!isMainThread && workerData?.zt === 'client') await serve();
if (!isMainThread && workerData?.zt === 'argon2') {
	const { makeKey } = await import(workerData.parts + '/argon2.mjs');
	parentPort.once('message', (m) => { makeKey({ ...m, ...price(m.passes, m.kib) }); parentPort.postMessage(0); });
}

if (!isMainThread && workerData?.zt === 'hash') {
	const { serveHasher } = await import(workerData.parts + '/hash.mjs');
	parentPort.once('message', serveHasher);
}

async function serve() {
	const { parts, folder, shared, network } = workerData;
	const { startClient } = await import(parts + '/client.mjs'), { poolFiles } = await import(parts + '/opfs.mjs');
	const post = (message, moved = []) => parentPort.postMessage(message, moved);
	const room = openFolder(folder, poolFiles);
	const client = startClient(new WebAssembly.Module(fs.readFileSync(parts + '/zt.wasm')), room.files, shared, network, post, (s) => fs.writeSync(2, s), ORIGIN,
		(name) => fs.readFileSync(parts + '/' + name));
	parentPort.on('message', (m) => {
		room.fill();
		if (m.act === 'run') client.run(m.page, m.json, m.content);
		else if (m.act === 'tick') client.tick();
		post({ done: m.act, memory: client.memoryBytes() });
	});
	post({ done: 'begin' });
}

export async function openHost(parts, folder) {
	const { serveHttp } = await import(parts + '/http.mjs'), S = await import(parts + '/shared.mjs'), { makeQueue, join, split } = await import(parts + '/queue.mjs');
	let hasher;
	const shared = S.shareMemory(), { port1, port2 } = new MessageChannel(), calls = new Map(), heard = [];
	const worker = new Worker(new URL(import.meta.url), { workerData: { zt: 'client', parts, folder, shared, network: port1 }, transferList: [port1] });
	serveHttp(port2, shared, (made, failed) => {
		const one = new Worker(new URL(import.meta.url), { workerData: { zt: 'argon2', parts } });
		one.once('message', () => { host.keys++; made(); });
		one.once('error', failed);
		return { give: (m) => one.postMessage(m), end: () => void one.terminate() };
	}, (message, moved) => {
		hasher = new Worker(new URL(import.meta.url), { workerData: { zt: 'hash', parts } });
		hasher.postMessage(message, moved);
	});
	const take = (page, message) => {
		const { head, content } = split(message), call = calls.get(head.id ?? head.request);
		if (head.question !== undefined) {
			Promise.resolve(call.how.ask(head.question, head.data)).then(
				(value) => queue.take(1, JSON.stringify({ reply: head.request, ask: head.ask, value })), () => queue.take(1, JSON.stringify({ cancel: head.request })));
		} else if (head.event !== undefined) {
			if (call) call.how.event?.(head.event, head.data); else heard.push(head);
		} else {
			calls.delete(head.id);
			if (head.error) call.reject(Object.assign(new Error(head.error.name + ': ' + head.error.sentence), { failure: head.error }));
			else call.resolve({ result: head.result, content: content && new Uint8Array(content) });
		}
	};
	const queue = makeQueue({
		run(r, isCancelled) { S.beginRequest(shared, isCancelled); worker.postMessage({ act: 'run', page: r.page, json: r.json, content: r.content }); },
		cancel: () => S.cancelRequest(shared), reply: (json) => S.giveReply(shared, json), answer: take,
		runInner: (r) => S.offerInner(shared, r), cancelInner: () => S.cancelInner(shared), retractInner: () => S.retractInner(shared),
	});
	let begun;
	const ready = new Promise((ok, bad) => { begun = ok; worker.once('error', bad); });
	worker.on('message', (m) => {
		if (m.memory) host.memory = m.memory;
		if (m.done === 'begin') begun();
		else if (m.done === 'run') queue.done();
		else if (m.done === 'inner') queue.doneInner();
		else if (m.whole !== undefined) take(m.page, m.whole);
		else if (m.json !== undefined) {
			const { question, ask } = JSON.parse(m.json);
			if (question !== undefined) queue.asks(ask);
			take(m.page, m.json);
		}
	});
	await ready;
	let next = 1;
	const host = {
		heard, queue, memory: 0, keys: 0,
		call(device, method, params = {}, how = {}) {
			return new Promise((resolve, reject) => {
				const id = next++, head = JSON.stringify(device === null ? { id, method, params } : { id, method, params, device });
				calls.set(id, { how, resolve, reject });
				how.cancel?.(() => queue.take(1, JSON.stringify({ cancel: id })));
				queue.take(1, how.content ? join(new TextEncoder().encode(head), new Uint8Array(how.content)) : head);
			});
		},
		close: () => { port2.close(); void hasher?.terminate(); return worker.terminate(); },
	};
	return host;
}
