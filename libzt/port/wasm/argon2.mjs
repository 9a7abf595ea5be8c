// argon2.mjs - the host's half of argon2.c: the key from a password, in an instance of MODULE that nothing keeps, so that the
// memory it takes is given back. MEMORY: returns the memory of the instance that asks.
const NO_MEMORY = -22, EBADF = 8;

export function argon2Import(module, memory) {
	const nothing = {}; // it has no files, clocks or network
	for (const { module: from, name } of WebAssembly.Module.imports(module)) (nothing[from] ??= {})[name] = () => EBADF;
	const bytes = (of, p, n) => new Uint8Array(of.buffer, p, n);
	return (pwd, pwdN, salt, saltN, passes, kib, lanes, type, out, outN) => {
		let alone;
		try { alone = new WebAssembly.Instance(module, nothing).exports; } catch { return NO_MEMORY; }
		alone._initialize();
		const n = pwdN + saltN + outN, at = alone.malloc(n);
		if (at === 0) return NO_MEMORY;
		bytes(alone.memory, at, pwdN).set(bytes(memory(), pwd, pwdN));
		bytes(alone.memory, at + pwdN, saltN).set(bytes(memory(), salt, saltN));
		const err = alone.argon2_alone(at, pwdN, at + pwdN, saltN, passes, kib, lanes, type, at + pwdN + saltN, outN);
		if (err === 0) bytes(memory(), out, outN).set(bytes(alone.memory, at + pwdN + saltN, outN));
		bytes(alone.memory, at, n).fill(0);
		return err;
	};
}
