// SPDX-License-Identifier: AGPL-3.0-or-later
// Passkeys in the browser's host, by Chromium's virtual authenticators: added, used to unlock and to confirm, refused, removed; and
// a device file that was altered. The page is opened by a name, as a passkey needs one. SHOTS: a folder for pictures.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { axePath, browser, check, exact, finish, foundOrganization, password, person, root, step } from "./world.mjs";

if (process.env.HOST !== "browser") throw new Error("passkeys open devices of the browser's host: HOST=browser");
const origin = process.env.URL.replace("127.0.0.1", "localhost");
const LATER_MS = 310_000; // when a confirmation is over
const axe = readFileSync(axePath, "utf8");

const chrome = await browser();
// The page's own files, but for the steady clock of the host, which a message sets forward.
const { context, page, problems } = await person(chrome, "about:blank", { serviceWorkers: "block" });
await context.route("**/host/wasi.mjs", (route) => {
  const text = readFileSync(join(root, "build/web/host/wasi.mjs"), "utf8"), steady = "now = () => performance.now(),";
  check(text.includes(steady), "the clock of the host is not where it was");
  return route.fulfill({ contentType: "text/javascript", headers: { "cross-origin-embedder-policy": "require-corp", "cross-origin-resource-policy": "same-origin" }, body: `let ahead = 0; new BroadcastChannel("test-clock").onmessage = ({ data }) => { ahead += data; };\n${text.replace(steady, "now = () => performance.now() + ahead,")}` });
});
const cdp = await context.newCDPSession(page);
await cdp.send("WebAuthn.enable");
const button = (name) => page.getByRole("button", exact(name));
const field = (name) => page.getByLabel(name, { exact: true });
const dialog = () => page.getByRole("dialog");
const authenticator = async (more = {}) => (await cdp.send("WebAuthn.addVirtualAuthenticator", {
  options: { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true, hasPrf: true, isUserVerified: true, automaticPresenceSimulation: true, ...more },
})).authenticatorId;
const credentials = async (authenticatorId) => (await cdp.send("WebAuthn.getCredentials", { authenticatorId })).credentials;
const shot = async (name, where = page) => { if (process.env.SHOTS) await where.screenshot({ path: `${process.env.SHOTS}/${name}.png` }); };

async function look(name) {
  await page.evaluate(axe).catch(() => {});
  const { result } = await cdp.send("Runtime.evaluate", { expression: axe + "; axe.run(document, { resultTypes: ['violations'] }).then((r) => JSON.stringify(r.violations.filter((v) => ['serious', 'critical'].includes(v.impact)).map((v) => [v.id, v.nodes[0].html])))", awaitPromise: true, returnByValue: true });
  check(result.value === "[]", `${name}: ${result.value}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(wide <= 0, `${name} scrolls sideways by ${wide}`);
  await shot(name);
}

async function openAccount() {
  await page.goto(`${origin}/#/o/${key}/account`);
  await page.getByRole("heading", exact("Passkeys")).waitFor();
}
async function lock() {
  await page.getByRole("button", { name: /Anne Le Goff/ }).first().click();
  await page.getByRole("menuitem", exact("Lock")).click();
  await field("Password of this device").waitFor();
}
/** To the step at which the browser asks. */
async function beginToAdd(label) {
  await button("Add a passkey").click();
  await field("Name of the passkey").fill(label);
  await dialog().getByLabel("Password of this device", { exact: true }).fill(password);
  await button("Continue").click();
  await button("Make the passkey").waitFor();
}
/** Alters the byte behind each place of TEXT in what this browser keeps, while no page of zt is open; gives how to take it back. */
async function alter(text) {
  await page.goto(`${origin}/zt-web.manifest`);
  const flip = (word) => page.evaluate(async (looked) => {
    const want = new TextEncoder().encode(looked);
    let found = 0;
    const walk = async (folder) => {
      for await (const one of folder.values()) {
        if (one.kind === "directory") { await walk(one); continue; }
        const bytes = new Uint8Array(await (await one.getFile()).arrayBuffer());
        for (let at = 0; at + want.length <= bytes.length; at++) {
          if (want.some((byte, i) => bytes[at + i] !== byte)) continue;
          const writer = await one.createWritable({ keepExistingData: true });
          await writer.write({ type: "write", position: at, data: Uint8Array.of(bytes[at] ^ 1) });
          await writer.close();
          found++;
        }
      }
    };
    await walk(await (await navigator.storage.getDirectory()).getDirectoryHandle("zt-host"));
    return found;
  }, word);
  check((await flip(text)) > 0, "there is no such text at rest");
  return async () => {
    await page.goto(`${origin}/zt-web.manifest`);
    check((await flip(String.fromCharCode(text.charCodeAt(0) ^ 1) + text.slice(1))) > 0, "the altered text is not there");
  };
}

let key = "", first = "", second = "";
try {
  await step("a device with a password", async () => {
    await page.goto(`${origin}/`);
    await foundOrganization(page, { server: origin });
    await page.getByRole("link", { name: "Invite a person" }).click();
    key = new URL(page.url()).hash.split("/")[2];
    await openAccount();
    // Nothing locks by itself, when the clock is set forward.
    await page.getByLabel(/Lock this computer's devices/).selectOption("0");
    await page.getByText("Saved").or(dialog()).first().waitFor();
    if (await dialog().isVisible()) { await field("Password of this device").fill(password); await button("Confirm").click(); await page.getByText("Saved").waitFor(); }
    await page.getByText("A passkey opens this device by your finger").waitFor();
    check(!(await page.getByText("The server cannot be reached.").isVisible()), "the page takes what its host lacks for a server that is away");
    await look("account-none");
  });
  await step("an authenticator without the PRF is found out, and nothing is added", async () => {
    const plain = await authenticator({ hasPrf: false });
    await beginToAdd("plain");
    await button("Make the passkey").click();
    await page.getByText("This passkey only signs in, and gives no key").waitFor();
    await look("add-no-prf");
    await button("Cancel").click();
    await page.getByText("A passkey opens this device by your finger").waitFor();
    await cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: plain });
  });
  await step("a passkey is added by who knows the password", async () => {
    first = await authenticator();
    await button("Add a passkey").click();
    await field("Name of the passkey").fill("Finger on this laptop");
    await field("Password of this device").fill("not the password");
    await button("Continue").click();
    await page.getByText("The password is wrong").waitFor();
    check((await credentials(first)).length === 0, "a passkey was made for a wrong password");
    await field("Password of this device").fill(password);
    await look("add-password");
    await button("Continue").click();
    await button("Make the passkey").waitFor();
    await page.locator("button:focus", { hasText: "Make the passkey" }).waitFor();
    await look("add-make");
    await page.keyboard.press("Enter");
    await page.getByText("The passkey was added").waitFor();
    await page.getByText("Finger on this laptop").waitFor();
    check((await credentials(first)).length === 1, "there is no passkey");
  });
  await step("a second one is of another authenticator: the first is refused again", async () => {
    await beginToAdd("again");
    await button("Make the passkey").click();
    await page.getByText("What you chose has a passkey for this device already.").waitFor();
    await button("Cancel").click();
    await cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: first, enabled: false });
    second = await authenticator({ transport: "usb" });
    await beginToAdd("Blue key");
    await button("Make the passkey").click();
    await page.getByText("The passkey was added").waitFor();
    await page.getByText("Blue key").waitFor();
    check((await credentials(second)).length === 1, "there is no second passkey");
    await look("account-two");
  });
  await step("either unlocks the device, by keyboard, and so does the password", async () => {
    await lock();
    await button("Unlock with a passkey").waitFor();
    await look("unlock");
    await page.locator("button:focus", { hasText: "Unlock with a passkey" }).waitFor();
    const begun = Date.now();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", exact("Passkeys")).waitFor();
    console.log(`    unlocked in ${Date.now() - begun} ms`);
    await cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: second, enabled: false });
    await cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: first, enabled: true });
    await lock();
    await button("Unlock with a passkey").click();
    await page.getByRole("heading", exact("Passkeys")).waitFor();
    await lock();
    await field("Password of this device").fill(password);
    await button("Unlock").click();
    await page.getByRole("heading", exact("Passkeys")).waitFor();
  });
  await step("an act that needs the person is confirmed by a passkey", async () => {
    await page.evaluate((by) => new BroadcastChannel("test-clock").postMessage(by), LATER_MS);
    await button("Write recovery words").click();
    const asks = page.getByRole("dialog", { name: "Confirm that it is you" });
    await asks.waitFor();
    await button("Use a passkey").waitFor();
    await look("confirm");
    await button("Use a passkey").click();
    await page.getByRole("heading", { name: "Your recovery words" }).waitFor();
    await page.getByRole("checkbox").check();
    await button("Done").click();
  });
  await step("a removed passkey opens nothing", async () => {
    await button("Remove the passkey Finger on this laptop").click();
    await look("remove");
    await field("Password of this device").fill("not the password");
    await button("Remove").click();
    await page.getByText("The password is wrong").waitFor();
    await field("Password of this device").fill(password);
    await button("Remove").click();
    await page.getByText("The passkey was removed").waitFor();
    await lock();
    await button("Unlock with a passkey").click(); // nobody touches the blue key, and the finger's is not asked for
    await page.getByText("No passkey was used").waitFor();
    await cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: first });
    await cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId: second, enabled: true });
    await button("Unlock with a passkey").click();
    await page.getByRole("heading", exact("Passkeys")).waitFor();
  });
  await step("who has the browser's files and another authenticator gets nothing", async () => {
    await lock();
    await cdp.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId: second });
    first = await authenticator();
    await button("Unlock with a passkey").click();
    await page.getByText("No passkey was used").waitFor({ timeout: 120_000 });
    await look("unlock-refused");
    if (process.env.SHOTS) {
      await page.evaluate(() => localStorage.setItem("zt.language", "fr"));
      await page.emulateMedia({ colorScheme: "dark" });
      await page.setViewportSize({ width: 320, height: 700 });
      await page.reload();
      await page.getByRole("button", exact("Déverrouiller par une clé d’accès")).waitFor();
      await look("unlock-fr-320-dark");
      await page.evaluate(() => localStorage.setItem("zt.language", "en"));
      await page.emulateMedia({ colorScheme: "light" });
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.reload();
    }
    await field("Password of this device").fill(password);
    await button("Unlock").click();
    await page.getByRole("heading", exact("Passkeys")).waitFor();
  });
  await step("a device file that was altered opens by nothing, and the page says so", async () => {
    await button("Remove the passkey Blue key").click();
    await field("Password of this device").fill(password);
    await button("Remove").click();
    await page.getByText("The passkey was removed").waitFor();
    await page.getByText("A passkey opens this device by your finger").waitFor();
    await beginToAdd("Marked label");
    await button("Make the passkey").click();
    await page.getByText("The passkey was added").waitFor();
    const restore = await alter("Marked label");
    await page.goto(`${origin}/#/o/${key}/account`);
    await button("Unlock with a passkey").click();
    await page.getByText("This passkey does not open the device").waitFor();
    await field("Password of this device").fill(password);
    await button("Unlock").click();
    await page.getByText("The file with this device's keys is empty or damaged").waitFor();
    await restore();
    await page.goto(`${origin}/#/o/${key}/account`);
    await button("Unlock with a passkey").click();
    await page.getByRole("heading", exact("Passkeys")).waitFor();
  });
  await step("pictures: French, dark, a telephone", async () => {
    if (!process.env.SHOTS) return;
    await page.evaluate(() => localStorage.setItem("zt.language", "fr"));
    await page.reload(); // the host ends with its page
    await button("Déverrouiller par une clé d’accès").click();
    await page.getByRole("heading", exact("Clés d’accès")).waitFor();
    await look("account-fr");
    await page.getByRole("button", exact("Ajouter une clé d’accès")).click();
    await page.waitForTimeout(300);
    await look("add-password-fr");
    await page.keyboard.press("Escape");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 320, height: 700 });
    await page.getByText("Marked label").scrollIntoViewIfNeeded();
    await look("account-fr-320-dark");
    await page.evaluate(() => localStorage.setItem("zt.language", "en"));
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.reload();
    await button("Unlock with a passkey").click();
    await page.getByRole("heading", exact("Passkeys")).waitFor();
  });
  await step("a page that was opened by a number says why it has none", async () => {
    const other = await context.newPage();
    await other.goto(`${process.env.URL.replace("localhost", "127.0.0.1")}/`);
    const reason = await other.evaluate(() => navigator.credentials.create({ publicKey: { challenge: new Uint8Array(32), rp: { name: "zt" }, user: { id: new Uint8Array(1), name: "x", displayName: "x" }, pubKeyCredParams: [] } }).then(() => "", (error) => error.name));
    check(reason === "SecurityError", `the browser makes passkeys for numbers, too: ${reason}`);
    await other.close();
  });
  await step("the page had no error", async () => check(problems.filter((one) => !one.includes("favicon")).length === 0, problems.join("\n")));
} catch {
  await shot("failed");
}
await chrome.close();
finish();
