// SPDX-License-Identifier: AGPL-3.0-or-later
import { afterEach, expect, test } from "vitest";
import { setWords } from "../src/words";
import { initials, nameParts, pairs, shown, size, spoken, when } from "../src/words/format";

afterEach(() => setWords("en", {}));

test("sizes are in thousands, with the unit of the language", () => {
  expect([0, 999, 1000, 24_400, 999_499, 999_600, 1_240_000, 86e9].map(size)).toEqual(["0\u00a0B", "999\u00a0B", "1\u00a0kB", "24\u00a0kB", "999\u00a0kB", "1\u00a0MB", "1.2\u00a0MB", "86\u00a0GB"]);
  setWords("fr", {});
  expect(size(1_240_000)).toBe("1,2\u00a0Mo");
});

test("times are today, yesterday, then a date", () => {
  const now = new Date(2026, 10, 27, 12, 0).getTime();
  expect(when(new Date(2026, 10, 27, 10, 14).getTime(), now)).toBe("today 10:14");
  expect(when(new Date(2026, 10, 26, 23, 59).getTime(), now)).toBe("yesterday 23:59");
  expect(when(new Date(2026, 10, 25, 0, 1).getTime(), now)).toBe("25 Nov");
  expect(when(new Date(2025, 10, 26, 0, 1).getTime(), now)).toBe("26 Nov 2025");
  expect(when(0, now)).toBe("");
});

test("signs that order or hide what is around them are shown as a mark", () => {
  expect(shown("invoice\u202efdp.exe")).toBe("invoice\ufffdfdp.exe");
  expect(shown("a\u200bb\nc\u0000d\u2066")).toBe("a\ufffdb\ufffdc\ufffdd\ufffd");
  expect(shown("Chloé Dubois-Lamartine 漢字")).toBe("Chloé Dubois-Lamartine 漢字");
});

test("the ending of a name is a separate part", () => {
  expect(nameParts("Storm report.md")).toEqual(["Storm report", ".md"]);
  expect(nameParts(".profile")).toEqual([".profile", ""]);
  expect(nameParts("no ending")).toEqual(["no ending", ""]);
  expect(nameParts("a.much-too-long-for-an-ending")).toEqual(["a.much-too-long-for-an-ending", ""]);
});

test("initials are of the first and the last word", () => {
  expect(["Anne Le Goff", "karim", "x@y.z", "", "𝒜da Lovelace"].map(initials)).toEqual(["AG", "KA", "XZ", "?", "𝒜L"]);
});

test("a code is read in pairs, letter by letter", () => {
  expect(pairs("T3WA")).toEqual(["T3", "WA"]);
  expect(pairs("T3-WA")).toEqual(["T3", "WA"]);
  expect(spoken("T3WA")).toBe("Tango three, Whiskey Alfa");
});
