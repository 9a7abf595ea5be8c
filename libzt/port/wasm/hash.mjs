// hash.mjs - the host's half of hash.c. The browser hashes large pieces with code for the processor, but answers later: another
// worker asks it, and the client waits, blocked, for a word of shared memory: the number of the last hash that ended. That
// worker does nothing else: in the network's, the answers would wait behind what is sent and fetched, for most of a transfer's time.
export const HASH_BYTES = 64;
// The most that is hashed at once, with its prefix: a block and some more.
export const HASH_MOST = 4 * 1024 * 1024 + 1024;
const WAIT_MS = 10000, NOBODY = -1; // in the place of a number: there is no hashing worker

// Of SHARED: the word at DONE, HASH_BYTES from ROOM on, and HASH_MOST from INPUT on. What is hashed is written there, and not into a
// fresh buffer: of that each page would cost more than its hash. The import gives 0, or -1 where the browser does not hash. NETWORK: the
// port to who starts the hashing worker, at the first piece.
export function hashImport(memory, network, shared, done, room, input) {
	const ctl = new Int32Array(shared, 4 * done, 2);
	let number = 0, works = true, port = null;
	return (is512, prefix, prefixN, from, n, to) => {
		if (!works || prefixN + n > HASH_MOST) return -1;
		if (port === null) {
			const { port1, port2 } = new MessageChannel();
			network.postMessage({ hasher: port2 }, [port2]);
			port = port1;
		}
		const whole = new Uint8Array(shared, input, prefixN + n), bytes = is512 ? 64 : 32;
		whole.set(new Uint8Array(memory().buffer, prefix, prefixN));
		whole.set(new Uint8Array(memory().buffer, from, n), prefixN);
		port.postMessage({ hash: ++number, is512: is512 !== 0, n: whole.length });
		let seen;
		while ((seen = Atomics.load(ctl, 0)) !== number && seen !== NOBODY && works)
			// A hash that comes too late would be taken for the next one's.
			works = Atomics.wait(ctl, 0, seen, WAIT_MS) !== 'timed-out';
		whole.fill(0); // it may be a file's clear content
		works = works && seen !== NOBODY && Atomics.load(ctl, 1) === 0;
		if (!works) return -1;
		new Uint8Array(memory().buffer, to, bytes).set(new Uint8Array(shared, room, bytes));
		return 0;
	};
}

// The hashing worker: answers what arrives at PORT.
export function serveHasher({ port, shared, done, room, input }) {
	const mine = new Uint8Array(HASH_MOST); // a browser hashes nothing that is shared
	port.onmessage = ({ data: { hash, is512, n } }) => {
		const bytes = mine.subarray(0, n);
		bytes.set(new Uint8Array(shared, input, n));
		void hashOne(hash, is512, bytes, shared, done, room);
	};
}

// There is no hashing worker: who waits for it hashes by itself.
export function endHasher({ shared, done }) {
	const ctl = new Int32Array(shared, 4 * done, 2);
	Atomics.store(ctl, 0, NOBODY);
	Atomics.notify(ctl, 0);
}

async function hashOne(hash, is512, bytes, shared, done, room) {
	const ctl = new Int32Array(shared, 4 * done, 2);
	let failed = 0;
	try {
		const found = new Uint8Array(await crypto.subtle.digest(is512 ? 'SHA-512' : 'SHA-256', bytes));
		new Uint8Array(shared, room, found.length).set(found);
	} catch {
		failed = 1; // a page that is no secure context has none
	}
	bytes.fill(0);
	Atomics.store(ctl, 1, failed);
	Atomics.store(ctl, 0, hash);
	Atomics.notify(ctl, 0);
}

// In a browser's worker of that name.
if (globalThis.name === 'zt-hash' && globalThis.postMessage) globalThis.onmessage = ({ data }) => serveHasher(data);
