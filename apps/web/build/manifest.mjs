// SPDX-License-Identifier: AGPL-3.0-or-later
// After the build: a compressed copy of what compresses, the manifest with the hash of each file, and the weight of the first view.
import { createHash } from "node:crypto";
import { readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const FIRST_VIEW_KIB = 150;
const MANIFEST = "zt-web.manifest";
const folder = process.argv[2];

function files(at) {
  return readdirSync(at).sort().flatMap((name) => {
    const path = join(at, name);
    return statSync(path).isDirectory() ? files(path) : [path];
  });
}

const compressed = new Map();
for (const path of files(folder)) {
  if (path.endsWith(".br") || path.endsWith(MANIFEST)) rmSync(path);
  else if (/\.(m?js|css|html|svg|json|webmanifest|wasm)$/.test(path)) {
    const bytes = readFileSync(path);
    const small = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
    compressed.set(path, small.length);
    writeFileSync(`${path}.br`, small);
  }
}
const lines = files(folder).map((path) => `${createHash("sha256").update(readFileSync(path)).digest("hex")}  ${relative(folder, path).split(sep).join("/")}`);
writeFileSync(join(folder, MANIFEST), `${lines.sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join("\n")}\n`);

// What is fetched before the first view: the scripts that index.html names, what they import, and the catalogue.
const first = new Set();
const add = (path) => {
  if (first.has(path)) return;
  first.add(path);
  for (const [, name] of readFileSync(path, "utf8").matchAll(/(?:from|import)\s*"\.\/([\w.-]+\.js)"/g)) add(join(path, "..", name));
};
for (const [, name] of readFileSync(join(folder, "index.html"), "utf8").matchAll(/(?:src|href)="\.\/(assets\/[\w.-]+\.js)"/g)) add(join(folder, name));
for (const path of files(join(folder, "assets"))) if (/\/fr-[\w-]+\.js$/.test(path)) add(path);
const kib = [...first].reduce((sum, path) => sum + compressed.get(path), 0) / 1024;
console.log(`web: ${lines.length} files; JavaScript before the first view, with the French catalogue: ${kib.toFixed(1)} KiB (brotli)`);
if (kib > FIRST_VIEW_KIB) {
  console.error(`web: more than ${FIRST_VIEW_KIB} KiB before the first view`);
  process.exit(1);
}
