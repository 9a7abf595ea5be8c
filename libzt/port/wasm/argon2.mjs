// argon2.mjs - the host's half of argon2.c: the key from a password, in an instance of the module that ends with it, because what
// memory an instance has taken it never gives back. A browser collects instances late, but gives back all that a worker has
// when that is terminated: so each key is made in a separate worker. The client waits for it, blocked; the network's worker,
// which is never blocked, starts and ends it (serveArgon2).
const NO_MEMORY = -22, EBADF = 8;
// The memory that client and worker share: two words, ANSWERED and the error; the password, the salt, and room for the key.
const ANSWERED = 0, ERROR = 1, HEAD = 8;
const WAITS = 0, MADE = 1, NO_WORKER = 2; // of ANSWERED

// MEMORY: returns the memory of the instance that asks; PORT: to the network's worker; null: the key is made here.
export function argon2Import(module, memory, port = null) {
	return (pwd, pwdN, salt, saltN, passes, kib, lanes, type, out, outN) => {
		const box = new SharedArrayBuffer(HEAD + pwdN + saltN + outN), words = new Int32Array(box, 0, 2), bytes = new Uint8Array(box);
		const mine = (p, n) => new Uint8Array(memory().buffer, p, n), q = { module, box, pwdN, saltN, passes, kib, lanes, type, outN };
		bytes.set(mine(pwd, pwdN), HEAD);
		bytes.set(mine(salt, saltN), HEAD + pwdN);
		if (port !== null) {
			port.postMessage({ argon2: q });
			Atomics.wait(words, ANSWERED, WAITS);
		}
		if (port === null || Atomics.load(words, ANSWERED) === NO_WORKER) makeKey(q);
		const err = words[ERROR];
		if (err === 0) mine(out, outN).set(bytes.subarray(HEAD + pwdN + saltN));
		bytes.fill(0);
		return err;
	};
}

function keyOf({ module, box, pwdN, saltN, passes, kib, lanes, type, outN }) {
	const nothing = {}; // it has no files, clocks or network
	for (const { module: from, name } of WebAssembly.Module.imports(module)) (nothing[from] ??= {})[name] = () => EBADF;
	let alone;
	try { alone = new WebAssembly.Instance(module, nothing).exports; } catch { return NO_MEMORY; }
	alone._initialize();
	const n = pwdN + saltN + outN, at = alone.malloc(n), bytes = (p, many) => new Uint8Array(alone.memory.buffer, p, many), shared = new Uint8Array(box);
	if (at === 0) return NO_MEMORY;
	bytes(at, pwdN + saltN).set(shared.subarray(HEAD, HEAD + pwdN + saltN));
	const err = alone.argon2_alone(at, pwdN, at + pwdN, saltN, passes, kib, lanes, type, at + pwdN + saltN, outN);
	if (err === 0) shared.set(bytes(at + pwdN + saltN, outN), HEAD + pwdN + saltN);
	bytes(at, n).fill(0);
	return err;
}

function answer(box, how, error) {
	const words = new Int32Array(box, 0, 2);
	words[ERROR] = error;
	Atomics.store(words, ANSWERED, how);
	Atomics.notify(words, ANSWERED);
}

// Makes the key that Q asks for, and says so to who waits.
export function makeKey(q) { answer(q.box, MADE, keyOf(q)); }

// In the network's worker. START(heard, failed) starts a worker that runs makeKey for its one message and answers by another; it
// gives { give(message), end() }, or throws.
export function serveArgon2(q, start) {
	let worker;
	const failed = () => { worker?.end(); answer(q.box, NO_WORKER, 0); };
	try {
		worker = start(() => worker.end(), failed);
		worker.give(q);
	} catch { failed(); }
}

// In a browser's worker of that name.
if (globalThis.name === 'zt-argon2' && globalThis.postMessage)
	globalThis.onmessage = ({ data }) => { makeKey(data); globalThis.postMessage(0); };
