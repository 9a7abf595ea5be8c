// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, test } from "vitest";
import { collator, orderKey } from "../src/words/order";

/** The same numbers each time. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const SIGNS = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0012345678999aAbBeEzZéÉàçñü";

test("keys have the order of the browser's collator", () => {
  const draw = chance(1);
  const word = () => Array.from({ length: draw(7) }, () => [...SIGNS][draw([...SIGNS].length)]).join("");
  for (const language of ["en", "fr"]) {
    const order = collator(language);
    const wrong: string[] = [];
    for (let turn = 0; turn < 20_000; turn++) {
      const [a, b] = [word(), word()];
      const [one, other] = [orderKey(a), orderKey(b)];
      if (one === null || other === null || Math.sign(order.compare(a, b)) !== (one < other ? -1 : one > other ? 1 : 0)) wrong.push(`“${a}” “${b}”`);
    }
    expect(wrong).toEqual([]);
  }
});

test("a name with other signs has no key: a collator orders it", () => {
  for (const name of ["œuvre", "日本", "a\u0001", "emoji 🌊", "straße"]) expect(orderKey(name)).toBe(null);
});

test("long numbers, and numbers with zeros before them", () => {
  expect(orderKey("007")).toBe(orderKey("7"));
  expect(orderKey(`scan ${"9".repeat(40)}`)! < orderKey(`scan 1${"0".repeat(40)}`)!).toBe(true);
  expect(orderKey("1".repeat(300))).toBe(null);
});
