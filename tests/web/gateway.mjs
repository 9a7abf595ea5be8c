// SPDX-License-Identifier: AGPL-3.0-or-later
// Row W8: an honest page behind a hostile gateway. A liar (liar.mjs) is in front of the real one, and the page and its host know no
// other. Each lie ends in words on the screen, never in content, and the page continues when the server is honest again. What
// Alice does is done by zt, past the liar.
import { execFileSync, spawn } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fieldsOf, messageOf, startLiar } from "./liar.mjs";
import { agent, bin, browser, check, exact, finish, password, person, root, state, step } from "./world.mjs";

const upstream = process.env.URL;
const liar = await startLiar(upstream);
const env = { ...process.env, LC_ALL: "C", LD_PRELOAD: process.env.QUICK ?? "" };
const home = (name) => ["--home", join(state, name), "--password-file", join(state, "alice.password")];
const zt = (...args) => execFileSync(join(bin, "zt"), [...home("alice"), ...args], { env, stdio: ["ignore", "pipe", "pipe"] }).toString().trim();
const local = (act) => execFileSync("sh", [join(root, "deploy/local/zt-local"), act, state, bin], { stdio: "ignore" });
const file = (name, content) => { writeFileSync(join(state, name), content); return join(state, name); };
const give = (content, path) => zt("--quiet", "put", file("given", content), path);

const filler = "and more of it\n".repeat(40_000); // a whole block, and not in the manifest
writeFileSync(join(state, "alice.password"), password);
mkdirSync(join(state, "alice"), { mode: 0o700 });
zt("org", "bootstrap", "--server", process.env.URL, "--founding-file", file("code", `${process.env.CODE}\n`), "--slug", "harbour", "--email", "alice@harbour.example", "--name", "Alice");
zt("workspace", "create", "plans");
zt("workspace", "create", "others");

if (process.env.HOST === "browser") process.env.URL = liar.url; // where the page is
const chrome = await browser();
const { page: a, context } = await person(chrome, (await agent("anne")).link, { viewport: { width: 1280, height: 1600 } });
context.setDefaultTimeout(Number(process.env.SOON_MS ?? 60_000));
const button = (name) => a.getByRole("button", exact(name));
const field = (name) => a.getByLabel(name, { exact: true });
const row = (name) => a.getByRole("row", { name: new RegExp(name.replace(".", "\\.")) });
const seen = async () => (await a.locator("body").innerText()).replace(/\s+/g, " ");
const shot = async (name) => { if (process.env.SHOTS) await a.screenshot({ path: `${process.env.SHOTS}/${name}.png` }); };

/** Waits for what the page says of it; CONTENT is not to be seen. */
async function said(words, content, where = a.getByRole("alert").first()) {
  const alert = where;
  await alert.waitFor();
  const text = (await alert.innerText()).replace(/\s+/g, " ");
  console.log(`    "${text}"`);
  check(words.test(text), `it says: ${text}`);
  if (content) check(!(await seen()).includes(content), `what the server made of it is shown: ${content}`);
  await shot(`gateway-${++shots}`);
}
let shots = 0;
const organization = () => a.evaluate(() => location.hash.split("/")[2]);
const go = async (hash) => { await a.evaluate((to) => { location.hash = to; }, hash); };
let key, plans, others, begun;
const folder = async (id = plans) => { await go(`#/o/${key}`); await a.getByRole("heading", exact("Workspaces")).first().waitFor(); await go(`#/o/${key}/w/${id}`); };
const openFile = (name, id = plans) => go(`#/o/${key}/f/${id}/${name}`);
/** The server is honest again: the page reads NAME. */
async function honest(name, content) {
  liar.play();
  await folder();
  await openFile(name);
  await a.getByText(content).first().waitFor();
}
/** Alters answers of ROUTE by ALTER(fields), which gives others, or nothing. */
function alter(route, change) {
  const lie = { played: 0 };
  liar.play({ after(call) {
    if (call.name !== route) return;
    const fields = change(route === "BLOCK_GET" ? null : fieldsOf(call.body), call);
    if (fields) { call.body = Buffer.isBuffer(fields) ? fields : messageOf(fields); lie.played++; }
  } });
  return lie;
}
const flipped = (bytes, at) => { const copy = Buffer.from(bytes); copy[at] ^= 1; return copy; };
const unlocked = async () => {
  if (process.env.HOST !== "browser") return;
  await go(`#/o/${key}`);
  await field("Password of this device").fill(password);
  await button("Unlock").click();
};
const played = (lie) => check(lie.played > 0, "the lie was never needed");

try {
  await step("anne's device joins through the gateway that will lie", async () => {
    const link = zt("invite", "user").split("\n").find((line) => line.includes("://")).trim().replace(/127\.0\.0\.1:\d+/, new URL(liar.url).host);
    await a.getByRole("link", { name: "Join with a link" }).click();
    await field("Link of the invitation").fill(link);
    await field("Your name").fill("Anne Le Goff");
    await field("Your e-mail address").fill("anne@harbour.example");
    await field("What this device is called").fill("Anne's laptop");
    await button("Continue").click();
    await field("Password of this device").fill(password);
    await field("The same password again").fill(password);
    const greeter = spawn(join(bin, "zt"), [...home("alice"), "greet", link.replace(new URL(liar.url).host, new URL(upstream).host), "--yes"], { env });
    let out = "";
    const shown = new Promise((resolve) => { for (const from of [greeter.stdout, greeter.stderr]) from.on("data", (part) => { out += part; const code = /^your code.*: (.*)$/m.exec(out); if (code) resolve(code[1].replace(/\s/g, "")); }); });
    const ended = new Promise((resolve) => greeter.on("close", resolve));
    await button("We are both here: compare codes").click();
    const pick = shown.then(async (code) => {
      await a.locator(".pick").first().waitFor();
      for (const choice of await a.locator(".pick").all()) if ((await choice.locator(".sas").innerText()).replace(/\s/g, "") === code) { await choice.click(); return; }
      throw new Error(`the code ${code} is not among the choices`);
    });
    const tell = a.locator(".sas-box .sas").waitFor().then(async () => greeter.stdin.write(`${(await a.locator(".sas-box .sas").innerText()).replace(/\s/g, "")}\n`));
    await Promise.all([pick, tell]);
    check((await ended) === 0, out);
    zt("workspace", "share", "plans", "anne@harbour.example", "--role", "contributor");
    zt("workspace", "share", "others", "anne@harbour.example", "--role", "contributor");
    await a.getByRole("heading", { name: "You are in" }).waitFor({ timeout: 60_000 });
    await a.getByRole("link", { name: "Go to the workspaces" }).click();
    await a.getByRole("main").getByRole("link", exact("plans")).click();
    key = await organization();
    begun = `${new URL(a.url()).origin}/`;
    plans = await a.evaluate(() => location.hash.split("/")[4]);
    await a.getByRole("navigation", { name: "Workspaces" }).getByRole("link", exact("others")).click();
    await a.waitForFunction((not) => location.hash.split("/")[4] !== not, plans);
    others = await a.evaluate(() => location.hash.split("/")[4]);
  });

  /** A row of the attacks; what another row shows is not lost by it. */
  const lies = (name, run) => step(name, run).catch(async () => {
    await a.screenshot({ path: join(state, `failed-${name.slice(0, 2)}-${shots}.png`) }).catch(() => {});
    liar.play();
    if (await a.getByText("Check again").count()) await button("Check again").click().catch(() => {});
    await a.waitForTimeout(1000);
  });
  const damaged = () => a.getByText(/does not open in its newest version/).first();
  const corrupt = /damaged or was altered/;
  const altered = (change) => (fields) => fields.map(({ number, value }) => ({ number, value: number === 1 ? messageOf(fieldsOf(value).map((one) => (one.number === 1 ? { ...one, value: change(one.value) } : one))) : value }));
  await lies("F1 a byte of a block is another", async () => {
    give(`the words of one\n${filler}`, "plans:/one.txt");
    await folder();
    await row("one.txt").waitFor();
    const lie = alter("BLOCK_GET", (_, { body }) => flipped(body, body.length - 3));
    await openFile("one.txt");
    await said(corrupt, "the words of one");
    played(lie);
    await honest("one.txt", "the words of one");
  });
  await lies("F3 a block is shorter", async () => {
    give(`the words of three\n${filler}`, "plans:/three.txt");
    const lie = alter("BLOCK_GET", (_, { body }) => body.subarray(0, body.length - 1));
    await folder();
    await row("three.txt").waitFor();
    await openFile("three.txt");
    await said(corrupt, "the words of three");
    played(lie);
    await honest("three.txt", "the words of three");
  });
  await lies("F1 a byte of a manifest is another", async () => {
    const lie = alter("OBJECTS", altered((bytes) => flipped(bytes, bytes.length - 5)));
    give("the words of two\n", "plans:/two.txt");
    await folder();
    await said(/does not open/, "two.txt", damaged());
    played(lie);
    await honest("two.txt", "the words of two");
  });
  await lies("F2 F4 an older version, or what another workspace has, in the place of what was asked for", async () => {
    for (const [kind, id, name] of [["older", plans, "plans"], ["foreign", others, "others"]]) {
      let kept = null;
      liar.play({ after(call) { if (call.name === "OBJECTS" && call.target.includes(id)) kept ??= call.body; } });
      give("before", `${name}:/before-${kind}.txt`);
      await folder(id);
      await row(`before-${kind}.txt`).waitFor();
      check(kept !== null, "nothing was asked for");
      await go(`#/o/${key}`);
      await damaged().waitFor({ state: "hidden" }); // what was said before
      const lie = alter("OBJECTS", (_, { target }) => (target.includes(plans) ? kept : null));
      give("after", `plans:/after-${kind}.txt`);
      await folder();
      await said(/does not open/, `after-${kind}.txt`, damaged());
      played(lie);
      await honest(`after-${kind}.txt`, "after");
    }
  });
  // What follows is before the rows behind which this device writes no more.
  await lies("F5 R1 an upload is acknowledged by an older answer, and dropped: it is not called done", async () => {
    let kept = null;
    liar.play({ after(call) { if (call.name === "PUSH") kept = call.body; } });
    await folder();
    await a.locator("main input[type=file]").nth(1).setInputFiles(file("sent.txt", "sent"));
    await row("sent.txt").waitFor();
    await a.getByText("All changes uploaded").waitFor();
    let dropped = 0;
    liar.play({ before(call) { if (call.name === "PUSH") { dropped++; return { body: kept }; } } });
    await a.locator("main input[type=file]").nth(1).setInputFiles(file("dropped.txt", "dropped"));
    await a.getByText(/left out/).first().waitFor();
    check(dropped > 0 && (await row("dropped.txt").count()) === 0, "it is shown as sent");
    await button("See").click();
    console.log(`    "${(await a.getByRole("dialog").innerText()).replace(/\s+/g, " ")}"`);
    await a.getByRole("dialog").getByRole("button", exact("Close")).last().click();
    liar.play();
    await a.locator("main input[type=file]").nth(1).setInputFiles(file("dropped.txt", "dropped"));
    await row("dropped.txt").waitFor();
  });
  const trusts = () => a.locator("footer.status").waitFor();
  let act = 0;
  const overview = async () => { await go(`#/o/${key}`); await a.getByRole("main").getByRole("link", exact("plans")).waitFor(); };
  const stir = () => zt("workspace", "create", `stir-${++act}`);
  await lies("L5 an act that the server proves and does not show is not called done", async () => {
    let kept = null;
    liar.play({ after(call) { if (call.name === "LOG_READ") kept = call.body; } });
    await a.reload();
    await unlocked();
    await overview();
    await a.waitForTimeout(1500);
    const lie = alter("LOG_READ", () => kept);
    await a.getByRole("complementary", { name: "Navigation" }).getByRole("button", exact("New workspace")).click();
    await field("Name").fill("never-shown");
    await button("Create").click();
    await said(/it is done for nobody/);
    played(lie);
    liar.play();
  });
  await lies("F5 F7 changes left out, in another order, of another workspace", async () => {
    let foreign = null;
    give("of others", "others:/theirs.txt");
    liar.play({ after(call) { if (call.name === "CHAIN") foreign = call.body; } });
    await folder(others);
    await row("theirs.txt").waitFor();
    const ways = {
      "left out": (fields) => { const at = fields.findIndex(({ number }) => number === 2); return fields.filter((_, place) => place !== at); },
      "in another order": (fields) => { const list = fields.filter(({ number }) => number === 2).reverse(); return fields.map((one) => (one.number === 2 ? list.shift() : one)); },
      "of another workspace": () => foreign,
    };
    for (const [how, change] of Object.entries(ways)) {
      await a.goto("about:blank");
      for (const n of [1, 2, 3]) give(`${how} ${n}`, `plans:/${how.replace(/ /g, "-")}-${n}.txt`);
      const lie = alter("CHAIN", (fields, { target }) => (target.includes(plans) && (how === "of another workspace" || fields.filter(({ number }) => number === 2).length >= 3) ? change(fields) : null));
      await a.goto(begun);
      await unlocked();
      await folder();
      await said(/names a place of its chain|older state of the workspace/, `${how} 1`);
      played(lie);
      await honest(`${how.replace(/ /g, "-")}-3.txt`, `${how} 3`);
    }
  });
  await lies("F5 a chain that is shorter than what this device has verified", async () => {
    const lie = alter("CHAIN", () => [{ number: 3, value: 1 }]);
    await folder();
    await said(/older state of the workspace/);
    played(lie);
    await honest("one.txt", "the words of one");
  });
  await lies("F5 the newest changes are withheld: the page shows what it had, and no more", async () => {
    const lie = alter("CHAIN", (fields) => {
      const list = fields.filter(({ number }) => number === 2);
      if (list.length === 0) return null;
      return fields.filter((one) => one !== list.at(-1) && one.number !== 4).map((one) => (one.number === 3 ? { ...one, value: one.value - 1 } : one));
    });
    give("late", "plans:/withheld.txt");
    await folder();
    await row("one.txt").waitFor();
    await a.waitForTimeout(2000);
    check((await row("withheld.txt").count()) === 0, "it is shown");
    played(lie);
    liar.play();
    await folder();
    await row("withheld.txt").waitFor();
  });
  await lies("K4 a workspace's key is altered", async () => {
    const links = a.locator("nav a.bar-a[href*='/w/']"), before = await links.evaluateAll((all) => all.map((one) => one.getAttribute("href")));
    const lie = alter("KEYS_GET", (fields) => fields.map((one) => (one.number === 1 ? { ...one, value: flipped(one.value, one.value.length - 5) } : one)));
    zt("workspace", "create", "sealed");
    give("sealed words", "sealed:/s.txt");
    zt("workspace", "share", "sealed", "anne@harbour.example", "--role", "reader");
    await a.waitForFunction((count) => document.querySelectorAll("nav a.bar-a[href*='/w/']").length > count, before.length);
    const place = (await links.evaluateAll((all) => all.map((one) => one.getAttribute("href")))).find((one) => !before.includes(one));
    await go(place);
    await said(/./, "s.txt");
    played(lie);
    liar.play();
    await a.getByRole("button", exact("Try again")).click().catch(() => {});
    await row("s.txt").waitFor();
  });
  await lies("L1 a byte of an entry of the log is another", async () => {
    await overview();
    const lie = alter("LOG_READ", (fields) => {
      let done = false;
      return fields.map((one) => {
        if (one.number !== 1 || done) return one;
        done = true;
        return { ...one, value: messageOf(fieldsOf(one.value).map((part) => (part.number === 2 || part.number === 3 ? { ...part, value: flipped(part.value, part.value.length - 1) } : part))) };
      });
    });
    stir();
    await said(/another history|cannot be verified/, `stir-${act}`);
    played(lie);
    liar.play();
    await button("Check again").click();
    await trusts();
  });
  let first = null;
  await lies("L6 a node of a proof is another: the alarm, until a check succeeds", async () => {
    const lie = alter("LOG_READ", (fields) => (fields.some(({ number }) => number === 3) ? fields.map((one) => (one.number === 3 ? { ...one, value: flipped(one.value, 3) } : one)) : null));
    stir();
    await said(/cannot be verified/);
    played(lie);
    liar.play({ after(call) { if (call.name === "LOG_READ") first ??= call.body; } });
    await button("Check again").click();
    await trusts();
    await overview();
  });
  await lies("L5 an older log is shown again: the alarm, until a check succeeds", async () => {
    liar.play();
    stir();
    await a.getByRole("navigation", { name: "Workspaces" }).waitFor();
    await a.waitForTimeout(2000);
    const lie = alter("LOG_READ", () => first);
    stir();
    await said(/less than this device has verified/);
    played(lie);
    liar.play();
    await button("Check again").click();
    await trusts();
  });
  await lies("L7 the server is put back, and continues with another history: the alarms of both", async () => {
    const save = (from, to) => { rmSync(join(state, to), { recursive: true, force: true }); execFileSync("cp", ["-a", join(state, from), join(state, to)]); };
    await overview();
    cpSync(join(state, "alice"), join(state, "alice-before"), { recursive: true });
    local("stop");
    for (const one of ["postgres", "marks"]) save(one, `${one}-before`);
    local("start");
    stir();
    stir();
    await a.getByText("The server cannot be reached.").first().waitFor({ state: "hidden" });
    await a.getByRole("navigation", { name: "Workspaces" }).waitFor();
    await a.waitForTimeout(12_000);
    local("stop");
    for (const one of ["postgres", "marks"]) save(`${one}-before`, one);
    local("start");
    await said(/less than this device has verified/);
    for (const n of [1, 2, 3]) execFileSync(join(bin, "zt"), [...home("alice-before"), "workspace", "create", `fork-${n}`], { env, stdio: "ignore" });
    await button("Check again").click();
    await a.getByText("The server's trust log does not continue the one that this device has verified").first().waitFor();
    await said(/another history|cannot be verified/);
    check(!(await seen()).includes("fork-1"), "the other history is shown");
  });
} catch (error) {
  await a.screenshot({ path: join(state, "failed.png") }).catch(() => {});
  throw error;
} finally {
  await chrome.close();
  liar.stop();
}
finish();
