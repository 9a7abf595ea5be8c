// SPDX-License-Identifier: AGPL-3.0-or-later
// An administrator says in the page which releases count and what binds everybody; the server's page is altered, and the page on
// this computer says so until the person ends it. The gateway serves a page; this one comes from the agent.
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { agent, bin, browser, check, exact, finish, password, person, root, state, step } from "./world.mjs";

const anne = join(state, "anne/harbour"), served = join(state, "served");
const local = (...args) => execFileSync("sh", [join(root, "tests/support/local"), ...args], { env: { ...process.env, LD_PRELOAD: process.env.QUICK ?? "" } });
writeFileSync(join(state, "password"), password, { mode: 0o600 });
writeFileSync(join(state, "code"), process.env.CODE, { mode: 0o600 });
function zt(...args) {
  const made = spawnSync(join(bin, "zt"), ["--home", anne, "--password-file", join(state, "password"), ...args], { encoding: "utf8", env: { ...process.env, LD_PRELOAD: process.env.QUICK ?? "" } });
  check(made.status === 0, `zt ${args.join(" ")}: ${made.stdout}${made.stderr}`);
  return made.stdout;
}

const found = await agent("anne");
zt("org", "bootstrap", "--server", process.env.URL, "--founding-file", join(state, "code"), "--slug", "harbour", "--email", "anne@harbour.example", "--name", "Anne", "--label", "Anne's laptop");
const chrome = await browser();
const { page, problems } = await person(chrome, found.link);
const button = (name) => page.getByRole("button", exact(name));
const go = async (to) => page.evaluate((address) => { location.hash = address; }, to);
try {
  await step("unlocks", async () => {
    await go("#/o/harbour");
    await page.getByLabel("Password of this device", { exact: true }).fill(password);
    await button("Unlock").click();
    await page.getByText("No workspace yet").waitFor(); // for minutes from now on the person is known to be there
  });
  await step("what the server sends is looked at, and accepted", async () => {
    await go("#/o/harbour/manage/releases");
    await page.getByText("None is named").waitFor();
    await button("Look now").click();
    await page.getByRole("main").getByText("The server sends one whole release", { exact: true }).waitFor();
    await button("Accept it").click();
    await page.getByText("The server sends this one.").waitFor();
    await button("Look now").click();
    await page.getByRole("main").getByText("The server sends an accepted release", { exact: true }).waitFor();
    check(zt("web", "releases").trim().length === 64, "zt does not list it");
  });
  await step("rules bind everybody", async () => {
    await go("#/o/harbour/manage/settings");
    await page.getByLabel(/Zt in a browser/).selectOption({ label: "Everybody but administrators" });
    await page.getByText("Saved").first().waitFor();
    await page.getByLabel(/New workspaces/).selectOption({ label: "Administrators only" });
    await page.getByText("Devices in a browser that are there already stay").waitFor();
    for (let wait = 0; !/everybody but admins\n.*admins alone/.test(zt("org", "settings")); wait++) {
      check(wait < 20, zt("org", "settings"));
      await page.waitForTimeout(200);
    }
  });
  await step("an altered page is an alarm that stays until the person ends it", async () => {
    // Another release than the accepted one, which the gateway takes: its manifest is right.
    cpSync(join(root, "build/web"), served, { recursive: true });
    appendFileSync(join(served, "index.html"), "<!-- altered -->");
    writeFileSync(join(served, "zt-web.manifest"), execFileSync("sh", ["-c", "find . -type f ! -name zt-web.manifest | sed 's|^\\./||' | LC_ALL=C sort | xargs sha256sum"], { cwd: served }));
    const config = join(state, "config/gateway.yaml");
    writeFileSync(config, readFileSync(config, "utf8").replace(/^web: .*$/m, `web: ${served}`));
    local("end", state, bin, "gateway");
    local("one", state, bin, "gateway");
    await go("#/o/harbour/manage/releases");
    await button("Look now").click();
    await page.getByRole("heading", exact("The server sends a page that nobody accepted")).waitFor();
    await page.reload();
    await page.getByRole("heading", exact("The server sends a page that nobody accepted")).waitFor();
    check(zt("status").includes("never accepted"), "zt status does not tell");
    await button("The reason is known: end the alarm").click();
    await page.getByRole("heading", exact("Accepted releases")).waitFor();
  });
  await step("nothing was wrong in the page", async () => check(problems.length === 0, problems.join("\n")));
} catch (error) {
  await page.screenshot({ path: join(root, "build/web-releases-failed.png") });
  console.log((await page.locator("body").innerText()).slice(0, 1500));
}
await chrome.close();
finish();
