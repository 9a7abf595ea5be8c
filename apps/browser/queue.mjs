// SPDX-License-Identifier: AGPL-3.0-or-later
// queue.mjs - the requests of all pages for the one client, which runs one at a time; and what is said about the one that runs.
// Messages are those of docs/decisions/0007-hosts.md: text, or bytes with content.
const WAITING_MAX = 64; // requests of one page
const LENGTH = 4;

// A message in its parts, or null.
export function split(message) {
	try {
		if (typeof message === 'string') return { json: message, head: object(JSON.parse(message)), content: null };
		const bytes = new Uint8Array(message), n = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
		if (n > bytes.length - LENGTH) return null;
		const json = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(LENGTH, LENGTH + n));
		return { json, head: object(JSON.parse(json)), content: bytes.slice(LENGTH + n).buffer };
	} catch {
		return null;
	}
}
function object(value) {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('no object');
	return value;
}

// The answer JSON with its content as one message.
export function join(json, content) {
	if (content === null) return json;
	const head = new TextEncoder().encode(json), whole = new Uint8Array(LENGTH + head.length + content.byteLength);
	new DataView(whole.buffer).setUint32(0, head.length, true);
	whole.set(head, LENGTH); whole.set(new Uint8Array(content), LENGTH + head.length);
	return whole.buffer;
}

export const failure = (name, english, retry = false) => ({ number: 0, name, sentence: english, english, parameters: [], retry });

// RUN(request, isCancelled) starts one; CANCEL() and REPLY(json) are for the one that runs; ANSWER(page, message) is sent to a page.
export function makeQueue({ run, cancel, reply, answer }) {
	const waiting = [];
	let now = null, error = null, asked = 0;
	const refuse = (page, id, why) => answer(page, JSON.stringify({ id, error: why }));
	const next = () => {
		if (now !== null || waiting.length === 0) return;
		now = waiting.shift();
		asked = 0;
		run(now, now.isCancelled);
	};
	return {
		take(page, message) {
			const parts = split(message);
			if (parts === null) { refuse(page, null, failure('INVALID', 'the message is none')); return; }
			const { head } = parts;
			if (head.cancel !== undefined) {
				if (now?.page === page && now.id === head.cancel) cancel();
				for (const one of waiting) if (one.page === page && one.id === head.cancel) one.isCancelled = true;
			} else if (head.reply !== undefined) {
				if (now?.page === page && now.id === head.reply && head.ask === asked) reply(parts.json);
			} else if (error !== null) {
				refuse(page, head.id ?? null, error);
			} else if (waiting.filter((one) => one.page === page).length >= WAITING_MAX) {
				refuse(page, head.id ?? null, failure('RATE', 'too many requests wait', true));
			} else {
				// What the person is waiting for first: a reader's range before the next part of an upload is no order of one lane.
				waiting.push({ page, id: head.id, json: parts.json, content: parts.content, isCancelled: false });
				next();
			}
		},
		// Of the one that runs.
		asks(number) { asked = number; },
		done() { now = null; next(); },
		isIdle: () => now === null && waiting.length === 0,
		// PAGE has gone.
		drop(page) {
			if (now?.page === page) cancel();
			for (let i = waiting.length; i-- > 0;) if (waiting[i].page === page) waiting.splice(i, 1);
		},
		// All that waits, and whatever comes, ends with WHY; null: no more.
		fail(why) {
			error = why;
			if (why === null) return;
			for (const one of [now, ...waiting.splice(0)]) if (one) refuse(one.page, one.id ?? null, why);
			now = null;
		},
	};
}
