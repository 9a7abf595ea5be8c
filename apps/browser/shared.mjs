// SPDX-License-Identifier: AGPL-3.0-or-later
// shared.mjs - what the switch tells the client while that is blocked, in the memory of http.mjs: whether the request that runs
// is cancelled, and the reply to its question; and a request that runs within it, while it waits for people. WAKE counts
// whatever comes, the network's answers too.
import { SPARE_WORDS, makeShared } from './http.mjs';

export const WAKE = 0, CANCEL = SPARE_WORDS, REPLY_LENGTH = SPARE_WORDS + 1;
const INNER = SPARE_WORDS + 2, INNER_CANCEL = INNER + 1, INNER_PAGE = INNER + 2, INNER_JSON = INNER + 3, INNER_CONTENT = INNER + 4;
export const HEARS = -1; // in place of a page: a message of the event socket of the device that the JSON's place has
const NONE = 0, WAITS = 1, RUNS = 2; // of INNER
const REPLY_MAX = 65536, INNER_MAX = 5 * 1024 * 1024; // the JSON and the content of a request

export const shareMemory = () => makeShared(REPLY_MAX + INNER_MAX);
export const words = (shared) => new Int32Array(shared, 0, INNER_CONTENT + 1);
export const replyRoom = (shared) => new Uint8Array(shared, shared.byteLength - REPLY_MAX, REPLY_MAX);
const innerRoom = (shared) => new Uint8Array(shared, shared.byteLength - REPLY_MAX - INNER_MAX, INNER_MAX);

function wake(ctl) { Atomics.add(ctl, WAKE, 1); Atomics.notify(ctl, WAKE); }

// Before a request runs: what was meant for another is forgotten.
export function beginRequest(shared, isCancelled) {
	const ctl = words(shared);
	Atomics.store(ctl, REPLY_LENGTH, 0);
	Atomics.store(ctl, CANCEL, isCancelled ? 1 : 0);
}
export function cancelRequest(shared) { const ctl = words(shared); Atomics.store(ctl, CANCEL, 1); wake(ctl); }
// False: it is too long, or another one waits.
export function giveReply(shared, text) {
	const ctl = words(shared), bytes = new TextEncoder().encode(text);
	if (bytes.length > REPLY_MAX || Atomics.load(ctl, REPLY_LENGTH) !== 0) return false;
	replyRoom(shared).set(bytes);
	Atomics.store(ctl, REPLY_LENGTH, bytes.length);
	wake(ctl);
	return true;
}

// ---- a request within the one that runs ----

// False: it is too long.
export function offerInner(shared, { page, json, content }) {
	const ctl = words(shared), head = new TextEncoder().encode(json), body = content instanceof Uint8Array ? content : new Uint8Array(content ?? 0);
	if (head.length + body.length > INNER_MAX) return false;
	innerRoom(shared).set(head);
	innerRoom(shared).set(body, head.length);
	ctl[INNER_PAGE] = page; ctl[INNER_JSON] = head.length; ctl[INNER_CONTENT] = content ? body.length : -1; ctl[INNER_CANCEL] = 0;
	Atomics.store(ctl, INNER, WAITS);
	wake(ctl);
	return true;
}
export function cancelInner(shared) { const ctl = words(shared); Atomics.store(ctl, INNER_CANCEL, 1); wake(ctl); }
// Whether it had not begun.
export const retractInner = (shared) => Atomics.compareExchange(words(shared), INNER, WAITS, NONE) === WAITS;
// What the client runs: { page, head, body }, or null.
export function takeInner(shared) {
	const ctl = words(shared);
	if (Atomics.compareExchange(ctl, INNER, WAITS, RUNS) !== WAITS) return null;
	const n = ctl[INNER_JSON], m = ctl[INNER_CONTENT], room = innerRoom(shared);
	return { page: ctl[INNER_PAGE], head: room.slice(0, n), body: m >= 0 ? room.slice(n, n + m) : null };
}
export const endInner = (shared) => Atomics.store(words(shared), INNER, NONE);
export const innerIsCancelled = (shared) => Atomics.load(words(shared), INNER_CANCEL) !== 0;
