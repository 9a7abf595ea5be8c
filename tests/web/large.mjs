// SPDX-License-Identifier: AGPL-3.0-or-later
// How long a large folder takes from a click to its rows, and whether scrolling it holds the page up. ENTRIES=50000 is the whole.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agent, bin, browser, check, exact, finish, password, person, state, step } from "./world.mjs";

const entries = Number(process.env.ENTRIES ?? 5000);
const home = join(state, "anne/harbour");
writeFileSync(join(state, "password"), password);
writeFileSync(join(state, "code"), process.env.CODE);
mkdirSync(join(state, "anne"), { recursive: true, mode: 0o700 });
function zt(...args) {
  const made = spawnSync(join(bin, "zt"), ["--home", home, "--password-file", join(state, "password"), ...args], { env: { ...process.env, LD_PRELOAD: process.env.QUICK ?? "" }, encoding: "utf8" });
  check(made.status === 0, `zt ${args.join(" ")}: ${made.stdout}${made.stderr}`);
}
await step(`${entries} files are in a folder`, async () => {
  zt("org", "bootstrap", "--server", process.env.URL, "--founding-file", join(state, "code"), "--slug", "harbour", "--email", "anne@harbour.example", "--name", "Anne");
  zt("workspace", "create", "archive");
  const folder = join(state, "tree/large");
  mkdirSync(folder, { recursive: true });
  for (let n = 0; n < entries; n++) writeFileSync(join(folder, `scan ${n}.txt`), "");
  zt("put", join(state, "tree/large"), "archive:/large");
});
const found = await agent("anne");
const chrome = await browser();
const { page } = await person(chrome, found.link);
await step("the page opens it", async () => {
  await page.getByRole("link", { name: /harbour/ }).click();
  await page.getByLabel("Password of this device", { exact: true }).fill(password);
  await page.getByRole("button", exact("Unlock")).click();
  await page.getByRole("main").getByRole("link", exact("archive")).click();
  await page.getByRole("row", { name: /large/ }).waitFor();
});
await step("rows are there soon, and scrolling holds nothing up", async () => {
  for (const turn of ["first", "second"]) {
    const ms = await page.evaluate(async () => {
      const start = performance.now();
      document.querySelector('.files-row a').click();
      while (!document.querySelector('.files-row a[title^="scan "]')) await new Promise((next) => requestAnimationFrame(next));
      return performance.now() - start;
    });
    await page.getByText(`${entries} items`).first().waitFor({ timeout: 120_000 });
    console.log(`    ${turn} time: ${ms.toFixed(0)} ms from the click to rows`);
    if (turn === "first") {
      await page.goBack();
      await page.getByRole("row", { name: /large/ }).waitFor();
    }
  }
  const longest = await page.evaluate(async () => {
    let most = 0;
    new PerformanceObserver((list) => { for (const one of list.getEntries()) most = Math.max(most, one.duration); }).observe({ type: "longtask", buffered: false });
    const box = document.querySelector(".files");
    for (let turn = 0; turn < 120; turn++) {
      box.scrollTop += box.scrollHeight / 130;
      await new Promise((next) => requestAnimationFrame(next));
    }
    await new Promise((next) => setTimeout(next, 500));
    return most;
  });
  console.log(`    the longest task while scrolling: ${longest.toFixed(0)} ms`);
  const rows = await page.locator(".files-row").count();
  check(rows < 100, `${rows} rows are in the page`);
});
await chrome.close();
finish();
