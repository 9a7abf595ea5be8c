// SPDX-License-Identifier: AGPL-3.0-or-later
// lines_test.mjs PARTS: when an event socket of the browser's host is opened, asked, given up and opened again.
import assert from 'node:assert';

const { makeLines } = await import(process.argv[2] + '/lines.mjs');
const made = [], heard = [];
let time = 0, takes = true;
function make(url) {
	const one = { url, sent: [], readyState: 1, closed: false, send(m) { this.sent.push(m); }, close() { this.closed = true; this.onclose?.(); } };
	made.push(one);
	return one;
}
const lines = makeLines((key, message) => { heard.push([key, message && message.byteLength]); return takes; }, make, () => time);
const soon = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const last = () => made[made.length - 1];
const empty = () => ({ data: new ArrayBuffer(0) });

lines.set('a', 'ws://x/1', 'first');
last().onopen();
assert.deepEqual(last().sent, ['first']);
last().onmessage(empty());
last().onmessage({ data: new ArrayBuffer(9) });
last().onmessage({ data: 'text' });
assert.deepEqual(heard, [['a', 0], ['a', 9]]); // text is none
time = 26000;
lines.look(); lines.look();
assert.equal(last().sent.length, 2); // it asks once
last().onmessage(empty());
assert.equal(heard.length, 2); // the answer is not for the client
time = 50000;
lines.look();
assert.equal(last().closed, false);
time = 62000;
lines.look(); // silent for 36 seconds
assert.equal(last().closed, true);
await soon(400);
assert.deepEqual(heard[2], ['a', null]); // signed again
lines.set('a', 'ws://x/2', 'second');
assert.equal(last().url, 'ws://x/2');
last().onclose(); // it was refused: later each time
await soon(400);
assert.equal(heard.length, 3);
lines.hurry();
await soon(20);
assert.deepEqual(heard[3], ['a', null]);
lines.set('a', 'ws://x/3', 'third');
takes = false;
last().onmessage(empty()); // the client takes no more
assert.equal(last().closed, true);
const before = made.length;
lines.set('a', null, null); // locked
await soon(700);
assert.equal(made.length, before);
assert.equal(heard.length, 5);
lines.set('b', 'ws://x/4', 'first');
lines.end();
assert.equal(last().closed, true);
console.log('ok - lines');
