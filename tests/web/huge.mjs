// SPDX-License-Identifier: AGPL-3.0-or-later
// A file of GIB=4, with the memory of the page's processes sampled: sent, played from its middle, saved; its bytes are compared. Nobody
// is attached to the browser meanwhile: an answer that is watched stays in the page's process.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, openSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { agent, browserAlone, check, exact, finish, foundOrganization, makeWorkspace, state, step } from "./world.mjs";

const MEMORY_MOST = 300, START_MOST_MS = 1000, SEEK_MOST_MS = 500;
// Sound without compression: 44 bytes of head, then as much as a file of this kind can have. A hole of the disk is zeros.
const size = Math.min(Number(process.env.GIB ?? 4) * 2 ** 30, 2 ** 32 - 4096), file = join(state, "long.wav");
const head = Buffer.alloc(44);
head.write("RIFF"); head.writeUInt32LE(size - 8, 4); head.write("WAVEfmt ", 8); head.writeUInt32LE(16, 16); head.writeUInt16LE(1, 20); head.writeUInt16LE(2, 22);
head.writeUInt32LE(48000, 24); head.writeUInt32LE(192000, 28); head.writeUInt16LE(4, 32); head.writeUInt16LE(16, 34); head.write("data", 36); head.writeUInt32LE(size - 44, 40);
writeSync(openSync(file, "w"), head);
truncateSync(file, size);

/** MiB that each renderer of this browser has for itself. */
function renderers() {
  const found = [];
  const parents = new Map();
  const isOurs = (pid) => pid === String(process.pid) || (parents.has(pid) && isOurs(parents.get(pid)));
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      parents.set(pid, readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ")[1]);
    } catch {
      // It has ended.
    }
  }
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!isOurs(pid) || !readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer")) continue;
      found.push(Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]) / 1024);
    } catch {
      // It has ended.
    }
  }
  return found;
}
let most = 0;
const sampling = () => setInterval(() => { most = Math.max(most, ...renderers()); }, 500);
const chrome = await browserAlone();
const { link } = await agent("anne");
let page = await chrome.page(link);
const origin = new URL(page.url()).origin;
await step("a workspace is there", async () => {
  await foundOrganization(page, { name: "Anne", device: "bench" });
  await page.getByRole("link", { name: "Invite a person" }).click();
  await makeWorkspace(page, "archive");
});
const timer = sampling();
const gib = (size / 2 ** 30).toFixed(1);
await step(`${gib} GiB are sent`, async () => {
  await chrome.choose(page, `document.querySelectorAll("input[type=file]")[1]`, [file]);
  const seconds = await chrome.unseen(page, `async () => {
    globalThis.chosen.dispatchEvent(new Event("change", { bubbles: true }));
    do await new Promise((next) => setTimeout(next, 100)); while (!/transfers? done/.test(document.querySelector(".tray-h")?.textContent ?? ""));
  }`);
  console.log(`    ${(size / 2 ** 20 / seconds).toFixed(0)} MiB/s`);
});
console.log(`    the page's process had ${most.toFixed(0)} MiB at most`);
check(most < MEMORY_MOST, `the page took ${most} MiB`);
await step("it is played soon, and from its middle", async () => {
  page = await chrome.page(origin);
  await page.getByRole("row", { name: /long\.wav/ }).waitFor();
  await chrome.unseen(page, `async () => {
    const asked = performance.now();
    document.querySelector(".files-row a").click();
    let audio;
    while (!(audio = document.querySelector("audio"))) await new Promise((next) => setTimeout(next, 5));
    audio.preload = "auto";
    while (audio.readyState < 2) await new Promise((next) => setTimeout(next, 5));
    const start = performance.now() - asked, seeks = [];
    for (const part of [0.5, 0.1, 0.9]) {
      const from = performance.now();
      const seeked = new Promise((resolve) => audio.addEventListener("seeked", resolve, { once: true }));
      audio.currentTime = audio.duration * part;
      await seeked;
      seeks.push(performance.now() - from);
    }
    globalThis.times = { start, seeks };
  }`);
  page = await chrome.page(origin);
  const times = await page.evaluate("globalThis.times");
  console.log(`    from the click until it can be played: ${times.start.toFixed(0)} ms; seeks: ${times.seeks.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  if (process.env.QUIET === "yes") check(times.start < START_MOST_MS && Math.max(...times.seeks) < SEEK_MOST_MS, "it takes too long");
  await page.keyboard.press("Escape");
});
await step(`${gib} GiB are saved, the same`, async () => {
  await page.getByRole("row", { name: /long\.wav/ }).waitFor();
  if (!(await page.getByRole("toolbar").getByRole("button", exact("Download")).isVisible().catch(() => false))) await page.getByRole("row", { name: /long\.wav/ }).click();
  await page.getByRole("toolbar").getByRole("button", exact("Download")).waitFor();
  await chrome.unseen(page, `async () => [...document.querySelectorAll("[role=toolbar] button")].find((one) => one.textContent.trim() === "Download").click()`);
  const path = join(chrome.downloads, "long.wav");
  const start = Date.now();
  while (!existsSync(path) || statSync(path).size < size) await new Promise((resolve) => setTimeout(resolve, 100));
  console.log(`    ${(size / 2 ** 20 / ((Date.now() - start) / 1000)).toFixed(0)} MiB/s`);
  const sum = async (of) => {
    const hash = createHash("sha256");
    for await (const piece of createReadStream(of, { highWaterMark: 1 << 20 })) hash.update(piece);
    return hash.digest("hex");
  };
  check((await sum(path)) === (await sum(file)), "the bytes differ");
  rmSync(path);
});
clearInterval(timer);
console.log(`    the page's process had ${most.toFixed(0)} MiB at most`);
check(most < MEMORY_MOST, `the page took ${most} MiB`);
spawnSync("rm", ["-f", file]);
finish();
