// SPDX-License-Identifier: AGPL-3.0-or-later
// The storage of the browser's host: full, also in the middle of an upload, put back to an older state, in use twice, removed by
// another page, cleared while the page is open and between two visits. The page says what happened and what to do, and nothing
// that was acknowledged is lost.
import { randomBytes } from "node:crypto";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { check, exact, finish, foundOrganization, makeWorkspace, password, root, state, step } from "./world.mjs";

const { chromium } = createRequire(join(root, "apps/web/package.json"))("playwright-core");
const origin = process.env.URL;
const profile = join(state, "profile");
let context, page, cdp;
const button = (name) => page.getByRole("button", exact(name));
const field = (name) => page.getByLabel(name, { exact: true });
const row = (name) => page.getByRole("row", { name: new RegExp(name.replace(".", "\\.")) });
const shot = async (name) => { if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png` }); };

async function visit(folder = profile) {
  context = await chromium.launchPersistentContext(folder, { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"], locale: "en-GB", viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(60_000);
  page = await context.newPage();
  cdp = await context.newCDPSession(page);
  await page.goto(`${origin}/`);
}
async function unlock() {
  await page.locator("a.org").first().click();
  await field("Password of this device").fill(password);
  await button("Unlock").click();
  await page.getByRole("main").getByRole("link", exact("Plans")).click();
}
/** Makes the organization SLUG by CODE, with a workspace that is open. */
async function found(slug, code) {
  await foundOrganization(page, { server: origin, slug, code });
  await page.getByRole("link", { name: "Invite a person" }).click();
  await makeWorkspace(page, "Plans");
}
async function upload(name, bytes) {
  writeFileSync(join(state, name), bytes);
  await page.locator("input[type=file]").nth(1).setInputFiles(join(state, name));
}
async function uploaded(name) {
  await row(name).waitFor({ timeout: 60_000 });
  await page.getByText("All changes uploaded").waitFor();
}
async function downloaded(name) {
  await row(name).getByRole("checkbox").check();
  const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("toolbar").getByRole("button", exact("Download")).click()]);
  const bytes = readFileSync(await saved.path());
  await page.getByRole("toolbar").getByRole("button", exact("Select nothing")).click();
  return bytes;
}

await visit();
try {
  await step("a device with a workspace and a file", async () => {
    await found("harbour", process.env.CODE);
    await upload("first.txt", "first\n");
    await uploaded("first.txt");
  });
  await step("the storage is full: the page says so, and continues when there is room", async () => {
    await cdp.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
    for (let n = 0; n < 20 && (await page.getByText(/left out/).count()) === 0; n++) {
      const many = [...Array(50).keys()].map((at) => { const name = join(state, `many-${n}-${at}.txt`); writeFileSync(name, randomBytes(4000)); return name; });
      await page.locator("input[type=file]").nth(1).setInputFiles(many);
      await Promise.race([page.getByText(/left out/).first().waitFor({ timeout: 60_000 }), page.getByText("All changes uploaded").waitFor({ timeout: 60_000 })]);
    }
    await page.getByText(/left out/).first().waitFor({ timeout: 60_000 });
    await button("See").click();
    const said = await page.getByRole("dialog").innerText();
    await shot("full");
    check(said.includes("There is no room left, in this browser"), "it does not say that the storage is full");
    await page.getByRole("dialog").getByRole("button", exact("Close")).last().click();
    await cdp.send("Storage.overrideQuotaForOrigin", { origin });
    await upload("a-room.txt", "there is room\n");
    await uploaded("a-room.txt");
    await row("first.txt").waitFor();
  });
  await step("the storage is full in the middle of a large upload: it arrives whole, or the page says that it did not", async () => {
    const large = randomBytes(48 << 20);
    writeFileSync(join(state, "large.bin"), large);
    await page.locator("input[type=file]").nth(1).setInputFiles(join(state, "large.bin"));
    await page.getByRole("region", { name: "Transfers" }).getByText("large.bin").waitFor();
    await page.waitForFunction(() => [...document.querySelectorAll(".tray li [role=progressbar]")].some((one) => Number(one.getAttribute("aria-valuenow")) >= 20));
    await cdp.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1 });
    const isLeftOut = () => button("See").waitFor({ timeout: 120_000 }).then(() => true);
    const arrived = () => page.getByText("All changes uploaded").waitFor({ timeout: 120_000 }).then(() => false);
    const refused = await Promise.race([isLeftOut(), arrived()]);
    if (refused) {
      await button("See").click();
      check((await page.getByRole("dialog").innerText()).includes("There is no room left, in this browser"), "it does not say that the storage is full");
      await page.getByRole("dialog").getByRole("button", exact("Close")).last().click();
    }
    console.log(`    it was ${refused ? "refused, and the page said so" : "sent to its end"}`);
    await cdp.send("Storage.overrideQuotaForOrigin", { origin });
    if (refused) await upload("large.bin", large);
    await uploaded("large.bin");
    check((await downloaded("large.bin")).equals(large), "the bytes differ");
    for (const name of ["first.txt", "a-room.txt"]) await row(name).waitFor();
  });
  await step("an older copy of the browser's profile is put back: the device opens, and has what came later", async () => {
    await context.close();
    cpSync(profile, `${profile}.older`, { recursive: true });
    await visit();
    await unlock();
    await upload("later.txt", "after the copy\n");
    await uploaded("later.txt");
    await context.close();
    rmSync(profile, { recursive: true });
    cpSync(`${profile}.older`, profile, { recursive: true });
    await visit();
    await unlock();
    await row("later.txt").waitFor();
    await upload("behind.txt", "behind it\n");
    await uploaded("behind.txt");
  });
  await step("two copies of the profile are used at the same time: each has what the other wrote", async () => {
    const mine = { context, page, cdp };
    await visit(`${profile}.older`);
    const theirs = { context, page, cdp };
    await unlock();
    await row("behind.txt").waitFor();
    await upload("a-theirs.txt", "of the older copy\n");
    await uploaded("a-theirs.txt");
    ({ context, page, cdp } = mine);
    await row("a-theirs.txt").waitFor();
    await upload("a-mine.txt", "of the newer one\n");
    await uploaded("a-mine.txt");
    ({ context, page, cdp } = theirs);
    await row("a-mine.txt").waitFor();
    await context.close();
    ({ context, page, cdp } = mine);
  });
  await step("another page of the address removes its folders: the browser refuses it, and the page continues", async () => {
    const other = await context.newPage();
    await other.goto(`${origin}/zt-web.manifest`);
    const refused = await other.evaluate(async () => {
      const top = await navigator.storage.getDirectory(), said = [];
      for await (const name of top.keys()) said.push(await top.removeEntry(name, { recursive: true }).then(() => "removed", (error) => error.name));
      return said;
    });
    check(refused.length > 0 && refused.every((one) => one === "NoModificationAllowedError"), refused.join());
    await other.close();
    await upload("a-still.txt", "still\n");
    await uploaded("a-still.txt");
  });
  const acknowledged = ["first.txt", "a-room.txt", "large.bin", "later.txt", "behind.txt", "a-theirs.txt", "a-mine.txt", "a-still.txt"];
  const putBack = async () => {
    await context.close();
    rmSync(profile, { recursive: true });
    cpSync(`${profile}.older`, profile, { recursive: true });
    await visit();
  };
  const cut = randomBytes(96 << 20);
  const lost = (one) => one.getByText("This browser no longer has the device").waitFor({ timeout: 30_000 });
  await step("the browser clears it all under two open pages, in the middle of an upload: both say at once what is gone, and begin again", async () => {
    const other = await context.newPage();
    await other.goto(`${origin}/`);
    await other.locator("a.org").waitFor();
    await upload("a-never.bin", cut);
    await page.waitForFunction(() => [...document.querySelectorAll(".tray li [role=progressbar]")].some((one) => Number(one.getAttribute("aria-valuenow")) >= 10));
    await cdp.send("Storage.clearDataForOrigin", { origin, storageTypes: "all" });
    await Promise.all([lost(page), lost(other)]);
    await shot("cleared-open");
    check((await page.getByRole("alert").innerText()).includes("harbour"), "it does not say which");
    await page.reload();
    await lost(page);
    await button("I have read this").click();
    await page.reload();
    await page.getByRole("heading", { name: "Welcome to zt" }).waitFor();
    await page.getByRole("link", { name: "Create an organization" }).click();
    await field("Address of the server").waitFor();
  });
  await step("what was acknowledged is at the server", async () => {
    await putBack();
    await unlock();
    for (const name of acknowledged) await row(name).waitFor();
    if (await row("a-never.bin").count()) check((await downloaded("a-never.bin")).equals(cut), "a part of a file has arrived");
  });
  await step("the browser clears it between two visits, also as the page is being left: the page says what is gone, and what to do", async () => {
    await page.goto("about:blank");
    await cdp.send("Storage.clearDataForOrigin", { origin, storageTypes: "file_systems,indexeddb,cache_storage,service_workers" });
    await page.goto(`${origin}/`);
    await lost(page);
    await shot("cleared");
    check((await page.getByRole("alert").innerText()).includes("harbour"), "it does not say which");
    await button("I have read this").click();
    await page.reload();
    await page.getByRole("heading", { name: "Welcome to zt" }).waitFor();
    check((await page.getByText("no longer has the device").count()) === 0, "it is said again");
  });
} catch (error) {
  await page.screenshot({ path: join(state, "failed.png") }).catch(() => {});
  throw error;
} finally {
  await context.close();
}
finish();
