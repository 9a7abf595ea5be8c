// SPDX-License-Identifier: AGPL-3.0-or-later
// Failures, on each host: the server is away in each flow, services begin again, the machine sleeps; in the browser's host its
// storage is full, cleared, or put back. The page says so, keeps what was typed, and continues by itself.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agent, bin, browser, check, exact, finish, foundOrganization, makeWorkspace, password, person, root, state, step } from "./world.mjs";

const isBrowser = process.env.HOST === "browser";
const local = (act, name) => execFileSync("sh", [join(root, "deploy/local/zt-local"), act, state, bin, name], { stdio: "ignore" });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const chrome = await browser();
const anneHost = await agent("anne");
const anne = await person(chrome, anneHost.link);
const karim = await person(chrome, (await agent("karim")).link);
const a = anne.page;
const k = karim.page;
const button = (page, name) => page.getByRole("button", exact(name));
const field = (page, name) => page.getByLabel(name, { exact: true });
const away = (page) => page.getByText("The server cannot be reached.").first();
const shot = async (page, name) => { if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}-${isBrowser ? "browser" : "agent"}.png` }); };
const put = (name, bytes) => { writeFileSync(join(state, name), bytes); return join(state, name); };
const row = (name) => a.getByRole("row", { name: new RegExp(name.replace(".", "\\.")) });
const uploaded = () => a.getByText("All changes uploaded").waitFor({ timeout: 90_000 });

/** The processes below PID of which the name begins with WORD. */
function below(pid, word) {
  const children = execFileSync("sh", ["-c", `pgrep -P ${pid} || true`]).toString().trim().split("\n").filter(Boolean).map(Number);
  return children.flatMap((one) => {
    let name = "";
    try { name = readFileSync(`/proc/${one}/comm`, "utf8"); } catch { return []; }
    return [...(name.startsWith(word) ? [one] : []), ...below(one, word)];
  });
}

async function download(name, meanwhile = async () => {}) {
  await row(name).getByRole("checkbox").check();
  const bytes = await new Promise((resolve, reject) => {
    // One that the host had to end begins again.
    const take = (got) => got.path().then((path) => { a.off("download", take); resolve(readFileSync(path)); }, () => {});
    a.on("download", take);
    a.getByRole("toolbar").getByRole("button", exact("Download")).click().then(meanwhile).catch(reject);
    setTimeout(() => reject(new Error("no download came to its end")), 90_000);
  });
  await a.getByRole("toolbar").getByRole("button", exact("Select nothing")).click();
  return bytes;
}

async function setPassword(page) {
  await field(page, "Password of this device").fill(password);
  await field(page, "The same password again").fill(password);
}

async function pick(page, code) {
  await page.locator(".pick").first().waitFor();
  for (const choice of await page.locator(".pick").all()) {
    if ((await choice.locator(".sas").innerText()).replace(/\s/g, "") !== code) continue;
    await choice.click();
    return;
  }
  throw new Error(`the code ${code} is not among the choices`);
}
const shownCode = async (page) => (await page.locator(".sas-box .sas").innerText()).replace(/\s/g, "");

async function unlock(page) {
  await field(page, "Password of this device").fill(password);
  await button(page, "Unlock").click();
}

try {
  await step("anne makes an organization and a workspace", async () => {
    await foundOrganization(a);
  });

  let link = "";
  await step("the server is away when somebody joins, and while two people compare codes: the exchange continues by itself", async () => {
    await a.getByRole("link", { name: "Invite a person" }).click();
    await button(a, "Invite").click();
    link = await a.locator(".linkbox code").innerText();
    await k.getByRole("link", { name: "Join with a link" }).click();
    await field(k, "Link of the invitation").fill(link);
    await field(k, "Your name").fill("Karim Benali");
    await field(k, "Your e-mail address").fill("karim@harbour.example");
    await field(k, "What this device is called").fill("Karim's phone");
    await button(k, "Continue").click();
    await setPassword(k);
    local("end", "gateway");
    await button(k, "We are both here: compare codes").click();
    await k.getByText("The exchange begins again by itself").waitFor();
    await shot(k, "claim-away");
    local("one", "gateway");
    await button(a, "Welcome now: compare codes").click();
    await Promise.all([a, k].map((page) => page.locator(".sas-box").waitFor()));
    local("end", "gateway");
    await pick(k, await shownCode(a));
    await pause(4000);
    local("one", "gateway");
    await pick(a, await shownCode(k));
    await a.getByRole("heading", { name: "Let Karim Benali in?" }).waitFor();
    await button(a, "Let in").click();
    await a.getByText("Karim Benali is in").waitFor();
    await button(a, "Done").click();
    await k.getByRole("heading", { name: "You are in" }).waitFor();
  });

  await makeWorkspace(a, "Plans");
  const large = randomBytes(48 << 20);
  await step("the server is away in an upload: the page says so, and sends the file by itself when it is back", async () => {
    await a.locator("input[type=file]").nth(1).setInputFiles(put("large.bin", large));
    await a.locator(".tray").waitFor();
    await pause(400);
    local("end", "gateway");
    await away(a).waitFor();
    await shot(a, "upload-away");
    await pause(3000);
    local("one", "gateway");
    await row("large.bin").waitFor({ timeout: 60_000 });
    await uploaded();
    await away(a).waitFor({ state: "hidden" });
    check((await a.getByText("was left out").count()) === 0, "it was left out");
  });
  await step("and in a download", async () => {
    const bytes = await download("large.bin", async () => {
      local("end", "gateway");
      await pause(3000);
      local("one", "gateway");
    });
    check(bytes.equals(large), "the bytes differ");
  });
  await step("the services begin again, one after the other, in an upload", async () => {
    const bytes = randomBytes(24 << 20);
    await a.locator("input[type=file]").nth(1).setInputFiles(put("again.bin", bytes));
    for (const name of ["blocks", "metadata", "auth", "messaging"]) {
      local("end", name);
      local("one", name);
    }
    await row("again.bin").waitFor({ timeout: 60_000 });
    await uploaded();
    check((await download("again.bin")).equals(bytes), "the bytes differ");
  });
  await step("the network of the browser is off in an upload, and on again", async () => {
    const bytes = randomBytes(4 << 20);
    await anne.context.setOffline(true);
    await a.locator("input[type=file]").nth(1).setInputFiles(put("offline.bin", bytes));
    await pause(2000);
    await anne.context.setOffline(false);
    await row("offline.bin").waitFor({ timeout: 60_000 });
    await uploaded();
    check((await download("offline.bin")).equals(bytes), "the bytes differ");
  });
  const box = a.getByRole("textbox", { name: /Text of note.txt/ });
  const typed = () => box.evaluate((one) => one.value ?? one.textContent);
  await step("the server is away when a text is saved: it stays, and is saved by itself", async () => {
    await a.locator("input[type=file]").nth(1).setInputFiles(put("note.txt", "first\n"));
    await row("note.txt").waitFor();
    await uploaded();
    await row("note.txt").getByRole("link").first().click();
    await button(a, "Edit").click();
    await box.fill("first\nwhat anne typed\n");
    local("end", "gateway");
    await button(a, "Save").click();
    await a.getByText("Your text is still here, and is saved once the server can be reached.").waitFor();
    await shot(a, "edit-away");
    check((await typed()).includes("what anne typed"), "the text is gone");
    local("one", "gateway");
    await a.getByText("Saved", { exact: true }).waitFor();
  });
  await step("the device is locked while a text is typed: it is there again afterwards", async () => {
    await box.fill("first\nwhat anne typed\nand more\n");
    await a.keyboard.press("Escape");
    await a.getByRole("button", { name: /my account/ }).click();
    await a.getByRole("menuitem", exact("Lock")).click();
    await unlock(a);
    await box.waitFor();
    check((await typed()).includes("and more"), "the text is gone");
    await box.press("Control+s");
    await a.getByText("Saved", { exact: true }).waitFor();
  });
  await step("the machine sleeps for 40 seconds: what was typed is there, and is saved", async () => {
    await box.fill("first\ntyped before the sleep\n");
    const asleep = below(process.pid, "chrom");
    check(asleep.length > 1, "no browser to be found");
    for (const pid of asleep) process.kill(pid, "SIGSTOP");
    if (anneHost.child) anneHost.child.kill("SIGSTOP");
    local("end", "gateway");
    await pause(40_000);
    local("one", "gateway");
    if (anneHost.child) anneHost.child.kill("SIGCONT");
    for (const pid of asleep) process.kill(pid, "SIGCONT");
    check((await typed()).includes("before the sleep"), "the text is gone");
    await box.press("Control+s");
    await a.getByText("Saved", { exact: true }).waitFor({ timeout: 60_000 });
  });
} catch (error) {
  for (const [page, name] of [[a, "anne"], [k, "karim"]]) await page.screenshot({ path: join(state, `${name}.png`) }).catch(() => {});
  throw error;
} finally {
  await chrome.close();
}
finish();
