// SPDX-License-Identifier: AGPL-3.0-or-later
// What the tests of the page share: a browser, the agent's one-time link, and assertions.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const FOUNDING_MS = 120_000; // a password's key is made several times, beside much other work
export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const require = createRequire(join(root, "apps/web/package.json"));
const { chromium, _bidiFirefox } = require("playwright-core");
export const axePath = require.resolve("axe-core/axe.min.js");

export const bin = process.env.BIN ?? join(root, "build/rel/bin");
export const state = process.env.STATE;
export const password = "four words that fit";
const SOON_MS = Number(process.env.SOON_MS ?? 30_000);

let passed = 0;
let failed = 0;

export async function step(name, run) {
  const start = Date.now();
  try {
    await run();
    passed++;
    console.log(`ok - ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
  } catch (error) {
    failed++;
    console.log(`NOT OK - ${name}: ${error.stack}`);
    throw error;
  }
}

export function check(condition, words) {
  if (!condition) throw new Error(words);
}

export function finish() {
  console.log(`${passed} passed, ${failed} failed`);
  for (const one of children) one.kill();
  process.exit(failed === 0 ? 0 : 1);
}

const children = [];
process.on("exit", () => { for (const one of children) one.kill(); });

/** What a person's page is opened by: an agent of their own, whose devices are in STATE/NAME; with HOST=browser, the gateway, and
 *  the client runs in the page's workers. */
export async function agent(name) {
  if (process.env.HOST === "browser") return { link: `${process.env.URL}/` };
  const folder = join(state, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const log = openSync(join(state, `${name}.agent.log`), "a");
  const child = spawn(join(bin, "zt-agent"), ["--root", folder, "--page", join(root, "build/web"), "--insecure"], { stdio: ["ignore", log, log], env: { ...process.env, LD_PRELOAD: process.env.QUICK ?? "" } });
  children.push(child);
  child.on("exit", (code, signal) => console.log(`    the agent of ${name} ended: ${code ?? signal}`));
  const socket = join(folder, "zt-agent/socket");
  for (let wait = 0; ; wait++) {
    try {
      return { child, socket, link: await ticket(socket) };
    } catch (error) {
      if (wait > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Asks the agent by its socket for a one-time link, in the form of a WebSocket (RFC 6455). */
export function ticket(path) {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let bytes = Buffer.alloc(0);
    let isOpen = false;
    socket.on("error", reject);
    socket.on("connect", () => socket.write(`GET /rpc HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: zt.v1\r\n\r\n`));
    socket.on("data", (more) => {
      bytes = Buffer.concat([bytes, more]);
      if (!isOpen) {
        const end = bytes.indexOf("\r\n\r\n");
        if (end < 0) return;
        if (!bytes.subarray(0, end).toString().includes(" 101 ")) {
          reject(new Error(bytes.subarray(0, end).toString()));
          return;
        }
        isOpen = true;
        bytes = bytes.subarray(end + 4);
        const text = Buffer.from(JSON.stringify({ id: 1, method: "host.ticket", params: {} }));
        const mask = randomBytes(4);
        socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length]), mask, text.map((byte, at) => byte ^ mask[at % 4])]));
      }
      while (bytes.length >= 2) {
        let size = bytes[1] & 127;
        let head = 2;
        if (size === 126) {
          size = bytes.readUInt16BE(2);
          head = 4;
        }
        if (bytes.length < head + size) return;
        const message = JSON.parse(bytes.subarray(head, head + size).toString());
        bytes = bytes.subarray(head + size);
        if (message.id !== 1) continue;
        socket.end();
        if (message.error) reject(new Error(message.error.english));
        else resolve(message.result.url);
        return;
      }
    });
  });
}

/** Chromium; with BROWSER=firefox, Firefox ESR, which saves downloads in STATE/downloads. */
export const isFirefox = process.env.BROWSER === "firefox";
export async function browser() {
  if (isFirefox) {
    const prefs = { "browser.download.folderList": 2, "browser.download.dir": join(state, "downloads"), "browser.download.always_ask_before_handling_new_types": false };
    return _bidiFirefox.launch({ executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr", firefoxUserPrefs: prefs });
  }
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

/** Chromium that is looked at only between measures: while somebody watches the network, each process of it tells and keeps what passes,
 *  which takes more than the work itself. `page(URL)` attaches to it, again after `unseen`. It saves files in `downloads`. */
export async function browserAlone() {
  const folder = join(state, "alone"), downloads = join(state, "downloads");
  mkdirSync(join(folder, "Default"), { recursive: true });
  mkdirSync(downloads, { recursive: true });
  writeFileSync(join(folder, "Default/Preferences"), JSON.stringify({ download: { default_directory: downloads, prompt_for_download: false } }));
  const child = spawn(process.env.CHROMIUM ?? "/usr/bin/chromium", ["--headless", "--no-sandbox", "--disable-dev-shm-usage", "--no-first-run", "--accept-lang=en-GB", "--window-size=1280,800",
    "--remote-debugging-port=0", `--user-data-dir=${folder}`, "about:blank"], { stdio: "ignore" });
  children.push(child);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1)); // which ends the browser
  let port = "", chrome = null, turn = 0;
  for (let wait = 0; port === ""; wait++) {
    check(wait < 300, "the browser does not begin");
    await new Promise((resolve) => setTimeout(resolve, 100));
    try {
      port = readFileSync(join(folder, "DevToolsActivePort"), "utf8").split("\n")[0];
    } catch {
      // It is not there yet.
    }
  }
  const address = `http://127.0.0.1:${port}`;
  return {
    pid: child.pid, downloads,
    async page(url) {
      chrome ??= await chromium.connectOverCDP(address);
      const [context] = chrome.contexts();
      context.setDefaultTimeout(SOON_MS);
      const found = context.pages().find((one) => one.url().startsWith(url));
      if (found) {
        await found.bringToFront();
        return found;
      }
      const made = await context.newPage();
      await made.goto(url);
      return made;
    },
    /** Puts FILES into the input of PAGE that EXPRESSION gives. It is `chosen` there, and hears of it by the first "change" that is sent to it. */
    async choose(page, expression, files) {
      const session = await page.context().newCDPSession(page);
      const { result } = await session.send("Runtime.evaluate", { expression: `(() => {
        const hold = (event) => { event.stopImmediatePropagation(); window.removeEventListener("change", hold, true); };
        window.addEventListener("change", hold, true);
        return globalThis.chosen = ${expression};
      })()` });
      await session.send("DOM.setFileInputFiles", { files, objectId: result.objectId });
      await session.detach();
    },
    /** Has PAGE do ACT, a function without anything around it, while nobody is attached. The answer: the seconds that it took. `began` is
     *  there when it began, in ms since 1970. */
    async unseen(page, act) {
      // One text, because the page's policy lets it make none. The title says its end, and is seen without being attached.
      const mark = `measure ${++turn}`;
      await page.evaluate(`(() => {
        setTimeout(async () => {
          const start = performance.now();
          globalThis.began = Date.now();
          try {
            await (${act})();
            document.title = "${mark}: " + (performance.now() - start) / 1000;
          } catch (error) {
            document.title = "${mark}: " + error;
          }
        }, 1500);
      })()`);
      await chrome.close();
      chrome = null;
      for (;;) {
        const found = (await (await fetch(`${address}/json/list`)).json()).find(({ title }) => title.startsWith(`${mark}: `));
        if (found) {
          const said = found.title.slice(mark.length + 2);
          check(Number(said) >= 0, said);
          return Number(said);
        }
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    },
  };
}

/** A window of a person, in a separate profile. Errors of the page are printed, and fail the last step. */
export async function person(chrome, link, options = {}) {
  const able = isFirefox ? {} : { acceptDownloads: true, permissions: ["clipboard-read", "clipboard-write"] };
  const context = await chrome.newContext({ locale: "en-GB", viewport: { width: 1280, height: 800 }, ...able, ...options });
  context.setDefaultTimeout(SOON_MS);
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    if (message.type() !== "error") return;
    problems.push(`${message.text()} ${message.location().url}`);
    console.log(`    the page: ${message.text()} ${message.location().url}`);
  });
  await page.goto(link);
  return { context, page, problems };
}

export const exact = (name) => ({ name, exact: true });

/** Makes an organization, from the welcome on: by SERVER and the operator's CODE for it, with anne's first device. */
export async function foundOrganization(page, { server = process.env.URL, slug = "harbour", code = process.env.CODE, name = "Anne Le Goff", device = "Anne's laptop", secret = password } = {}) {
  const button = (name) => page.getByRole("button", exact(name));
  const fill = (label, text) => page.getByLabel(label, { exact: true }).fill(text);
  await page.getByRole("link", { name: "Create an organization" }).click();
  await fill("Address of the server", server);
  await fill("Name of the organization at the server", slug);
  await fill("Code of the operator", code);
  await button("Continue").click();
  await fill("Your name", name);
  await fill("Your e-mail address", "anne@harbour.example");
  await fill("What this device is called", device);
  await button("Continue").click();
  await fill("Password of this device", secret);
  await fill("The same password again", secret);
  await button("Create the organization").click();
  await page.getByRole("heading", { name: "Your organization is there" }).waitFor({ timeout: FOUNDING_MS });
}

/** Makes the workspace NAME, where the navigation is shown, and opens it. */
export async function makeWorkspace(page, name) {
  await page.getByRole("complementary", { name: "Navigation" }).getByRole("button", exact("New workspace")).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", exact("Create")).click();
  await page.getByText("Drop files or folders here").waitFor();
}
