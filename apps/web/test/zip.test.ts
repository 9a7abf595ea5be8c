// SPDX-License-Identifier: AGPL-3.0-or-later
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { crc, zip, type Member } from "../src/state/zip";

async function* members(list: [string, Uint8Array[]][]): AsyncGenerator<Member> {
  for (const [name, pieces] of list) {
    yield { name, modified: Date.UTC(2026, 10, 27), size: pieces.reduce((sum, one) => sum + one.length, 0), bytes: async function* () { yield* pieces; } };
  }
}

test("the checksum is that of RFC 1952", () => {
  expect(crc(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
});

test("a name that is longer than an archive can say ends it", async () => {
  await expect(async () => { for await (const _ of zip(members([["a/".repeat(40_000), []]]))); }).rejects.toThrow("too long");
});

test("an archive is read by Python: folders, names of any script, empty files, many pieces", async () => {
  const folder = mkdtempSync(join(tmpdir(), "zt-zip-"));
  try {
    const big = Array.from({ length: 5 }, (_, n) => new Uint8Array(1 << 20).fill(n));
    const list: [string, Uint8Array[]][] = [["Fotos/", []], ["Fotos/été 漢.txt", [new TextEncoder().encode("bonjour\n")]], ["..\\..\\empty", []], ["big", big]];
    const pieces: Uint8Array[] = [];
    for await (const piece of zip(members(list))) pieces.push(piece);
    const path = join(folder, "a.zip");
    writeFileSync(path, Buffer.concat(pieces));
    const look = spawnSync("python3", ["-c", "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint('\\n'.join(f'{i.filename} {i.file_size}' for i in z.infolist()))\nopen(sys.argv[2], 'wb').write(z.read('big'))", path, join(folder, "big")], { encoding: "utf8", env: { ...process.env, PYTHONIOENCODING: "utf-8" } });
    expect(look.stderr).toBe("");
    expect(look.stdout.trim().split("\n")).toEqual(["Fotos/ 0", "Fotos/été 漢.txt 8", "..＼..＼empty 0", `big ${5 << 20}`]);
    expect(readFileSync(join(folder, "big")).equals(Buffer.concat(big))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
