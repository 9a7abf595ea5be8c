// SPDX-License-Identifier: AGPL-3.0-or-later
// Uploads that outlive the page. What waits to be sent is a note that the device keeps sealed; the browser keeps handles of the
// person's own files where it gives them. A page that is loaded again continues by these, or asks for the same files and checks
// them. What a stream had sent already, the host knows: it is not sent again.
import { signal } from "@preact/signals";
import type { Entry, Version } from "@rpc";
import { t, tn } from "../words";
import { shown } from "../words/format";
import { isCode, tell } from "./notices";
import type { Organization } from "./organization";
import { child } from "./paths";
import { leftOut, send, type Chosen } from "./transfers";

interface KeptFile {
  names: string[];
  size: number;
  modified: number;
}

/** What was not sent to its end before the page ended. */
export interface Unfinished {
  id: string;
  organization: Organization;
  path: string;
  files: KeptFile[];
  handles: FileSystemHandle[];
  /** How many notes have it. */
  notes: number;
}

/** What waits to be sent, as the device keeps it. */
export interface Batch {
  end(): void;
}

export const unfinished = signal<Unfinished[]>([]);

const PREFIX = "upload.";
const NOTE_MOST = 48_000;
const NOTES_MOST = 100;
const AGAIN_MS = 5000;
/** Of so many files that are there it is asked who made them: each is a question to the host. */
const ASKED_MOST = 500;

type Permission = "granted" | "denied" | "prompt";
type WithPermission = FileSystemHandle & { queryPermission?: (how: object) => Promise<Permission>; requestPermission?: (how: object) => Promise<Permission> };

// ---- the browser's handles

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const open = indexedDB.open("zt-uploads", 1);
    open.onupgradeneeded = () => open.result.createObjectStore("handles");
    open.onsuccess = () => resolve(open.result);
    open.onerror = () => reject(open.error ?? new Error("no database"));
  });
}

async function inDatabase<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T | null> {
  if (typeof indexedDB === "undefined") return null;
  try {
    const base = await database();
    try {
      return await new Promise<T>((resolve, reject) => {
        const request = act(base.transaction("handles", mode).objectStore("handles"));
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error ?? new Error("no record"));
      });
    } finally {
      base.close();
    }
  } catch {
    return null; // a browser that keeps none: the person chooses the files again
  }
}

// ---- kept while it runs

/** Holds ID for this page; gives what ends that, or null where another page sends it. */
function hold(id: string): Promise<(() => void) | null> {
  if (!globalThis.navigator?.locks) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    void navigator.locks.request(`zt-upload-${id}`, { ifAvailable: true }, (lock) => {
      if (!lock) {
        resolve(null);
        return undefined;
      }
      return new Promise<void>((release) => resolve(() => release()));
    }).catch(() => resolve(null));
  });
}

function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Keeps what is to be sent into PATH until it ends. */
export function keep(organization: Organization, path: string, chosen: readonly Chosen[]): Batch {
  const id = newId();
  const parts: KeptFile[][] = [[]];
  let length = 0;
  for (const { names, file } of chosen) {
    const one = { names, size: file.size, modified: file.lastModified };
    const more = JSON.stringify(one).length * 2;
    if (length + more > NOTE_MOST) {
      parts.push([]);
      length = 0;
    }
    parts.at(-1)!.push(one);
    length += more;
  }
  if (parts.length > NOTES_MOST || chosen.length === 0) return { end() {} };
  const handles = [...new Set(chosen.flatMap((one) => (one.handle ? [one.handle] : [])))];
  const held = hold(id);
  const kept = held.then(async () => {
    if (handles.length > 0) await inDatabase("readwrite", (store) => store.put(handles, id));
    for (const [at, files] of parts.entries()) await organization.call("notes.put", { name: `${PREFIX}${id}.${at}`, value: JSON.stringify({ path, files }) });
  }).catch(() => {});
  return {
    end() {
      void kept.then(() => forgetId(organization, id, parts.length)).then(() => held).then((release) => release?.());
    },
  };
}

async function forgetId(organization: Organization, id: string, count: number): Promise<void> {
  for (let at = 0; at < count; at++) await organization.call("notes.remove", { name: `${PREFIX}${id}.${at}` }).catch(() => {});
  await inDatabase("readwrite", (store) => store.delete(id));
}

// ---- found again

const looked = new Set<string>();

/** Looks once in the life of the page for what was not sent to its end; continues by itself what it can. */
export async function lookForUnfinished(organization: Organization): Promise<void> {
  if (looked.has(organization.key)) return;
  looked.add(organization.key);
  try {
    for (const one of await read(organization)) {
      if (one.files.length === 0) await forgetId(organization, one.id, one.notes);
      else if (one.handles.length > 0 && (await mayRead(one.handles, false))) await proceed(one);
      else unfinished.value = [...unfinished.value, one];
    }
  } catch {
    looked.delete(organization.key);
    setTimeout(() => void lookForUnfinished(organization), AGAIN_MS);
  }
}

async function read(organization: Organization): Promise<Unfinished[]> {
  const notes = (await organization.all("notes.list", { prefix: PREFIX }, "notes")) as { name: string; value: string }[];
  const found = new Map<string, Unfinished>();
  for (const { name, value } of notes) {
    const id = name.slice(PREFIX.length).split(".")[0]!;
    const note = JSON.parse(value) as { path: string; files: KeptFile[] };
    const one = found.get(id) ?? { id, organization, path: note.path, files: [], handles: [], notes: 0 };
    one.files.push(...note.files);
    one.notes++;
    found.set(id, one);
  }
  const list: Unfinished[] = [];
  for (const one of found.values()) {
    const release = await hold(one.id);
    if (!release) continue; // another page sends it
    release();
    one.files = await notThere(one);
    one.handles = (await inDatabase<FileSystemHandle[]>("readonly", (store) => store.get(one.id))) ?? [];
    list.push(one);
  }
  return list;
}

/** The files that have not arrived: those that have are there with the same size and time, and are this person's. */
async function notThere({ organization, path, files }: Unfinished): Promise<KeptFile[]> {
  const folders = new Map<string, Map<string, Entry>>();
  const missing: KeptFile[] = [];
  const same: KeptFile[] = [];
  for (const one of files) {
    const above = one.names.slice(0, -1).join("/");
    let entries = folders.get(above);
    if (!entries) folders.set(above, (entries = await entriesOf(organization, above === "" ? path : child(path, above))));
    const there = entries.get(one.names.at(-1)!);
    if (!there?.details || there.details.size !== one.size || there.details.modified !== one.modified) missing.push(one);
    else same.push(one);
  }
  return [...missing, ...(await ofOthers(organization, path, same))];
}

/** Those of FILES whose newest version another person made: a file of theirs, which happens to look the same, or is made to. */
async function ofOthers(organization: Organization, path: string, files: readonly KeptFile[]): Promise<KeptFile[]> {
  const others: KeptFile[] = [];
  if (files.length === 0) return others;
  const { user, email } = await organization.call("device.whoami", {});
  for (const one of files.slice(0, ASKED_MOST)) {
    try {
      const versions = (await organization.all("files.history", { path: child(path, one.names.join("/")) }, "versions")) as Version[];
      const author = versions.find(({ newest }) => newest)?.author;
      if (author !== user && author !== email) others.push(one);
    } catch (error) {
      if (!isCode(error, "NOT_FOUND")) throw error;
      others.push(one); // it went away meanwhile
    }
  }
  return others;
}

async function entriesOf(organization: Organization, path: string): Promise<Map<string, Entry>> {
  const found = new Map<string, Entry>();
  try {
    const { handle, away } = await organization.call("list.open", { path, details: true });
    if (away) throw new Error("the server is away");
    let from: number | undefined = 0;
    while (from !== undefined) {
      const page: { entries: Entry[]; next?: number } = await organization.call("list.next", { handle, from, max: 200 });
      for (const entry of page.entries) found.set(entry.name, entry);
      from = page.next;
    }
    void organization.call("list.close", { handle }).catch(() => {});
  } catch (error) {
    if (!isCode(error, "NOT_FOUND")) throw error;
  }
  return found;
}

// ---- continued

/** Whether the browser lets the page read what HANDLES name; ASKS the person, by an act of theirs. */
export async function mayRead(handles: readonly FileSystemHandle[], asks: boolean): Promise<boolean> {
  for (const handle of handles as readonly WithPermission[]) {
    if ((await handle.queryPermission?.({ mode: "read" })) === "granted") continue;
    if (!asks || (await handle.requestPermission?.({ mode: "read" })) !== "granted") return false;
  }
  return true;
}

async function fileOf(handles: readonly FileSystemHandle[], names: readonly string[]): Promise<{ file: File; handle: FileSystemHandle } | null> {
  const top = handles.find((one) => one.name === names[0]);
  if (!top) return null;
  try {
    let at = top;
    for (const [depth, name] of names.slice(1).entries()) {
      const folder = at as FileSystemDirectoryHandle;
      at = depth === names.length - 2 ? await folder.getFileHandle(name) : await folder.getDirectoryHandle(name);
    }
    return { file: await (at as FileSystemFileHandle).getFile(), handle: top };
  } catch {
    return null;
  }
}

/** Continues with the files that the browser's handles name. */
export async function proceed(one: Unfinished): Promise<void> {
  const found: Chosen[] = [];
  for (const { names } of one.files) {
    const of = await fileOf(one.handles, names);
    if (of) found.push({ names, ...of });
  }
  await continueWith(one, found);
}

/** Continues with FOUND, as far as they are the same files; the rest is left out, with the reason. */
export async function continueWith(one: Unfinished, found: readonly Chosen[]): Promise<void> {
  const { organization, path } = one;
  const same: Chosen[] = [];
  const lost: { name: string; reason: string }[] = [];
  for (const wanted of one.files) {
    const name = wanted.names.at(-1)!;
    const candidates = found.filter(({ names }) => names.at(-1) === name);
    const match = candidates.find(({ names, file }) => file.size === wanted.size && file.lastModified === wanted.modified && (names.length === 1 || names.join("/").endsWith(wanted.names.join("/"))));
    if (match) same.push({ ...match, names: wanted.names });
    else lost.push({ name: wanted.names.join("/"), reason: candidates.length > 0 ? t("It has changed since: send it again if it is wanted.") : t("It was not found again.") });
  }
  drop(one);
  if (same.length > 0) {
    const sent = send(organization, path, same, [], () => organization.changedFiles(path.slice(0, path.indexOf(":"))));
    tell(tn("%d upload continues where it stopped", "%d uploads continue where they stopped", same.length));
    leftOut.value = [...leftOut.value, ...lost];
    await forgetId(organization, one.id, one.notes);
    await sent;
  } else {
    leftOut.value = [...leftOut.value, ...lost];
    await forgetId(organization, one.id, one.notes);
  }
}

export function drop(one: Unfinished): void {
  unfinished.value = unfinished.value.filter((other) => other !== one);
}

export async function forgetUnfinished(one: Unfinished): Promise<void> {
  drop(one);
  await forgetId(one.organization, one.id, one.notes);
}

/** What a person reads of it. */
export function titleOf(one: Unfinished): string {
  const first = shown(one.files[0]?.names.at(-1) ?? "");
  return one.files.length === 1 ? first : tn("%1$s and %2$d more", "%1$s and %2$d more", one.files.length - 1, first, one.files.length - 1);
}

// ---- chosen

type Picker = (how: { multiple: boolean }) => Promise<FileSystemFileHandle[]>;

/** Asks for files by the browser's dialog that gives handles; null where there is none. */
export async function pickFiles(): Promise<Chosen[] | null> {
  const pick = (globalThis as { showOpenFilePicker?: Picker }).showOpenFilePicker;
  if (!pick) return null;
  try {
    const handles = await pick({ multiple: true });
    return await Promise.all(handles.map(async (handle) => ({ names: [handle.name], file: await handle.getFile(), handle })));
  } catch (error) {
    return error instanceof DOMException && error.name === "AbortError" ? [] : null;
  }
}
