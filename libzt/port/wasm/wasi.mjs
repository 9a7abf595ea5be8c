// wasi.mjs - what wasi-libc imports (wasi_snapshot_preview1), over the files of a host. FILES answers at once, throws
// errors with a POSIX name as their code, and takes absolute paths below its root:
//   open(path, { create, exclusive, truncate, directory, writes, follows }) -> node
//   node: { stat(), read(bytes, at), write(bytes, at), truncate(size), sync(), setTimes(atimeS, mtimeS), close() }
//   A file that was unlinked lives until its nodes are closed: what waits on the disk has no name (libzt/store/scratch.h).
//   stat(path, follows), list(path) -> [{ name, type }], mkdir(path), rmdir(path), unlink(path), rename(a, b), link(a, b)
//   stat -> { type, dev, ino, links, size, atimeNs, mtimeNs, ctimeNs }, BigInts but for TYPE
export const DIRECTORY = 3, REGULAR = 4, SYMLINK = 7;
const ERRNO = { EACCES: 2, EBADF: 8, EEXIST: 20, EINVAL: 28, EIO: 29, EISDIR: 31, ELOOP: 32, EMFILE: 33, ENAMETOOLONG: 37, ENOENT: 44, ENOSPC: 51,
	ENOSYS: 52, ENOTDIR: 54, ENOTEMPTY: 55, EPERM: 63, EROFS: 69, EXDEV: 75 };
const fail = (code) => { throw Object.assign(new Error(code), { code }); };

// Milliseconds that never go back. performance.now() stands still while a computer sleeps, on Linux and macOS: what the
// wall clock went further, by a second and more, was sleep, and ends what is allowed for minutes alone.
export function steadyClock(now = () => performance.now(), wall = () => Date.now()) {
	let at = now(), day = wall(), slept = 0;
	return () => {
		const lost = wall() - day - (now() - at);
		if (lost >= 1000) slept += lost;
		if (Math.abs(lost) >= 1000) { at = now(); day = wall(); }
		return now() + slept;
	};
}

export function wasiImports(memory, files, sleep, log) {
	const fds = new Map([[3, { path: '/', isFolder: true }]]);
	let next = 4;
	const view = () => new DataView(memory().buffer), bytes = (p, n) => new Uint8Array(memory().buffer, p, n);
	const of = (fd) => fds.get(fd) ?? fail('EBADF');
	const file = (fd) => { const f = of(fd); return f.isFolder ? fail('EISDIR') : f; };
	const join = (fd, p, n) => {
		const parts = [];
		for (const s of (of(fd).path + '/' + new TextDecoder().decode(bytes(p, n).slice())).split('/'))
			if (s === '..') parts.pop(); else if (s && s !== '.') parts.push(s);
		return '/' + parts.join('/');
	};
	const putStat = (at, s) => {
		const v = view();
		v.setBigUint64(at, s.dev, true); v.setBigUint64(at + 8, s.ino, true); v.setBigUint64(at + 16, BigInt(s.type), true); v.setBigUint64(at + 24, s.links, true);
		v.setBigUint64(at + 32, s.size, true); v.setBigUint64(at + 40, s.atimeNs, true); v.setBigUint64(at + 48, s.mtimeNs, true); v.setBigUint64(at + 56, s.ctimeNs, true);
	};
	// Calls MOVE(bytes, offset) for each part, until one is short. Returns the sum.
	const parts = (iov, n, move) => {
		let sum = 0;
		for (let i = 0; i < n; i++) {
			const p = view().getUint32(iov + 8 * i, true), len = view().getUint32(iov + 8 * i + 4, true), got = len > 0 ? move(bytes(p, len), sum) : 0;
			sum += got;
			if (got < len) break;
		}
		return sum;
	};
	const put = (at, n) => view().setUint32(at, n, true);
	const steady = steadyClock();
	const calls = {
		clock_time_get(id, precision, at) {
			view().setBigUint64(at, BigInt(Math.round((id === 0 ? Date.now() : steady()) * 1000)) * 1000n, true);
		},
		random_get(p, n) { // 65,536 bytes at a time, at most
			for (let i = 0; i < n; i += 65536) bytes(p + i, Math.min(65536, n - i)).set(crypto.getRandomValues(new Uint8Array(Math.min(65536, n - i))));
		},
		poll_oneoff(from, to, n, count) { // clocks only: how wasi-libc sleeps
			let ms = Infinity;
			for (let i = 0; i < n; i++) {
				const s = from + 48 * i;
				if (view().getUint8(s + 8) !== 0 || view().getUint16(s + 40, true) !== 0) fail('ENOSYS');
				ms = Math.min(ms, Number(view().getBigUint64(s + 24, true)) / 1e6);
			}
			sleep(ms);
			view().setBigUint64(to, view().getBigUint64(from, true), true); view().setBigUint64(to + 8, 0n, true);
			put(count, 1);
		},
		proc_exit(code) { throw new Error('the program ended, ' + code); },
		fd_prestat_get(fd, at) { if (fd !== 3) fail('EBADF'); view().setUint8(at, 0); put(at + 4, 1); },
		fd_prestat_dir_name(fd, at) { bytes(at, 1)[0] = 47; },
		fd_fdstat_get(fd, at) {
			const type = fd < 3 ? 2 : of(fd).isFolder ? DIRECTORY : REGULAR, v = view();
			v.setBigUint64(at, BigInt(type), true); v.setBigUint64(at + 8, ~0n, true); v.setBigUint64(at + 16, ~0n, true);
		},
		fd_fdstat_set_flags() {},
		path_open(fd, lookup, p, n, how, rights, inherits, flags, out) {
			const path = join(fd, p, n);
			const node = files.open(path, { create: (how & 1) !== 0, directory: (how & 2) !== 0, exclusive: (how & 4) !== 0, truncate: (how & 8) !== 0,
				writes: (rights & 64n) !== 0n, follows: (lookup & 1) !== 0 });
			fds.set(next, { path, node, at: 0, isFolder: node.stat().type === DIRECTORY });
			put(out, next++);
		},
		fd_close(fd) { of(fd).node?.close(); fds.delete(fd); },
		fd_read(fd, iov, n, out) { const f = file(fd), got = parts(iov, n, (b, o) => f.node.read(b, f.at + o)); f.at += got; put(out, got); },
		fd_pread(fd, iov, n, at, out) { const f = file(fd); put(out, parts(iov, n, (b, o) => f.node.read(b, Number(at) + o))); },
		fd_write(fd, iov, n, out) {
			if (fd === 1 || fd === 2) { put(out, parts(iov, n, (b) => { log(new TextDecoder().decode(b.slice())); return b.length; })); return; }
			const f = file(fd), sent = parts(iov, n, (b, o) => f.node.write(b, f.at + o));
			f.at += sent; put(out, sent);
		},
		fd_pwrite(fd, iov, n, at, out) { const f = file(fd); put(out, parts(iov, n, (b, o) => f.node.write(b, Number(at) + o))); },
		fd_seek(fd, by, whence, out) {
			const f = file(fd);
			if (whence > 2) fail('EINVAL');
			f.at = Number(by) + (whence === 1 ? f.at : whence === 2 ? Number(f.node.stat().size) : 0);
			view().setBigUint64(out, BigInt(f.at), true);
		},
		fd_tell(fd, out) { view().setBigUint64(out, BigInt(file(fd).at), true); },
		fd_sync(fd) { of(fd).node?.sync(); },
		fd_filestat_get(fd, at) { const f = of(fd); putStat(at, f.node ? f.node.stat() : files.stat(f.path, true)); },
		fd_filestat_set_size(fd, size) { file(fd).node.truncate(Number(size)); },
		fd_filestat_set_times(fd, atime, mtime, which) {
			const f = of(fd), s = f.node.stat(), now = Date.now() / 1000;
			f.node.setTimes(which & 2 ? now : Number(which & 1 ? atime : s.atimeNs) / 1e9, which & 8 ? now : Number(which & 4 ? mtime : s.mtimeNs) / 1e9);
		},
		fd_readdir(fd, to, size, cookie, out) {
			const f = of(fd);
			let used = 0, i = 0;
			if (cookie === 0n || !f.names) f.names = files.list(f.path);
			for (const { name, type } of f.names) {
				if (i++ < Number(cookie)) continue;
				const text = new TextEncoder().encode(name), entry = new Uint8Array(24 + text.length), v = new DataView(entry.buffer);
				v.setBigUint64(0, BigInt(i), true); v.setBigUint64(8, BigInt(i), true); v.setUint32(16, text.length, true); v.setUint8(20, type); entry.set(text, 24);
				const part = entry.subarray(0, size - used);
				bytes(to + used, part.length).set(part); used += part.length;
				if (part.length < entry.length) break;
			}
			put(out, used);
		},
		path_filestat_get(fd, lookup, p, n, at) { putStat(at, files.stat(join(fd, p, n), (lookup & 1) !== 0)); },
		path_create_directory(fd, p, n) { files.mkdir(join(fd, p, n)); },
		path_remove_directory(fd, p, n) { files.rmdir(join(fd, p, n)); },
		path_unlink_file(fd, p, n) { files.unlink(join(fd, p, n)); },
		path_rename(fd, p, n, toFd, q, m) { files.rename(join(fd, p, n), join(toFd, q, m)); },
		path_link(fd, lookup, p, n, toFd, q, m) { files.link(join(fd, p, n), join(toFd, q, m)); },
	};
	const guarded = {};
	for (const [name, call] of Object.entries(calls))
		guarded[name] = (...args) => {
			try { call(...args); return 0; } catch (e) {
				if (e.code === undefined) throw e;
				return ERRNO[e.code] ?? ERRNO.EIO;
			}
		};
	return guarded;
}
