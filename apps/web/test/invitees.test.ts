// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, test } from "vitest";
import type { User } from "@rpc";
import { cells, invitees, INVITEES_MOST, isAddress } from "../src/state/invitees";
import { loopsOf } from "./pace";

const nobody: User[] = [];
const faults = (text: string, people = nobody) => invitees(text, people).map((one) => one.fault);

test("a table is read: tabs, semicolons, commas, quotes, ends of lines, empty lines, a mark of UTF-8", () => {
  expect(cells("a\tb\nc\td").map((row) => row.cells)).toEqual([["a", "b"], ["c", "d"]]);
  expect(cells("\ufeffa;b\r\n\r\nc; d \r\n")).toEqual([{ line: 1, cells: ["a", "b"] }, { line: 3, cells: ["c", "d"] }]);
  expect(cells('a,"Le Goff, ""Anne""\nMarie",x')).toEqual([{ line: 1, cells: ["a", 'Le Goff, "Anne"\nMarie', "x"] }]);
  expect(cells('"open')).toEqual([{ line: 1, cells: ["open"] }]);
  expect(cells("")).toEqual([]);
  expect(cells('"a\nb",c\nd,e').map((row) => row.line)).toEqual([1, 3]);
});

test("each line is a person; a heading is none", () => {
  const list = invitees("E-mail;Name;Profile\nann@a.example;Ann;admin\nBob;bob@a.example;\nCarl <carl@a.example>;;Externe\n", nobody);
  expect(list.map(({ line, email, name, profile, fault }) => [line, email, name, profile, fault])).toEqual([
    [2, "ann@a.example", "Ann", "admin", null], [3, "bob@a.example", "Bob", "standard", null], [4, "carl@a.example", "Carl", "outsider", null]]);
  expect(invitees("ann@a.example\nbob@a.example", nobody).map((one) => one.email)).toEqual(["ann@a.example", "bob@a.example"]);
});

test("what is wrong with a line is said of that line alone", () => {
  expect(faults("ann@a.example,Ann\nnobody,No\nANN@a.example,Ann\nbob@a.example,Bob,king")).toEqual([null, "address", "twice", "profile"]);
  expect(faults(`ann@a.example,${"é".repeat(129)}`)).toEqual(["name"]);
  expect(faults("ann@a.example,A\u0007")).toEqual(["name"]);
  const ann = { id: "1", profile: "admin", email: "ann@a.example", name: "Ann", fingerprint: "", live: true, me: true } as User;
  expect(faults("Ann@A.example", [ann])).toEqual(["member"]);
  expect(faults("ann@a.example", [{ ...ann, live: false }])).toEqual([null]);
  expect(faults("bob@a.example,Bob,constructor")).toEqual(["profile"]);
});

test("no more than fit, and never slowly", () => {
  const many = Array.from({ length: INVITEES_MOST + 2 }, (_, n) => `p${n}@a.example,P`).join("\n");
  expect(faults(many).filter((one) => one === "many").length).toBe(2);
  const loops = loopsOf(() => {
    invitees(`${"a@".repeat(200_000)}\n${'"'.repeat(200_000)}`, nobody);
  });
  expect(loops).toBeLessThan(40);
}, 60_000);

test("addresses", () => {
  for (const good of ["a@b.example", "anne.le-goff+x@port.kerlann.example", "é@é.example"]) expect(isAddress(good)).toBe(true);
  for (const bad of ["", "a", "a@b", "a b@c.example", "a@b@c.example", "a@b.", "<a@b.example>", "a@b.example,"]) expect(isAddress(bad)).toBe(false);
});
