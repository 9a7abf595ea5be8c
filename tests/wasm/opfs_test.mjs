// opfs_test.mjs PARTS [SEED]: the names of the browser's files survive a kill at any moment. Random acts run on handles that
// note each change; then each change, and a part of it, is the last: what is opened is what was before the act under way, or
// after it, and no file of the pool is lost.
import assert from 'node:assert';

const { openFiles, poolFiles } = await import(process.argv[2] + '/opfs.mjs');
let seed = Number(process.argv[3] ?? Date.now() % 1e9);
console.log('seed', seed);
const random = (n) => { seed = (Math.imul(seed, 1103515245) + 12345) >>> 0; return (seed >>> 8) % n; };

// A handle in memory. CHANGES: what is done to all of them, in order.
function handle(bytes, which, changes) {
	const set = (to) => { bytes.all = to; };
	const apply = (c) => {
		if (c.size !== undefined) { const to = new Uint8Array(c.size); to.set(bytes.all.subarray(0, c.size)); set(to); }
		else { const to = new Uint8Array(Math.max(bytes.all.length, c.at + c.from.length)); to.set(bytes.all); to.set(c.from, c.at); set(to); }
	};
	const note = (c) => { changes.push({ which, ...c }); apply(c); };
	return {
		apply,
		read(to, { at }) { const part = bytes.all.subarray(at, at + to.length); to.set(part); return part.length; },
		write(from, { at }) { note({ from: from.slice(), at }); return from.length; },
		truncate: (size) => note({ size }), getSize: () => bytes.all.length, flush() {}, close() {},
	};
}
const store = (count, changes) => [...Array(count).keys()].map((i) => handle({ all: new Uint8Array() }, i, changes));
const POOL = 8;
const open = (handles) => poolFiles(handles[0], handles.slice(1));
// What a program sees: folders, and files with their bytes.
function seen(files, at = '/') {
	const all = {};
	for (const { name, type } of files.list(at)) {
		const path = (at === '/' ? '' : at) + '/' + name;
		if (type === 3) { all[path] = null; Object.assign(all, seen(files, path)); continue; }
		const node = files.open(path, {}), to = new Uint8Array(Number(node.stat().size));
		node.read(to, 0); node.close();
		all[path] = Buffer.from(to).toString('latin1');
	}
	return all;
}
const write = (files, path, text, how = { create: true, writes: true, truncate: true }) => {
	const node = files.open(path, how);
	node.write(new TextEncoder().encode(text), 0); node.sync(); node.close();
};
const names = ['/a', '/b', '/d/a', '/d/b'], tries = (act) => { try { act(); return true; } catch (e) { if (!e.code) throw e; return false; } };

// What no name has is empty: the disk keeps nothing of what was removed.
const isEmpty = (files, handles, is) => {
	const named = new Set(Object.entries(is).filter(([, v]) => v !== null).map(([p]) => Number(files.stat(p).ino) - 1000000));
	handles.slice(1).forEach((h, n) => assert(named.has(n) || h.getSize() === 0, 'a file without a name has content'));
};
let judged = 0;
for (let round = 0; round < 12; round++) {
	const changes = [], handles = store(POOL + 1, changes), files = open(handles);
	const states = [[0, {}]]; // how many changes there were, and what is seen then
	const acts = [
		() => files.mkdir('/d'), () => files.rmdir('/d'),
		// What atomic programs do: write beside, then rename over.
		() => { tries(() => write(files, '/new', 'x'.repeat(1 + random(50)))); states.push([changes.length, seen(files)]); files.rename('/new', names[random(4)]); },
		() => files.unlink(names[random(4)]), () => files.rename(names[random(4)], names[random(4)]), () => files.link(names[random(4)], names[random(4)]),
		// A file without a name: nothing of it is seen.
		() => { const n = files.open('/t', { create: true, writes: true, exclusive: true }); states.push([changes.length, seen(files)]); files.unlink('/t'); n.write(new Uint8Array(99), 0); n.close(); },
		() => files.rename('/d', '/e'), () => files.rename('/e', '/d'),
	];
	for (let i = 0; i < 60; i++) { tries(acts[random(acts.length)]); states.push([changes.length, seen(files)]); isEmpty(files, handles, seen(files)); }
	for (let last = 0; last <= changes.length; last++) {
		const next = changes[last], cuts = next?.from ? [0, 1, 24, random(next.from.length + 1), next.from.length - 1] : [0];
		for (const cut of cuts) {
			const again = store(POOL + 1, []);
			for (const c of changes.slice(0, last)) again[c.which].apply(c);
			if (cut > 0 && next?.from) again[next.which].apply({ from: next.from.slice(0, cut), at: next.at });
			const before = states.filter(([n]) => n <= last).at(-1)[1], after = states.find(([n]) => n > last)?.[1] ?? before;
			const then = open(again), is = seen(then);
			// A file that was being written in place, "/new", may have any part of its bytes.
			for (const s of [is]) if (s['/new'] !== undefined) s['/new'] = '';
			const plain = (s) => JSON.stringify(Object.entries(s).map(([k, v]) => [k, k === '/new' ? '' : v]).sort());
			assert([plain(before), plain(after)].includes(plain(is)), `round ${round}, change ${last}, cut ${cut}: ${plain(is)}\nbefore ${plain(before)}\nafter ${plain(after)}`);
			const distinct = new Set(Object.entries(is).filter(([, v]) => v !== null).map(([p]) => then.stat(p).ino)).size;
			assert.equal(then.free(), POOL - distinct, 'a file of the pool is lost');
			isEmpty(then, again, seen(then));
			judged++;
		}
	}
}
// A pool that has content, and no names at all, is not taken for an empty one.
const lost = store(2, []);
lost[1].write(new Uint8Array(3), { at: 0 });
assert.throws(() => open(lost), /names of the files are lost/);
// What is full, or cannot be written, leaves the names as they were.
const small = store(POOL + 1, []), kept = open(small);
write(kept, '/a', 'kept');
const put = small[0].write;
small[0].write = () => { throw Object.assign(new Error('full'), { name: 'QuotaExceededError' }); };
assert.throws(() => kept.rename('/a', '/b'));
small[0].write = put;
assert.deepEqual(seen(kept), { '/a': 'kept' });
assert.deepEqual(seen(open(small)), { '/a': 'kept' });
console.log(`ok - ${judged} moments of a kill`);

// A browser's files: folders of files, some of which another holds. LOCKED: names that are held, at most so many tries (Infinity:
// until the browser ends).
function origin(folders, locked = {}) {
	const missing = () => Object.assign(new Error('there is none'), { name: 'NotFoundError' });
	const held = () => Object.assign(new Error('it is held'), { name: 'NoModificationAllowedError' });
	const file = (at, name) => ({
		getFile: async () => ({ size: folders[at][name].all.length }),
		async createSyncAccessHandle() {
			const path = `${at}/${name}`;
			if (locked[path] > 0) { locked[path]--; throw held(); }
			return handle(folders[at][name], 0, []);
		},
	});
	const folder = (at) => ({
		async *keys() { yield* Object.keys(folders[at]); },
		async *values() { for (const name of Object.keys(folders[at])) yield file(at, name); },
		async getFileHandle(name, { create } = {}) {
			if (!folders[at]?.[name] && !create) throw missing();
			folders[at][name] ??= { all: new Uint8Array() };
			return file(at, name);
		},
	});
	return { folders, getDirectory: async () => ({ async *keys() { yield* Object.keys(folders); }, async getDirectoryHandle(name) { folders[name] ??= {}; return folder(name); } }) };
}
// Who is dying holds them for a while, longer than it takes to see that a cleared file is: they are waited for.
const filled = (text) => {
	const handles = store(2, []);
	write(open(handles), '/device', text);
	const bytes = (h) => { const all = new Uint8Array(h.getSize()); h.read(all, { at: 0 }); return { all }; };
	return { names: bytes(handles[0]), f0: bytes(handles[1]) };
};
const dying = await openFiles('z', origin({ z: filled('mine') }, { 'z/names': 25, 'z/f0': 3 }));
assert.deepEqual(seen(dying.files), { '/device': 'mine' });
// What was cleared under open handles stays held, and is empty: another folder is begun, and found again.
const cleared = origin({ z: { names: { all: new Uint8Array() } } }, { 'z/names': Infinity });
const again = await openFiles('z', cleared);
assert.deepEqual(Object.keys(cleared.folders), ['z', 'z.1']);
await again.fill();
write(again.files, '/device', 'new');
assert.equal(await again.isThere(), true);
assert.deepEqual(seen((await openFiles('z', origin(cleared.folders))).files), { '/device': 'new' }); // the browser was begun again
const twice = await openFiles('z', origin({ z: {}, 'z.1': { names: { all: new Uint8Array() } }, 'z.other': {} }, { 'z.1/names': Infinity }));
assert.deepEqual(seen(twice.files), {});
// And that is noticed while they are open.
delete cleared.folders['z.1'].names;
assert.equal(await again.isThere(), false);
console.log('ok - files that are held, and files that were cleared');
