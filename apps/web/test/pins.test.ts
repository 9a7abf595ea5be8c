// SPDX-License-Identifier: AGPL-3.0-or-later
import { signal } from "@preact/signals";
import { afterEach, expect, test, vi } from "vitest";
import type { Organization } from "../src/state/organization";
import { pinOf, pins, startPins } from "../src/state/pins";

afterEach(() => {
  pins.value = {};
  vi.useRealTimers();
});

/** An organization whose device has NOTES, and is busy for the first FAILS questions. */
function world(notes: object[], fails: number) {
  let left = fails;
  const all = () => (left-- > 0 ? Promise.reject(new Error("busy")) : Promise.resolve(notes));
  return { key: "acme", all, call: () => Promise.resolve({}), fileChanges: signal({}), connected: signal(false) } as unknown as Organization;
}
const note = (id: string, value: string) => ({ name: `pin.${id}`, value });
const kept = (path: string) => JSON.stringify({ path, folder: false, kept: { "": 3 } });

test("what is kept is known although the device was busy at first", async () => {
  vi.useFakeTimers();
  const organization = world([note("a", kept("w:/a"))], 2);
  const started = startPins(organization);
  await vi.advanceTimersByTimeAsync(60_000);
  await started;
  expect(pinOf(organization, "w:/a")).toEqual({ id: "a", path: "w:/a", folder: false, kept: { "": 3 } });
});

test("a note that is none of this release's costs no other one", async () => {
  const organization = world([note("a", "{"), note("b", "[]"), note("c", "null"), note("d", kept("w:/d"))], 0);
  await startPins(organization);
  expect(Object.keys(pins.value.acme ?? {})).toEqual(["w:/d"]);
});
