// SPDX-License-Identifier: AGPL-3.0-or-later
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { startHost } from "../src/state/host";
import type { Organization } from "../src/state/organization";
import { holdTransfer, isPaused, leftOut, pauseAll, send, transfers, type Chosen } from "../src/state/transfers";
import { FakeHost, soon } from "./fake_host";

vi.mock("../src/state/streams", () => ({ hostAddress: () => Promise.resolve(null) }));

const PIECE = 4 << 20;
const chosen = (name: string, size: number): Chosen => ({ names: [name], file: Object.assign(new Blob([new Uint8Array(size)]), { name, lastModified: 1 }) as File });

let fake: FakeHost;
/** What the page had the device do, and the host. */
let asked: { method: string; params: Record<string, unknown> }[];
let organization: Organization;
/** How many of the host's requests are answered by now. */
let answered: number;
const methods = (name: string) => asked.filter(({ method }) => method === name).length;
const writes = () => fake.sent.filter(({ head }) => head.method === "writer.write" || head.method === "files.writeSmall");

/** Answers the host's next COUNT requests to write. */
async function answer(count: number): Promise<void> {
  for (; count > 0; count--) {
    for (const late = Date.now() + 10_000; writes().length <= answered && Date.now() < late;) await soon(); // a file is read beside others
    fake.say({ id: writes()[answered++]!.head.id, result: { size: 0 } });
    await soon();
  }
}
const until = (condition: () => boolean) => vi.waitFor(() => expect(condition()).toBe(true), { timeout: 3000, interval: 10 });

beforeEach(async () => {
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {} });
  vi.stubGlobal("navigator", { languages: ["en"] });
  fake = new FakeHost();
  startHost(fake.open);
  fake.up();
  fake.say({ id: fake.last().id, result: { host: "agent", version: "1", run: "r", devices: [] } });
  await soon();
  asked = [];
  answered = 0;
  const call = async (method: string, params: Record<string, unknown>) => {
    asked.push({ method, params });
    await Promise.resolve();
    return method === "writer.open" ? { handle: asked.length, version: 1 } : {};
  };
  organization = { key: "acme", call, all: () => Promise.resolve([]), changedFiles: () => {}, lost: () => {} } as unknown as Organization;
});
afterEach(() => {
  transfers.value = [];
  leftOut.value = [];
  isPaused.value = false;
  vi.unstubAllGlobals();
});

test("a file that was held in its middle is sent once", async () => {
  await send(organization, "w:/", [chosen("large", 5 * PIECE)], [], () => {});
  const [one] = transfers.value;
  await answer(1);
  await until(() => writes().length >= 3); // what is read already is sent, and the rest is held
  holdTransfer(one!, true);
  await answer(2); // those that were under way
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(writes().length).toBeLessThan(5);
  holdTransfer(one!, false);
  expect(one!.state.value).toBe("runs");
  await answer(2);
  await until(() => one!.state.value === "done");
  expect(one!.done.value).toBe(5 * PIECE);
  expect([methods("writer.open"), methods("writer.commit"), writes().length]).toEqual([1, 1, 5]);
});

test("small files that were held while others went are sent once, behind them", async () => {
  pauseAll(true);
  await send(organization, "w:/", [chosen("a", 10), chosen("b", 10), chosen("c", 10)], [], () => {});
  const [a, b, c] = transfers.value;
  holdTransfer(b!, true);
  pauseAll(false);
  await answer(1);
  await until(() => a!.state.value === "done" && c!.state.value === "done");
  expect(b!.state.value).toBe("held");
  holdTransfer(b!, false);
  await answer(1);
  await until(() => b!.state.value === "done");
  const names = writes().map(({ head }) => (head.params as { files: { name: string }[] }).files.map(({ name }) => name));
  expect(names).toEqual([["a", "c"], ["b"]]);
});

test("a file that is held and let go before its group is sent is sent with it", async () => {
  pauseAll(true);
  await send(organization, "w:/", [chosen("a", 10), chosen("b", 10)], [], () => {});
  const [a, b] = transfers.value;
  pauseAll(false);
  isPaused.value = true; // the group waits, before its call
  holdTransfer(b!, true);
  holdTransfer(b!, false);
  pauseAll(false);
  await answer(1);
  await until(() => a!.state.value === "done" && b!.state.value === "done");
  expect(writes().length).toBe(1);
});
