// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, test } from "vitest";
import { changes } from "../src/pages/files/diff";
import { loopsOf } from "./pace";

const shownAs = (before: string, after: string) => changes(before, after)!.flatMap((one) => one.lines.map((line) => (one.kind === "same" ? " " : one.kind === "added" ? "+" : "-") + line)).join("|");

test("what was added, removed, replaced, at both ends and in the middle", () => {
  expect(shownAs("a\nb\nc", "a\nb\nc")).toBe(" a| b| c");
  expect(shownAs("a\nc", "a\nb\nc")).toBe(" a|+b| c");
  expect(shownAs("a\nb\nc", "b\nc")).toBe("-a| b| c");
  expect(shownAs("a\nb\nc\nd", "a\nx\nc\ny\nd")).toBe(" a|-b|+x| c|+y| d");
  expect(shownAs("", "a")).toBe("-|+a");
});

test("before and after are found again in any list of changes", () => {
  let seed = 7;
  const random = (n: number) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  for (let turn = 0; turn < 300; turn++) {
    const text = () => Array.from({ length: random(12) }, () => "abc"[random(3)]).join("\n");
    const [before, after] = [text(), text()];
    const list = changes(before, after)!;
    expect(list.filter((one) => one.kind !== "added").flatMap((one) => one.lines).join("\n")).toBe(before);
    expect(list.filter((one) => one.kind !== "removed").flatMap((one) => one.lines).join("\n")).toBe(after);
  }
});

test("texts that have nothing in common end soon", () => {
  const many = (sign: string) => Array.from({ length: 20_000 }, (_, n) => sign + n).join("\n");
  const loops = loopsOf(() => {
    expect(changes(many("a"), many("b"))).toBeNull();
  });
  expect(loops).toBeLessThan(40);
}, 60_000);
