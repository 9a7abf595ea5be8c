// SPDX-License-Identifier: AGPL-3.0-or-later
// queue.mjs - the requests of all pages for the one client, which runs one at a time, and another within one that waits for
// people; and what is said about those that run.
// Messages are those of docs/decisions/0007-hosts.md: text, or bytes with content; or { json, part }, whose content is a part of a
// file, a Blob. It is read here while the client is at what came before: in the page its bytes would be copied twice more.
import { HEARS } from './shared.mjs';

const WAITING_MAX = 64; // requests of one page
const LENGTH = 4;
const HEARS_MAX = 256; // messages of event sockets
const WAIT_FOR_PEOPLE = ['exchange.greet', 'host.claim', 'host.recover'];

// A message in its parts, or null.
export function split(message) {
	try {
		if (message?.part instanceof Blob) return { json: message.json, head: object(JSON.parse(message.json)), content: message.part };
		if (typeof message === 'string') return { json: message, head: object(JSON.parse(message)), content: null };
		const bytes = message instanceof ArrayBuffer ? new Uint8Array(message) : message, n = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
		if (n > bytes.length - LENGTH) return null;
		const json = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(LENGTH, LENGTH + n));
		return { json, head: object(JSON.parse(json)), content: bytes.subarray(LENGTH + n) };
	} catch {
		return null;
	}
}
function object(value) {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('no object');
	return value;
}

// The bytes of an answer's JSON, with its content, as one message.
export function join(head, content) {
	const whole = new Uint8Array(LENGTH + head.length + content.length);
	new DataView(whole.buffer).setUint32(0, head.length, true);
	whole.set(head, LENGTH); whole.set(content, LENGTH + head.length);
	return whole.buffer;
}

export const failure = (name, english, retry = false) => ({ number: 0, name, sentence: english, english, parameters: [], retry });

// RUN(request, isCancelled) starts one, and RUN_INNER(request) one within it (false: it cannot); CANCEL() and REPLY(json) are for
// the outer one, CANCEL_INNER() and RETRACT_INNER() (true: it had not begun) for the inner. ANSWER(page, message) is sent to a
// page.
export function makeQueue({ run, cancel, reply, answer, runInner, cancelInner, retractInner }) {
	const waiting = [];
	let now = null, inner = null, error = null, asked = 0;
	const refuse = (page, id, why) => page !== HEARS && answer(page, JSON.stringify({ id, error: why }));
	const isInnerKind = (one) => one.device && !one.isCancelled && !one.method.startsWith('host.') && !WAIT_FOR_PEOPLE.includes(one.method);
	const isUnread = (one) => one.content instanceof Blob;
	const read = (one) => one.content.arrayBuffer().then((bytes) => { if (isUnread(one)) one.content = new Uint8Array(bytes); next(); }, (why) => {
		const at = waiting.indexOf(one);
		if (at >= 0) { // else its page has gone, or all has ended
			waiting.splice(at, 1);
			refuse(one.page, one.id ?? null, failure('UNREADABLE', String(why?.message ?? why)));
		}
		next();
	});
	// What is read for long holds up its own page alone, and no call to the host: a lock does not wait for somebody's disk.
	const isReady = (one, at) => !isUnread(one) && (one.method.startsWith('host.') || !waiting.slice(0, at).some((other) => other.page === one.page && isUnread(other)));
	const next = () => {
		const first = now === null ? waiting.findIndex(isReady) : -1;
		if (first >= 0) {
			[now] = waiting.splice(first, 1);
			asked = 0;
			run(now, now.isCancelled);
		} else if (now !== null && inner === null && WAIT_FOR_PEOPLE.includes(now.method)) {
			const at = waiting.findIndex((one, place) => isReady(one, place) && isInnerKind(one));
			if (at >= 0 && runInner(waiting[at])) [inner] = waiting.splice(at, 1);
		}
	};
	const cancelOne = (one) => {
		if (one === now) cancel();
		else if (one === inner) cancelInner();
		else {
			one.isCancelled = true;
			if (isUnread(one)) { one.content = new Uint8Array(0); next(); } // it is refused before anybody looks at that
		}
	};
	const all = () => [now, inner, ...waiting].filter(Boolean);
	return {
		take(page, message) {
			const parts = split(message);
			if (parts === null) { refuse(page, null, failure('INVALID', 'the message is none')); return; }
			const { head } = parts;
			if (head.cancel !== undefined) {
				all().filter((one) => one.page === page && one.id === head.cancel).forEach(cancelOne);
			} else if (head.reply !== undefined) {
				if (now?.page === page && now.id === head.reply && head.ask === asked) reply(parts.json);
			} else if (error !== null) {
				refuse(page, head.id ?? null, error);
			} else if (waiting.filter((one) => one.page === page).length >= WAITING_MAX) {
				refuse(page, head.id ?? null, failure('RATE', 'too many requests wait', true));
			} else {
				// What waits for people ends where its device is locked.
				if (head.method === 'host.lock' && now && WAIT_FOR_PEOPLE.includes(now.method) && [undefined, now.device].includes(head.params?.key)) cancel();
				waiting.push({ page, id: head.id, method: String(head.method), device: head.device, json: parts.json, content: parts.content, isCancelled: false });
				if (isUnread(waiting.at(-1))) void read(waiting.at(-1));
				next();
			}
		},
		// MESSAGE came on the event socket of the device KEY; null: it ended. Runs before requests. False: too many wait.
		hear(key, message) {
			const before = waiting.filter((one) => one.page === HEARS).length;
			if (error !== null || before >= HEARS_MAX) return false;
			waiting.splice(before, 0, { page: HEARS, method: '', device: key, json: key, content: message, isCancelled: false });
			next();
			return true;
		},
		// Of the one that runs.
		asks(number) { asked = number; },
		done() {
			if (inner !== null && retractInner()) { waiting.unshift(inner); inner = null; }
			now = null;
			next();
		},
		doneInner() { inner = null; next(); },
		isIdle: () => now === null && !waiting.some(isReady),
		// PAGE has gone.
		drop(page) {
			all().filter((one) => one.page === page && (one === now || one === inner)).forEach(cancelOne);
			for (let i = waiting.length; i-- > 0;) if (waiting[i].page === page) waiting.splice(i, 1);
			next();
		},
		// All that waits, and whatever comes, ends with WHY; null: no more.
		fail(why) {
			error = why;
			if (why === null) return;
			for (const one of all()) refuse(one.page, one.id ?? null, why);
			waiting.length = 0;
			now = inner = null;
		},
	};
}
