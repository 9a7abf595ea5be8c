// SPDX-License-Identifier: AGPL-3.0-or-later
// One person's files where things go wrong, or are not what they seem: uploads that a reload cuts off, a server that is away,
// previews of hostile files, an editor in the policy of the page.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agent, browser, check, exact, finish, password, person, root, state, step } from "./world.mjs";

const MIB = 1 << 20;
const isBrowser = process.env.HOST === "browser";
const chrome = await browser();
const host = await agent("anne");
const { page: a, context, problems } = await person(chrome, host.link);
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

/** Pauses all once a part of NAME is on its way, in the page: a file is sent in a second. */
async function pauseWithin(name) {
  await a.waitForFunction((wanted) => {
    const bar = [...document.querySelectorAll(".tray li [role=progressbar]")].find((one) => one.getAttribute("aria-label") === wanted);
    if (!bar || Number(bar.getAttribute("aria-valuenow")) < 40) return false;
    document.querySelector('.tray button[aria-label="Pause all"]').click();
    return true;
  }, name);
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
    await a.getByRole("link", { name: "Create an organization" }).click();
    await field("Address of the server").fill(process.env.URL);
    await field("Name of the organization at the server").fill("harbour");
    await field("Code of the operator").fill(process.env.CODE);
    await button("Continue").click();
    await field("Your name").fill("Anne Le Goff");
    await field("Your e-mail address").fill("anne@harbour.example");
    await field("What this device is called").fill("Anne's laptop");
    await button("Continue").click();
    await field("Password of this device").fill(password);
    await field("The same password again").fill(password);
    await button("Create the organization").click();
    await a.getByRole("link", { name: "Go to the workspaces" }).click();
    await a.getByRole("complementary", { name: "Navigation" }).getByRole("button", exact("New workspace")).click();
    await field("Name").fill("Crisis cell");
    await button("Create").click();
    await a.getByText("Drop files or folders here").waitFor();
  });

  const large = randomBytes(96 * MIB);
  const input = () => a.locator("main input[type=file]").nth(1);
  await step("an upload that a reload cut off asks for the same file, checks it, and continues", async () => {
    writeFileSync(join(uploads, "small.txt"), "small\n");
    writeFileSync(join(uploads, "large.bin"), large);
    await input().setInputFiles([join(uploads, "small.txt"), join(uploads, "large.bin")]);
    await row(/small\.txt/).waitFor({ state: "attached" }).catch(() => {});
    await pauseWithin("large.bin");
    await a.getByText(/Paused at/).waitFor();
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
    await a.getByText(/Paused at/).waitFor();
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
  await step("where the browser keeps a handle of a file, it continues by itself", async () => {
    await a.evaluate(async (size) => {
      const folder = await navigator.storage.getDirectory();
      const handle = await folder.getFileHandle("kept.bin", { create: true });
      const to = await handle.createWritable();
      const piece = new Uint8Array(1 << 20);
      for (let n = 0; n < size; n++) { piece.fill(n); piece[1] = 7; await to.write(piece); }
      await to.close();
      const file = await handle.getFile();
      DataTransferItem.prototype.getAsFileSystemHandle = async () => handle;
      const data = new DataTransfer();
      data.items.add(file);
      const place = document.querySelector("main .page");
      for (const name of ["dragover", "drop"]) place.dispatchEvent(new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer: data }));
    }, 48);
    await pauseWithin("kept.bin");
    await a.getByText(/Paused at/).waitFor();
    await reload();
    await a.getByText("1 upload continues where it stopped").waitFor();
    await row(/kept\.bin/).waitFor();
    const bytes = await downloaded(/kept\.bin/);
    check(bytes.length === 48 * MIB && bytes[47 * MIB] === 47 && bytes[47 * MIB + 1] === 7, "the bytes differ");
  });

  await step("what was opened or is kept can be read while the server is away, and the page goes on by itself", async () => {
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
    if (isBrowser) await a.waitForFunction(async () => (await caches.keys()).some((name) => name.startsWith("zt-release-")), null, { timeout: 30_000 });
    if (isBrowser) await reload(); // from here on the release that is kept is the page's
    await row(/never\.txt/).waitFor();
    problems.length = 0;
    server("stop");
    try {
      await reload();
      await row(/never\.txt/).waitFor();
      await a.getByText("No connection to the server").first().waitFor();
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
    await a.getByText("No connection to the server").first().waitFor({ state: "detached" });
    await open(/never\.txt/);
    await a.getByText("nobody has read it here").first().waitFor();
    await back();
    await row(/kept\.txt/).getByRole("button", { name: /More about/ }).click();
    await a.getByRole("menuitem", exact("Keep offline no more")).click();
    await a.getByText(/is kept on this device no more/).waitFor();
  });
} catch (error) {
  await a.screenshot({ path: join(state, "failed.png") });
  console.log((await a.locator("body").innerText().catch(() => "")).slice(0, 2500));
}
await chrome.close();
finish();
