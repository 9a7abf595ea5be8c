// SPDX-License-Identifier: AGPL-3.0-or-later
// The main flows in Firefox ESR, on each host: create, claim with codes, share, upload, download, edit, lock and unlock, and what
// others do is seen. Folders are not chosen here: WebDriver BiDi cannot.
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agent, browser, check, exact, finish, foundOrganization, makeWorkspace, password, person, state, step } from "./world.mjs";

const downloads = join(state, "downloads");
mkdirSync(downloads, { recursive: true });
const fox = await browser();
const anne = await person(fox, (await agent("anne")).link);
const karim = await person(fox, (await agent("karim")).link);
const a = anne.page;
const k = karim.page;
const button = (page, name) => page.getByRole("button", exact(name));
const field = (page, name) => page.getByLabel(name, { exact: true });
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

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

try {
  await step("anne makes an organization", async () => {
    await foundOrganization(a);
  });
  await step("karim claims an invitation, and both compare codes", async () => {
    await a.getByRole("link", { name: "Invite a person" }).click();
    await button(a, "Invite").click();
    const link = await a.locator(".linkbox code").innerText();
    await k.getByRole("link", { name: "Join with a link" }).click();
    await field(k, "Link of the invitation").fill(link);
    await field(k, "Your name").fill("Karim Benali");
    await field(k, "Your e-mail address").fill("karim@harbour.example");
    await field(k, "What this device is called").fill("Karim's phone");
    await button(k, "Continue").click();
    await setPassword(k);
    await button(k, "We are both here: compare codes").click();
    await button(a, "Welcome now: compare codes").click();
    await Promise.all([a, k].map((page) => page.locator(".sas-box").waitFor({ timeout: 60_000 })));
    await pick(k, await shownCode(a));
    await pick(a, await shownCode(k));
    await a.getByRole("heading", { name: "Let Karim Benali in?" }).waitFor();
    await button(a, "Let in").click();
    await a.getByText("Karim Benali is in").waitFor();
    await button(a, "Done").click();
    await k.getByRole("heading", { name: "You are in" }).waitFor({ timeout: 60_000 });
    await k.getByRole("link", { name: "Go to the workspaces" }).click();
    await k.getByText("No workspace yet").waitFor();
  });
  await step("anne shares a workspace, which karim sees by himself", async () => {
    await makeWorkspace(a, "Plans");
    await a.locator(".toolbar").getByRole("button", exact("Share")).click();
    const dialog = a.getByRole("dialog");
    await dialog.getByPlaceholder("Name or e-mail").fill("karim");
    await dialog.getByRole("button", exact("Choose")).click();
    await dialog.getByRole("button", exact("Share")).click();
    await dialog.getByText("2 people have access").waitFor();
    await dialog.getByRole("button", exact("Done")).click();
    await k.getByRole("main").getByRole("link", exact("Plans")).click();
  });
  const big = randomBytes(5 << 20);
  await step("she uploads files, which he sees", async () => {
    writeFileSync(join(state, "note.txt"), "first\n");
    writeFileSync(join(state, "big.bin"), big);
    await a.locator("input[type=file]").nth(1).setInputFiles([join(state, "note.txt"), join(state, "big.bin")]);
    await a.getByRole("row", { name: /big\.bin/ }).waitFor();
    await a.getByText("All changes uploaded").waitFor();
    await k.getByRole("row", { name: /big\.bin/ }).waitFor();
  });
  await step("he edits a text, and she sees the new version by herself", async () => {
    await k.getByRole("row", { name: /note\.txt/ }).getByRole("link").first().click();
    await button(k, "Edit").click();
    await k.getByRole("textbox", { name: /Text of note.txt/ }).fill("first\nkarim was here\n");
    await button(k, "Save").click();
    await k.getByText(/is saved as a new version/).waitFor();
    await a.getByRole("row", { name: /note\.txt/ }).getByRole("gridcell", exact("21 B")).waitFor({ timeout: 15_000 });
  });
  await step("a page that is loaded again is locked, and opens by the password", async () => {
    if (process.env.HOST !== "browser") {
      await a.getByRole("button", { name: /my account/ }).click();
      await a.getByRole("menuitem", exact("Lock")).click();
    } else await a.reload();
    await field(a, "Password of this device").fill(password);
    await button(a, "Unlock").click();
    await a.getByRole("row", { name: /big\.bin/ }).waitFor({ timeout: 60_000 });
  });
  await step("a download has the same bytes", async () => {
    await a.getByRole("row", { name: /big\.bin/ }).getByRole("checkbox").check();
    await a.getByRole("toolbar").getByRole("button", exact("Download")).evaluate((one) => one.click()); // a click waits for the navigation that the download is not
    const file = join(downloads, "big.bin");
    for (let wait = 0; wait < 300 && !(existsSync(file) && readFileSync(file).length === big.length); wait++) await pause(100);
    check(existsSync(file), `it is not there, but: ${readdirSync(downloads).join(" ")}`);
    check(readFileSync(file).equals(big), "the bytes differ");
  });
  await step("nothing failed in the pages", async () => check([...anne.problems, ...karim.problems].length === 0, [...anne.problems, ...karim.problems].join("\n")));
} finally {
  await fox.close();
}
finish();
