// http.mjs - the host's half of http_host.c. libzt blocks in its own worker; a second one, the network's, fetches.
// They share memory: an array of numbers (how often something ended; then STATE, STATUS, TYPED and LENGTH of each slot)
// and, behind it, ROOM bytes a slot for what is sent, then for the answer. The network's worker starts
// what hashes large pieces (hash.mjs) and what makes keys of passwords (argon2.mjs).
import { serveArgon2 } from './argon2.mjs';
import { HASH_BYTES, HASH_MOST, hashImport, serveHasher } from './hash.mjs';
import { letGo } from './letgo.mjs';

const SLOTS = 16, ROOM = 17 * 1024 * 1024, HEAD = 4096, SILENCE_MS = 60000;
const FREE = 0, BUSY = 1, ENDED = 2, TAKEN = 3, DROPPED = 4;
const at = (slot, field) => 1 + 4 * slot + field, STATE = 0, STATUS = 1, TYPED = 2, LENGTH = 3;

const HASH_DONE = 1 + 4 * SLOTS, HASH_ROOM = HEAD - HASH_BYTES, HASH_INPUT = HEAD + SLOTS * ROOM;

// Numbers from SPARE_WORDS on, and MORE bytes at the end, are the caller's.
export const SPARE_WORDS = HASH_DONE + 2;
export const makeShared = (more = 0) => new SharedArrayBuffer(HASH_INPUT + HASH_MOST + more);

// The first N bytes of what belongs to SLOT: a body that is sent, then its answer.
const roomOf = (shared, slot, n) => new Uint8Array(shared, HEAD + slot * ROOM, n);

// What http_host.c imports. MEMORY: returns the instance's memory; PORT: to the network's worker; ORIGIN: takes the place of the
// server's address if it is not null: no signature covers the host. HEED is called whenever a wait ends, for what else woke it.
export function httpImports(memory, port, shared, origin = null, heed = () => {}) {
	const ctl = new Int32Array(shared, 0, 1 + 4 * SLOTS);
	const bytes = (p, n) => new Uint8Array(memory().buffer, p, n);
	const text = (p) => { const u = new Uint8Array(memory().buffer); let e = p; while (u[e]) e++; return new TextDecoder().decode(u.slice(p, e)); };
	const ended = () => {
		for (let i = 0; i < SLOTS; i++)
			if (Atomics.compareExchange(ctl, at(i, STATE), ENDED, TAKEN) === ENDED) return i;
		return -1;
	};
	return {
		hash: hashImport(memory, port, shared, HASH_DONE, HASH_ROOM, HASH_INPUT),
		http_start(method, url, headers, answerType, refusalType, body, n) {
			const slot = [...Array(SLOTS).keys()].find((i) => Atomics.load(ctl, at(i, STATE)) === FREE);
			if (slot === undefined) return -1;
			Atomics.store(ctl, at(slot, STATE), BUSY);
			const address = text(url);
			const large = n > ROOM ? bytes(body, n).slice().buffer : null; // few calls have so much
			if (large === null) roomOf(shared, slot, n).set(bytes(body, n));
			port.postMessage({ slot, method: text(method), url: origin === null ? address : origin + address.replace(/^https?:\/\/[^/]+/, ''),
				headers: text(headers).split('\n').filter(Boolean).map((l) => { const i = l.indexOf(': '); return [l.slice(0, i), l.slice(i + 2)]; }),
				answerType: text(answerType), refusalType: text(refusalType), n, large }, large ? [large] : []);
			return slot;
		},
		http_turn(waitMs) {
			for (const until = performance.now() + waitMs; ;) {
				const seen = Atomics.load(ctl, 0), slot = ended(), left = until - performance.now();
				if (slot >= 0 || left <= 0) return slot;
				Atomics.wait(ctl, 0, seen, left);
				heed();
			}
		},
		http_status: (slot) => ctl[at(slot, STATUS)],
		http_typed: (slot) => ctl[at(slot, TYPED)],
		http_length: (slot) => ctl[at(slot, LENGTH)],
		http_take(slot, to) {
			if (to) bytes(to, ctl[at(slot, LENGTH)]).set(new Uint8Array(shared, HEAD + slot * ROOM, ctl[at(slot, LENGTH)]));
			Atomics.store(ctl, at(slot, STATE), FREE);
		},
		http_drop(slot) {
			if (Atomics.compareExchange(ctl, at(slot, STATE), BUSY, DROPPED) === BUSY) port.postMessage({ drop: slot });
			else Atomics.store(ctl, at(slot, STATE), FREE);
		},
	};
}

// One exchange of BODY, a Blob or undefined. Returns [status, typed, length]; status 0: the network failed, -1: nothing came for a
// minute.
async function exchange(q, body, to, stop) {
	let timer, silent = false, n = 0;
	const heard = () => { clearTimeout(timer); timer = setTimeout(() => { silent = true; stop.abort(); }, SILENCE_MS); };
	try {
		heard();
		const r = await fetch(q.url, { method: q.method, headers: q.headers, body, cache: 'no-store', credentials: 'omit', redirect: 'manual', signal: stop.signal });
		const typed = r.headers.get('content-type') === (r.status === 200 ? q.answerType : q.refusalType);
		if (!typed) { stop.abort(); return [r.status, 0, 0]; } // somebody else's page, however long it is
		for (const reader = r.body?.getReader(); reader;) {
			const { done, value } = await reader.read();
			if (done) break;
			heard();
			if (n + value.length > ROOM) { stop.abort(); return [0, 0, 0]; }
			to.set(value, n); n += value.length;
			letGo(value.buffer); // a reader that is given a place leaves as much behind, where nobody reaches it
		}
		return [r.status, 1, n];
	} catch {
		return [silent ? -1 : 0, 0, 0];
	} finally {
		clearTimeout(timer);
	}
}

// The network's worker: answers what arrives at PORT. START: of serveArgon2. STARTHASHER(message, moved) starts a worker that gives
// its one message to serveHasher; null: this one hashes, between all else.
export function serveHttp(port, shared, start, startHasher = null) {
	const ctl = new Int32Array(shared, 0, 1 + 4 * SLOTS), under = new Map();
	let mine = new Uint8Array(0); // a Blob is made of nothing that is shared, and of few fresh pages
	// Chromium sends plain bytes at a tenth of a Blob's speed.
	const bodyOf = ({ slot, n, large }) => {
		if (n === 0) return undefined;
		if (large) return new Blob([large]);
		if (mine.length < n) mine = new Uint8Array(n);
		mine.set(roomOf(shared, slot, n));
		return new Blob([mine.subarray(0, n)]);
	};
	port.onmessage = async ({ data: q }) => {
		if (q.drop !== undefined) { under.get(q.drop)?.abort(); return; }
		if (q.hasher !== undefined) {
			const its = { port: q.hasher, shared, done: HASH_DONE, room: HASH_ROOM, input: HASH_INPUT };
			if (startHasher) startHasher(its, [its.port]); else serveHasher(its);
			return;
		}
		if (q.argon2 !== undefined) { serveArgon2(q.argon2, start); return; }
		const stop = new AbortController();
		under.set(q.slot, stop);
		const got = await exchange(q, bodyOf(q), roomOf(shared, q.slot, ROOM), stop);
		under.delete(q.slot);
		[STATUS, TYPED, LENGTH].forEach((f, i) => { ctl[at(q.slot, f)] = got[i]; });
		if (Atomics.compareExchange(ctl, at(q.slot, STATE), BUSY, ENDED) !== BUSY) Atomics.store(ctl, at(q.slot, STATE), FREE);
		Atomics.add(ctl, 0, 1); Atomics.notify(ctl, 0);
	};
}
