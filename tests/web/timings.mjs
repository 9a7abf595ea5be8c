// SPDX-License-Identifier: AGPL-3.0-or-later
// How long a person waits for the page: the first visit, the password, folders of 1,000 and of ENTRIES files, and what holds up
// scrolling. Beside Argon2id alone where a password is typed. ROUNDS=3, medians; the rows of a table go to the file ROWS. Nobody is
// attached to the browser while folders are shown.
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agent, bin, browser, browserAlone, check, exact, finish, password, person, state, step } from "./world.mjs";

const entries = Number(process.env.ENTRIES ?? 50_000), rounds = Number(process.env.ROUNDS ?? 3);
const isBrowser = process.env.HOST === "browser";
const host = isBrowser ? "the browser's host" : "the agent";
// libzt's own cost (libzt/crypto/password.h).
const PASSES = 3, KIB = 256 << 10, LANES = 4;
const all = new Map();
const note = (name, value) => all.set(name, [...(all.get(name) ?? []), value]);
const median = (name) => { const list = [...(all.get(name) ?? [])].sort((a, b) => a - b); return list[Math.floor(list.length / 2)]; };

const home = join(state, "anne/harbour");
writeFileSync(join(state, "password"), password);
writeFileSync(join(state, "code"), process.env.CODE);
mkdirSync(join(state, "anne"), { recursive: true, mode: 0o700 });
const env = { ...process.env, ZT_AGENT: "no", LD_PRELOAD: process.env.QUICK ?? "" };
const options = ["--home", home, "--password-file", join(state, "password")];
function zt(...args) {
  const made = spawnSync(join(bin, "zt"), [...options, ...args], { env, encoding: "utf8" });
  check(made.status === 0, `zt ${args.join(" ")}: ${made.stdout}${made.stderr}`);
  return made.stdout;
}
await step(`folders of 1000 and ${entries} files are there`, async () => {
  zt("org", "bootstrap", "--server", process.env.URL, "--founding-file", join(state, "code"), "--slug", "harbour", "--email", "anne@harbour.example", "--name", "Anne");
  zt("workspace", "create", "archive");
  for (const [name, count] of [["small", 1000], ["large", entries]]) {
    const folder = join(state, "tree", name);
    mkdirSync(folder, { recursive: true });
    for (let n = 0; n < count; n++) writeFileSync(join(folder, `scan ${n}.txt`), "");
    zt("put", folder, `archive:/${name}`);
  }
});

const chrome = await browser();
const found = await agent("anne");
const label = (page, name) => page.getByLabel(name, { exact: true });
const first = (page) => page.locator("h1").first().waitFor();
async function visit() {
  const start = performance.now();
  const made = await person(chrome, found.again ? await found.again() : found.link);
  await first(made.page);
  note("first", performance.now() - start);
  note("script", await made.page.evaluate(() => performance.getEntriesByType("resource").filter((one) => /\.m?js$/.test(new URL(one.name).pathname) && !one.name.includes("/host/")).reduce((sum, one) => sum + one.decodedBodySize, 0)));
  return made;
}
if (!isBrowser) {
  const { ticket } = await import("./world.mjs");
  found.again = () => ticket(found.socket);
}
let one = null;
await step("the first visit, each in a fresh profile", async () => {
  for (let round = 0; round < rounds; round++) {
    await one?.context.close();
    one = await visit();
  }
});
await one.context.close();
await chrome.close();
const alone = await browserAlone();
let page = await alone.page(isBrowser ? process.env.URL : await found.again());
const origin = new URL(page.url()).origin;
await first(page);
/** What ACT gives, with ARGUMENTS, in the page, while nobody is attached. */
async function unseen(act, ...args) {
  page = await alone.page(origin);
  await alone.unseen(page, `async () => { globalThis.measured = await (${act})(...${JSON.stringify(args)}); }`);
  page = await alone.page(origin);
  return page.evaluate("globalThis.measured");
}
if (isBrowser) await step("the browser joins as another device", async () => {
  const link = zt("invite", "device").trim().split("\n").at(-1);
  const greeter = spawn(join(bin, "zt"), [...options, "greet", link, "--yes"], { env });
  let said = "";
  greeter.stdout.on("data", (data) => { said += data; });
  greeter.stderr.on("data", (data) => { said += data; });
  const ended = new Promise((resolve) => greeter.on("close", resolve));
  await page.goto(`${process.env.URL}/#/begin/device?link=${encodeURIComponent(link)}`);
  await label(page, "Your name").fill("Anne");
  await label(page, "Your e-mail address").fill("anne@harbour.example");
  await page.getByRole("button", exact("Continue")).click();
  for (const name of ["Password of this device", "The same password again"]) await label(page, name).fill(password);
  await page.getByRole("button", exact("We are both here: compare codes")).click();
  await page.locator(".pick").first().waitFor({ timeout: 120_000 });
  const code = (await page.locator(".sas-box .sas").innerText()).replace(/\s/g, "");
  for (let wait = 0; !/^your code.*: (\S+)/m.test(said); wait++) {
    check(wait < 600, said);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  greeter.stdin.write(`${code}\n`);
  const theirs = /^your code.*: (\S+)/m.exec(said)[1];
  for (const choice of await page.locator(".pick").all())
    if ((await choice.locator(".sas").innerText()).replace(/\s/g, "") === theirs) { await choice.click(); break; }
  check((await ended) === 0, said);
  await page.getByRole("link", { name: "Go to the workspaces" }).click({ timeout: 120_000 });
});

/** Argon2id alone, as this host has it, in ms. */
async function argon2() {
  if (!isBrowser) {
    const script = `import ctypes, time
n = ctypes.c_size_t
a = ctypes.CDLL("libargon2.so.1")
t = time.perf_counter()
out = ctypes.create_string_buffer(32)
assert a.argon2id_hash_raw(${PASSES}, ${KIB}, ${LANES}, b"four words that fit", n(19), b"0123456789abcdef", n(16), out, n(32)) == 0
print((time.perf_counter() - t) * 1000)`;
    const made = spawnSync("/usr/bin/python3", ["-c", script], { env, encoding: "utf8" });
    check(made.status === 0, made.stderr);
    return Number(made.stdout);
  }
  return page.evaluate(async ([passes, kib, lanes]) => {
    const module = await WebAssembly.compileStreaming(fetch("host/zt.wasm"));
    const nothing = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) (nothing[from] ??= {})[name] = () => 8;
    const { exports } = await WebAssembly.instantiate(module, nothing);
    exports._initialize();
    const at = exports.malloc(128);
    const start = performance.now();
    if (exports.argon2_alone(at, 19, at + 32, 16, passes, kib, lanes, 2, at + 64, 32) !== 0) throw new Error("argon2");
    return performance.now() - start;
  }, [PASSES, KIB, LANES]);
}

await step("the password, and what is shown then", async () => {
  for (let round = 0; round < rounds; round++) {
    if (isBrowser) {
      await page.evaluate(() => { location.hash = "#/"; });
      const start = performance.now();
      await page.reload();
      await first(page);
      note("again", performance.now() - start);
    } else if (round > 0) {
      await page.evaluate(() => { location.hash = "#/"; });
      await page.getByRole("button", { name: "Lock all" }).click();
      await page.getByText("Locked").first().waitFor();
    }
    note("argon", await argon2());
    await page.locator("a.org").first().click();
    await label(page, "Password of this device").fill(password);
    const [opened, shown] = await page.evaluate(async () => {
      const until = async (is) => { while (!is()) await new Promise((next) => setTimeout(next, 2)); return performance.now(); };
      const start = performance.now();
      document.querySelector(".unlock form button[type=submit]").click();
      const open = await until(() => document.querySelector(".shell"));
      return [open - start, (await until(() => document.querySelector("main table.tbl a"))) - open];
    });
    note("unlock", opened);
    note("return", shown);
  }
});
await page.getByRole("main").getByRole("link", exact("archive")).click();
await page.getByRole("row", { name: /large/ }).waitFor();
await step("folders, from the click to their rows", async () => {
  for (let round = 0; round <= rounds; round++) { // the first time is another row
    for (const [name, count] of [["small", 1000], ["large", entries]]) {
      const [rows, whole, longest] = await unseen(async (folder, size) => {
        const sign = `${size.toLocaleString("en-GB")} items`, plain = `${size} items`;
        const until = (is) => new Promise((resolve) => {
          const look = () => { if (is()) { watch.disconnect(); resolve(performance.now()); } };
          const watch = new MutationObserver(look);
          watch.observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
          look();
        });
        let most = 0;
        const tasks = new PerformanceObserver((list) => { for (const task of list.getEntries()) most = Math.max(most, task.duration); });
        tasks.observe({ type: "longtask" });
        const start = performance.now();
        [...document.querySelectorAll(".files-row a")].find((link) => link.title === folder).click();
        const shown = await until(() => document.querySelector('.files-row a[title^="scan "]'));
        const complete = await until(() => { const text = document.querySelector(".status span")?.textContent ?? ""; return text.startsWith(sign) || text.startsWith(plain); });
        await new Promise((next) => requestAnimationFrame(() => setTimeout(next, 0)));
        await new Promise((next) => setTimeout(next, 300));
        tasks.disconnect();
        return [shown - start, complete - start, most];
      }, name, count);
      console.log(`    ${name}: rows ${rows.toFixed(0)}, whole ${whole.toFixed(0)}, longest task ${longest.toFixed(0)} ms`);
      note(`${name} ${round === 0 ? "first" : "rows"}`, rows);
      note(`${name} whole`, whole);
      note(`${name} task`, longest);
      if (name === "large") {
        const scrolled = await unseen(async () => {
          let most = 0;
          const tasks = new PerformanceObserver((list) => { for (const task of list.getEntries()) most = Math.max(most, task.duration); });
          tasks.observe({ type: "longtask" });
          const box = document.querySelector(".files");
          for (let turn = 0; turn < 120; turn++) {
            box.scrollTop += box.scrollHeight / 130;
            await new Promise((next) => requestAnimationFrame(next));
          }
          await new Promise((next) => setTimeout(next, 500));
          tasks.disconnect();
          return most;
        });
        note("scroll", scrolled);
        check((await page.locator(".files-row").count()) < 100, "the page has all rows");
      }
      await page.goBack();
      await page.getByRole("row", { name: /large/ }).waitFor();
    }
  }
});
const ms = (name) => (median(name) === undefined ? "-" : `${median(name).toFixed(0)} ms`);
const rows = [
  [`first visit, ${host}: from the address to the first page`, ms("first"), "", "", "1500 ms"],
  [`JavaScript before it, as it is unpacked (as it is sent: \`make web\`), ${host}`, `${(median("script") / 1024).toFixed(0)} KiB`, "", "", ""],
  [`the password, ${host}: until the device is open`, ms("unlock"), `Argon2id alone ${ms("argon")}`, (median("unlock") / median("argon")).toFixed(2), "1.3"],
  [`then until workspaces are shown, ${host}`, ms("return"), "", "", "500 ms"],
  [`a folder of 1,000, ${host}: from the click to rows`, ms("small rows"), `for the first time ${ms("small first")}, whole ${ms("small whole")}, longest task ${ms("small task")}`, "", "100 ms"],
  [`a folder of ${entries}, ${host}: from the click to rows`, ms("large rows"), `for the first time ${ms("large first")}, whole ${ms("large whole")}, longest task ${ms("large task")}`, "", "500 ms"],
  [`the longest task while it is scrolled, ${host}`, ms("scroll"), "", "", "100 ms"],
];
if (isBrowser) rows.splice(2, 0, ["loaded again, from the service worker, to the first page", ms("again"), "", "", "500 ms"]);
for (const row of rows) console.log(`    ${row.join(" | ")}`);
if (process.env.ROWS) for (const row of rows) appendFileSync(process.env.ROWS, `| ${row.join(" | ")} |\n`);
finish();
