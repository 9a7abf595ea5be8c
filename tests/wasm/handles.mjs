// handles.mjs FOLDER: the browser's synchronous access handles (opfs.mjs asks for them), as files of node's system.
import fs from 'node:fs';

export function fileHandle(path) {
	const fd = fs.openSync(path, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
	return {
		read: (to, { at }) => fs.readSync(fd, to, 0, to.length, at),
		write: (from, { at }) => fs.writeSync(fd, from, 0, from.length, at),
		truncate: (n) => fs.ftruncateSync(fd, n),
		getSize: () => fs.fstatSync(fd).size,
		flush() {},
		close: () => fs.closeSync(fd),
	};
}
// What openFiles gives in a browser.
export function openFolder(folder, poolFiles, ready = 12) {
	fs.mkdirSync(folder, { recursive: true });
	const count = fs.readdirSync(folder).filter((n) => /^f[0-9]+$/.test(n)).length;
	const pool = [...Array(count).keys()].map((n) => fileHandle(folder + '/f' + n));
	const files = poolFiles(fileHandle(folder + '/names'), pool);
	const fill = () => { while (files.free() < ready) files.grow(fileHandle(folder + '/f' + pool.length)); };
	fill();
	return { files, fill };
}
