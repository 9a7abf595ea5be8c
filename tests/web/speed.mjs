// SPDX-License-Identifier: AGPL-3.0-or-later
// How fast files are sent and saved through the page, beside zt on the command line and beside a floor: fetch in the same browser
// of as many bytes, by the same parts, without cryptography, rights or a database (bench/peers/transfer.c). All in turn, as medians.
// MIB=256 and FILES=2000 are sent, in ROUNDS=3; the rows of a table go to the file ROWS. Nobody is attached to the browser meanwhile.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { appendFileSync, createWriteStream, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agent, bin, browserAlone, check, exact, finish, foundOrganization, makeWorkspace, password, state, step } from "./world.mjs";

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

const chrome = await browserAlone();
const { link } = await agent("anne");
let page = await chrome.page(link);
const origin = new URL(page.url()).origin;
await page.getByRole("heading", { name: "Welcome to zt" }).waitFor();
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
  const blank = await chrome.page("about:blank");
  floor = `http://127.0.0.1:${port}/`;
  await blank.route("**/floor", (route) => route.fulfill({ contentType: "text/html", body: "<!doctype html><link rel=icon href=data:,><input type=file webkitdirectory>" }));
  await blank.goto(`${floor}floor`);
  await blank.unroute("**/floor");
}
// As many blocks as the file has, 6 at once, as a browser has connections to one server.
const fetched = async (how) => chrome.unseen(await chrome.page(floor), `async () => {
  const put = ${how === "put"}, bytes = new Uint8Array(${BLOCK});
  const body = put ? new Blob([bytes]) : undefined;
  let next = 0;
  await Promise.all([1, 2, 3, 4, 5, 6].map(async () => {
    while (next < ${mib}) {
      const answer = await fetch(put ? "/" + next++ + "/-" : "/" + next++, { method: put ? "PUT" : "GET", body, cache: "no-store" });
      await answer.arrayBuffer();
    }
  }));
}`);

// The same files are asked for their sizes and times, and read, some at a time, and nothing more.
async function readAlone(path) {
  const blank = await chrome.page(floor);
  await chrome.choose(blank, `document.querySelector("input")`, [path]);
  return chrome.unseen(blank, `async () => {
    const all = [...globalThis.chosen.files], reads = [];
    for (let from = 0; from < all.length; from += 500) {
      const some = all.slice(from, from + 500);
      for (const one of some) if (one.size + one.lastModified === 0) throw new Error("no file");
      reads.push(new Blob(some).arrayBuffer());
      await new Promise((next) => setTimeout(next, 0));
    }
    await Promise.all(reads);
  }`);
}

// Chosen in the input AT of the page's; until the page says that all is done.
async function sent(at, path) {
  page = await chrome.page(origin);
  await chrome.choose(page, `[...document.querySelectorAll("input[type=file]")].at(${at})`, [path]);
  return chrome.unseen(page, `async () => {
    globalThis.chosen.dispatchEvent(new Event("change", { bubbles: true }));
    await new Promise((next) => setTimeout(next, 30));
    while (!/transfers? done/.test(document.querySelector(".tray-h")?.textContent ?? "")) await new Promise((next) => setTimeout(next, 10));
  }`);
}
// From the click until the browser has the file under its name.
async function saved(name) {
  page = await chrome.page(origin);
  await page.getByRole("row", { name: new RegExp(name.replace(".", "\\.")) }).click();
  await page.getByRole("toolbar").getByRole("button", exact("Download")).waitFor();
  await chrome.unseen(page, `async () => [...document.querySelectorAll("[role=toolbar] button")].find((one) => one.textContent.trim() === "Download").click()`);
  const path = join(chrome.downloads, name);
  while (!existsSync(path) || statSync(path).size < mib << 20) await new Promise((resolve) => setTimeout(resolve, 20));
  const ended = Date.now();
  page = await chrome.page(origin);
  const seconds = (ended - await page.evaluate("globalThis.began")) / 1000;
  check(spawnSync("cmp", ["-s", path, file]).status === 0, "the bytes differ");
  rmSync(path);
  await page.keyboard.press("Escape");
  return seconds;
}
for (let round = 1; round <= rounds; round++) {
  await step(`${mib} MiB up and down, and ${files} files, round ${round} of ${rounds}`, async () => {
    note("native up", zt("put", file, `archive:/large${round}.bin`));
    note("native down", zt("get", `archive:/large${round}.bin`, join(state, "out")));
    rmSync(join(state, "out"));
    if (floor) {
      note("floor up", await fetched("put"));
      note("floor down", await fetched("get"));
    }
    const name = `large${round}.bin`;
    spawnSync("ln", ["-f", file, join(state, name)]);
    note("page up", await sent(1, join(state, name)));
    note("page down", await saved(name));
    if (files === 0) return;
    note("native small", zt("put", folder, `archive:/small${round}`));
    const chosen = join(state, `small${round}`);
    spawnSync("cp", ["-rl", folder, chosen]);
    if (floor) note("floor small", await readAlone(chosen));
    note("page small", await sent(-1, chosen));
  });
}
const rate = (name) => (median(name) === undefined ? "-" : `${(mib / median(name)).toFixed(0)} MiB/s`);
const of = (name, other) => (median(name) === undefined || median(other) === undefined ? "-" : (median(other) / median(name)).toFixed(2));
const rows = [];
for (const way of ["up", "down"]) rows.push([`${mib} MiB ${way} by the page, ${host}`, rate(`page ${way}`), `zt ${rate(`native ${way}`)}, fetch alone ${rate(`floor ${way}`)}`, `${of(`page ${way}`, `native ${way}`)}, ${of(`page ${way}`, `floor ${way}`)}`, "0.6, 0.5"]);
if (files > 0) rows.push([`${files} files of 4 KiB up by the page, ${host}`, `${median("page small").toFixed(2)} s`, `zt ${median("native small").toFixed(2)} s${floor ? `, a browser that reads them alone ${median("floor small").toFixed(2)} s` : ""}`, (median("page small") / median("native small")).toFixed(1), "3"]);
for (const row of rows) console.log(`    ${row.join(" | ")}`);
if (process.env.ROWS) for (const row of rows) appendFileSync(process.env.ROWS, `| ${row.join(" | ")} |\n`);
finish();
