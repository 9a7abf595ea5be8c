// SPDX-License-Identifier: AGPL-3.0-or-later
// A file of GIB=4, with the memory of the page's processes sampled: sent, played from its middle, saved; its bytes are compared.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, openSync, readFileSync, readdirSync, rmSync, truncateSync, writeSync } from "node:fs";
import { join } from "node:path";
import { agent, browser, check, exact, finish, foundOrganization, makeWorkspace, person, state, step } from "./world.mjs";

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
const chrome = await browser();
const { link } = await agent("anne");
const { page } = await person(chrome, link);
const button = (name) => page.getByRole("button", exact(name));
await step("a workspace is there", async () => {
  await foundOrganization(page, { name: "Anne", device: "bench" });
  await page.getByRole("link", { name: "Invite a person" }).click();
  await makeWorkspace(page, "archive");
});
const timer = sampling();
const gib = (size / 2 ** 30).toFixed(1);
await step(`${gib} GiB are sent`, async () => {
  await page.locator("input[type=file]").nth(1).setInputFiles(file);
  await page.getByRole("row", { name: /long\.wav/ }).waitFor({ timeout: 1_200_000 });
});
console.log(`    the page's process had ${most.toFixed(0)} MiB at most`);
check(most < MEMORY_MOST, `the page took ${most} MiB`);
await step("it is played soon, and from its middle", async () => {
  await page.evaluate(() => {
    globalThis.asked = performance.now();
    document.querySelector(".files-row a").click();
  });
  const times = await page.locator("audio").evaluate(async (audio) => {
    const ready = audio.readyState >= 2 ? Promise.resolve() : new Promise((resolve) => audio.addEventListener("canplay", resolve, { once: true }));
    await (audio.preload = "auto", ready);
    const start = performance.now() - globalThis.asked;
    const seeks = [];
    for (const part of [0.5, 0.1, 0.9]) {
      const from = performance.now();
      const seeked = new Promise((resolve) => audio.addEventListener("seeked", resolve, { once: true }));
      audio.currentTime = audio.duration * part;
      await seeked;
      seeks.push(performance.now() - from);
    }
    return { start, seeks };
  });
  console.log(`    from the click until it can be played: ${times.start.toFixed(0)} ms; seeks: ${times.seeks.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  if (process.env.QUIET === "yes") check(times.start < START_MOST_MS && Math.max(...times.seeks) < SEEK_MOST_MS, "it takes too long");
  await page.keyboard.press("Escape");
});
await step(`${gib} GiB are saved, the same`, async () => {
  await page.getByRole("row", { name: /long\.wav/ }).waitFor();
  if (!(await page.getByRole("toolbar").getByRole("button", exact("Download")).isVisible().catch(() => false))) await page.getByRole("row", { name: /long\.wav/ }).click();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("toolbar").getByRole("button", exact("Download")).click()]);
  const path = await download.path();
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
await chrome.close();
finish();
