// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, test } from "vitest";
import { extended, moved, noSelection, only, toggled } from "../src/pages/files/selection";

const list = ["a", "b", "c", "d", "e", "f"].map((name) => ({ name }));
const key = (name: string, more: object = {}) => ({ key: name, shiftKey: false, ctrlKey: false, metaKey: false, ...more });
const names = (selection: { names: ReadonlySet<string> } | null) => [...(selection?.names ?? [])].join("");

test("arrows select one entry after the other, and stay in the list", () => {
  let one = moved(noSelection, list, key("ArrowDown"), 1, 3)!;
  expect(names(one)).toBe("a");
  one = moved(one, list, key("ArrowDown"), 1, 3)!;
  expect(names(one)).toBe("b");
  expect(names(moved(one, list, key("End"), 1, 3))).toBe("f");
  expect(names(moved(only(list, 5), list, key("ArrowDown"), 1, 3))).toBe("f");
  expect(names(moved(only(list, 0), list, key("ArrowUp"), 1, 3))).toBe("a");
  expect(names(moved(only(list, 0), list, key("PageDown"), 1, 3))).toBe("d");
});

test("with shift a range grows from where it began, in both directions", () => {
  const middle = only(list, 2);
  const down = moved(middle, list, key("ArrowDown", { shiftKey: true }), 1, 3)!;
  expect(names(down)).toBe("cd");
  const up = moved(moved(down, list, key("ArrowUp", { shiftKey: true }), 1, 3)!, list, key("ArrowUp", { shiftKey: true }), 1, 3)!;
  expect(names(up)).toBe("bc");
  expect(names(extended(noSelection, list, 3))).toBe("d");
});

test("with control the keyboard moves without selecting; space toggles", () => {
  const moving = moved(only(list, 0), list, key("ArrowDown", { ctrlKey: true }), 1, 3)!;
  expect([names(moving), moving.at]).toEqual(["a", 1]);
  expect(names(moved(moving, list, key(" "), 1, 3))).toBe("ab");
  expect(names(toggled(only(list, 0), list, 0))).toBe("");
  expect(names(moved(moving, list, key("a", { ctrlKey: true }), 1, 3))).toBe("abcdef");
});

test("tiles have a line and a column", () => {
  expect(names(moved(only(list, 1), list, key("ArrowDown"), 3, 6))).toBe("e");
  expect(names(moved(only(list, 1), list, key("ArrowRight"), 3, 6))).toBe("c");
  expect(moved(only(list, 1), list, key("ArrowRight"), 1, 6)).toBeNull();
});

test("escape selects nothing, once; other keys are not ours", () => {
  const none = moved(only(list, 1), list, key("Escape"), 1, 3)!;
  expect(names(none)).toBe("");
  expect(moved(none, list, key("Escape"), 1, 3)).toBeNull();
  expect(moved(none, list, key("q"), 1, 3)).toBeNull();
  expect(moved(noSelection, [], key("ArrowDown"), 1, 3)).toBeNull();
});
