// SPDX-License-Identifier: AGPL-3.0-or-later
// browser_host.mjs BIN STATE QUICK URL MOMENTS: the browser's host in Chromium, by its messages: claim against the native client,
// files both ways, a reload, two tabs, tabs that are killed, and what is at rest.
import assert from "node:assert";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { native } from "../wasm/world.mjs";
import { root } from "./world.mjs";

const [bin, state, quick, url, moments] = process.argv.slice(2);
const { chromium } = createRequire(join(root, "apps/web/package.json"))("playwright-core");
const { zt, text, greet } = native(bin, state, quick);
const profile = join(state, "profile"), password = "wandapass", PIECE = 1 << 20;
const open = () => chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });
const ok = (words) => console.log(`ok - ${words}`);

// In the page: what a page does, in a few lines. HOST is then the call; its line is up when it returns.
function begin() {
  const rules = { createScriptURL: () => "/host/switch.mjs" };
  const worker = new Worker(globalThis.trustedTypes.createPolicy("test", rules).createScriptURL(""), { type: "module", name: "zt-switch" });
  const calls = new Map();
  // As a list of numbers the debugger's line would take most of this test's time.
  const base64 = (bytes) => {
    let text = "";
    for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(text);
  };
  let next = 1, up;
  const isUp = new Promise((resolve) => { up = resolve; });
  const take = (json, content) => {
    const m = JSON.parse(json), call = calls.get(m.id ?? m.request);
    if (m.event === "changed") globalThis.heard.push(`${m.data.kind} ${m.data.workspace}`);
    if (m.event !== undefined) call?.events.push(m);
    else if (m.question !== undefined) globalThis.answer(m.question, m.data).then((value) => worker.postMessage(JSON.stringify({ reply: m.request, ask: m.ask, value })));
    else { calls.delete(m.id); call.resolve({ ...m, content: content && base64(content) }); }
    if (m.event === "code") globalThis.shown(m.data.code);
  };
  worker.onmessage = ({ data }) => {
    if (typeof data === "string") take(data, null);
    else if (data instanceof ArrayBuffer) {
      const n = new DataView(data).getUint32(0, true);
      take(new TextDecoder().decode(new Uint8Array(data, 4, n)), new Uint8Array(data, 4 + n));
    } else { globalThis.lines.push(data.line); if (data.line === "up") up(); }
  };
  globalThis.lines = [];
  globalThis.heard = [];
  globalThis.host = (device, method, params, content) => new Promise((resolve) => {
    const id = next++, json = JSON.stringify({ id, method, params, ...(device === null ? {} : { device }) });
    calls.set(id, { resolve, events: [] });
    if (!content) { worker.postMessage(json); return; }
    const head = new TextEncoder().encode(json), whole = new Uint8Array(4 + head.length + content.length);
    new DataView(whole.buffer).setUint32(0, head.length, true);
    whole.set(head, 4); whole.set(content, 4 + head.length);
    worker.postMessage(whole, [whole.buffer]);
  });
  // The same, with content that is a part of a file (queue.mjs).
  globalThis.hostOfPart = (device, method, params, part) => new Promise((resolve) => {
    const id = next++;
    calls.set(id, { resolve, events: [] });
    worker.postMessage({ json: JSON.stringify({ id, method, params, device }), part });
  });
  // The next version of PATH: COUNT pieces, each of TIMES times BYTES but for its first byte. Resolves when it is acknowledged.
  globalThis.send = async (device, path, bytes, times, count) => {
    const opened = await host(device, "writer.open", { path });
    if (opened.error) return opened;
    const { handle } = opened.result;
    for (let i = 0; i < count; i++) {
      const part = new Uint8Array(times * bytes.length);
      for (let at = 0; at < part.length; at += bytes.length) part.set(bytes, at);
      part[0] = i;
      const put = await host(device, "writer.write", { handle, offset: i * part.length }, part);
      if (put.error) return put;
    }
    const done = await host(device, "writer.commit", { handle });
    await host(device, "writer.close", { handle });
    return done;
  };
  worker.postMessage({ folder: "zt-host", url: new URL("/host/zt.wasm", location.href).href });
  return isUp;
}

const gateway = (act) => execFileSync("sh", [join(root, "deploy/local/zt-local"), act, state, bin, "gateway"], { stdio: "ignore" });
let browser = await open(), pickFor = null;
// A document of the origin without the page's own line to its host.
async function tab() {
  const page = await browser.newPage();
  page.on("console", (m) => { if (["error", "warning"].includes(m.type()) && !m.location().url.endsWith("/favicon.ico")) console.log(`    the page: ${m.text()}`); });
  await page.exposeFunction("answer", async (question, data) => pickFor.pick(question, data));
  await page.exposeFunction("shown", (code) => pickFor.shown(code));
  await page.goto(`${url}/zt-web.manifest`);
  await page.evaluate(begin);
  return page;
}
async function call(page, device, method, params = {}, content) {
  const answer = await page.evaluate(([d, m, p, c]) => host(d, m, p, c && Uint8Array.from(c)), [device, method, params, content]);
  if (answer.error) throw Object.assign(new Error(`${method}: ${answer.error.name}: ${answer.error.sentence}`), { code: answer.error.name });
  return answer;
}
async function fetched(page, key, path) {
  const { result: { handle, size } } = await call(page, key, "reader.open", { path }), parts = [];
  for (let at = 0; at < size; at += PIECE) parts.push(Buffer.from((await call(page, key, "reader.read", { handle, offset: at, size: Math.min(PIECE, size - at) })).content, "base64"));
  await call(page, key, "reader.close", { handle });
  return Buffer.concat(parts);
}
const sent = (bytes, times, count) => Buffer.concat([...Array(count).keys()].map((i) => { const part = Buffer.concat(Array(times).fill(bytes)); part[0] = i; return part; }));
const send = (page, key, path, bytes, times, count) => page.evaluate(([k, p, b, t, c]) => globalThis.send(k, p, b, t, c), [key, path, [...bytes], times, count]);

// A browser that cannot says so.
const without = await browser.newPage();
await without.addInitScript(() => Object.defineProperty(Navigator.prototype, "locks", { value: undefined }));
await without.goto(`${url}/`);
await without.getByText("zt cannot run here").waitFor();
await without.getByText("This browser keeps no files for pages").waitFor();
await without.close();
ok("a browser that cannot run it says why");

let page = await tab();
const first = await call(page, null, "host.state");
assert.equal(first.result.host, "browser");
const link = await text("invite", "user");
let theirs;
const known = new Promise((resolve) => { theirs = resolve; });
const greeting = greet(link, theirs);
pickFor = { shown: (code) => greeting.tell(code), pick: async (question, data) => data.choices.indexOf(await known) };
const { result: { key } } = await call(page, null, "host.claim", { link, email: "wanda@demo.example", name: "Wanda", label: "browser", password });
assert.equal((await greeting.ended).rc, 0);
ok("a device is claimed in the browser, codes compared with the native client");

await zt("workspace", "create", "plans");
await zt("workspace", "share", "plans", "wanda@demo.example", "--role", "contributor");
const large = randomBytes(3000000), marker = Buffer.from(`PLANTED-MARKER-${randomBytes(8).toString("hex")}`);
writeFileSync(join(state, "large"), large);
await zt("--quiet", "put", join(state, "large"), "plans:/large");
await call(page, key, "device.sync");
assert.deepEqual((await call(page, key, "workspaces.list")).result.workspaces.map((w) => w.name), ["plans"]);
assert((await fetched(page, key, "plans:/large")).equals(large));
ok("what the native client sent is read, byte for byte");
const body = Buffer.concat([Buffer.from("x"), marker, randomBytes(4000)]);
assert((await send(page, key, "plans:/own", body, 300, 3)).result);
assert((await zt("cat", "plans:/own")).equals(sent(body, 300, 3)));
ok("what is written here the native client reads, byte for byte");

const parts = await page.evaluate(async (device) => {
  const folder = await navigator.storage.getDirectory(), handle = await folder.getFileHandle("part", { create: true });
  const write = async (text) => { const to = await handle.createWritable(); await to.write(text); await to.close(); };
  await write("a part of a file");
  const file = await handle.getFile(), { result: { handle: writer } } = await host(device, "writer.open", { path: "plans:/part" });
  const taken = await hostOfPart(device, "writer.write", { handle: writer, offset: 0 }, file.slice(2, 6));
  await write("another one, which is longer");
  const refused = await hostOfPart(device, "writer.write", { handle: writer, offset: 0 }, file.slice(2, 6));
  const done = await host(device, "writer.commit", { handle: writer });
  await host(device, "writer.close", { handle: writer });
  await folder.removeEntry("part");
  return [taken.error?.name, refused.error?.name, done.error?.name];
}, key);
assert.deepEqual(parts, [undefined, "UNREADABLE", undefined]);
assert.equal((await zt("cat", "plans:/part")).toString(), "part");
ok("the host reads a part of a file, and refuses one of a file that was changed");

// What others do is heard at once, also after the gateway was away.
const hears = (...any) => page.waitForFunction((list) => list.some((one) => globalThis.heard.includes(one)), any, { timeout: 60000 });
const forget = () => page.evaluate(() => { globalThis.heard.length = 0; });
await forget();
await zt("mkdir", "plans:/by-others");
await hears("files plans");
await forget();
gateway("end");
gateway("one");
await hears("connected ");
await forget();
await zt("mkdir", "plans:/by-others-again");
// A gateway that has just begun may close its sockets a second time: what they missed is read when they are back.
await hears("files plans", "connected ");
ok("the page hears what others do at once, and again after the gateway was away");

// A second tab speaks through the first, and takes over when that closes.
const second = await tab();
assert.equal((await call(second, key, "device.whoami")).result.email, "wanda@demo.example");
assert((await fetched(second, key, "plans:/own")).equals(sent(body, 300, 3)));
await assert.rejects(call(second, key, "reader.read", { handle: 1, offset: 0, size: 1 }), { code: "NO_HANDLE" });
ok("a second tab uses the host of the first, with its own handles");
await page.close();
await second.waitForFunction(() => globalThis.lines.join() === "up,down,up", null, { timeout: 20000 });
assert.equal((await call(second, null, "host.state")).result.devices[0].state, "locked");
await call(second, null, "host.unlock", { key, password });
assert((await fetched(second, key, "plans:/own")).equals(sent(body, 300, 3)));
ok("and takes over when the first closes");
page = second;

// Tabs are killed at random moments of uploads.
let acknowledged = 0;
const kept = new Map();
for (let round = 0; round < Number(moments); round++) {
  let running = true;
  const work = (async () => {
    for (let i = 0; running; i++) {
      const path = `plans:/k${round}-${i}`, bytes = randomBytes(1 + Math.floor(Math.random() * 2000)), times = 1 + Math.floor(Math.random() * 300), count = 1 + Math.floor(Math.random() * 3);
      if (!(await send(page, key, path, bytes, times, count)).result) break;
      kept.set(path, sent(bytes, times, count));
      acknowledged++;
    }
  })().catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 1500));
  running = false;
  const session = await browser.newCDPSession(page);
  await Promise.race([session.send("Page.crash").catch(() => {}), new Promise((resolve) => setTimeout(resolve, 500))]);
  await Promise.race([work, page.close()]);
  page = await tab();
  await call(page, null, "host.unlock", { key, password });
}
await zt("--quiet", "get", "plans:/", join(state, "all")); // what each zt costs by itself would be most of this test
for (const [path, bytes] of kept) assert(readFileSync(join(state, "all", path.slice("plans:/".length))).equals(bytes), path);
await call(page, key, "health.store");
await zt("verify", "plans");
ok(`${acknowledged} files were acknowledged before ${moments} tabs were killed, and are there`);

// What a page keeps here is sealed as well: what waits to be sent, and files that are read without the servers.
await call(page, null, "host.state");
await call(page, key, "notes.put", { name: "upload.planted", value: JSON.stringify({ path: marker.toString() }) });
const pinned = (await call(page, key, "reader.open", { path: "plans:/own" })).result;
await call(page, key, "reader.keep", { handle: pinned.handle, how: "pinned" });
for (let at = 0; at < pinned.size; at += PIECE) {
  const params = { handle: pinned.handle, offset: at, size: Math.min(PIECE, pinned.size - at) };
  assert.equal(await page.evaluate(([k, p]) => host(k, "reader.read", p).then((answer) => answer.result?.size ?? answer.error.name), [key, params]), params.size);
}
await call(page, key, "reader.close", { handle: pinned.handle });
assert.equal((await call(page, key, "notes.list", { prefix: "upload." })).result.notes.length, 1);
ok("the page's notes and pinned files are kept");

// The browser restarts: the device is there. Then all of its profile is searched.
await browser.close();
browser = await open();
page = await tab();
await call(page, null, "host.unlock", { key, password });
assert((await fetched(page, key, "plans:/large")).equals(large));
ok("the device is there after a restart of the browser");
await browser.close();
for (const word of [marker.toString(), password]) {
  let found = "";
  try { found = execFileSync("grep", ["-rlaF", word, profile]).toString(); } catch (error) { assert.equal(error.status, 1); }
  assert.equal(found, "", `${word} is at rest in clear`);
}
execFileSync("grep", ["-rlaF", "/devices/", profile]); // that is where the host's files are
ok("nothing of content, or the password, is at rest in clear");
process.exit(0);
