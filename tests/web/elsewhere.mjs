// SPDX-License-Identifier: AGPL-3.0-or-later
// The page on a web server of the organization's own, of another origin than the gateway, which serves no page: what
// docs/operations.md says of its headers, an organization, an upload and a download, and what others do is seen at once.
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createReadStream, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { bin, browser, check, exact, finish, foundOrganization, makeWorkspace, person, root, state, step } from "./world.mjs";

// The headers as the guide has them, with this gateway for the one that is named there.
const guide = readFileSync(join(root, "docs/operations.md"), "utf8");
const gateway = new URL(process.env.URL);
const headers = [...guide.matchAll(/^\s*add_header ([A-Za-z-]+) "(.*)" always;$/gm)].map(([, name, value]) =>
  [name, value.replaceAll("https://zt-gateway.acme.example", gateway.origin).replaceAll("wss://zt-gateway.acme.example", `ws://${gateway.host}`)]);
const types = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".wasm": "application/wasm", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml", ".png": "image/png", ".json": "application/json" };
const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, "http://x").pathname);
  const file = join(root, "build/web", path.endsWith("/") ? `${path}index.html` : path);
  if (!existsSync(file) || !statSync(file).isFile()) { response.writeHead(404).end(); return; }
  response.writeHead(200, [["Content-Type", types[extname(file)] ?? "application/octet-stream"], ...headers].flat());
  createReadStream(file).pipe(response);
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

const chrome = await browser();
const { page, problems } = await person(chrome, `${origin}/`);
const button = (name) => page.getByRole("button", exact(name));
const home = join(state, "native");
const zt = (...words) => execFileSync(join(bin, "zt"), ["--home", home, ...words], { env: { ...process.env, LD_PRELOAD: process.env.QUICK ?? "" } });

try {
  await step("the guide has the headers of such a server", async () => {
    check(headers.some(([name, value]) => name === "Content-Security-Policy" && value.includes(gateway.origin)), "no policy that names the gateway");
    check(await page.evaluate(() => crossOriginIsolated), "the page is not isolated");
  });
  await step("what a page may send and read is what the calls need, and no more", async () => {
    const path = `${gateway.origin}/v1/orgs/${"0".repeat(32)}/log`;
    const asked = await fetch(path, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
    check(asked.status === 200 && asked.headers.get("access-control-allow-origin") === "*", "a preflight is not answered");
    check(asked.headers.get("access-control-allow-credentials") === null, "credentials are let in");
    check(!asked.headers.get("access-control-allow-headers").includes("authorization"), "the operator's token may be sent");
    const refused = await fetch(path);
    check(refused.status >= 400 && refused.headers.get("access-control-allow-origin") === "*", `a refusal is not readable: ${refused.status}`);
    check((await fetch(`${gateway.origin}/healthz`)).headers.get("access-control-allow-origin") === null, "a page of the gateway is readable");
  });
  await step("an organization is made from there", async () => {
    await foundOrganization(page);
  });
  await step("files go up and come down", async () => {
    await page.getByRole("link", { name: "Invite a person" }).click();
    await makeWorkspace(page, "Plans");
    const bytes = randomBytes(3 << 20);
    writeFileSync(join(state, "big.bin"), bytes);
    await page.locator("input[type=file]").nth(1).setInputFiles(join(state, "big.bin"));
    await page.getByRole("row", { name: /big\.bin/ }).waitFor();
    await page.getByText("All changes uploaded").waitFor();
    await page.getByRole("row", { name: /big\.bin/ }).getByRole("checkbox").check();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("toolbar").getByRole("button", exact("Download")).click()]);
    check(readFileSync(await download.path()).equals(bytes), "the bytes differ");
  });
  await step("nothing failed in the page", async () => check(problems.length === 0, problems.join("\n")));
} finally {
  await chrome.close();
  server.close();
}
finish();
