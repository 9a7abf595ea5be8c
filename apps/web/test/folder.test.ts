// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, test } from "vitest";
import { sorted, type Item } from "../src/state/folder";
import { child, nameOf, parent, pathOf, split } from "../src/state/paths";

const item = (name: string, folder: boolean, size = 0, modified = 0): Item => ({ name, folder, place: 0, details: { size, version: 1, modified, mode: 0 } });
const names = (list: Item[]) => list.map((one) => one.name).join(" ");

test("folders are first, and numbers in names count as numbers", () => {
  const list = [item("b10", false), item("B2", false), item("z", true), item("a", true), item("é", false), item("f", false)];
  expect(names(sorted(list, "name", false, "en"))).toBe("a z B2 b10 é f");
  expect(names(sorted(list, "name", true, "en"))).toBe("z a f é b10 B2");
});

test("what has the same size is in the order of names", () => {
  const list = [item("c", false, 5), item("a", false, 5), item("b", false, 1)];
  expect(names(sorted(list, "size", true, "en"))).toBe("a c b");
  expect(names(sorted(list, "size", false, "en"))).toBe("b a c");
});

test("what is not known is last among the newest", () => {
  const unknown: Item = { name: "u", folder: false, place: 0 };
  expect(names(sorted([unknown, item("a", false, 1, 10)], "modified", true, "en"))).toBe("a u");
});

test("paths name a workspace by its id, and what is below", () => {
  expect(pathOf("w", [])).toBe("w:/");
  expect(child("w:/", "a")).toBe("w:/a");
  expect(child("w:/a", "b c")).toBe("w:/a/b c");
  expect(split("w:/a/b")).toEqual({ workspace: "w", names: ["a", "b"] });
  expect(split("w:/")).toEqual({ workspace: "w", names: [] });
  expect([parent("w:/a/b"), parent("w:/a"), parent("w:/")]).toEqual(["w:/a", "w:/", "w:/"]);
  expect([nameOf("w:/a/b"), nameOf("w:/")]).toEqual(["b", ""]);
});
