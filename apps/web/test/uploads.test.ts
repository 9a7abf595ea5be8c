// SPDX-License-Identifier: AGPL-3.0-or-later
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refusal } from "../src/host/client";
import { startHost } from "../src/state/host";
import type { Organization } from "../src/state/organization";
import { leftOut, send, transfers } from "../src/state/transfers";
import { continueWith, forgetUnfinished, lookForUnfinished, unfinished } from "../src/state/uploads";
import { FakeHost, soon } from "./fake_host";

type Params = Record<string, unknown>;
const failure = (name: string) => ({ number: 1, name, sentence: name, english: name, parameters: [], retry: false });
const modified = 1_700_000_000_000;
const kept = (name: string) => ({ names: [name], size: 1, modified });
const chosen = (name: string) => ({ names: [name], file: Object.assign(new Blob(["x"]), { name, lastModified: modified }) as File });

/** Locks of one browser, as its pages share them. */
function locks() {
  const held = new Set<string>();
  return {
    async request(name: string, _how: object, act: (lock: object | null) => Promise<unknown>) {
      if (held.has(name)) return await act(null);
      held.add(name);
      try {
        return await act({ name });
      } finally {
        held.delete(name);
      }
    },
  };
}

let keys = 0;

/** An organization whose device has NOTES, and whose folder w:/ has files of AUTHORS, by name. */
function world(notes: Map<string, string>, authors: Map<string, string>, fails: (method: string, params: Params) => boolean = () => false) {
  const asked: { method: string; params: Params }[] = [];
  const answers: Record<string, (params: Params) => unknown> = {
    "notes.list": ({ prefix }) => ({ notes: [...notes].filter(([name]) => name.startsWith(prefix as string)).map(([name, value]) => ({ name, value })) }),
    "notes.put": ({ name, value }) => notes.set(name as string, value as string),
    "notes.remove": ({ name }) => notes.delete(name as string),
    "device.whoami": () => ({ user: "me", email: "me@acme.example" }),
    "list.open": () => ({ handle: 1, size: authors.size, away: false }),
    "list.next": () => ({ entries: [...authors.keys()].map((name) => ({ name, folder: false, details: { size: 1, version: 1, modified, mode: 0 } })) }),
    "files.history": ({ path }) => ({ versions: [{ newest: true, author: authors.get((path as string).slice(3)) }] }),
  };
  const call = async (method: string, params: Params) => {
    asked.push({ method, params });
    await Promise.resolve();
    if (fails(method, params)) throw new Refusal(failure("TIMEOUT"));
    return answers[method]?.(params) ?? {};
  };
  const all = async (method: string, params: Params, member: string) => ((await call(method, params)) as Record<string, unknown>)[member];
  const organization = { key: `device${keys++}`, call, all, changedFiles: () => {} } as unknown as Organization;
  return { organization, asked };
}

let host: FakeHost;

beforeEach(async () => {
  vi.stubGlobal("navigator", { locks: locks(), languages: ["en"] });
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => {} });
  host = new FakeHost();
  startHost(host.open);
  host.up();
  host.say({ id: host.last().id, result: { host: "agent", version: "1", run: "r", devices: [] } });
  await soon();
});

afterEach(() => {
  unfinished.value = [];
  transfers.value = [];
  leftOut.value = [];
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("of each file that looks the same it is asked who made it", async () => {
  const files = Array.from({ length: 700 }, (_, at) => `f${at}`);
  const authors = new Map(files.map((name) => [name, name === "f699" ? "eve" : "me"]));
  const { organization, asked } = world(new Map([["upload.a.0", JSON.stringify({ path: "w:/", files: files.map(kept) })]]), authors);
  await lookForUnfinished(organization);
  expect(unfinished.value.map((one) => one.files.map(({ names }) => names.join("/")))).toEqual([["f699"]]);
  expect(asked.filter(({ method }) => method === "list.close")).toHaveLength(1);
});

test("of two pages one sends, and until all has arrived the note is there", async () => {
  const notes = new Map([["upload.a.0", JSON.stringify({ path: "w:/", files: [kept("one")] })]]);
  const { organization } = world(notes, new Map());
  await lookForUnfinished(organization);
  const one = unfinished.value[0]!;
  const both = [continueWith(one, [chosen("one")]), continueWith(one, [chosen("one")])];
  const written = () => host.sent.filter(({ head }) => head.method === "files.writeSmall");
  await vi.waitFor(() => expect(written()).toHaveLength(1));
  await soon();
  expect([...notes.keys()]).toEqual(["upload.a.0"]);
  await forgetUnfinished(one);
  expect([...notes.keys()]).toEqual(["upload.a.0"]);
  host.say({ id: written()[0]!.head.id, result: {} });
  await Promise.all(both);
  expect(notes.size).toBe(0);
  expect(written()).toHaveLength(1);
});

test("what another page has sent meanwhile is not sent again", async () => {
  const notes = new Map([["upload.a.0", JSON.stringify({ path: "w:/", files: [kept("one")] })]]);
  const { organization } = world(notes, new Map());
  await lookForUnfinished(organization);
  notes.clear();
  await continueWith(unfinished.value[0]!, [chosen("one")]);
  expect(host.sent.filter(({ head }) => head.method === "files.writeSmall")).toHaveLength(0);
  expect(unfinished.value).toEqual([]);
});

test("all notes of an upload go, whatever their numbers are", async () => {
  const notes = new Map([1, 2].map((at) => [`upload.a.${at}`, JSON.stringify({ path: "w:/", files: [kept(`f${at}`)] })]));
  const { organization } = world(notes, new Map());
  await lookForUnfinished(organization);
  await forgetUnfinished(unfinished.value[0]!);
  expect(notes.size).toBe(0);
});

test("a failure shows nothing twice, and a note that is none holds nobody up", async () => {
  vi.useFakeTimers();
  const note = (path: string) => JSON.stringify({ path, files: [kept("one")] });
  const notes = new Map([["upload.bad.0", "{"], ["upload.odd.0", "{\"path\":\"w:/\",\"files\":[{}]}"], ["upload.a.0", note("w:/")], ["upload.b.0", note("v:/")]]);
  let failures = 0;
  const { organization, asked } = world(notes, new Map(), (method, { path }) => method === "list.open" && path === "v:/" && failures++ < 2);
  const looked = lookForUnfinished(organization);
  await vi.advanceTimersByTimeAsync(60_000);
  await looked;
  expect(unfinished.value.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(failures).toBe(3);
  expect(asked.filter(({ method }) => method === "list.open")).toHaveLength(4);
});

test("many small files are sent while the next are looked at, each once; what refused a folder is left out", async () => {
  const notes = new Map<string, string>();
  const { organization } = world(notes, new Map(), (method, { path }) => method === "files.makeFolder" && path === "w:/no");
  const files = Array.from({ length: 1201 }, (_, at) => chosen(`f${at}`));
  let state = "";
  Object.defineProperty(files.at(-1)!.file, "size", { get: () => { state ||= transfers.value[0]!.state.value; return 1; } });
  const within = { names: ["no", "one"], file: chosen("one").file };
  const written = () => host.sent.filter(({ head }) => head.method === "files.writeSmall");
  const answered = new Set<unknown>();
  let ended = 0;
  await Promise.all([send(organization, "w:/", [within, ...files], [], () => { ended++; }), vi.waitFor(() => {
    for (const { head } of written()) if (!answered.has(head.id)) {
      answered.add(head.id);
      host.say({ id: head.id, result: {} });
    }
    expect(ended).toBe(1);
  }, 5000)]);
  expect(state).toMatch(/runs|done/);
  const names = written().flatMap(({ head }) => (head.params as { files: { name: string }[] }).files.map(({ name }) => name));
  expect(names).toHaveLength(1201);
  expect(new Set(names)).toEqual(new Set(files.map((one) => one.names[0])));
  expect(leftOut.value.map(({ name }) => name)).toEqual(["no"]);
  await vi.waitFor(() => expect(notes.size).toBe(0));
});
