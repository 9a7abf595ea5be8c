// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, test, vi } from "vitest";
import { Organization } from "../src/state/organization";
import { startHost } from "../src/state/host";
import { FakeHost, soon } from "./fake_host";

const failure = (name: string) => ({ number: 1, name, sentence: name, english: name, parameters: [], retry: false });

test("an alarm stays, whatever the server answers behind it, until a check succeeds", async () => {
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {} });
  const fake = new FakeHost();
  startHost(fake.open);
  fake.up();
  fake.say({ id: fake.last().id, result: { host: "agent", version: "1", run: "r", devices: [] } });
  await soon();
  const one = new Organization("acme");
  const sync = async (answer: object) => {
    const done = one.sync().catch(() => {});
    const asked = fake.sent.filter((each) => each.head.method === "device.sync").at(-1)!;
    fake.say({ id: asked.head.id, ...answer });
    await soon();
    return done;
  };
  await sync({ error: failure("CORRUPT") });
  expect(one.isAlarm).toBe(false);
  await sync({ error: failure("FORK") });
  expect(one.isAlarm).toBe(true);
  await sync({ error: failure("CORRUPT") });
  expect(one.isAlarm).toBe(true);
  void sync({ result: {} });
  await soon();
  expect(one.isAlarm).toBe(false);
  vi.unstubAllGlobals();
});
