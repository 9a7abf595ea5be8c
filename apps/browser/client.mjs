// SPDX-License-Identifier: AGPL-3.0-or-later
// client.mjs - the worker that runs the client: one request at a time, and it blocks meanwhile. What it hears while it is
// blocked comes through shared memory (shared.mjs): answers of the network, replies of the person, cancel.
import { argon2Import } from './argon2.mjs';
import { certificatesImport } from './certificates.mjs';
import { httpImports } from './http.mjs';
import { letGo } from './letgo.mjs';
import { openFiles } from './opfs.mjs';
import { join } from './queue.mjs';
import { CANCEL, HEARS, REPLY_LENGTH, WAKE, endInner, innerIsCancelled, replyRoom, takeInner, words } from './shared.mjs';
import { wasiImports } from './wasi.mjs';

const ASK_WAITS = -1, ASK_ENDS = -2, SECOND = 1000, LOOK_MS = 1000, SECRET_MOST = 64;

// A file beside this one, at once: a worker may wait for it.
function fetchNow(name) {
	const request = new XMLHttpRequest();
	request.open('GET', new URL(name, import.meta.url), false);
	request.responseType = 'arraybuffer';
	request.send();
	if (request.status !== 200) throw new Error(`${name}: ${request.status}`);
	return request.response;
}

// Runs MODULE over FILES; NETWORK is the port to what fetches, and POST sends messages to the switch. ORIGIN is that of the page:
// devices that are made here bear it. LOAD(name) gives the bytes of another file of this release.
export function startClient(module, files, shared, network, post, log = () => {}, origin = globalThis.location?.origin ?? '', load = fetchNow) {
	const ctl = words(shared);
	let instance;
	const memory = () => instance.exports.memory;
	const bytes = (p, n) => new Uint8Array(memory().buffer, p, n);
	const text = (p, n) => new TextDecoder().decode(bytes(p, n).slice());
	const ended = (p) => { const u = new Uint8Array(memory().buffer); let e = p; while (u[e]) e++; return text(p, e - p); };
	let isInner = false;
	// Whether the request that runs, the inner one if there is one, is cancelled.
	const heed = () => {
		const outer = Atomics.load(ctl, CANCEL) !== 0, inner = isInner && innerIsCancelled(shared);
		if (outer) instance.exports.host_cancel(0);
		if (inner) instance.exports.host_cancel(1);
		return isInner ? inner : outer;
	};
	// Within a request that waits for people: runs another, where libzt lets others have the device.
	const attend = () => {
		const cancelled = heed();
		if (cancelled || isInner || instance.exports.wasm_locks_taken() !== 0) return cancelled;
		const r = takeInner(shared);
		if (r === null) return false;
		isInner = true;
		heed();
		if (r.page === HEARS) hearBytes(r.head, r.body);
		else runBytes(r.page, r.head, r.body);
		isInner = false;
		endInner(shared);
		post({ done: 'inner' });
		return heed();
	};
	const sleep = (ms) => {
		for (const until = performance.now() + ms; !attend();) {
			const seen = Atomics.load(ctl, WAKE), left = until - performance.now();
			if (left <= 0) return;
			Atomics.wait(ctl, WAKE, seen, left);
		}
	};
	const zt = {
		argon2: argon2Import(module, memory, network),
		certificates: certificatesImport(memory, () => load('certificates.wasm'), log),
		page_origin(to, max) {
			const name = new TextEncoder().encode(origin);
			if (name.length > max) return 0;
			bytes(to, name.length).set(name);
			return name.length;
		},
		...httpImports(memory, network, shared, null, attend),
		send(page, json, n, content, contentN) {
			if (content === 0) { post({ page, json: text(json, n) }); return; }
			const whole = join(bytes(json, n), bytes(content, contentN));
			post({ page, whole }, [whole]);
		},
		ask() {
			for (const until = performance.now() + SECOND; ;) {
				const seen = Atomics.load(ctl, WAKE), length = Atomics.load(ctl, REPLY_LENGTH), left = until - performance.now();
				if (length > 0) return length;
				if (attend()) return ASK_ENDS;
				if (left <= 0) return ASK_WAITS;
				Atomics.wait(ctl, WAKE, seen, left);
			}
		},
		line: (key, url, first) => post({ line: ended(key), url: url ? ended(url) : null, first: first ? ended(first) : null }),
		take_reply(to) {
			bytes(to, ctl[REPLY_LENGTH]).set(replyRoom(shared).subarray(0, ctl[REPLY_LENGTH]));
			Atomics.store(ctl, REPLY_LENGTH, 0);
		},
	};
	instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasiImports(memory, files, sleep, log), zt });
	instance.exports._initialize();
	const begun = instance.exports.host_begin();
	if (begun !== 0) throw new Error('the host did not begin: ' + begun);
	const place = (from) => {
		const p = instance.exports.malloc(from.length || 1);
		if (p === 0) throw new Error('no memory');
		bytes(p, from.length).set(from);
		return p;
	};
	const runBytes = (page, head, body) => {
		const p = place(head), q = body ? place(body) : 0, n = body ? body.length : 0;
		head.fill(0); // a password may be in it
		// Few bytes are the output of a passkey; many, of a file.
		if (body) { if (n <= SECRET_MOST) body.fill(0); letGo(body.buffer); }
		instance.exports.host_run(page, p, head.length, q, n);
		if (n > 0 && n <= SECRET_MOST) bytes(q, n).fill(0);
		instance.exports.free(p);
		if (q) instance.exports.free(q);
	};
	// Of the device KEY's event socket; no message: it ended.
	const hearBytes = (key, message) => {
		const p = place(Uint8Array.of(...key, 0)), q = message ? place(message) : 0;
		instance.exports.host_hear(p, q, message ? message.length : 0);
		instance.exports.free(p);
		if (q) instance.exports.free(q);
	};
	return {
		hear: (key, message) => { heed(); hearBytes(new TextEncoder().encode(key), message ? new Uint8Array(message) : null); },
		run(page, json, content) {
			heed();
			runBytes(page, new TextEncoder().encode(json), content);
		},
		memoryBytes: () => memory().buffer.byteLength,
		gone: (page) => instance.exports.host_gone(page),
		tick: () => instance.exports.host_tick(),
	};
}

// The worker: { begin }, then one { run }, { hear }, { gone } or { tick } at a time, each answered by { done }; by { cleared } where
// the browser has cleared the files: what would be written now, nobody would find again.
export function serveClient(worker) {
	let client, room, looked = performance.now();
	const post = (message, moved = []) => worker.postMessage(message, moved);
	const acts = {
		async begin({ shared, network, url, folder }) {
			const module = WebAssembly.compileStreaming(fetch(new URL(url, import.meta.url)));
			room = await openFiles(folder);
			await room.fill();
			client = startClient(await module, room.files, shared, network, post, (s) => console.warn('zt:', s));
		},
		run: ({ page, json, content }) => client.run(page, json, content),
		hear: ({ key, message }) => client.hear(key, message),
		gone: ({ page }) => client.gone(page),
		tick: () => client.tick(),
	};
	worker.onmessage = async ({ data }) => {
		try {
			if (room && performance.now() - looked > LOOK_MS) {
				if (!(await room.isThere())) { post({ cleared: true }); return; }
				looked = performance.now();
			}
			await room?.fill();
			await acts[data.act](data);
			post({ done: data.act });
		} catch (e) {
			post({ died: String(e?.message ?? e) });
		}
	};
}

if (typeof WorkerGlobalScope !== 'undefined' && globalThis instanceof WorkerGlobalScope && globalThis.name === 'zt-client') serveClient(globalThis);
