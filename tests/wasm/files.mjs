// files.mjs ROOT: the files that wasi.mjs asks for, in a folder of node's system.
import fs from 'node:fs';
import { DIRECTORY, REGULAR, SYMLINK } from '../../libzt/port/wasm/wasi.mjs';

export function folderFiles(root) {
	const C = fs.constants, at = (path) => root + path;
	const typeOf = (s) => (s.isDirectory() ? DIRECTORY : s.isFile() ? REGULAR : s.isSymbolicLink() ? SYMLINK : 0);
	const shown = (s) => ({ type: typeOf(s), dev: s.dev, ino: s.ino, links: s.nlink, size: s.size, atimeNs: s.atimeNs, mtimeNs: s.mtimeNs, ctimeNs: s.ctimeNs });
	return {
		open(path, how) {
			let flags = how.follows ? 0 : C.O_NOFOLLOW;
			if (how.directory) flags |= C.O_DIRECTORY;
			else flags |= (how.writes ? C.O_RDWR : C.O_RDONLY) | (how.create ? C.O_CREAT : 0) | (how.exclusive ? C.O_EXCL : 0) | (how.truncate ? C.O_TRUNC : 0);
			const fd = fs.openSync(at(path), flags, 0o600);
			return {
				stat: () => shown(fs.fstatSync(fd, { bigint: true })),
				read: (to, from) => fs.readSync(fd, to, 0, to.length, from),
				write: (from, to) => fs.writeSync(fd, from, 0, from.length, to),
				truncate: (n) => fs.ftruncateSync(fd, n),
				sync: () => fs.fsyncSync(fd),
				setTimes: (a, m) => fs.futimesSync(fd, a, m),
				close: () => fs.closeSync(fd),
			};
		},
		stat: (path, follows) => shown((follows ? fs.statSync : fs.lstatSync)(at(path), { bigint: true })),
		list: (path) => fs.readdirSync(at(path), { withFileTypes: true }).map((e) => ({ name: e.name, type: typeOf(e) })),
		mkdir: (path) => fs.mkdirSync(at(path), 0o700),
		rmdir: (path) => fs.rmdirSync(at(path)),
		unlink: (path) => fs.unlinkSync(at(path)),
		rename: (from, to) => fs.renameSync(at(from), at(to)),
		link: (from, to) => fs.linkSync(at(from), at(to)),
	};
}
