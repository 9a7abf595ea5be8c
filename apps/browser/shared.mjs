// SPDX-License-Identifier: AGPL-3.0-or-later
// shared.mjs - what the switch tells the client while that is blocked, in the memory of http.mjs: whether the request that runs
// is cancelled, and the reply to its question. WAKE counts whatever comes, the network's answers too.
import { SPARE_WORDS, makeShared } from './http.mjs';

export const WAKE = 0, CANCEL = SPARE_WORDS, REPLY_LENGTH = SPARE_WORDS + 1;
const REPLY_MAX = 65536;

export const shareMemory = () => makeShared(REPLY_MAX);
export const words = (shared) => new Int32Array(shared, 0, REPLY_LENGTH + 1);
export const replyRoom = (shared) => new Uint8Array(shared, shared.byteLength - REPLY_MAX, REPLY_MAX);

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
