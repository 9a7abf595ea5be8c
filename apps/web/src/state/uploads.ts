// SPDX-License-Identifier: AGPL-3.0-or-later
// Uploads that outlive the page. What waits to be sent is a note that the device keeps sealed; the browser keeps handles of the
// person's own files where it gives them. A page that is loaded again continues by these, or asks for the same files and checks
// them. What a stream had sent already, the host knows: it is not sent again.
import { signal } from "@preact/signals";
import type { Entry, Version } from "@rpc";
import { t, tn } from "../words";
import { shown } from "../words/format";
import { entriesOf } from "./entries";
import { isCode, tell, tellRefusal } from "./notices";
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
  /** The names of the notes that have it. */
  notes: string[];
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
/** Of so many files at once it is asked who made them: each is a question to the host. */
const ASKED_AT_ONCE = 16;

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

/** Does ACT while this page has ID; false where another page has it. */
async function having(id: string, act: () => Promise<void>): Promise<boolean> {
  if (!globalThis.navigator?.locks) {
    await act();
    return true;
  }
  return await navigator.locks.request(`zt-upload-${id}`, { ifAvailable: true }, async (lock) => {
    if (lock) await act();
    return lock !== null;
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
  const notes = parts.map((_, at) => `${PREFIX}${id}.${at}`);
  let end = () => {};
  const ended = new Promise<void>((resolve) => { end = resolve; });
  const write = async () => {
    if (handles.length > 0) await inDatabase("readwrite", (store) => store.put(handles, id));
    for (const [at, files] of parts.entries()) await organization.call("notes.put", { name: notes[at]!, value: JSON.stringify({ path, files }) });
  };
  void having(id, async () => {
    await write().catch(() => {}); // what cannot be kept is sent all the same
    await ended;
    await forget(organization, id, notes);
  }).catch(() => {});
  return { end };
}

async function forget(organization: Organization, id: string, notes: readonly string[]): Promise<void> {
  for (const name of notes) await organization.call("notes.remove", { name }).catch(() => {});
  await inDatabase("readwrite", (store) => store.delete(id));
}

// ---- found again

const looked = new Set<string>();

/** Looks once in the life of the page for what was not sent to its end; continues by itself what it can. */
export async function lookForUnfinished(organization: Organization): Promise<void> {
  if (looked.has(organization.key)) return;
  looked.add(organization.key);
  const seen = new Set<string>();
  for (;;) {
    try {
      for (const id of await idsOf(organization)) if (!seen.has(id)) await look(organization, id, seen);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** Continues ID, or shows it; what is sent continues behind this. What another page sends is that page's. */
function look(organization: Organization, id: string, seen: Set<string>): Promise<void> {
  return new Promise((resolve, reject) => {
    having(id, async () => {
      const one = await find(organization, id);
      seen.add(id);
      if (!one) return;
      if (one.files.length === 0) await forget(organization, id, one.notes);
      else if (one.handles.length > 0 && (await mayRead(one.handles, false))) {
        resolve();
        await sendSame(one, await filesOf(one));
      } else unfinished.value = [...unfinished.value, one];
    }).then(() => resolve(), reject);
  });
}

type Note = { name: string; value: string };

async function idsOf(organization: Organization): Promise<Set<string>> {
  const notes = (await organization.all("notes.list", { prefix: PREFIX }, "notes")) as Note[];
  return new Set(notes.map(({ name }) => name.slice(PREFIX.length).split(".")[0]!));
}

/** What a note says; null: it is none of this release's. */
function said(value: string): { path: string; files: KeptFile[] } | null {
  const isFile = (one: Partial<KeptFile> | null) => Array.isArray(one?.names) && one.names.length > 0 && one.names.every((name) => typeof name === "string") && typeof one.size === "number" && typeof one.modified === "number";
  try {
    const note = JSON.parse(value) as { path?: unknown; files?: unknown } | null;
    return typeof note?.path === "string" && Array.isArray(note.files) && note.files.every(isFile) ? { path: note.path, files: note.files as KeptFile[] } : null;
  } catch {
    return null;
  }
}

/** What of ID has not arrived; null: no note has it any more. The page has ID. */
async function find(organization: Organization, id: string): Promise<Unfinished | null> {
  const notes = (await organization.all("notes.list", { prefix: `${PREFIX}${id}.` }, "notes")) as Note[];
  const read = notes.map(({ value }) => said(value)).filter((note) => note !== null);
  if (read.length === 0) return null;
  const { path } = read[0]!;
  const files = await notThere(organization, path, read.flatMap((note) => note.files));
  const handles = (await inDatabase<FileSystemHandle[]>("readonly", (store) => store.get(id))) ?? [];
  return { id, organization, path, files, handles, notes: notes.map(({ name }) => name) };
}

/** The files that have not arrived: those that have are there with the same size and time, and are this person's. */
async function notThere(organization: Organization, path: string, files: readonly KeptFile[]): Promise<KeptFile[]> {
  const folders = new Map<string, Map<string, Entry>>();
  const missing: KeptFile[] = [];
  const same: KeptFile[] = [];
  for (const one of files) {
    const above = one.names.slice(0, -1).join("/");
    let entries = folders.get(above);
    if (!entries) folders.set(above, (entries = await entriesByName(organization, above === "" ? path : child(path, above))));
    const there = entries.get(one.names.at(-1)!);
    if (!there?.details || there.details.size !== one.size || there.details.modified !== one.modified) missing.push(one);
    else same.push(one);
  }
  return [...missing, ...(await ofOthers(organization, path, same))];
}

/** Those of FILES whose newest version another person made: a file of theirs, which happens to look the same, or is made to. */
async function ofOthers(organization: Organization, path: string, files: readonly KeptFile[]): Promise<KeptFile[]> {
  if (files.length === 0) return [];
  const { user, email } = await organization.call("device.whoami", {});
  const isOthers = async (one: KeptFile): Promise<boolean> => {
    try {
      const versions = (await organization.all("files.history", { path: child(path, one.names.join("/")) }, "versions")) as Version[];
      const author = versions.find(({ newest }) => newest)?.author;
      return author !== user && author !== email;
    } catch (error) {
      if (!isCode(error, "NOT_FOUND")) throw error;
      return true; // it went away meanwhile
    }
  };
  const others: KeptFile[] = [];
  for (let at = 0; at < files.length; at += ASKED_AT_ONCE) {
    const some = files.slice(at, at + ASKED_AT_ONCE);
    const answers = await Promise.all(some.map(isOthers));
    others.push(...some.filter((_, which) => answers[which]));
  }
  return others;
}

async function entriesByName(organization: Organization, path: string): Promise<Map<string, Entry>> {
  try {
    return new Map((await entriesOf(organization, path, "now")).map((entry) => [entry.name, entry]));
  } catch (error) {
    if (!isCode(error, "NOT_FOUND")) throw error;
    return new Map();
  }
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

async function filesOf(one: Unfinished): Promise<Chosen[]> {
  const found: Chosen[] = [];
  for (const { names } of one.files) {
    const of = await fileOf(one.handles, names);
    if (of) found.push({ names, ...of });
  }
  return found;
}

/** Continues with the files that the browser's handles name, by an act of the person. */
export function proceed(one: Unfinished): Promise<void> {
  return take(one, filesOf);
}

/** Continues with FOUND, by an act of the person. */
export function continueWith(one: Unfinished, found: readonly Chosen[]): Promise<void> {
  return take(one, () => Promise.resolve(found));
}

/** Continues what is shown, as it is now: another page may have sent it, or some of it, meanwhile. */
async function take(one: Unfinished, choose: (now: Unfinished) => Promise<readonly Chosen[]>): Promise<void> {
  const { organization, id } = one;
  let isMine = false;
  drop(one);
  try {
    await having(id, async () => {
      const now = await find(organization, id);
      isMine = now !== null && now.files.length > 0;
      if (isMine) await sendSame(now!, await choose(now!));
      else if (now) await forget(organization, id, now.notes);
    });
    if (!isMine) tell(t("Another page of this browser sends these files, or has sent them."));
  } catch (error) {
    unfinished.value = [...unfinished.value, one];
    tellRefusal(error);
  }
}

/** Sends FOUND, as far as they are the same files, to its end; the rest is left out, with the reason. Until then the notes are
 * there, and the page has them. */
async function sendSame(one: Unfinished, found: readonly Chosen[]): Promise<void> {
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
  let sent: Promise<void> | null = null;
  if (same.length > 0) {
    sent = new Promise((resolve, reject) => {
      send(organization, path, same, [], () => organization.changedFiles(path.slice(0, path.indexOf(":"))), { end: resolve }).catch(reject);
    });
    tell(tn("%d upload continues where it stopped", "%d uploads continue where they stopped", same.length));
  }
  leftOut.value = [...leftOut.value, ...lost];
  await sent;
  await forget(organization, one.id, one.notes);
}

export function drop(one: Unfinished): void {
  unfinished.value = unfinished.value.filter((other) => other !== one);
}

export async function forgetUnfinished(one: Unfinished): Promise<void> {
  drop(one);
  await having(one.id, () => forget(one.organization, one.id, one.notes));
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
