// queue_test.mjs PARTS: what a part of a file that is read for long holds up, and what not.
import assert from 'node:assert';

const { makeQueue } = await import(process.argv[2] + '/queue.mjs');
// The disk of somebody who does not answer, until a test does.
class Slow extends Blob {
	arrayBuffer() { return new Promise((found, failed) => Object.assign(this, { found: () => found(new ArrayBuffer(3)), failed })); }
}
function begin() {
	const ran = [], said = [];
	const queue = makeQueue({ run: (one, isCancelled) => ran.push([one.page, one.id, isCancelled]), cancel() {}, reply() {}, answer: (page, json) => said.push([page, JSON.parse(json)]),
		runInner: () => false, cancelInner() {}, retractInner: () => false });
	const write = (page, id, part) => queue.take(page, { json: JSON.stringify({ id, method: 'writer.write', device: 'd' }), part });
	const call = (page, id, method) => queue.take(page, JSON.stringify({ id, method, device: method.startsWith('host.') ? undefined : 'd' }));
	return { queue, ran, said, write, call, soon: () => new Promise((next) => setTimeout(next, 0)) };
}

{
	const { queue, ran, write, call, soon } = begin(), slow = new Slow();
	write(1, 1, slow); call(1, 2, 'writer.commit'); call(2, 3, 'list.open'); call(1, 4, 'host.lock');
	assert.deepEqual(ran, [[2, 3, false]]);
	queue.done();
	assert.deepEqual(ran.slice(1), [[1, 4, false]]);
	queue.done();
	assert(queue.isIdle()); // the tick, which locks after a time, is not held up
	slow.found(); await soon();
	queue.done();
	assert.deepEqual(ran.slice(2), [[1, 1, false], [1, 2, false]]); // each page's in their order
}
{
	const { queue, ran, said, write, call, soon } = begin(), slow = new Slow(), broken = new Slow();
	write(1, 1, slow); call(1, 2, 'writer.close');
	queue.take(1, JSON.stringify({ cancel: 1 }));
	assert.deepEqual(ran, [[1, 1, true]]);
	queue.done(); queue.done();
	write(1, 3, broken); call(1, 4, 'writer.close');
	broken.failed(new Error('it was changed')); await soon();
	assert.deepEqual([said[0][1].id, said[0][1].error.name], [3, 'UNREADABLE']);
	assert.deepEqual(ran.slice(1), [[1, 2, false], [1, 4, false]]);
	queue.done();
	write(2, 5, new Slow()); call(2, 6, 'writer.close');
	queue.drop(2);
	assert(queue.isIdle());
}
console.log('ok - a part that is read for long holds up its own page alone');
