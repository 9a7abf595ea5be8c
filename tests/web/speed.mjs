// SPDX-License-Identifier: AGPL-3.0-or-later
// How fast a large file is sent and saved through the page, beside zt on the command line, in the same run: MIB=256.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agent, bin, browser, check, exact, finish, password, person, state, step } from "./world.mjs";

const mib = Number(process.env.MIB ?? 256);
const home = join(state, "anne/harbour");
mkdirSync(join(state, "anne"), { recursive: true, mode: 0o700 });
writeFileSync(join(state, "password"), password);
writeFileSync(join(state, "code"), process.env.CODE);
function zt(...args) {
  const start = Date.now();
  const made = spawnSync(join(bin, "zt"), ["--home", home, "--password-file", join(state, "password"), ...args], { env: { ...process.env, ZT_AGENT: "no", LD_PRELOAD: process.env.QUICK ?? "" }, encoding: "utf8" });
  check(made.status === 0, `zt ${args.join(" ")}: ${made.stdout}${made.stderr}`);
  return (Date.now() - start) / 1000;
}
const file = join(state, "large.bin");
await new Promise((resolve) => {
  const out = createWriteStream(file);
  for (let n = 0; n < mib; n++) out.write(randomBytes(1 << 20));
  out.end(resolve);
});
zt("org", "bootstrap", "--server", process.env.URL, "--founding-file", join(state, "code"), "--slug", "harbour", "--email", "anne@harbour.example", "--name", "Anne");
zt("workspace", "create", "archive");
const nativeUp = zt("put", file, "archive:/native.bin");
const nativeDown = zt("get", "archive:/native.bin", join(state, "native.bin"));
const found = await agent("anne");
const chrome = await browser();
const { page } = await person(chrome, found.link);
await page.getByRole("link", { name: /harbour/ }).click();
await page.getByLabel("Password of this device", { exact: true }).fill(password);
await page.getByRole("button", exact("Unlock")).click();
await page.getByRole("main").getByRole("link", exact("archive")).click();
await page.getByRole("row", { name: /native/ }).waitFor();
let up = 0;
let down = 0;
await step(`${mib} MiB up and down`, async () => {
  let start = Date.now();
  await page.locator("input[type=file]").nth(1).setInputFiles(file);
  await page.getByRole("row", { name: /large\.bin/ }).waitFor({ timeout: 300_000 });
  up = (Date.now() - start) / 1000;
  await page.getByRole("row", { name: /large\.bin/ }).click();
  start = Date.now();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("toolbar").getByRole("button", exact("Download")).click()]);
  const path = await download.path();
  down = (Date.now() - start) / 1000;
  check(readFileSync(path).equals(readFileSync(file)), "the bytes differ");
});
const rate = (seconds) => `${(mib / seconds).toFixed(0)} MiB/s`;
console.log(`    up: ${rate(up)} by the page, ${rate(nativeUp)} by zt (${(nativeUp / up).toFixed(2)}); down: ${rate(down)} by the page, ${rate(nativeDown)} by zt (${(nativeDown / down).toFixed(2)})`);
await chrome.close();
finish();
