// certificates.mjs - the host's half of x509.c: a second module, which has OpenSSL (x509/module.c), is fetched when it is first
// asked, and runs in an instance that has random bytes, and no files, clocks or network. MEMORY: returns the memory of the
// instance that asks; LOAD: returns the module's bytes, at once, or throws.
const ABSENT = -1, EBADF = 8, RANDOM_MOST = 65536;

export function certificatesImport(memory, load, log = () => {}) {
	let module, alone;
	const bytes = (of, p, n) => new Uint8Array(of.buffer, p, n);
	const begin = () => {
		module ??= new WebAssembly.Module(load());
		const nothing = {};
		for (const { module: from, name } of WebAssembly.Module.imports(module)) (nothing[from] ??= {})[name] = () => EBADF;
		nothing.wasi_snapshot_preview1.random_get = (p, n) => {
			for (let i = 0; i < n; i += RANDOM_MOST) crypto.getRandomValues(bytes(alone.memory, p + i, Math.min(RANDOM_MOST, n - i)));
			return 0;
		};
		alone = new WebAssembly.Instance(module, nothing).exports;
		alone._initialize();
	};
	return (from, n, to, room, size) => {
		try {
			if (alone === undefined) begin();
			const at = alone.malloc(n || 1);
			if (at === 0) throw new Error('no memory');
			bytes(alone.memory, at, n).set(bytes(memory(), from, n));
			const err = alone.certificates_call(at, n), answer = alone.certificates_answer(), length = alone.certificates_answer_size();
			if (length > room) throw new Error('the answer is too long');
			bytes(memory(), to, length).set(bytes(alone.memory, answer, length));
			new DataView(memory().buffer).setUint32(size, length, true);
			alone.free(at);
			return err;
		} catch (e) {
			alone = undefined; // one that failed is not asked again
			log('certificates: ' + e.message);
			return ABSENT;
		}
	};
}
