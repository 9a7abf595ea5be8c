// SPDX-License-Identifier: AGPL-3.0-or-later
// weigh.mjs FOLDER: how much of the browser's host a first visit fetches, and whether it is too much.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const MODULE_KIB = 480, CERTIFICATES_KIB = 400, folder = process.argv[2];
const kib = (path) => {
	const bytes = readFileSync(path);
	return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length / 1024;
};
const module = kib(join(folder, 'zt.wasm')), certificates = kib(join(folder, 'certificates.wasm')), scripts = readdirSync(folder).filter((n) => n.endsWith('.mjs')).map((n) => kib(join(folder, n)));
console.log(`zt.wasm: ${module.toFixed(1)} KiB; its workers: ${scripts.reduce((a, b) => a + b, 0).toFixed(1)} KiB; certificates.wasm, when it is first asked: ${certificates.toFixed(1)} KiB (brotli)`);
if (module > MODULE_KIB) { console.error(`zt.wasm: more than ${MODULE_KIB} KiB`); process.exit(1); }
if (certificates > CERTIFICATES_KIB) { console.error(`certificates.wasm: more than ${CERTIFICATES_KIB} KiB`); process.exit(1); }
