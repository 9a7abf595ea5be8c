// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, test } from "vitest";
import { Refusal } from "../src/host/client";
import { Folder, sorted, type Item } from "../src/state/folder";
import type { Organization } from "../src/state/organization";
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

/** A host with one folder, which each list keeps as it was when it was opened; what is asked, in its order. */
function hostOf(folder: string[], fails: (params: Record<string, unknown>) => boolean = () => false) {
  const open = new Map<number, string[]>();
  const asked: { method: string; params: Record<string, unknown> }[] = [];
  const call = async (method: string, params: Record<string, unknown>) => {
    asked.push({ method, params });
    await Promise.resolve();
    if (method === "list.open") {
      open.set(asked.length, folder.slice());
      return { handle: asked.length, size: folder.length, away: false };
    }
    const list = open.get(params.handle as number)!;
    if (method === "list.close") return open.delete(params.handle as number);
    if (fails(params)) throw new Refusal({ number: 37, name: "NETWORK", sentence: "", english: "", parameters: [], retry: true });
    const from = params.from as number;
    const next = from + Math.min(params.max as number, 30); // as where names are long
    const details = params.details === true ? { details: { size: 7, version: 1, modified: 1, mode: 0 } } : {};
    return { entries: list.slice(from, next).map((name) => ({ name, folder: false, ...details })), ...(next < list.length ? { next } : {}) };
  };
  return { organization: { call, lost: () => {} } as unknown as Organization, open, asked };
}

const many = (count: number) => Array.from({ length: count }, (_, at) => `f${String(at).padStart(5, "0")}`);
const isEnd = ({ method, params }: { method: string; params: Record<string, unknown> }) => method === "list.next" && params.from as number >= 60 && params.details !== true;

test("a folder that changes while it is read has a size in each row", async () => {
  for (const count of [90, 2400]) {
    const names = many(count);
    const { organization, asked, open } = hostOf(names);
    const one = new Folder(organization, "w:/");
    const read = one.read();
    while (!asked.some(isEnd)) await Promise.resolve();
    names.splice(0, 1); // others remove the first one, so that all places are others
    await read;
    const places = [0, 57, count - 1];
    one.detail(places);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(places.map((place) => one.detailsOf(one.items.value![place]!)?.size)).toEqual([7, 7, 7]);
    one.end();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(open.size).toBe(0);
  }
});

test("a list is closed where its reading fails", async () => {
  for (const details of [false, true]) {
    const { organization, open, asked } = hostOf(many(90), (params) => params.from === 60 && (params.details === true) === details);
    const one = new Folder(organization, "w:/");
    await one.read();
    expect(one.problem.value instanceof Refusal).toBe(!details);
    expect(asked.filter(({ method }) => method === "list.open")).toHaveLength(1);
    expect(open.size).toBe(0);
  }
});
