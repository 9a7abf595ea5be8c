// SPDX-License-Identifier: AGPL-3.0-or-later
// Norma is an administrator in a page; people ask to join by a certificate, with zt. She sees who asks, lets in, rejects, and sees
// why one cannot be let in, also in French. SHOTS: a folder for pictures.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { native } from "../wasm/world.mjs";
import { agent, axePath, bin, browser, check, exact, finish, password, person, root, state, step } from "./world.mjs";

const CLAIM_MS = 120_000;
writeFileSync(join(state, "alice.password"), "alicepass\n");
writeFileSync(join(state, "founding"), process.env.CODE);
writeFileSync(join(state, "newcomer.password"), "newcomerpass\n");
const { zt, text, greet } = native(bin, state, process.env.QUICK);
await zt("org", "bootstrap", "--server", process.env.URL, "--founding-file", join(state, "founding"), "--slug", "harbour", "--email", "alice@harbour.example", "--name", "Alice");
const env = { ...process.env, LC_ALL: "C", ...(process.env.QUICK ? { LD_PRELOAD: process.env.QUICK } : {}) };
const ca = (command) => execFileSync("sh", ["-c", `state=$1; . "$2/tests/cli/ca.sh"; ${command}`, "sh", state, root]);
const org = JSON.parse(await text("status", "--json")).organization_id;
const asks = (name) => execFileSync(join(bin, "zt"), ["--home", join(state, `of-${name}`), "--password-file", join(state, "newcomer.password"), "pki", "request", join(state, `ca/${name}.pem`), "--key", join(state, `ca/${name}.key`),
  "--server", process.env.URL, "--org", org, "--email", `${name}@demo.example`, "--name", name, "--label", "desk"], { env });

const chrome = await browser();
const { context, page, problems } = await person(chrome, (await agent("norma")).link);
const button = (name) => page.getByRole("button", exact(name));
const field = (name) => page.getByLabel(name, { exact: true });
const axe = readFileSync(axePath, "utf8");
const cdp = await context.newCDPSession(page);
async function look(name) {
  const { result } = await cdp.send("Runtime.evaluate", { expression: axe + "; axe.run(document, { resultTypes: ['violations'] }).then((r) => JSON.stringify(r.violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => [v.id, v.nodes[0].html])))", awaitPromise: true, returnByValue: true });
  check(result.value === "[]", `${name}: ${result.value}`);
  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(wide <= 0, `${name} scrolls sideways by ${wide} at ${width}`);
    const cut = await page.evaluate(() => [...document.querySelectorAll("main li *")].filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.textContent));
    check(cut.length === 0, `${name}: at ${width} this is cut: ${cut}`);
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}-${width}.png` });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}
const row = (name) => page.locator("main li").filter({ has: page.getByText(name, { exact: true }) });
/** Loads the page again, unlocks where the host has ended with it, and waits for WHAT. */
async function again(label, what) {
  await page.reload();
  await Promise.race([what.waitFor(), field(label).waitFor()]);
  if (await field(label).isVisible()) { await field(label).fill(password); await page.keyboard.press("Enter"); }
  await what.waitFor();
}
const fetched = [];
page.context().on("request", (request) => { if (request.url().endsWith("certificates.wasm")) fetched.push(request.url()); });

await step("norma joins in the page, and becomes an administrator", async () => {
  const link = await text("invite", "user");
  let tell;
  const theirs = new Promise((resolve) => { tell = resolve; });
  const greeting = greet(link, tell);
  if (process.env.HOST === "browser") await page.goto(process.env.URL);
  await page.getByRole("link", { name: "Join with a link" }).click();
  await field("Link of the invitation").fill(link);
  await field("Your name").fill("Norma");
  await field("Your e-mail address").fill("norma@harbour.example");
  await field("What this device is called").fill("Norma's laptop");
  await button("Continue").click();
  await field("Password of this device").fill(password);
  await field("The same password again").fill(password);
  await button("We are both here: compare codes").click();
  await page.locator(".sas-box").waitFor({ timeout: CLAIM_MS });
  const code = async (where) => (await where.innerText()).replace(/\s/g, "");
  greeting.tell(await code(page.locator(".sas-box .sas")));
  const wanted = await theirs;
  await page.locator(".pick").first().waitFor();
  for (const choice of await page.locator(".pick").all()) if ((await code(choice.locator(".sas"))) === wanted) { await choice.click(); break; }
  check((await greeting.ended).rc === 0, "the greeting failed");
  await page.getByRole("heading", { name: "You are in" }).waitFor();
  await zt("user", "profile", "norma@harbour.example", "admin");
  await page.getByRole("link", { name: "Go to the workspaces" }).click();
});
await step("nobody has asked: the console says so, and nothing more is fetched", async () => {
  ca("crl; for p in dora emil gus; do request_of $p; sign $p; done");
  await zt("pki", "trust", join(state, "ca/ca.pem"), join(state, "ca/ca.crl"));
  await page.getByRole("link", { name: "Manage my organization" }).first().click();
  await page.getByRole("navigation", { name: "Manage my organization" }).getByRole("link", { name: "Join requests" }).click();
  await page.getByText("No request waits").waitFor();
  check(fetched.length === 0, "the module was fetched");
});
await step("three ask with zt: she sees who they are, by their certificates", async () => {
  for (const name of ["dora", "emil", "gus"]) asks(name);
  await again("Password of this device", row("dora"));
  await row("dora").getByText("Details", { exact: true }).click();
  await row("dora").getByText("CN=Test CA", { exact: true }).waitFor();
  check((await page.getByRole("main").getByRole("button", exact("Accept")).count()) === 3, "not three can be accepted");
  await look("requests");
});
await step("she lets dora in and rejects emil", async () => {
  await row("dora").getByRole("button", exact("Accept")).click();
  await page.getByRole("dialog").getByRole("button", exact("Let in")).click();
  const confirm = page.getByRole("dialog", { name: "Confirm that it is you" });
  await Promise.race([confirm.waitFor(), page.getByText("dora is in").waitFor()]);
  if (await confirm.isVisible()) {
    await confirm.getByLabel("Password of this device", { exact: true }).fill(password);
    await page.keyboard.press("Enter");
  }
  await page.getByText("dora is in").waitFor();
  await row("emil").getByRole("button", exact("Reject")).click();
  await page.getByText("The request of emil was rejected").waitFor();
  check((await text("users")).includes("dora@demo.example"), "zt does not see dora");
});
await step("a certificate that was revoked since is named, and cannot be let in", async () => {
  ca('openssl ca -config "$ca/conf" -revoke "$ca/gus.pem" 2>/dev/null; crl');
  await zt("pki", "trust", join(state, "ca/ca.pem"), join(state, "ca/ca.crl"));
  await row("gus").getByText("The certificate, or one that it rests on, was revoked").waitFor();
  check((await page.getByRole("main").getByRole("button", exact("Accept")).count()) === 0, "it can be accepted");
  await look("requests-revoked");
});
await step("in French", async () => {
  await page.evaluate(() => localStorage.setItem("zt.language", "fr"));
  await again("Mot de passe de cet appareil", page.getByText("Le certificat, ou un de ceux sur lesquels il repose, a été révoqué"));
  await look("requests-revoked-fr");
  if (process.env.HOST === "browser") check(fetched.length > 0, "the module was never fetched");
  check(problems.length === 0, problems.join("\n"));
});
await chrome.close();
finish();
