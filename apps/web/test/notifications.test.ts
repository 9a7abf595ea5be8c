// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, test } from "vitest";
import { Notifications, readKept, type HistoryNote } from "../src/state/notifications";

function kept() {
  const all = new Map<string, string>();
  return { all, getItem: (name: string) => all.get(name) ?? null, setItem: (name: string, value: string) => { all.set(name, value); } };
}

test("the first look is no news; what comes later is, once", () => {
  const heard: HistoryNote[] = [];
  const notes = new Notifications("n", kept(), (one) => heard.push(one));
  notes.look("share", ["a", "b"], 1);
  expect(notes.notes.value).toEqual([]);
  notes.look("share", ["a", "b", "c"], 2);
  notes.look("share", ["a", "b", "c"], 3);
  expect(notes.notes.value).toEqual([{ kind: "share", about: "c", time: 2, read: false }]);
  expect(heard.length).toBe(1);
  notes.look("share", ["a"], 4);
  notes.look("share", ["a", "c"], 5); // it came back: one unread note of it is enough
  expect(notes.notes.value.length).toBe(1);
});

test("one's own doing is no news", () => {
  const notes = new Notifications("n", kept());
  notes.look("share", []);
  notes.expect("share", "mine");
  notes.look("share", ["mine"]);
  expect(notes.unread).toBe(0);
});

test("what was read stays read, also after the page was loaded again; no name is kept", () => {
  const store = kept();
  const notes = new Notifications("n", store);
  notes.look("device", []);
  notes.look("device", ["d1", "d2"], 7);
  notes.read((one) => one.about === "d1");
  const again = new Notifications("n", store);
  expect(again.unread).toBe(1);
  again.look("device", ["d1", "d2"]);
  expect(again.notes.value.length).toBe(2);
  again.read(() => true);
  again.clear();
  expect(new Notifications("n", store).notes.value).toEqual([]);
  expect(Object.keys(JSON.parse(store.all.get("n")!))).toEqual(["notes", "known"]);
});

test("an alarm is news again once it was read", () => {
  const notes = new Notifications("n", kept());
  const alarm = { kind: "alarm", about: "FORK", time: 1, read: false } as const;
  notes.add(alarm);
  notes.add(alarm);
  expect(notes.notes.value.length).toBe(1);
  notes.read(() => true);
  notes.add({ ...alarm, time: 2 });
  expect(notes.notes.value.length).toBe(2);
});

test("what others wrote into the browser's store is left out", () => {
  for (const text of [null, "", "{", "[]", "3", '{"notes":3,"known":4}', '{"notes":[null,{"kind":"x"},{"kind":"share","about":1}],"known":{"share":[1,"a"]}}']) {
    const { notes } = readKept(text);
    expect(notes).toEqual([]);
  }
  expect(readKept('{"known":{"share":[1,"a"]}}').known.share).toEqual(["a"]);
});

test("the history has an end, and a full store is no failure", () => {
  const notes = new Notifications("n", { getItem: () => null, setItem: () => { throw new Error("full"); } });
  notes.look("share", []);
  notes.look("share", Array.from({ length: 150 }, (_, n) => `w${n}`));
  expect(notes.notes.value.length).toBe(100);
});
