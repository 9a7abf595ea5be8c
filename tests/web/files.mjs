// SPDX-License-Identifier: AGPL-3.0-or-later
// One person's files where things go wrong, or are not what they seem: uploads that a reload cuts off, a server that is away,
// previews of hostile files, an editor in the policy of the page.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostile, pagesWithoutEnd, pdf } from "./hostile.mjs";
import { agent, browser, check, exact, finish, foundOrganization, makeWorkspace, password, person, root, state, step } from "./world.mjs";

const MIB = 1 << 20;
const isBrowser = process.env.HOST === "browser";
const chrome = await browser();
const host = await agent("anne");
const { page: a, context, problems } = await person(chrome, host.link);
context.setDefaultTimeout(120_000); // a machine with much other work
const button = (name) => a.getByRole("button", exact(name));
const field = (name) => a.getByLabel(name, { exact: true });
const row = (name) => a.getByRole("row", { name });
const shot = async (name) => { if (process.env.SHOTS) { await a.waitForTimeout(400); await a.screenshot({ path: join(process.env.SHOTS, `${name}.png`) }); } };
const uploads = join(state, "upload");
mkdirSync(uploads, { recursive: true });

/** The services and the gateway, all of them. */
function server(what) {
  const made = spawnSync("sh", [join(root, "deploy/local/zt-local"), what, state, process.env.BIN], { encoding: "utf8" });
  check(made.status === 0, `zt-local ${what}: ${made.stdout}${made.stderr}`);
}

/** Loads the page again; the browser's host has its device locked then. */
async function reload() {
  await a.reload();
  if (!isBrowser) return;
  await field("Password of this device").fill(password);
  await button("Unlock").click();
}

async function open(name) {
  await row(name).getByRole("link").click();
  await a.locator(".desk").waitFor();
}

async function back() {
  await a.goBack();
  await a.getByRole("grid").waitFor();
}

/** Pauses NAME once a part of it is on its way, in the page: a file is sent in a second. */
async function pauseWithin(name) {
  await a.waitForFunction((wanted) => {
    const bar = [...document.querySelectorAll(".tray li [role=progressbar]")].find((one) => one.getAttribute("aria-label") === wanted);
    if (!bar || Number(bar.getAttribute("aria-valuenow")) < 40) return false;
    document.querySelector(`.tray button[aria-label="Pause ${wanted}"]`).click();
    return true;
  }, name);
  await button(`Resume ${name}`).waitFor();
}

/** What a file is now, as it is downloaded. */
async function downloaded(name) {
  await row(name).getByRole("checkbox").check();
  const [download] = await Promise.all([a.waitForEvent("download"), a.getByRole("toolbar").getByRole("button", exact("Download")).click()]);
  const bytes = readFileSync(await download.path());
  await a.getByRole("toolbar").getByRole("button", exact("Select nothing")).click();
  return bytes;
}

try {
  await step("anne has an organization and a workspace", async () => {
    await foundOrganization(a);
    await a.getByRole("link", { name: "Go to the workspaces" }).click();
    await makeWorkspace(a, "Crisis cell");
  });

  const large = randomBytes(96 * MIB);
  const input = () => a.locator("main input[type=file]").nth(1);
  if (!process.env.FAST) await step("an upload that a reload cut off asks for the same file, checks it, and continues", async () => {
    writeFileSync(join(uploads, "small.txt"), "small\n");
    writeFileSync(join(uploads, "large.bin"), large);
    await input().setInputFiles([join(uploads, "small.txt"), join(uploads, "large.bin")]);
    await pauseWithin("large.bin");
    await row(/small\.txt/).waitFor();
    await reload();
    const region = a.getByRole("region", { name: "Not sent to the end" });
    await region.waitFor();
    await region.getByText("large.bin").waitFor();
    check(!(await region.innerText()).includes("small.txt"), "what has arrived is asked for again");
    await shot("stopped");
    // Another file of that name is not taken for it.
    mkdirSync(join(uploads, "other"), { recursive: true });
    writeFileSync(join(uploads, "other/large.bin"), "another");
    await region.locator("input").setInputFiles(join(uploads, "other/large.bin"));
    await a.getByText("1 file was left out").first().waitFor();
    await button("See").click();
    await a.getByText("It has changed since: send it again if it is wanted.").waitFor();
    await a.getByRole("dialog").getByRole("button", exact("Close")).last().click();
    check((await row(/large\.bin/).count()) === 0, "another file came in its place");
    await a.getByRole("region", { name: "Transfers" }).getByRole("button", exact("Close")).click();
    // Again, with the right one.
    await input().setInputFiles([join(uploads, "large.bin")]);
    await pauseWithin("large.bin");
    await reload();
    await region.locator("input").setInputFiles(join(uploads, "large.bin"));
    await a.getByText("1 upload continues where it stopped").waitFor();
    await row(/large\.bin/).waitFor();
    check((await downloaded(/large\.bin/)).equals(large), "the bytes differ");
    await reload();
    await row(/large\.bin/).waitFor();
    await a.waitForTimeout(500);
    check((await region.count()) === 0, "what has ended is asked for again");
  });
  if (!process.env.FAST) await step("where the browser keeps a handle of a file, it continues by itself", async () => {
    await a.evaluate(async (size) => {
      const folder = await navigator.storage.getDirectory();
      const handle = await folder.getFileHandle("kept.bin", { create: true });
      const to = await handle.createWritable();
      const piece = new Uint8Array(1 << 20);
      for (let n = 0; n < size; n++) { piece.fill(n); piece[1] = 7; await to.write(piece); }
      await to.close();
      const file = await handle.getFile();
      // As of a file of the person's disk, which no test can drop.
      DataTransferItem.prototype.webkitGetAsEntry = () => ({ name: file.name, isFile: true, file: (ok) => ok(file) });
      DataTransferItem.prototype.getAsFileSystemHandle = async () => handle;
      const data = new DataTransfer();
      data.items.add(file);
      const place = document.querySelector("main .page");
      for (const name of ["dragover", "drop"]) place.dispatchEvent(new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer: data }));
    }, 48);
    await pauseWithin("kept.bin");
    await reload();
    await a.getByText("1 upload continues where it stopped").waitFor();
    await row(/kept\.bin/).waitFor();
    const bytes = await downloaded(/kept\.bin/);
    check(bytes.length === 48 * MIB && bytes[47 * MIB] === 47 && bytes[47 * MIB + 1] === 7, "the bytes differ");
  });

  if (!process.env.FAST) await step("what was opened or is kept can be read while the server is away, and the page continues by itself", async () => {
    await input().setInputFiles([
      { name: "read.txt", mimeType: "text/plain", buffer: Buffer.from("it was opened before\n".repeat(400)) },
      { name: "kept.txt", mimeType: "text/plain", buffer: Buffer.from("it is kept on this device\n".repeat(40000)) },
      { name: "never.txt", mimeType: "text/plain", buffer: Buffer.from("nobody has read it here\n".repeat(400)) },
    ]);
    await row(/never\.txt/).waitFor();
    await open(/read\.txt/);
    await a.getByText("it was opened before").first().waitFor();
    await back();
    await row(/kept\.txt/).getByRole("button", { name: /More about/ }).click();
    await a.getByRole("menuitem", exact("Keep offline")).click();
    await a.getByText(/“kept.txt” is kept on this device/).waitFor();
    await row(/kept\.txt/).getByRole("img", exact("Kept on this device")).waitFor();
    await shot("pinned");
    if (!isBrowser) check((await a.evaluate(() => caches.keys())).length === 0, "an agent's page is kept");
    if (isBrowser) await a.waitForFunction(async () => (await caches.keys()).some((name) => name.startsWith("zt-release-")), null, { timeout: 30_000 });
    if (isBrowser) await reload(); // from here on the release that is kept is the page's
    await row(/never\.txt/).waitFor();
    problems.length = 0;
    server("stop");
    try {
      await reload();
      await row(/never\.txt/).waitFor();
      await a.getByText("The server cannot be reached.").first().waitFor();
      await open(/read\.txt/);
      await a.getByText("it was opened before").first().waitFor();
      await shot("offline");
      await back();
      await open(/kept\.txt/);
      await a.getByText("it is kept on this device").first().waitFor();
      await back();
      await open(/never\.txt/);
      await a.getByText(/this is not kept on this device/).waitFor();
      await back();
    } finally {
      server("start");
    }
    await a.getByText("The server cannot be reached.").first().waitFor({ state: "detached" });
    await open(/never\.txt/);
    await a.getByText("nobody has read it here").first().waitFor();
    await back();
    await row(/kept\.txt/).getByRole("button", { name: /More about/ }).click();
    await a.getByRole("menuitem", exact("Keep offline no more")).click();
    await a.getByText(/is kept on this device no more/).waitFor();
  });

  await step("a PDF is drawn, page by page, with its text", async () => {
    problems.length = 0;
    await input().setInputFiles([{ name: "Storm report.pdf", mimeType: "application/pdf", buffer: pdf(["Storm report, first page", "Second page", "The last page"]) }]);
    await row(/Storm report\.pdf/).waitFor();
    await open(/Storm report\.pdf/);
    await a.getByText("Page 1 of 3").waitFor();
    await a.getByText("Storm report, first page").waitFor();
    const blue = () => a.evaluate(() => {
      const canvas = document.querySelector("[data-page='1'] canvas");
      const [r, g, b] = canvas.getContext("2d").getImageData(canvas.width * 0.25, canvas.height * (1 - 670 / 792), 1, 1).data;
      return b > 150 && r < 80 && g < 130;
    });
    for (let turn = 0; turn < 100 && !(await blue()); turn++) await a.waitForTimeout(100);
    check(await blue(), "the page is not drawn");
    await button("The next page").click();
    await a.getByText("Page 2 of 3").waitFor();
    await a.getByText("Second page", { exact: true }).waitFor();
    await button("Larger").click();
    await a.getByText("125%").waitFor();
    await button("Smaller").click();
    await shot("pdf");
    if (process.env.SHOTS) {
      await a.setViewportSize({ width: 360, height: 740 });
      await shot("pdf-360");
      await a.setViewportSize({ width: 1280, height: 800 });
    }
    await back();
    check(problems.length === 0, problems.join("\n"));
  });

  await step("a PDF of a million pages: those near the view alone are made, and the page says how many it shows", async () => {
    const many = pagesWithoutEnd(1_000_000);
    check(many.length < 100_000, "the file is large itself");
    await input().setInputFiles([{ name: "Million.pdf", mimeType: "application/pdf", buffer: many }]);
    await row(/Million\.pdf/).waitFor();
    await open(/Million\.pdf/);
    await a.getByText("Page 1 of 1000000").waitFor({ timeout: 60_000 });
    const made = () => a.locator(".pdf-page").count();
    check((await made()) <= 1000, `${await made()} pages were made at once`);
    await button("The next page").click();
    await a.getByText("Page 2 of 1000000").waitFor();
    // Pages that are made on the way have other heights: as somebody who scrolls until the end is there.
    await a.waitForFunction(() => {
      const box = document.querySelector(".pdf-pages");
      box.scrollTop = box.scrollHeight;
      return /Page (49[5-9]\d|5000) of 1000000/.test(document.body.innerText);
    }, undefined, { polling: 200 });
    await a.getByText("The first 5000 pages are shown here. Download the file to see the others.").waitFor();
    check((await made()) <= 1000, `${await made()} pages were made at the end`);
    check(await button("The next page").isDisabled() || (await a.getByText("Page 5000 of").count()) === 0, "there is a page behind the last one");
    await shot("pdf-million");
    await back();
    await row(/Million\.pdf/).waitFor();
  });

  await step("a text is edited with colours, within the policy of the page; search and undo work", async () => {
    await input().setInputFiles([{ name: "report.md", mimeType: "text/markdown", buffer: Buffer.from("# Storm report\n\nThe **swell** passed the *north* dike.\n\n- one\n- two\n") }]);
    await row(/report\.md/).waitFor();
    await row(/report\.md/).getByRole("link").click();
    await a.locator(".desk").waitFor();
    await a.getByRole("heading", { name: "Storm report" }).waitFor();
    await button("Edit").click();
    const text = a.getByRole("textbox", { name: "Text of report.md" });
    await text.waitFor();
    check(await a.evaluate(() => {
      const line = document.querySelector(".code").shadowRoot.querySelector(".cm-line span");
      return getComputedStyle(line).fontWeight === "700";
    }), "the heading has no style: the style sheet was not adopted");
    await text.press("Control+End");
    await a.keyboard.type("- three");
    await a.getByText("Not saved yet").waitFor();
    await shot("editor");
    await text.press("Control+f");
    await a.getByRole("textbox", exact("Find")).fill("swell");
    await a.keyboard.press("Escape");
    await text.press("Control+s");
    await a.getByText(/is saved as a new version/).waitFor();
    await a.waitForTimeout(800); // what is typed at once is undone at once
    await a.keyboard.type("!");
    await text.press("Control+z");
    if (process.env.SHOTS) {
      await a.evaluate(() => { document.documentElement.dataset.theme = "dark"; });
      await shot("editor-dark");
      await a.evaluate(() => { delete document.documentElement.dataset.theme; });
    }
    await button("Close").last().click();
    await a.getByText("three").waitFor();
    await back();
    check(problems.length === 0, problems.join("\n"));
  });

  await step("nothing that a file, a name or a text says is run: previews, editor, history, trash, notices, search, console", async () => {
    let dialogs = 0;
    a.on("dialog", (dialog) => { dialogs++; void dialog.dismiss(); });
    const asked = [];
    context.on("request", (request) => { if (request.url().includes("127.0.0.1:9/")) asked.push(request.url()); });
    const quiet = async (where) => check((await a.evaluate(() => window.pwned)) === undefined && dialogs === 0 && asked.length === 0, `script ran in ${where}`);
    await button("New").click();
    await a.getByRole("menuitem", exact("New folder")).click();
    await field("Name").fill(hostile.folder);
    await a.getByRole("dialog").getByRole("button", exact("Create")).click();
    await row(/onerror/).getByRole("link").click();
    await a.getByText("Drop files or folders here").waitFor();
    await input().setInputFiles([{ name: hostile.name, mimeType: "text/plain", buffer: Buffer.from("x") }, ...hostile.files]);
    await row(/code\.js/).waitFor();
    await quiet("the list and the transfers");
    for (const { name } of hostile.files) {
      await a.locator(`.files-row a[title="${name}"]`).click();
      await a.locator(".desk").waitFor();
      await a.locator(".desk .paper, .desk .pdf, .desk .empty, .desk audio").first().waitFor();
      await a.waitForTimeout(300);
      await quiet(`the preview of ${name}`);
      check((await a.locator(".desk a[href^='javascript'], .desk a[href^='data'], .desk iframe, .desk object, .desk embed, .desk script").count()) === 0, `${name} made an element that acts`);
      if (await button("Edit").count()) {
        await button("Edit").click();
        await a.locator(".code").waitFor();
        await quiet(`the editor of ${name}`);
        await button("Close").last().click();
      }
      await back();
    }
    await row(/code\.js/).click();
    await a.getByRole("grid").press("F2");
    await field("Name").fill(`${hostile.name}.js`);
    await a.getByRole("dialog").getByRole("button", exact("Rename")).click();

    await a.getByRole("row", { name: /\.txt\.js/ }).click();
    await a.getByRole("complementary", { name: "Details" }).getByText("Signed by Anne Le Goff").waitFor();
    await a.getByRole("grid").press("Delete");
    await a.getByText(/moved to the trash/).waitFor();
    await quiet("a notice and the history");
    await a.locator(".toolbar").getByRole("link", { name: "Trash" }).click();
    await row(/onerror/).first().waitFor();
    await quiet("the trash");
    await a.keyboard.press("Control+k");
    await a.getByRole("combobox").fill("onerror");
    await a.getByRole("option", { name: /onerror/ }).first().waitFor();
    await quiet("the search");
    await a.keyboard.press("Escape");
    await makeWorkspace(a, "<img src=x onerror=window.pwned=1> office");
    await a.getByRole("link", { name: "Manage my organization" }).first().click();
    for (const room of ["People", "Invitations", "Trust log", "Check-up"]) {
      await a.getByRole("navigation", { name: "Manage my organization" }).getByRole("link", exact(room)).click();
      await a.waitForTimeout(400);
      await quiet(`the console's ${room}`);
    }
  });
} catch (error) {
  await a.screenshot({ path: join(state, "failed.png") });
  console.log((await a.locator("body").innerText().catch(() => "")).slice(0, 2500));
}
await chrome.close();
finish();
