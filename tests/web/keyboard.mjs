// SPDX-License-Identifier: AGPL-3.0-or-later
// The job of two people by keyboard alone: no step clicks. Each thing is reached by Tab, arrows or Ctrl+K, and what has the focus
// is seen to have it. The console's flows are here: invitations from a table, roles copied, a freeze, the export.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { agent, bin, browser, check, finish, password, person, state, step } from "./world.mjs";

const chrome = await browser();
const anneAgent = await agent("anne");
const karimAgent = await agent("karim");
const anne = await person(chrome, anneAgent.link);
const karim = await person(chrome, karimAgent.link);
const a = anne.page;
const k = karim.page;
const MOST = 150;

/** What has the focus: its name, as a screen reader has it, its role, and whether the focus is seen. */
const focused = (page) => page.evaluate(() => {
  const one = document.activeElement;
  const text = (node) => (node?.textContent ?? "").replace(/\s+/g, " ").trim();
  const labels = [...(one.labels ?? [])].map((label) => { const copy = label.cloneNode(true); for (const part of copy.querySelectorAll("select")) part.remove(); return text(copy); }).join(" ");
  const ring = (node) => node && getComputedStyle(node).outlineStyle !== "none" && getComputedStyle(node).outlineWidth !== "0px";
  return { name: one.getAttribute("aria-label") ?? (labels || text(one) || one.title || one.placeholder || ""), role: one.getAttribute("role") ?? one.localName, type: one.type ?? "", disabled: one.disabled === true,
    seen: one === document.body || ring(one) || ring(one.closest(".in")) };
});
const fits = (found, name) => (name instanceof RegExp ? name.test(found) : found === name);

/** Tabs to what is called NAME. */
async function to(page, name, role) {
  const passed = [];
  for (let turn = 0; turn < MOST; turn++) {
    const found = await focused(page);
    if (fits(found.name, name) && (!role || found.role === role)) {
      check(found.seen, `${found.name} has the focus, and nothing shows it`);
      return;
    }
    passed.push(found.name.slice(0, 30));
    await page.keyboard.press("Tab");
  }
  throw new Error(`${name} is not reached by Tab, but ${passed.slice(-40).join(" | ")}`);
}
/** Waits until SELECTOR is there, then tabs to NAME and presses Enter. */
async function press(page, name, key = "Enter") {
  await to(page, name);
  await page.keyboard.press(key);
}
async function write(page, name, text) {
  await to(page, name);
  await page.keyboard.press("Control+a");
  await page.keyboard.type(text);
}
/** Chooses in the menu of the button that has the focus. */
async function choose(page, name) {
  await page.keyboard.press("Enter");
  await page.getByRole("menu").waitFor();
  for (let turn = 0; turn < 20; turn++) {
    if (fits((await focused(page)).name, name)) {
      await page.keyboard.press("Enter");
      return;
    }
    await page.keyboard.press("ArrowDown");
  }
  throw new Error(`${name} is not in the menu`);
}
/** Opens a room by the palette. */
async function go(page, name) {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search and commands" }).waitFor();
  await page.keyboard.type(name);
  await page.getByRole("option", { name }).first().waitFor();
  await page.keyboard.press("Enter");
}
/** Types the password where DONE waits for it. */
async function confirmed(page, done) {
  const asks = page.getByRole("dialog", { name: "Confirm that it is you" });
  await Promise.race([asks.waitFor(), done.waitFor()]);
  if (await asks.isVisible()) {
    check((await focused(page)).type === "password", "the password does not have the focus");
    await page.keyboard.type(password);
    await page.keyboard.press("Enter");
  }
  await done.waitFor();
}
const seen = (page, text) => page.getByText(text).first().waitFor();
async function newPassword(page) {
  await write(page, /^Password of this device/, password);
  await write(page, /^The same password again/, password);
}
async function pick(page, code) {
  await page.locator(".pick").first().waitFor();
  for (let turn = 0; turn < MOST; turn++) {
    const found = await page.evaluate(() => (document.activeElement.matches(".pick") ? document.activeElement.querySelector(".sas").textContent.replace(/\s/g, "") : ""));
    if (found === code) {
      await page.keyboard.press("Enter");
      return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error("the code is not reached");
}
const codeOf = async (page) => (await page.locator(".sas-box .sas").innerText()).replace(/\s/g, "");

try {
  await step("anne creates an organization", async () => {
    await seen(a, "Welcome to zt");
    await press(a, "Skip to content");
    await press(a, /^Create an organization/);
    await write(a, "Address of the server", process.env.URL);
    await write(a, "Name of the organization at the server", "harbour");
    await write(a, "Code of the operator", process.env.CODE);
    await press(a, "Continue");
    await write(a, "Your name", "Anne Le Goff");
    await write(a, "Your e-mail address", "anne@harbour.example");
    await write(a, "What this device is called", "Anne's laptop");
    await press(a, "Continue");
    await newPassword(a);
    await press(a, "Create the organization");
    await seen(a, "Your organization is there");
    await press(a, "Invite a person");
  });
  let links = [];
  await step("she invites two people from a table, in which a line is wrong", async () => {
    await press(a, "Invite many…");
    await write(a, "Table of people", "E-mail;Name;Profile\nkarim@harbour.example;Karim Benali;admin\nnobody;Nobody\nlea@harbour.example;\"Léa; Moreau\"\n");
    await seen(a, "2 people can be invited");
    await seen(a, "This is no e-mail address.");
    await press(a, "Invite 2 people");
    await seen(a, "2 invitations are made");
    // The policy of the page lets nobody read the clipboard.
    await a.evaluate(() => { const write = navigator.clipboard.writeText.bind(navigator.clipboard); navigator.clipboard.writeText = (text) => { window.copied = text; return write(text); }; });
    await press(a, "Copy the list");
    await seen(a, /The list was copied/);
    const rows = (await a.evaluate(() => window.copied)).split("\n").map((row) => row.split("\t"));
    check(rows.length === 3 && rows[2][1] === "Léa; Moreau", JSON.stringify(rows));
    links = rows.slice(1).map((row) => row[3]);
    check(links.every((link) => /^zt(\+http)?:\/\//.test(link)) && links[0] !== links[1], links.join(" "));
    await press(a, "Open invitations");
  });
  await step("karim joins; both compare codes; the profile is the table's", async () => {
    await press(k, /^Join with a link/);
    await write(k, "Link of the invitation", links[0]);
    await write(k, "Your name", "Karim Benali");
    await write(k, "Your e-mail address", "karim@harbour.example");
    await write(k, "What this device is called", "Karim's desk");
    await press(k, "Continue");
    await newPassword(k);
    await press(k, "We are both here: compare codes");
    await a.getByText("Karim Benali").waitFor();
    for (;;) { // the row of karim's
      await to(a, "Welcome");
      if (await a.evaluate(() => document.activeElement.closest("tr").textContent.includes("Karim Benali"))) break;
      await a.keyboard.press("Tab");
    }
    await a.keyboard.press("Enter");
    await confirmed(a, a.locator(".sas-box, .pick").first());
    await Promise.all([a, k].map((page) => page.locator(".sas-box").waitFor()));
    await pick(k, await codeOf(a));
    await pick(a, await codeOf(k));
    await seen(a, "Let Karim Benali in?");
    check(await a.getByRole("radio", { name: /Administrator/ }).isChecked(), "the profile of the table is not chosen");
    await to(a, /^Administrator/);
    await a.keyboard.press("ArrowUp"); // standard, after all
    check(await a.getByRole("radio", { name: /Standard/ }).isChecked(), "arrows do not choose a profile");
    await press(a, "Let in");
    await seen(a, "Karim Benali is in");
    await press(a, "Done");
    await k.getByRole("heading", { name: "You are in" }).waitFor();
    await press(k, "Go to the workspaces");
    await seen(k, "No workspace yet");
  });
  await step("anne makes two workspaces, and shares one", async () => {
    for (const name of ["Press", "Crisis cell"]) {
      await press(a, "New workspace");
      await a.getByRole("dialog").waitFor();
      await a.keyboard.type(name);
      await a.keyboard.press("Enter");
      await a.getByRole("heading", { name, exact: true, level: 1 }).waitFor();
    }
    await press(a, "Share");
    const dialog = a.getByRole("dialog");
    await dialog.waitFor();
    await a.keyboard.type("karim");
    await a.keyboard.press("Enter"); // chooses the first
    await seen(a, /Karim Benali will read all files/);
    await to(a, "Role");
    await a.keyboard.press("ArrowUp");
    await press(a, "Share", "Enter");
    await dialog.getByText("2 people have access").waitFor();
    check((await dialog.getByRole("combobox", { name: "Role of Karim Benali" }).inputValue()) === "reader", "arrows do not choose a role");
    await a.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    check((await focused(a)).name === "Share", "the focus is not where it was");
  });
  await step("karim hears of it at the bell", async () => {
    await k.getByRole("button", { name: "Notifications, 1 new" }).waitFor();
    await to(k, "Notifications, 1 new");
    await choose(k, /Crisis cell/);
    await k.getByRole("heading", { name: "Crisis cell", level: 1 }).waitFor();
  });
  await step("files: sent, a folder made, renamed, moved, removed, brought back, edited", async () => {
    // A browser that gives files to a page by handles shows its own window, which no test reaches.
    await a.evaluate(() => { window.showOpenFilePicker = undefined; });
    await to(a, "New");
    const [chooser] = await Promise.all([a.waitForEvent("filechooser"), choose(a, "Upload files")]);
    await chooser.setFiles([{ name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("first\n") }]);
    await a.getByRole("row", { name: /note\.txt/ }).waitFor();
    const list = async () => { for (let turn = 0; turn < MOST && (await focused(a)).role !== "grid"; turn++) await a.keyboard.press("Tab"); check((await focused(a)).role === "grid", "the list is not reached"); };
    await to(a, "New");
    await choose(a, "New text file");
    await a.getByRole("dialog").waitFor();
    await a.keyboard.type("plan"); // the ending stays
    await a.keyboard.press("Enter");
    await a.getByRole("textbox", { name: "Text of plan.txt" }).waitFor();
    await press(a, "Close");
    await a.evaluate(() => document.activeElement.blur());
    await a.keyboard.press("Escape");
    await a.getByRole("row", { name: /plan\.txt/, selected: true }).waitFor();
    await list();
    await a.keyboard.press("Escape");
    await to(a, "New");
    await choose(a, "New text file");
    await a.getByRole("dialog").waitFor();
    await a.keyboard.type("plan");
    await a.keyboard.press("Enter");
    await seen(a, "This name is taken here.");
    await a.keyboard.press("Escape");
    await a.getByRole("dialog").waitFor({ state: "detached" });
    await to(a, "New");
    await choose(a, "New folder");
    await a.getByRole("dialog").waitFor();
    await a.keyboard.type("Orders");
    await a.keyboard.press("Enter");
    await a.getByRole("row", { name: /Orders/ }).waitFor();
    await list();
    await a.keyboard.type("note");
    await seen(a, "1 selected");
    await a.keyboard.press("F2");
    await a.getByRole("dialog").waitFor();
    await a.keyboard.press("Control+a");
    await a.keyboard.type("minutes.txt");
    await a.keyboard.press("Enter");
    await a.getByRole("row", { name: /minutes\.txt/ }).waitFor();
    await list();
    await a.waitForTimeout(1000); // the letters typed before are another word
    await a.keyboard.type("minutes");
    await seen(a, "1 selected");
    await a.keyboard.press("Delete");
    await a.getByRole("row", { name: /minutes\.txt/ }).waitFor({ state: "detached" });
    await a.keyboard.press("Control+z");
    await a.getByRole("row", { name: /minutes\.txt/ }).waitFor();
    await list();
    await a.waitForTimeout(1000);
    await a.keyboard.type("minutes");
    await seen(a, "1 selected");
    await press(a, "Move");
    await a.getByRole("dialog").waitFor();
    await press(a, /^Orders/);
    await press(a, "Move here");
    await seen(a, "1 item moved to “Orders”");
    await list();
    await a.waitForTimeout(1000);
    await a.keyboard.type("Orders");
    await a.keyboard.press("Enter");
    await a.getByRole("row", { name: /minutes\.txt/ }).waitFor();
    await list();
    await a.keyboard.type("minutes");
    await a.keyboard.press("Enter");
    await seen(a, "first");
    await press(a, "Edit");
    await a.getByRole("textbox", { name: "Text of minutes.txt" }).waitFor();
    await a.keyboard.press("Control+End");
    await a.keyboard.type("second");
    await Promise.all([a.keyboard.press("Control+s"), a.keyboard.press("Control+s")]);
    await seen(a, /is saved as a new version/);
    await press(a, "Close");
    const edited = a.getByRole("complementary", { name: "Details" }).getByText(/12.B · version/);
    await edited.first().waitFor();
    check((await edited.count()) === 1, "it was saved twice");
    await a.evaluate(() => document.activeElement.blur());
    await a.keyboard.press("Escape");
    await a.getByRole("row", { name: /minutes\.txt/ }).waitFor();
  });
  await step("people: anne's roles are copied to karim", async () => {
    await go(a, "People");
    await seen(a, "2 people, 2 devices");
    await to(a, "More about Anne Le Goff");
    await choose(a, "Copy the roles…");
    await a.getByRole("dialog").waitFor();
    await to(a, "To whom?");
    await a.keyboard.press("ArrowDown");
    await seen(a, "Press");
    await press(a, "Give 2 roles");
    await a.getByText("Karim Benali has 2 more roles").waitFor();
    await press(a, "Done");
    await k.getByRole("complementary", { name: "Navigation" }).getByRole("link", { name: "Press" }).waitFor();
  });
  await step("karim is frozen, and thawed", async () => {
    await to(a, "More about Karim Benali");
    await choose(a, "Freeze…");
    await a.getByRole("dialog").waitFor();
    await press(a, "Freeze");
    await confirmed(a, a.getByText("Karim Benali is frozen"));
    await a.getByRole("row", { name: /Karim/ }).getByText("Frozen").waitFor();
    await k.reload();
    await k.getByText("No connection").or(k.getByText(/frozen/i)).first().waitFor();
    await to(a, "More about Karim Benali");
    await choose(a, "Unfreeze");
    await a.getByRole("dialog").waitFor();
    await press(a, "Unfreeze");
    await a.getByText("Karim Benali is no longer frozen").waitFor();
  });
  await step("the trust log is filtered, verified, and exported for zt-audit", async () => {
    await go(a, "Trust log");
    await seen(a, /created the organization/);
    await to(a, "Kind");
    await a.keyboard.press("ArrowDown");
    await a.getByText(/let Karim Benali in/).waitFor();
    check((await a.getByText(/created a workspace/).count()) === 0, "the filter lets others through");
    await press(a, "Verify everything again");
    await seen(a, /entries again from the first one/);
    await to(a, "What is exported");
    await a.keyboard.press("ArrowDown");
    const [download] = await Promise.all([a.waitForEvent("download"), press(a, "Export")]);
    const file = join(state, "history.ztlog");
    await download.saveAs(file);
    const id = await a.evaluate(() => /zt-audit ([0-9a-f]+)/.exec(document.body.textContent)[1]);
    const audit = spawnSync(join(bin, "zt-audit"), [id, file], { encoding: "utf8", env: { ...process.env, LC_ALL: "C" } });
    check(audit.status === 0 && /the history is whole and honest/.test(audit.stdout) && /changesets/.test(audit.stdout), audit.stdout + audit.stderr);
  });
  await step("storage is counted, and the check-up made", async () => {
    await go(a, "Storage");
    await seen(a, "The whole organization, at the server");
    await press(a, "Count again");
    await go(a, "Check-up");
    await seen(a, "Version of the server");
    await seen(a, "There is one administrator");
  });
  await step("devices stay open for longer only after the password", async () => {
    await go(a, "Settings");
    const setting = a.getByLabel(/^Lock this computer/);
    await a.waitForFunction(() => document.querySelector(".setting select")?.value === "15");
    await to(a, /^Lock this computer's devices/);
    await a.keyboard.press("ArrowUp"); // 5 minutes
    await seen(a, "Saved");
    check((await setting.inputValue()) === "5", "it is not shorter");
    await a.keyboard.press("End"); // never
    await confirmed(a, setting.and(a.locator(":not([disabled])")));
    await a.waitForFunction(() => document.querySelector(".setting select").value === "0");
  });
  await step("recovery words are written", async () => {
    await go(a, "My account");
    await press(a, "Write recovery words");
    const shown = a.getByRole("dialog", { name: "Your recovery words" });
    await confirmed(a, shown);
    await press(a, "All words are on paper, in this order.", "Space");
    await press(a, "Done");
    await seen(a, "Words on paper");
  });
  await step("karim is removed: what he brought in is shown before and after", async () => {
    await go(a, "People");
    await to(a, "More about Karim Benali");
    await choose(a, "Remove…");
    await seen(a, "1 device is shut out at once");
    await seen(a, "What Karim Benali brought in");
    await press(a, "Remove Karim Benali");
    await confirmed(a, a.getByRole("heading", { name: "Karim Benali is removed" }));
    await seen(a, "Still there of what Karim Benali brought in");
  });
  await step("language, light, lock and unlock", async () => {
    await press(a, "Français");
    await seen(a, "Karim Benali ne fait plus partie de l’organisation");
    await press(a, "English");
    await press(a, "Light or dark");
    check((await a.evaluate(() => document.documentElement.dataset.theme)) === "dark", "it is not dark");
    await to(a, /my account$/);
    await choose(a, "Lock");
    await write(a, /^Password of this device/, password);
    await a.keyboard.press("Enter");
    await a.getByRole("navigation", { name: "Path" }).waitFor();
  });
  await step("nothing failed in the pages", async () => check([...anne.problems, ...karim.problems].length === 0, [...anne.problems, ...karim.problems].join("\n")));
} catch (error) {
  await a.screenshot({ path: join(state, "anne.png") });
  await k.screenshot({ path: join(state, "karim.png") });
  console.log((await a.locator("body").innerText().catch(() => "")).slice(0, 2500));
  console.log("-- karim");
  console.log((await k.locator("body").innerText().catch(() => "")).slice(0, 1500));
}
await chrome.close();
finish();
