// SPDX-License-Identifier: AGPL-3.0-or-later
// How fast files are sent and saved through the page, beside zt on the command line and beside a floor: fetch in the same browser
// of as many bytes, by the same parts, without cryptography, rights or a database (bench/peers/transfer.c). All in turn, as medians.
// MIB=256 and FILES=2000 are sent, in ROUNDS=3; the rows of a table go to the file ROWS.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agent, bin, browser, check, exact, finish, foundOrganization, makeWorkspace, password, person, state, step } from "./world.mjs";

const mib = Number(process.env.MIB ?? 256), files = Number(process.env.FILES ?? 2000), rounds = Number(process.env.ROUNDS ?? 3);
const host = process.env.HOST === "browser" ? "the browser's host" : "the agent";
const tool = join(bin, "../bench/transfer");
const BLOCK = (1 << 20) + 16;
const all = new Map();
const note = (name, seconds) => all.set(name, [...(all.get(name) ?? []), seconds]);
const median = (name) => { const list = [...(all.get(name) ?? [])].sort((a, b) => a - b); return list[Math.floor(list.length / 2)]; };

writeFileSync(join(state, "password"), password);
const env = { ...process.env, ZT_AGENT: "no", LD_PRELOAD: process.env.QUICK ?? "" };
function zt(...args) {
  const start = performance.now();
  const made = spawnSync(join(bin, "zt"), ["--home", join(state, "native"), "--password-file", join(state, "password"), "--quiet", ...args], { env, encoding: "utf8" });
  check(made.status === 0, `zt ${args.join(" ")}: ${made.stdout}${made.stderr}`);
  return (performance.now() - start) / 1000;
}
const file = join(state, "large.bin"), folder = join(state, "small");
await new Promise((resolve) => {
  const out = createWriteStream(file);
  for (let n = 0; n < mib; n++) out.write(randomBytes(1 << 20));
  out.end(resolve);
});
mkdirSync(folder);
for (let n = 0; n < files; n++) writeFileSync(join(folder, `note ${n}.txt`), randomBytes(4096));
zt("org", "bootstrap", "--server", process.env.URL, "--operator-token-file", join(state, "operator-token"), "--slug", "native", "--email", "ann@native.example", "--name", "Ann");
zt("workspace", "create", "archive");
// Without a keyring each command of zt asks for its password, and its times hold that.
spawnSync(join(bin, "zt"), ["--home", join(state, "native"), "--password-file", join(state, "password"), "unlock", "--for", "2h"], { env });

const chrome = await browser();
const { link } = await agent("anne");
let start = 0;
const { page } = await person(chrome, link, { acceptDownloads: true });
await page.getByRole("heading", { name: "Welcome to zt" }).waitFor();
const button = (name) => page.getByRole("button", exact(name));
await step("an organization is made in the page", async () => {
  await foundOrganization(page, { name: "Anne", device: "bench" });
  await page.getByRole("link", { name: "Invite a person" }).click();
  await makeWorkspace(page, "archive");
});

let floor = null;
if (existsSync(tool) && process.env.FLOOR !== "no") {
  const port = 20000 + Math.floor(Math.random() * 9000), kept = join(state, "floor"), url = `ipc://${join(state, "floor.socket")}`;
  mkdirSync(kept);
  const parts = [["service", url, kept], ["gateway", String(port), url]].map((args) => spawn(tool, args, { stdio: ["ignore", "ignore", "inherit"] }));
  process.on("exit", () => { for (const one of parts) one.kill(); });
  await new Promise((resolve) => setTimeout(resolve, 500));
  const context = await chrome.newContext();
  floor = await context.newPage();
  await floor.route("**/floor", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><link rel=icon href=data:,>" }));
  await floor.goto(`http://127.0.0.1:${port}/floor`);
  await floor.unroute("**/floor");
}
// As many blocks as the file has, 6 at once, as a browser has connections to one server.
const fetched = (how) => floor.evaluate(async ([size, count, put]) => {
  const bytes = new Uint8Array(size);
  const body = put ? new Blob([bytes]) : undefined;
  const from = performance.now();
  let next = 0;
  await Promise.all([1, 2, 3, 4, 5, 6].map(async () => {
    while (next < count) {
      const answer = await fetch(put ? `/${next++}/-` : `/${next++}`, { method: put ? "PUT" : "GET", body, cache: "no-store" });
      await answer.arrayBuffer();
    }
  }));
  return (performance.now() - from) / 1000;
}, [BLOCK, mib, how === "put"]);

async function same(path) {
  const ours = createReadStream(file)[Symbol.asyncIterator]();
  let rest = Buffer.alloc(0);
  for await (const piece of createReadStream(path)) {
    while (rest.length < piece.length) {
      const { value, done } = await ours.next();
      if (done) return false;
      rest = Buffer.concat([rest, value]);
    }
    if (!rest.subarray(0, piece.length).equals(piece)) return false;
    rest = rest.subarray(piece.length);
  }
  return rest.length === 0 && (await ours.next()).done === true;
}

const settled = () => page.getByText(/transfers? done/).waitFor({ timeout: 600_000 });
for (let round = 1; round <= rounds; round++) {
  await step(`${mib} MiB up and down, and ${files} files, round ${round} of ${rounds}`, async () => {
    note("native up", zt("put", file, `archive:/large${round}.bin`));
    note("native down", zt("get", `archive:/large${round}.bin`, join(state, "out")));
    rmSync(join(state, "out"));
    if (floor) {
      note("floor up", await fetched("put"));
      note("floor down", await fetched("get"));
    }
    const name = new RegExp(`large${round}\\.bin`);
    spawnSync("ln", ["-f", file, join(state, `large${round}.bin`)]);
    start = performance.now();
    await page.locator("input[type=file]").nth(1).setInputFiles(join(state, `large${round}.bin`));
    await settled();
    note("page up", (performance.now() - start) / 1000);
    await page.getByRole("row", { name }).click();
    start = performance.now();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("toolbar").getByRole("button", exact("Download")).click()]);
    const path = await download.path();
    note("page down", (performance.now() - start) / 1000);
    check(await same(path), "the bytes differ");
    rmSync(path);
    await page.keyboard.press("Escape");
    if (files === 0) return;
    note("native small", zt("put", folder, `archive:/small${round}`));
    const chosen = join(state, `small${round}`);
    spawnSync("cp", ["-rl", folder, chosen]);
    await page.locator("input[type=file][webkitdirectory], input[type=file]").last().setInputFiles(chosen);
    start = performance.now();
    await settled();
    note("page small", (performance.now() - start) / 1000);
  });
}
const rate = (name) => (median(name) === undefined ? "-" : `${(mib / median(name)).toFixed(0)} MiB/s`);
const of = (name, other) => (median(name) === undefined || median(other) === undefined ? "-" : (median(other) / median(name)).toFixed(2));
const rows = [];
for (const way of ["up", "down"]) rows.push([`${mib} MiB ${way} by the page, ${host}`, rate(`page ${way}`), `zt ${rate(`native ${way}`)}, fetch alone ${rate(`floor ${way}`)}`, `${of(`page ${way}`, `native ${way}`)}, ${of(`page ${way}`, `floor ${way}`)}`, "0.6, 0.5"]);
if (files > 0) rows.push([`${files} files of 4 KiB up by the page, ${host}`, `${median("page small").toFixed(2)} s`, `zt ${median("native small").toFixed(2)} s`, (median("page small") / median("native small")).toFixed(1), "3"]);
for (const row of rows) console.log(`    ${row.join(" | ")}`);
if (process.env.ROWS) for (const row of rows) appendFileSync(process.env.ROWS, `| ${row.join(" | ")} |\n`);
await chrome.close();
finish();
