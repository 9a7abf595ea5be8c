// SPDX-License-Identifier: AGPL-3.0-or-later
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Saves } from "../src/pages/files/write";
import { startHost } from "../src/state/host";
import { Organization } from "../src/state/organization";
import { FakeHost, soon } from "./fake_host";

const failure = (name: string) => ({ number: 1, name, sentence: name, english: name, parameters: [], retry: false });
const bytes = (text: string) => new TextEncoder().encode(text);

let fake: FakeHost;
let saves: Saves;
/** The file as the servers have it, and how many of the next commits are made, but not answered. */
let there: { version: number; text: string; size?: number };
let lost: number;

/** Answers what the page asks, as a host does, until it asks nothing more. */
async function serve(from: number): Promise<void> {
  let written = "";
  let base = 0;
  for (let seen = from, quiet = 0; quiet < 20;) {
    await soon();
    if (seen === fake.sent.length) { quiet++; continue; }
    quiet = 0;
    const { head, content } = fake.sent[seen++]!;
    const params = head.params as { base?: number; offset: number; size: number; how: string };
    const answer = (result: object, bytesOf?: Uint8Array) => fake.say({ id: head.id, result }, bytesOf);
    if (head.method === "writer.open") { base = params.base!; answer({ handle: 1, size: there.text.length, version: there.version }); }
    else if (head.method === "writer.write") { written = new TextDecoder().decode(content); answer({}); }
    else if (head.method === "writer.commit") {
      if (params.how === "orConflict" && base !== there.version) { fake.say({ id: head.id, error: failure("CONFLICT") }); continue; }
      there = { version: there.version + 1, text: written };
      if (lost-- > 0) fake.say({ id: head.id, error: failure("NETWORK") });
      else answer({ version: there.version, onTop: false });
    } else if (head.method === "reader.open") answer({ handle: 2, size: there.size ?? bytes(there.text).length, version: there.version, away: false });
    else if (head.method === "reader.read") answer({ size: params.size }, bytes(there.text).subarray(params.offset, params.offset + params.size));
    else answer({});
  }
}
const save = async (base: number, text: string) => {
  const from = fake.sent.length;
  const [result] = await Promise.allSettled([saves.save(base, text, "orConflict"), serve(from)]);
  return result.status === "fulfilled" ? result.value : (result.reason as { code: string }).code;
};

beforeEach(async () => {
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {} });
  fake = new FakeHost();
  startHost(fake.open);
  fake.up();
  fake.say({ id: fake.last().id, result: { host: "agent", version: "1", run: "r", devices: [] } });
  await soon();
  const organization = new Organization("acme");
  vi.spyOn(organization, "lost").mockImplementation(() => {});
  saves = new Saves(organization, "plans:/a.txt");
  there = { version: 3, text: "before" };
  lost = 0;
});
afterEach(() => { vi.unstubAllGlobals(); });

test("a save is the next version, and somebody else's change is a conflict", async () => {
  expect(await save(3, "mine")).toBe(4);
  there = { version: 5, text: "theirs" };
  expect(await save(4, "mine again")).toBe("CONFLICT");
  expect(there.text).toBe("theirs");
});

test("a save whose answer was lost is found there, and is nobody else's change", async () => {
  lost = 1;
  expect(await save(3, "mine")).toBe("NETWORK");
  expect(await save(3, "mine")).toBe(4);
  expect(there).toEqual({ version: 4, text: "mine" });
});

test("what was typed since is saved over it", async () => {
  lost = 1;
  expect(await save(3, "mine é")).toBe("NETWORK");
  expect(await save(3, "mine é, and more")).toBe(5);
  expect(there).toEqual({ version: 5, text: "mine é, and more" });
});

test("somebody else's change over a save whose answer was lost is a conflict", async () => {
  lost = 1;
  expect(await save(3, "mine")).toBe("NETWORK");
  there = { version: 5, text: "them" };
  expect(await save(3, "mine")).toBe("CONFLICT");
  expect(there.text).toBe("them");
});

test("so is one that is larger than a page may hold", async () => {
  lost = 1;
  expect(await save(3, "mine")).toBe("NETWORK");
  there = { version: 5, text: "", size: 2 ** 43 };
  expect(await save(3, "mine")).toBe("CONFLICT");
});
