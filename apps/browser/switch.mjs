// SPDX-License-Identifier: AGPL-3.0-or-later
// switch.mjs - the worker between pages and the client: it never blocks, fetches for the client, and is the one that has the
// store, or passes messages to the one that has (tabs.mjs). Its page says { folder, url } (the module's) first, then messages; it answers
// messages, and { line: 'up' }, { line: 'down' } or { line: 'cleared' }: it has to be loaded again, and its workers with it.
import { failure, makeQueue } from './queue.mjs';
import { endHasher } from './hash.mjs';
import { serveHttp } from './http.mjs';
import { makeLines } from './lines.mjs';
import { HEARS, beginRequest, cancelInner, cancelRequest, giveReply, offerInner, retractInner, shareMemory } from './shared.mjs';
import { joinTabs } from './tabs.mjs';

const TICK_MS = 1000;
const CLIENT = './client.mjs', ARGON2 = './argon2.mjs', HASH = './hash.mjs';
const policy = globalThis.trustedTypes?.createPolicy('zt-client', { createScriptURL: (one) => new URL([ARGON2, HASH].find((known) => known === one) ?? CLIENT, import.meta.url).href });
const startWorker = (script, name) => new Worker(policy?.createScriptURL(script) ?? new URL(script, import.meta.url).href, { type: 'module', name });

// A worker for one key of a password (libzt/port/wasm/argon2.mjs).
function startArgon2(heard, failed) {
	const worker = startWorker(ARGON2, 'zt-argon2');
	worker.onmessage = heard;
	worker.onerror = (e) => { e.preventDefault?.(); failed(); };
	return { give: (message) => worker.postMessage(message), end: () => worker.terminate() };
}

// The client in its own worker. SEND(page, message) sends to a page (0: all). Fails when the client does. CLEARED(): the browser has
// cleared its files.
function startClient({ folder, url }, send, cleared) {
	const shared = shareMemory(), { port1, port2 } = new MessageChannel();
	const worker = startWorker(CLIENT, 'zt-client');
	const acts = []; // what waits for the client that is no request
	let isBusy = true, hasEnded = false, timer, hasher;
	const act = (message, moved = []) => { isBusy = true; worker.postMessage(message, moved); };
	const queue = makeQueue({
		run(request, isCancelled) {
			beginRequest(shared, isCancelled);
			if (request.page === HEARS) acts.push([{ act: 'hear', key: request.device, message: request.content }]);
			else acts.push([{ act: 'run', page: request.page, json: request.json, content: request.content }, request.content ? [request.content.buffer] : []]);
			next();
		},
		cancel: () => cancelRequest(shared),
		reply: (json) => giveReply(shared, json),
		answer: send,
		runInner: (request) => offerInner(shared, request), cancelInner: () => cancelInner(shared), retractInner: () => retractInner(shared),
	});
	const lines = makeLines((key, message) => queue.hear(key, message));
	globalThis.addEventListener('online', () => lines.hurry());
	const next = () => { if (!isBusy && acts.length > 0) act(...acts.shift()); };
	const startHasher = (message, moved) => {
		if (hasEnded) return;
		hasher = startWorker(HASH, 'zt-hash');
		hasher.onerror = (e) => { e.preventDefault?.(); endHasher(message); };
		hasher.postMessage(message, moved);
	};
	const end = (english) => {
		hasEnded = true;
		clearInterval(timer);
		lines.end();
		worker.terminate();
		hasher?.terminate();
		queue.fail(failure('IO', english)); // not a server that is away: no waiting helps
	};
	worker.onmessage = ({ data }) => {
		if (data.cleared) {
			end('the browser has cleared what zt kept in it'); // keys of open devices go with the worker
			cleared();
		} else if (data.died !== undefined) {
			end('zt cannot run in this browser: ' + data.died);
		} else if (data.done === 'inner') {
			queue.doneInner();
		} else if (data.done !== undefined) {
			isBusy = false;
			if (data.done === 'run' || data.done === 'hear') queue.done();
			next();
		} else if (data.whole !== undefined) {
			send(data.page, data.whole);
		} else if (data.line !== undefined) {
			lines.set(data.line, data.url, data.first);
		} else {
			if (data.json.includes('"question"')) { const { question, ask } = JSON.parse(data.json); if (question !== undefined) queue.asks(ask); }
			send(data.page, data.json);
		}
	};
	worker.onerror = (e) => { e.preventDefault?.(); end('zt cannot run in this browser: ' + e.message); };
	serveHttp(port2, shared, startArgon2, startHasher);
	act({ act: 'begin', shared, network: port1, folder, url }, [port1]);
	timer = setInterval(() => { lines.look(); if (queue.isIdle() && acts.length === 0) { acts.push([{ act: 'tick' }]); next(); } }, TICK_MS);
	return { take: queue.take, gone(page) { queue.drop(page); acts.push([{ act: 'gone', page }]); next(); } };
}

// PAGE: a worker's scope, or a port.
export function serveSwitch(page) {
	page.onmessage = ({ data: how }) => {
		const post = (message) => page.postMessage(message, message instanceof ArrayBuffer ? [message] : []);
		const tab = joinTabs(how.folder, {
			up: () => post({ line: 'up' }), down: () => post({ line: 'down' }), message: post, cleared: () => post({ line: 'cleared' }),
			lead: (send, cleared) => startClient(how, send, cleared),
		});
		page.onmessage = ({ data }) => tab.send(data);
	};
}

if (typeof WorkerGlobalScope !== 'undefined' && globalThis instanceof WorkerGlobalScope && globalThis.name === 'zt-switch') serveSwitch(globalThis);
