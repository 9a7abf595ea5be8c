// SPDX-License-Identifier: AGPL-3.0-or-later
// opfs.mjs - the files that wasi.mjs asks for, in a pool of the browser's synchronous access handles: such a handle opens only
// asynchronously, so that some are always ready. What each holds says one more file, NAMES, in two places of SLOT bytes that
// are written in turn: number, length, checksum, then JSON. The newest whole one counts, so that a kill at any moment leaves
// the names before a change or after it. A file of the pool that no name has is empty room.
import { DIRECTORY, REGULAR } from './wasi.mjs';

const SLOT = 256 * 1024, HEAD = 24, MAGIC = 0x7a746e31;
const fail = (code) => { throw Object.assign(new Error(code), { code }); };
const above = (path) => path.slice(0, path.lastIndexOf('/')) || '/';

// What a handle refuses, as the system would say it.
const full = (act) => { try { return act(); } catch (e) { return fail(e.name === 'QuotaExceededError' ? 'ENOSPC' : 'EIO'); } };

// FNV-1a over BYTES, in two lanes: it tells a torn write, and no more.
function checksum(bytes) {
	let a = 0x811c9dc5, b = 0x9dc5811c;
	for (const x of bytes) { a = Math.imul(a ^ x, 0x01000193); b = Math.imul(b ^ x, 0x01000197) + 1; }
	return [a >>> 0, b >>> 0];
}

function readSlot(handle, at) {
	const head = new DataView(new ArrayBuffer(HEAD));
	if (handle.read(new Uint8Array(head.buffer), { at }) !== HEAD || head.getUint32(0) !== MAGIC) return null;
	const number = head.getUint32(4), length = head.getUint32(8);
	if (length > SLOT - HEAD) return null;
	const body = new Uint8Array(4 + length);
	new DataView(body.buffer).setUint32(0, number);
	if (handle.read(body.subarray(4), { at: at + HEAD }) !== length) return null;
	const [a, b] = checksum(body);
	if (a !== head.getUint32(12) || b !== head.getUint32(16)) return null;
	return { number, names: JSON.parse(new TextDecoder().decode(body.subarray(4))) };
}

function writeSlot(handle, number, names) {
	const text = new TextEncoder().encode(JSON.stringify(names)), whole = new Uint8Array(HEAD + text.length), head = new DataView(whole.buffer);
	if (whole.length > SLOT) fail('ENOSPC');
	const body = new Uint8Array(4 + text.length);
	new DataView(body.buffer).setUint32(0, number);
	body.set(text, 4); whole.set(text, HEAD);
	const [a, b] = checksum(body);
	head.setUint32(0, MAGIC); head.setUint32(4, number); head.setUint32(8, text.length); head.setUint32(12, a); head.setUint32(16, b);
	if (full(() => handle.write(whole, { at: (number % 2) * SLOT })) !== whole.length) fail('ENOSPC');
	full(() => handle.flush());
}

// NAMES: the handle of that file; POOL: the others, by number. FILL(count): promises COUNT more (grow below).
export function poolFiles(namesHandle, pool) {
	const slots = [readSlot(namesHandle, 0), readSlot(namesHandle, SLOT)].filter(Boolean).sort((a, b) => b.number - a.number);
	if (slots.length === 0 && pool.some((h) => h.getSize() > 0)) throw new Error('the names of the files are lost');
	let number = slots[0]?.number ?? 0;
	const names = { folders: slots[0]?.names.folders ?? [], files: slots[0]?.names.files ?? {} };
	const folders = new Map([['/', 1n], ...names.folders.map((p, i) => [p, BigInt(i + 2)])]), files = new Map(Object.entries(names.files));
	let nextFolder = BigInt(folders.size + 2);
	const state = pool.map(() => ({ opens: 0, times: [0, 0] }));
	const used = (n) => state[n].opens > 0 || [...files.values()].includes(n);
	const free = () => pool.map((_, n) => n).filter((n) => !used(n));
	const save = () => writeSlot(namesHandle, ++number, { folders: [...folders.keys()].filter((p) => p !== '/'), files: Object.fromEntries(files) });
	// Changes the names, durably or not at all.
	const change = (act) => {
		const before = [new Map(folders), new Map(files)];
		act();
		try { save(); } catch (e) {
			number--;
			folders.clear(); files.clear();
			before[0].forEach((v, k) => folders.set(k, v)); before[1].forEach((v, k) => files.set(k, v));
			throw e;
		}
	};
	const empty = (n) => { if (n !== undefined && !used(n)) pool[n].truncate(0); };
	free().forEach(empty); // what was being written by who was killed
	const now = () => Date.now();
	const ns = (ms) => BigInt(Math.round(ms)) * 1000000n;
	const shownFile = (n) => ({ type: REGULAR, dev: 1n, ino: BigInt(n) + 1000000n, links: BigInt([...files.values()].filter((x) => x === n).length),
		size: BigInt(pool[n].getSize()), atimeNs: ns(state[n].times[0]), mtimeNs: ns(state[n].times[1]), ctimeNs: ns(state[n].times[1]) });
	const shownFolder = (path) => ({ type: DIRECTORY, dev: 1n, ino: folders.get(path), links: 2n, size: 0n, atimeNs: 0n, mtimeNs: 0n, ctimeNs: 0n });
	const inFolder = (path) => { if (files.has(above(path))) fail('ENOTDIR'); if (!folders.has(above(path))) fail('ENOENT'); };
	const hasChildren = (path) => [...folders.keys(), ...files.keys()].some((p) => p !== '/' && p.startsWith(path === '/' ? '/' : path + '/'));

	function fileNode(n) {
		let isOpen = true;
		state[n].opens++;
		return {
			stat: () => shownFile(n),
			read: (to, at) => full(() => pool[n].read(to, { at })),
			write(from, at) {
				const put = full(() => pool[n].write(from, { at }));
				state[n].times[1] = now();
				return put > 0 || from.length === 0 ? put : fail('ENOSPC');
			},
			truncate(size) { full(() => pool[n].truncate(size)); state[n].times[1] = now(); },
			sync: () => full(() => pool[n].flush()),
			setTimes: (a, m) => { state[n].times = [a * 1000, m * 1000]; },
			close() { if (isOpen) { isOpen = false; state[n].opens--; empty(n); } },
		};
	}
	return {
		free: () => free().length,
		grow(handle) { pool.push(handle); state.push({ opens: 0, times: [0, 0] }); handle.truncate(0); },
		open(path, how) {
			if (folders.has(path)) {
				if (how.create && how.exclusive) fail('EEXIST');
				if (how.writes && !how.directory) fail('EISDIR');
				return { stat: () => (folders.has(path) ? shownFolder(path) : fail('ENOENT')), sync() {}, setTimes() {}, close() {},
					read: () => fail('EISDIR'), write: () => fail('EISDIR'), truncate: () => fail('EISDIR') };
			}
			let n = files.get(path);
			if (how.directory) fail(n === undefined ? 'ENOENT' : 'ENOTDIR');
			if (n !== undefined && how.create && how.exclusive) fail('EEXIST');
			if (n === undefined) {
				inFolder(path);
				if (!how.create) fail('ENOENT');
				n = free()[0];
				if (n === undefined) fail('EMFILE');
				change(() => files.set(path, n));
				state[n].times = [now(), now()];
			}
			const node = fileNode(n);
			if (how.truncate) node.truncate(0);
			return node;
		},
		stat(path) {
			if (folders.has(path)) return shownFolder(path);
			if (!files.has(path)) { inFolder(path); fail('ENOENT'); }
			return shownFile(files.get(path));
		},
		list(path) {
			if (!folders.has(path)) fail(files.has(path) ? 'ENOTDIR' : 'ENOENT');
			const child = (p) => p !== '/' && above(p) === path;
			return [...[...folders.keys()].filter(child).map((p) => ({ name: p.slice(p.lastIndexOf('/') + 1), type: DIRECTORY })),
				...[...files.keys()].filter(child).map((p) => ({ name: p.slice(p.lastIndexOf('/') + 1), type: REGULAR }))];
		},
		mkdir(path) {
			if (folders.has(path) || files.has(path)) fail('EEXIST');
			inFolder(path);
			change(() => folders.set(path, nextFolder++));
		},
		rmdir(path) {
			if (!folders.has(path)) fail(files.has(path) ? 'ENOTDIR' : 'ENOENT');
			if (hasChildren(path)) fail('ENOTEMPTY');
			change(() => folders.delete(path));
		},
		unlink(path) {
			const n = files.get(path);
			if (n === undefined) fail(folders.has(path) ? 'EISDIR' : 'ENOENT');
			change(() => files.delete(path));
			empty(n);
		},
		rename(from, to) {
			inFolder(to);
			if (folders.has(from)) {
				if (files.has(to)) fail('ENOTDIR');
				if (to === from) return;
				if (to.startsWith(from + '/')) fail('EINVAL');
				if (folders.has(to) && hasChildren(to)) fail('ENOTEMPTY');
				const moved = (p) => (p === from || p.startsWith(from + '/') ? to + p.slice(from.length) : null);
				change(() => {
					for (const all of [folders, files])
						for (const [p, v] of [...all]) if (moved(p) !== null) { all.delete(p); all.set(moved(p), v); }
				});
				return;
			}
			const n = files.get(from), replaced = files.get(to);
			if (n === undefined) fail('ENOENT');
			if (folders.has(to)) fail('EISDIR');
			if (n === replaced) return;
			change(() => { files.delete(from); files.set(to, n); });
			empty(replaced);
		},
		link(from, to) {
			if (files.has(to) || folders.has(to)) fail('EEXIST');
			inFolder(to);
			const n = files.get(from);
			if (n === undefined) fail(folders.has(from) ? 'EPERM' : 'ENOENT');
			change(() => files.set(to, n));
		},
	};
}

const READY = 12; // handles: what a request may make new at once
const PAUSE_MS = 100, CLEARED_TRIES = 10;

// The files of this origin, in FOLDER of its private file system, or in FOLDER.1 and so on, the last of which counts: where the
// browser clears files whose handles are open, Chromium keeps them locked until it ends itself. FILL makes room between requests;
// ISTHERE tells whether the browser has cleared them meanwhile: their handles work on, on files that nobody finds again.
export async function openFiles(folder, storage = navigator.storage) {
	const top = await storage.getDirectory();
	const numbers = [0];
	for await (const name of top.keys()) if (name.startsWith(`${folder}.`)) numbers.push(Number(name.slice(folder.length + 1)));
	let root, names = null;
	// A page that was just left or loaded again may hold a file for a while. Nobody else has this origin's lock (tabs.mjs). IS_OVER:
	// whether waiting is of no use.
	const open = async (name, isOver = () => false) => {
		const file = await root.getFileHandle(name, { create: true });
		for (let tries = 1; ; tries++) {
			try {
				return await file.createSyncAccessHandle();
			} catch (e) {
				if (e.name !== 'NoModificationAllowedError') throw e;
				if (await isOver(tries)) return null;
				await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
			}
		}
	};
	const isCleared = async () => {
		for await (const file of root.values()) if ((await file.getFile()).size > 0) return false;
		return true;
	};
	for (let number = Math.max(...numbers.filter(Number.isInteger)); names === null; number++) {
		root = await top.getDirectoryHandle(number === 0 ? folder : `${folder}.${number}`, { create: true });
		names = await open('names', async (tries) => tries >= CLEARED_TRIES && (await isCleared()));
	}
	const there = [];
	for await (const name of root.keys()) if (/^f[0-9]+$/.test(name)) there.push(Number(name.slice(1)));
	const count = there.length ? Math.max(...there) + 1 : 0;
	const pool = await Promise.all([...Array(count).keys()].map((n) => open('f' + n)));
	const files = poolFiles(names, pool);
	return {
		files,
		async fill() {
			try {
				while (files.free() < READY) files.grow(await open('f' + pool.length));
			} catch (e) {
				if (e.name !== 'QuotaExceededError') throw e; // what finds no file says so itself
			}
		},
		isThere: () => root.getFileHandle('names').then(() => true, (e) => e.name !== 'NotFoundError'),
	};
}
