// SPDX-License-Identifier: AGPL-3.0-or-later
// Each page as a picture, in three widths (the main ones in five), two languages and two themes, and what axe-core finds on it.
// The organization is a real one, made with zt on the command line. WIDTH=1280, ONLY=folder,share, LOOK=fr-dark and FAST=1 (English and light
// alone) make some of them; AXE=no leaves axe-core out.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { pdf } from "./hostile.mjs";
import { agent, axePath, bin, browser, check, finish, password, person, root, state, step } from "./world.mjs";

const out = join(root, "build/web-shots");
const anne = join(state, "anne");
const quick = { ...process.env, LD_PRELOAD: process.env.QUICK ?? "" };
writeFileSync(join(state, "password"), password);

function zt(home, ...args) {
  const made = spawnSync(join(bin, "zt"), ["--home", home, "--password-file", join(state, "password"), ...args], { env: quick, encoding: "utf8" });
  check(made.status === 0, `zt ${args.join(" ")}: ${made.stdout}${made.stderr}`);
  return made.stdout;
}

/** Two processes whose codes are compared, as two people would. */
async function enrol(home, email, name, label) {
  const link = zt(anne + "/kerlann", "invite", "user").trim().split("\n").at(-1);
  const start = (folder, ...args) => {
    const child = spawn(join(bin, "zt"), ["--home", folder, "--password-file", join(state, "password"), ...args], { env: quick });
    let text = "";
    child.stdout.on("data", (data) => { text += data; });
    child.stderr.on("data", (data) => { text += data; });
    const end = new Promise((resolve) => child.on("close", (status) => resolve(status)));
    const code = async () => {
      for (let wait = 0; wait < 600; wait++) {
        const found = /^your code.*: (\S+)/m.exec(text);
        if (found) return found[1];
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(text);
    };
    return { child, end, code, text: () => text };
  };
  const greeter = start(anne + "/kerlann", "greet", link, "--yes");
  const newcomer = start(home, "claim", link, "--email", email, "--name", name, "--label", label);
  const [theirs, ours] = await Promise.all([newcomer.code(), greeter.code()]);
  newcomer.child.stdin.write(`${ours}\n`);
  greeter.child.stdin.write(`${theirs}\n`);
  check((await newcomer.end) === 0 && (await greeter.end) === 0, newcomer.text() + greeter.text());
}

function crc(bytes) {
  let c = ~0;
  for (const byte of bytes) {
    c ^= byte;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  }
  return ~c >>> 0;
}

/** A picture of hills under a sky, as PNG. */
function picture(path, hue) {
  const [width, height] = [640, 420];
  const rows = Buffer.alloc(height * (1 + width * 3));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const far = 190 + 40 * Math.sin(x / 90 + hue) + 16 * Math.sin(x / 31);
      const near = 290 + 30 * Math.sin(x / 120 + 2 * hue);
      const [r, g, b] = y < far ? [150 + y / 4 + hue * 6, 180 + y / 6, 215 - y / 8] : y < near ? [72 + hue * 9, 104 + hue * 4, 122] : [96 + hue * 5, 98, 82 - hue * 4];
      rows.set([r, g, b].map((value) => Math.max(0, Math.min(255, value))), y * (1 + width * 3) + 1 + x * 3);
    }
  }
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const ends = [Buffer.alloc(4), Buffer.alloc(4)];
    ends[0].writeUInt32BE(data.length);
    ends[1].writeUInt32BE(crc(body));
    return Buffer.concat([ends[0], body, ends[1]]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  writeFileSync(path, Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]));
}

const report = `# Storm report, 23 to 24 November

The swell passed the north dike from 02:40 to 05:10. No one was hurt. Two pontoons are
out of service, and the fuel berth is closed until the divers have inspected it.

## What we decided

- The quay reopens on Friday at 06:00, for vessels under 90 metres.
- The tug stays on call until Sunday evening.
- Chloé informs the shipping companies before noon.

## Cost, first estimate

Repairs to the pontoons: €240,000, of which €60,000 for divers. The insurer's expert
visits on 1 December.
`;

async function fill() {
  const a = anne + "/kerlann";
  mkdirSync(anne, { recursive: true, mode: 0o700 });
  writeFileSync(join(state, "code"), process.env.CODE);
  zt(a, "org", "bootstrap", "--server", process.env.URL, "--founding-file", join(state, "code"), "--slug", "harbour", "--email", "anne.legoff@port-kerlann.example", "--name", "Anne Le Goff", "--label", "Anne's laptop");
  const people = [
    ["karim", "karim.benali@port-kerlann.example", "Karim Benali", "Karim's phone"],
    ["maria", "m.oliveira@pilotes-armor.example", "Maria Oliveira", "Maria's laptop"],
    ["chloe", "chloe.dubois@port-kerlann.example", "Chloé Dubois-Lamartine", "Chloé's laptop"],
    ["thomas", "thomas.rios@port-kerlann.example", "Thomas Rios", "Desk 4"],
    ["marie", "mc.vandenberghe@port-kerlann.example", "Marie-Christine Vandenberghe-Delacroix", "Legal, room 12"],
  ];
  for (const [folder, email, name, label] of people) await enrol(join(state, folder), email, name, label);
  zt(a, "user", "profile", "chloe.dubois@port-kerlann.example", "admin");
  for (const name of ["Crisis cell", "Press", "Legal and concessions 2026–2031, negotiation with the shipping companies", "My drafts", "Works, quay 7"]) zt(a, "workspace", "create", name);
  for (const [workspace, user, role] of [["Crisis cell", "karim.benali", "manager"], ["Crisis cell", "m.oliveira@pilotes-armor.example", "contributor"], ["Crisis cell", "chloe.dubois", "contributor"], ["Crisis cell", "thomas.rios", "reader"], ["Crisis cell", "mc.vandenberghe", "reader"], ["Press", "chloe.dubois", "owner"], ["Press", "thomas.rios", "contributor"], ["Works, quay 7", "karim.benali", "manager"], ["Legal and concessions 2026–2031, negotiation with the shipping companies", "mc.vandenberghe", "manager"]]) {
    zt(a, "workspace", "share", workspace, user.includes("@") ? user : `${user}@port-kerlann.example`, "--role", role);
  }
  const tree = join(state, "tree");
  for (const folder of ["Photos of the dike", "Orders", "Insurance"]) mkdirSync(join(tree, folder), { recursive: true });
  for (let n = 1; n <= 6; n++) picture(join(tree, "Photos of the dike", `IMG_223${n}.png`), n);
  picture(join(tree, "North dike, morning.png"), 2.4);
  writeFileSync(join(tree, "Storm report.md"), "# Storm report\n\nA first draft.\n");
  const files = { "Emergency budget.ods": 86e3, "2026-11-24 Minutes of the extraordinary meeting of the crisis cell, reread and signed v3.pdf": 1.2e6, "Drone flight, north dike.mp4": 3.4e6, "Mooring plan.svg": 31e4, "Instructions.odt": 58e3, "Radio logs.zip": 21e5, "Contacts.csv": 1200 };
  for (const [name, size] of Object.entries(files)) writeFileSync(join(tree, name), Buffer.alloc(size, 7));
  writeFileSync(join(tree, "Tide tables 2027.pdf"), pdf(["Tide tables 2027, north dike", "January", "February"]));
  zt(a, "put", tree + "/.", "Crisis cell:/");
  writeFileSync(join(state, "report.md"), report);
  zt(join(state, "karim"), "put", join(state, "report.md"), "Crisis cell:/Storm report.md");
  zt(a, "put", join(state, "report.md"), "Crisis cell:/Storm report.md");
  zt(a, "rm", "Crisis cell:/Instructions.odt");
  zt(a, "invite", "user");
}

const widths = process.env.WIDTH ? Object.fromEntries(process.env.WIDTH.split(",").map((width) => [width, width < 700 ? 740 : width > 2000 ? 2160 : 800])) : { 360: 740, 1280: 800, 1920: 1080 };
const mainWidths = process.env.WIDTH ? widths : { 320: 640, ...widths, 3840: 2160 };
const main = ["organizations", "unlock", "workspaces", "folder", "preview-text", "share", "people", "log", "health", "alarm"];
const only = process.env.ONLY ? process.env.ONLY.split(",") : null;
const looks = process.env.LOOK ? [process.env.LOOK.split("-")] : process.env.FAST ? [["en", "light"]] : [["en", "light"], ["en", "dark"], ["fr", "light"], ["fr", "dark"]];
let serious = 0;

await step("a real organization is filled", fill);
const found = await agent("anne");
if (!only) rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const chrome = await browser();
const { page, context } = await person(chrome, found.link);
// What the page sends may be answered here instead of by the agent: alarms and slow transfers are made so.
let instead = () => undefined;
await page.routeWebSocket(/\/rpc$/, (socket) => {
  const agentSide = socket.connectToServer();
  socket.onMessage((message) => {
    const bytes = typeof message === "string" ? null : message;
    const head = JSON.parse(bytes ? bytes.subarray(4, 4 + bytes.readUInt32LE(0)).toString() : message);
    const answer = instead(head);
    if (answer === null) return;
    // What the host says and asks while the call runs.
    if (answer?.says) for (const one of answer.says) socket.send(JSON.stringify({ request: head.id, device: head.device ?? "", ...one }));
    else if (answer) socket.send(JSON.stringify({ id: head.id, ...answer }));
    else agentSide.send(message);
  });
});
const failure = (name, english, parameters = []) => ({ error: { number: 22, name, sentence: english, english, parameters, retry: false } });
const axe = readFileSync(axePath, "utf8");

async function look(name, prepare = async () => {}) {
  if (only && !only.includes(name)) return;
  for (const [language, theme] of looks) {
    await page.evaluate(([l, c]) => { localStorage.setItem("zt.language", l); localStorage.setItem("zt.theme", c); }, [language, theme]);
    for (const [width, height] of Object.entries(main.includes(name) ? mainWidths : widths)) {
      await page.setViewportSize({ width: Number(width), height });
      await page.reload();
      await page.waitForTimeout(700);
      await prepare(width, language);
      await page.waitForTimeout(350);
      await page.screenshot({ path: join(out, `${name}-${width}-${language}-${theme}.png`) });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) { serious++; console.log(`    ${name} at ${width} scrolls sideways by ${wide} px`); }
      if (width === "1280" && language === "en" && theme === "light") {
        // Text at 200%: nothing is lost at the side.
        await page.evaluate(() => { document.documentElement.style.fontSize = "200%"; dispatchEvent(new Event("resize")); });
        await page.waitForTimeout(300);
        const lost = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        if (lost > 0) { serious++; console.log(`    ${name} with text at 200% scrolls sideways by ${lost} px`); }
        if (process.env.LARGE) await page.screenshot({ path: join(out, `${name}-large.png`) });
        for (const one of await page.evaluate(clipped)) { serious++; console.log(`    ${name} with text at 200% hides text: ${one}`); }
        await page.evaluate(() => { document.documentElement.style.fontSize = ""; });
      }
      if (Number(width) >= 1280) for (const one of await page.evaluate(long)) { serious++; console.log(`    ${name} ${width} ${language}: a line of ${one}`); }
      if (process.env.AXE !== "no") {
        const cdp = await context.newCDPSession(page);
        await cdp.send("Runtime.evaluate", { expression: axe });
        const { result } = await cdp.send("Runtime.evaluate", { expression: "axe.run(document, { resultTypes: ['violations'] }).then((r) => JSON.stringify(r.violations.map((v) => [v.impact, v.id, v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + ' ' + (n.any[0]?.message ?? ''))])))", awaitPromise: true, returnByValue: true });
        await cdp.detach();
        for (const [impact, id, nodes] of JSON.parse(result.value)) {
          if (impact !== "serious" && impact !== "critical") continue;
          serious++;
          console.log(`    ${name} ${width} ${theme}: ${impact}: ${id}\n      ${nodes.join("\n      ")}`);
        }
      }
    }
  }
}

/** Texts of several lines whose lines have more letters than an eye follows. Code has the lines that it has. Runs in the page. */
function long() {
  const found = [];
  for (const one of document.querySelectorAll("main *, dialog *")) {
    const text = one.textContent.trim();
    if (text.length < 100 || !one.checkVisibility() || one.closest("pre, code, .code, .textLayer, .cut, .cutmid, .words, .vh") || getComputedStyle(one).display.startsWith("inline")) continue;
    if (![...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== "")) continue;
    const range = document.createRange();
    range.selectNodeContents(one);
    const lines = new Set([...range.getClientRects()].filter((box) => box.width > 2).map((box) => Math.round(box.bottom / 8))).size;
    if (text.length / Math.max(1, lines) > 95) found.push(`${Math.round(text.length / Math.max(1, lines))} letters: ${one.tagName.toLowerCase()}.${one.className} “${text.slice(0, 50)}”`);
  }
  return found.slice(0, 5);
}

/** Texts that their box cuts off, and that no title, no longer name and no scrolling shows. Runs in the page. */
function clipped() {
  const found = [];
  for (const one of document.querySelectorAll("body *")) {
    if (!one.checkVisibility() || getComputedStyle(one).clipPath !== "none" || one.closest(".vh, svg, [aria-hidden=true], select, .skip")) continue;
    if (![...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== "")) continue;
    const style = getComputedStyle(one);
    // Below, at any height that hides more than an edge of a letter; at the side, where nothing tells that there is more.
    const down = ["hidden", "clip"].includes(style.overflowY) && one.scrollHeight > one.clientHeight + 4;
    const aside = ["hidden", "clip"].includes(style.overflowX) && one.scrollWidth > one.clientWidth + 1 && style.textOverflow !== "ellipsis";
    const box = one.getBoundingClientRect();
    const gone = style.textOverflow === "ellipsis" && one.scrollWidth > one.clientWidth + 1 && one.clientWidth < 3 * parseFloat(style.fontSize);
    let outside = "";
    for (let above = one.parentElement; above && box.width > 0 && !outside && !one.matches("dialog, [popover]"); above = above.parentElement) {
      if (above.matches("dialog, [popover]")) break; // nothing cuts what lies above all
      const around = getComputedStyle(above);
      const edge = above.getBoundingClientRect();
      if (around.overflowY === "hidden" && (box.bottom > edge.bottom + 4 || box.top < edge.top - 4)) outside = `below ${above.className}`;
      if (around.overflowX === "hidden" && (box.left > edge.right - 4 || box.right < edge.left + 4)) outside = `beside ${above.className}`;
      if (["auto", "scroll"].includes(around.overflowY) || ["auto", "scroll"].includes(around.overflowX)) break;
    }
    if (down || aside || gone || outside) found.push(`${one.tagName.toLowerCase()}.${one.className} “${one.textContent.trim().slice(0, 40)}” ${down ? "down" : aside ? "aside" : gone ? "to nothing" : outside}`);
  }
  return found.slice(0, 5);
}

const home = `#/o/kerlann`;
const go = async (to) => { await page.evaluate((address) => { location.hash = address; }, to); await page.waitForTimeout(500); };
const pickRow = (row) => page.locator(".files-row").nth(row).locator("input").click();
try {
  await step("the pages before a device is open", async () => {
    await look("organizations");
    for (const way of ["create", "join", "recover"]) { await go(`#/begin/${way}`); await look(`begin-${way}`); }
    await go("#/begin/create");
    await look("begin-create-password", async (_width, language) => {
      const fr = language === "fr";
      await page.getByLabel(fr ? "Adresse du serveur" : "Address of the server", { exact: true }).fill("https://zt.port-kerlann.example");
      await page.locator("main .f input").nth(1).fill("harbour");
      await page.locator("main .f input").nth(2).fill("ab".repeat(64));
      await page.locator("main .btn.primary").click();
      await page.locator("main .f input").nth(0).fill("Anne Le Goff");
      await page.locator("main .f input").nth(1).fill("anne.legoff@port-kerlann.example");
      await page.locator("main .btn.primary").click();
      await page.locator("main .f input").nth(0).fill("too short");
    });
    instead = (head) => (head.method === "host.claim" ? { says: [{ event: "code", data: { code: "7KQ4" } }, { question: "codes", ask: 1, data: { choices: ["T3WA", "9XMB", "H2RD", "C5LP"] } }] } : undefined);
    await go("#/begin/join");
    await look("begin-codes", async () => {
      await page.locator("main textarea").fill(`zt://zt.port-kerlann.example/${"12".repeat(16)}/${"34".repeat(16)}`);
      await page.locator("main .f input").nth(0).fill("Léa Moreau");
      await page.locator("main .f input").nth(1).fill("lea.moreau@port-kerlann.example");
      await page.locator("main .btn.primary").click();
      for (const place of [0, 1]) await page.locator("main .f input").nth(place).fill("four words that fit");
      await page.locator("main .btn.primary").click();
    });
    instead = () => undefined;
    await go(home);
    await look("unlock");
  });
  await step("unlocks", async () => {
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.evaluate(() => localStorage.setItem("zt.language", "en"));
    await go(home);
    await page.reload();
    await page.getByLabel("Password of this device", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Unlock", exact: true }).click();
    await page.getByRole("main").getByRole("link", { name: "Crisis cell", exact: true }).waitFor();
  });
  const address = await page.getByRole("main").getByRole("link", { name: "Crisis cell", exact: true }).getAttribute("href");
  const cell = address.split("/").at(-1);
  const press = (await page.getByRole("main").getByRole("link", { name: "Press", exact: true }).getAttribute("href")).split("/").at(-1);
  await step("the pages of an organization", async () => {
    await look("workspaces");
    await go(address);
    await look("folder", async () => { await pickRow(5); });
    await look("folder-selected", async () => { for (const row of [3, 5, 6]) await pickRow(row); });
    await look("folder-menu", async () => { await page.locator(".files-row").nth(3).locator(".more").click(); });
    await look("share", async () => { await page.locator(".toolbar .lucide-user-plus").first().click(); });
    await look("folder-history", async (width) => { await page.getByRole("row", { name: /Storm report/ }).click(); if (width < 1100) { await page.locator(".selbar .menu-w button").click(); await page.locator(".menu .lucide-info").click(); } });
    await look("folder-new", async () => { await page.locator(".toolbar .menu-w .btn.primary").click(); });
    await look("move", async () => { for (const row of [4, 5]) await pickRow(row); await page.locator(".selbar .lucide-folder-input").click(); });
    await look("copy", async () => { await pickRow(4); await page.locator(".selbar .menu-w button").click(); await page.locator(".menu .lucide-copy").click(); await page.locator("dialog .lucide-chevron-left").click(); });
    await go(`${address}/Orders`);
    await look("folder-empty");
    await page.evaluate(() => localStorage.setItem("zt.grid", "1"));
    await go(`${address}/Photos%20of%20the%20dike`);
    await look("tiles", async () => { await page.waitForTimeout(500); });
    await page.evaluate(() => localStorage.setItem("zt.grid", "0"));
    instead = (head) => (head.method === "writer.write" && head.params.offset >= 2 << 20 ? null : undefined);
    await go(address);
    await look("transfers", async () => {
      await page.locator("input[type=file]").nth(1).setInputFiles([{ name: "Drone flight, south dike.mp4", mimeType: "video/mp4", buffer: Buffer.alloc(9 << 20) }, { name: "Tide tables.csv", mimeType: "text/csv", buffer: Buffer.alloc(4 << 20) }, { name: "a\\b\u0001.txt", mimeType: "text/plain", buffer: Buffer.from("x") }]);
      await page.waitForTimeout(1200);
    });
    instead = () => undefined;
    await go(`#/o/kerlann/f/${cell}/Storm%20report.md`);
    await look("preview-text");
    await look("editor", async () => { await page.locator(".preview-bar .lucide-pencil").click(); await page.locator(".code").click(); await page.keyboard.type("Draft. "); });
    instead = (head) => (head.method === "writer.commit" ? failure("CONFLICT", "somebody else changed this meanwhile") : undefined);
    await look("editor-conflict", async () => { await page.locator(".preview-bar .lucide-pencil, .editor").first().click(); await page.locator(".code").click(); await page.keyboard.type("Draft. "); await page.locator(".editor-bar .btn.primary").click(); });
    instead = () => undefined;
    await go(`#/o/kerlann/f/${cell}/Storm%20report.md?version=1`);
    await look("version", async () => { await page.waitForTimeout(300); });
    await look("compare", async () => { await page.locator(".strip .lucide-arrow-left-right").click(); });
    await go(`#/o/kerlann/f/${cell}/Tide%20tables%202027.pdf`);
    await look("preview-pdf", async () => { await page.locator(".pdf-page canvas").first().waitFor(); });
    await go(`#/o/kerlann/f/${cell}/Radio%20logs.zip`);
    await look("preview-none");
    await go(`#/o/kerlann/f/${cell}/North%20dike%2C%20morning.png`);
    await look("preview-image");
    await go(`#/o/kerlann/trash/${cell}`);
    await look("trash");
    await go(`#/o/kerlann/trash/${press}`);
    await look("trash-empty");
    instead = (head) => (head.method === "pki.requests" ? { result: { requests: [
      { id: "1", email: "yann.corre@port-kerlann.example", name: "Yann Corre", subject: "CN=Yann Corre,OU=Harbour office,O=Port of Kerlann,C=FR", issuer: "CN=Port of Kerlann Staff CA 2,O=Port of Kerlann,C=FR", fingerprint: "9f".repeat(32), time: Date.now() - 72e5 },
      { id: "2", email: "guest@pilotes-armor.example", name: "Hélène Tanguy-Le Bihan de Kermorvan", subject: "CN=Guest", issuer: "CN=Another CA", fingerprint: "1c".repeat(32), time: Date.now() - 9e7, refusal: "the certificate ended on 2026-11-01" }] } } : undefined);
    await go(`${home}/manage/requests`);
    await look("requests-waiting", async () => { await page.waitForTimeout(300); });
    instead = (head) => (head.method === "exchange.greet" ? { says: [{ event: "code", data: { code: "7KQ4" } }, { question: "codes", ask: 1, data: { choices: ["T3WA", "9XMB", "H2RD", "C5LP"] } }] } : undefined);
    await go(`${home}/manage/invitations`);
    await look("greet", async () => { await page.locator("main .lucide-hand").first().click(); await page.waitForTimeout(300); });
    instead = (head) => (head.method === "exchange.greet" ? { says: [{ question: "accept", ask: 1, data: { email: "lea.moreau@port-kerlann.example", name: "Léa Moreau", device: "Léa's laptop", doubt: "", profile: "standard" } }] } : undefined);
    await look("greet-accept", async () => { await page.locator("main .lucide-hand").first().click(); await page.waitForTimeout(300); });
    instead = (head) => (head.method === "invitations.create" ? { result: { link: `zt://zt.port-kerlann.example/${"12".repeat(16)}/${"34".repeat(16)}` } } : undefined);
    await look("invite", async () => { await page.locator("main .toolbar .btn.primary").click(); await page.locator(".qr").waitFor(); });
    instead = () => undefined;
    for (const room of ["people", "invitations", "requests", "log", "storage", "health", "settings"]) { await go(`${home}/manage/${room}`); await look(room, async () => { if (room === "health") await page.waitForTimeout(2500); }); }
    await go(`${home}/manage/invite-many`);
    await look("invite-many", async () => { await page.locator("textarea").fill("E-mail;Name;Profile\nlea.moreau@port-kerlann.example;Léa Moreau;\npaul@port-kerlann.example;Paul Kervella;admin\nnobody;Somebody\nkarim.benali@port-kerlann.example;Karim Benali\nguest@pilotes-armor.example;Hélène Tanguy-Le Bihan de Kermorvan;outsider\nx@port-kerlann.example;X;king\n"); });
    await go(`${home}/manage/people`);
    const karim = await page.getByRole("link", { name: "Karim Benali", exact: true }).getAttribute("href");
    await go(karim);
    await look("person");
    await look("copy-roles", async () => { await page.locator("main .lucide-copy").first().waitFor(); await page.locator("main .lucide-copy").first().click(); const choice = page.locator("dialog select"); await choice.selectOption({ index: 4 }); });
    await look("device", async () => { await page.locator("main .list .btn.quiet").first().click(); });
    await look("freeze", async () => { await page.locator("main .lucide-snowflake").first().click(); });
    await go(karim.replace("/person/", "/remove/"));
    await look("remove");
    await page.evaluate(() => {
      for (const name of Object.keys(localStorage)) if (name.startsWith("zt.notes.")) {
        const kept = JSON.parse(localStorage.getItem(name));
        const now = Date.now();
        const about = kept.known.share[0];
        kept.notes = [{ kind: "share", about, time: now - 60e3, read: false }, { kind: "request", about: "1", time: now - 3600e3, read: false }, { kind: "device", about: "2", time: now - 864e5, read: true }, { kind: "alarm", about: "FORK", time: now - 4 * 864e5, read: true }];
        localStorage.setItem(name, JSON.stringify(kept));
      }
    });
    await go(`${home}/notifications`);
    await look("notifications");
    await look("bell", async () => { await page.locator(".bell").click(); });
    await go(`${home}/account`);
    await look("account");
    instead = (head) => (head.method === "recovery.create" ? { result: { words: Array.from({ length: 36 }, (_, at) => ["anchor", "lantern", "meadow", "copper", "violin", "harvest"][at % 6]).join(" ") } } : undefined);
    await look("recovery-words", async () => { await page.locator("main .lucide-key-round").first().click(); await page.locator(".words").waitFor(); });
    instead = (head) => (["device.sync", "files.usage"].includes(head.method) ? failure("NETWORK", "%s: %s", ["https://zt.port-kerlann.example", "Connection refused"]) : undefined);
    await go(address);
    await look("offline", async () => { await page.waitForTimeout(800); });
    instead = (head) => (head.method === "device.revoke" || head.method === "recovery.create" ? failure("CONFIRM", "the person has to confirm this") : undefined);
    await go(`${home}/account`);
    await look("confirm", async () => { await page.locator("main .lucide-key-round").first().click(); await page.waitForTimeout(300); });
    instead = () => undefined;
    await go(home);
    await look("palette", async () => { await page.waitForTimeout(800); await page.keyboard.press("Control+k"); await page.keyboard.type("dike"); await page.waitForTimeout(1500); });
  });
  const release = "3f2a91bc07de55aa10c3d54b4a2abbc9b22aa163e8bf0b22e50f782836054f17";
  const looked = { state: "good", alarm: false, origin: "https://zt.port-kerlann.example", release, file: "", files: 74, time: Date.now() - 7200000 };
  await step("releases of the page, and a page that is another one", async () => {
    const lists = (more) => (head) => (head.method === "releases.list" ? { result: { releases: [release], ...more } } : undefined);
    instead = lists({ newest: looked });
    await go(`${home}/manage/releases`);
    await look("releases");
    instead = lists({ newest: looked, alarm: { ...looked, state: "altered", alarm: true, file: "assets/app-CkPVx_0h.js" } });
    await go(home);
    await look("page-alarm", async () => { await page.waitForTimeout(600); });
    instead = () => undefined;
  });
  await step("an alarm is the whole page", async () => {
    instead = (head) => (head.method === "device.sync" ? failure("FORK", "the server shows two different histories; nothing more is written to this organization") : undefined);
    await look("alarm", async () => { await page.waitForTimeout(600); });
    instead = () => undefined;
    if (!only) {
      await page.getByRole("button", { name: /Contrôler à nouveau|Check again/ }).click();
      await page.getByRole("navigation", { name: /Path|Chemin/ }).waitFor();
    }
  });
  await step("axe-core finds nothing serious or critical, and nothing scrolls sideways", async () => check(serious === 0, `${serious} findings`));
} catch (error) {
  await page.screenshot({ path: join(out, "failed.png") });
  console.log((await page.locator("body").innerText()).slice(0, 1500));
}
await chrome.close();
finish();
