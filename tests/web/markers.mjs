// SPDX-License-Identifier: AGPL-3.0-or-later
// A working day of one person with planted words: names, contents, what is searched, typed and shown once. Then all that is at rest,
// of the browser's profile and of the agent, while both run and after they ended, is searched for them, as bytes and as UTF-16.
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { agent, check, exact, finish, foundOrganization, makeWorkspace, root, state, step } from "./world.mjs";

const { chromium } = createRequire(join(root, "apps/web/package.json"))("playwright-core");
const profile = join(state, "profile");
const isBrowser = process.env.HOST === "browser";
const plant = (kind) => `${kind}${randomBytes(6).toString("hex")}`;
/** What must be nowhere. */
const secret = {
  content: plant("Content"), "what is not text": plant("Binary"), edit: plant("Edited"), draft: plant("Draft"), search: plant("Search"), password: `${plant("Password")} four words`,
  "an invited person's name": plant("Invitee"), "an invited person's address": `${plant("address").toLowerCase()}@harbour.example`,
};
/** Names, which the browser's own history has: they are in the address of what was opened, and in its title. */
const names = { workspace: plant("Workspace"), folder: plant("Folder"), text: `${plant("Text")}.txt`, binary: `${plant("Sound")}.bin`, renamed: `${plant("Renamed")}.txt` };
const ownHistory = /^profile\/(Default\/(History|History-journal|Sessions\/.*|Favicons.*|Top Sites.*|Shortcuts.*|Network Action Predictor.*|shared_proto_db\/.*)|segmentation_platform\/.*)$/;

function* files(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    let is;
    try { is = statSync(path); } catch { continue; } // a socket's link, or a file that went away
    if (is.isDirectory()) yield* files(path);
    else if (is.isFile()) yield path;
  }
}
/** Where WORDS ({ kind: text }) are: "kind in file". */
function found(words, folders = [profile, ...(isBrowser ? [] : [join(state, "anne"), join(state, "anne.agent.log")])]) {
  const wanted = Object.entries(words).flatMap(([kind, text]) => [[kind, Buffer.from(text)], [`${kind} as UTF-16`, Buffer.from(text, "utf16le")]]);
  const places = [];
  for (const one of folders) for (const path of statSync(one).isDirectory() ? files(one) : [one]) {
    let bytes;
    try { bytes = readFileSync(path); } catch { continue; }
    for (const [kind, text] of wanted) if (bytes.includes(text)) places.push(`${kind} in ${relative(state, path)}`);
  }
  return places;
}
const nowhere = (when) => {
  const bad = [...found(secret), ...found(names).filter((one) => !ownHistory.test(one.slice(one.indexOf(" in ") + 4)))];
  check(bad.length === 0, `${when}: ${bad.join("; ")}`);
};

const host = await agent("anne");
const context = await chromium.launchPersistentContext(profile, { executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", "--disable-dev-shm-usage"], locale: "en-GB", viewport: { width: 1280, height: 800 }, downloadsPath: join(state, "saved") });
context.setDefaultTimeout(60_000);
const page = await context.newPage();
const button = (name) => page.getByRole("button", exact(name));
const field = (name) => page.getByLabel(name, { exact: true });
const row = (name) => page.getByRole("row", { name: new RegExp(name) });
const put = async (name, bytes) => {
  writeFileSync(join(state, name), bytes);
  await page.locator("input[type=file]").nth(1).setInputFiles(join(state, name));
  await row(name).waitFor();
  await page.getByText("All changes uploaded").waitFor();
};
const unlock = async () => {
  await field("Password of this device").fill(secret.password);
  await button("Unlock").click();
};
const open = () => row(names.text).getByRole("link").first().click();

try {
  await page.goto(host.link);
  await step("an organization, a workspace and a folder", async () => {
    secret["the operator's code"] = process.env.CODE.slice(0, 64);
    await foundOrganization(page, { secret: secret.password });
    await page.getByRole("link", { name: "Invite a person" }).click();
    await makeWorkspace(page, names.workspace);
    await button("New").click();
    await page.getByRole("menuitem", exact("New folder")).click();
    await field("Name").fill(names.folder);
    await page.getByRole("dialog").getByRole("button", exact("Create")).click();
    await row(names.folder).getByRole("link").click();
    await page.getByText("Drop files or folders here").waitFor();
  });
  await step("files are sent, opened, edited, kept, searched, saved and renamed", async () => {
    await put(names.text, `${secret.content}\n`);
    const large = Buffer.alloc(24 << 20, randomBytes(4096));
    for (let at = 0; at < large.length; at += 1 << 16) large.write(secret["what is not text"], at);
    await put(names.binary, large);
    await open();
    await page.getByText(secret.content).first().waitFor();
    await button("Edit").click();
    const text = page.getByRole("textbox", { name: `Text of ${names.text}` });
    await text.fill(`${secret.content}\n${secret.edit}\n`);
    await text.press("Control+s");
    await page.getByText("Saved", { exact: true }).or(page.getByText(/is saved as a new version/)).first().waitFor();
    await text.fill(`${secret.content}\n${secret.edit}\n${secret.draft}\n`);
    await text.fill(`${secret.content}\n${secret.edit}\n`);
    await button("Close").last().click();
    await page.goBack();
    await row(names.binary).getByRole("button", { name: /More about/ }).click();
    await page.getByRole("menuitem", exact("Keep offline")).click();
    await page.getByText(/is kept on this device/).first().waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill(secret.search);
    await page.getByText(/Nothing called/).waitFor();
    await page.keyboard.press("Escape");
    await row(names.binary).getByRole("checkbox").check();
    const [saved] = await Promise.all([page.waitForEvent("download"), page.getByRole("toolbar").getByRole("button", exact("Download")).click()]);
    check(readFileSync(await saved.path()).equals(large), "the bytes differ");
    await page.getByRole("toolbar").getByRole("button", exact("Select nothing")).click();
    await row(names.text).click();
    await page.getByRole("complementary", { name: "Details" }).getByText("version 2").waitFor();
    await page.getByRole("grid").press("F2");
    await field("Name").fill(names.renamed);
    await page.getByRole("dialog").getByRole("button", exact("Rename")).click();
    await row(names.renamed).waitFor();
  });
  await step("a person is invited; words of recovery are written", async () => {
    await page.getByRole("link", { name: "Manage my organization" }).first().click();
    const rooms = page.getByRole("navigation", { name: "Manage my organization" });
    await rooms.getByRole("link", exact("Invitations")).click();
    await page.getByRole("link", { name: "Invite many" }).click();
    await field("Table of people").fill(`${secret["an invited person's address"]}; ${secret["an invited person's name"]}`);
    await button("Invite 1 person").click();
    await page.getByText("1 invitation is made").waitFor();
    await page.getByRole("link", exact("Open invitations")).click();
    await button("Invite").click();
    const link = await page.locator(".linkbox code").innerText();
    secret["an invitation's secret"] = link.slice(link.lastIndexOf("/") + 1);
    const invitation = page.getByRole("dialog", { name: "Invite a person" });
    await invitation.getByRole("button", exact("Later")).click();
    await invitation.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: /my account/ }).click();
    await page.getByRole("menuitem", exact("My account")).click();
    await button("Write recovery words").click();
    const asks = page.getByRole("dialog", { name: "Confirm that it is you" });
    const shown = page.getByRole("dialog", { name: "Your recovery words" });
    await Promise.race([asks.waitFor(), shown.waitFor()]);
    if (await asks.isVisible()) {
      await asks.getByLabel("Password of this device", { exact: true }).fill(secret.password);
      await asks.getByRole("button", exact("Confirm")).click();
    }
    await shown.waitFor();
    const words = await shown.getByRole("listitem").allInnerTexts();
    for (let at = 0; at < words.length; at += 4) secret[`recovery words from ${at}`] = words.slice(at, at + 4).join(" ").replace(/\s+/g, " ");
    await shown.getByLabel("All words are on paper, in this order.").check();
    await shown.getByRole("button", exact("Done")).click();
    await page.getByText("Words on paper").waitFor();
  });
  await step("nothing of it is at rest while the page is open", async () => nowhere("open"));
  await step("locked, and loaded again: nothing of it is at rest", async () => {
    await page.getByRole("button", { name: /my account/ }).click();
    await page.getByRole("menuitem", exact("Lock")).click();
    await field("Password of this device").waitFor();
    nowhere("locked");
    await unlock();
    await page.getByText("Words on paper").waitFor();
    await page.reload();
    if (isBrowser) await unlock();
    await page.getByText("Words on paper").waitFor();
    nowhere("loaded again");
  });
  await step("nor after all has ended; a word that is there is found, in each place", async () => {
    const control = { opfs: plant("Opfs"), indexed: plant("Indexed"), cached: plant("Cached"), stored: plant("Stored"), wide: plant("Wide\u00e9") };
    await page.evaluate(async (word) => {
      const to = await (await (await navigator.storage.getDirectory()).getFileHandle("control", { create: true })).createWritable();
      await to.write(word.opfs);
      await to.close();
      await new Promise((done, failed) => {
        const asked = indexedDB.open("control", 1);
        asked.onupgradeneeded = () => asked.result.createObjectStore("all");
        asked.onsuccess = () => { const act = asked.result.transaction("all", "readwrite"); act.objectStore("all").put(word.indexed, 1); act.oncomplete = done; act.onerror = failed; };
      });
      await (await caches.open("control")).put("./control", new Response(word.cached));
      localStorage.setItem("control", word.stored);
      localStorage.setItem("wide", `${word.wide}\u4e00`);
    }, control);
    await context.close();
    if (host.child) { host.child.kill(); await new Promise((resolve) => host.child.on("exit", resolve)); }
    nowhere("ended");
    for (const [kind, word] of Object.entries(control)) check(found({ [kind]: word }).length > 0, `the search does not find what is in clear: ${kind}`);
    const history = found(names);
    console.log(`    names in the browser's own history: ${history.length} places`);
    for (const one of history) console.log(`      ${one}`);
  });
} catch (error) {
  await page.screenshot({ path: join(state, "failed.png") }).catch(() => {});
  await context.close().catch(() => {});
  throw error;
}
finish();
