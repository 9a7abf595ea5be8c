// SPDX-License-Identifier: AGPL-3.0-or-later
// What is sent and fetched: a queue of files, a few at a time, each in pieces, with pause and cancel. What the page leaves out
// is kept with the reason.
import { batch as together, computed, signal, type Signal } from "@preact/signals";
import type { Failure } from "@rpc";
import { LINE_LOST, Refusal } from "../host/client";
import { lasting, passes } from "./away";
import { deviceOf, host, hostName, lineIsUp } from "./host";
import { isCode, sentenceOfError } from "./notices";
import type { Organization } from "./organization";
import { child } from "./paths";
import { hostAddress } from "./streams";
import { keep, type Batch } from "./uploads";
import { t } from "../words";

export type TransferState = "waits" | "runs" | "held" | "done" | "failed" | "cancelled";

export interface Transfer {
  id: number;
  kind: "send" | "fetch";
  name: string;
  size: number;
  organization: Organization;
  done: Signal<number>;
  state: Signal<TransferState>;
  reason: Signal<string>;
  cancel: AbortController;
  /** Resumes where it is held. */
  run?: () => Promise<void>;
}

export interface Chosen {
  /** Where it is put below the folder: names, the last of which is the file's. */
  names: string[];
  file: File;
  /** What the browser gave for it: the file's handle, or that of the folder that NAMES begin with. */
  handle?: FileSystemHandle;
}

const FILES_AT_ONCE = 3;
const PIECES_AT_ONCE = 3;
const PIECE = 4 << 20;
const AGAIN_MS = 500;
/** Small files go together, by one change for many: each by itself costs some journeys to the server. */
const SMALL = 256 << 10;
const SMALL_MOST = 1000;
const SMALL_BYTES = 4 << 20;
/** Of all their names: a host takes a request of 1 MiB. */
const SMALL_LETTERS = 128 << 10;
/** A chosen file's size is asked of the browser's other process, which holds the page: some at a time, and what is known of these
 * is sent while the next are asked for. */
const ASKED_AT_ONCE = 50;
const SENT_AT_ONCE = 500;
/** What is sent at once to a host that takes files by itself: more where it is fast, so that a pause is soon. */
const SLICE = 8 << 20;
const SLICE_MOST = 256 << 20;
const SLICE_MS = 400;

export const transfers = signal<Transfer[]>([]);
export const leftOut = signal<{ name: string; reason: string }[]>([]);
export const isPaused = signal(false);
export const startedAt = signal(0);
let next = 1;
let running = 0;
/** Those that a run has: it continues with them when they are held no more. */
const claimed = new Set<Transfer>();

export const active = computed(() => transfers.value.filter((one) => one.state.value === "waits" || one.state.value === "runs" || one.state.value === "held"));
export const totals = computed(() => {
  let size = 0;
  let done = 0;
  for (const one of transfers.value) {
    if (one.state.value === "cancelled" || one.state.value === "failed") continue;
    size += one.size;
    done += one.state.value === "done" ? one.size : one.done.value;
  }
  return { size, done };
});

export function clearDone(): void {
  transfers.value = active.value;
  leftOut.value = [];
}

export function newTransfer(organization: Organization, kind: "send" | "fetch", name: string, size: number): Transfer {
  return { id: next++, kind, name, size, organization, done: signal(0), state: signal<TransferState>("waits"), reason: signal(""), cancel: new AbortController() };
}

export function cancelTransfer(one: Transfer): void {
  one.state.value = "cancelled";
  one.cancel.abort();
}

export function holdTransfer(one: Transfer, held: boolean): void {
  if (held && (one.state.value === "waits" || one.state.value === "runs")) one.state.value = "held";
  else if (!held && one.state.value === "held") {
    one.state.value = claimed.has(one) ? "runs" : "waits";
    pump();
  }
}

export function pauseAll(paused: boolean): void {
  isPaused.value = paused;
  if (!paused) pump();
}

/** Lets the page do what waits. A timer would be late where nobody looks at the page. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Sends CHOSEN into the folder PATH; folders are made first. `finished` is called when all of them have ended. BATCH: they are kept already. */
export async function send(organization: Organization, path: string, chosen: readonly Chosen[], emptyFolders: readonly string[][], finished: () => void, batch?: Batch): Promise<void> {
  if (active.value.length === 0) {
    transfers.value = [];
    leftOut.value = [];
    startedAt.value = Date.now();
  }
  const folders = new Map<string, string[]>();
  const note = (names: readonly string[]) => {
    for (let length = 1; length <= names.length; length++) folders.set(names.slice(0, length).join("/"), names.slice(0, length));
  };
  for (const one of chosen) note(one.names.slice(0, -1));
  for (const names of emptyFolders) note(names);
  let kept = batch;
  let hasEnded = false;
  const end = () => {
    hasEnded = true;
    kept?.end();
    finished();
  };
  let waiting = 0;
  const added = chosen.map(({ names, file }) => {
    const one = newTransfer(organization, "send", names.join("/"), 0);
    waiting++;
    const stop = one.state.subscribe((state) => {
      if (state !== "done" && state !== "failed" && state !== "cancelled") return;
      queueMicrotask(() => stop());
      if (--waiting === 0) end();
    });
    return { one, names, file };
  });
  transfers.value = [...transfers.value, ...added.map(({ one }) => one)];
  const made = makeFolders(organization, path, [...folders.values()]);
  let group: Small[] = [];
  let bytes = 0;
  let letters = 0;
  const ready = (refused: ReadonlySet<string>, some: typeof added) => {
    for (const { one, names, file } of some) {
      if (names.some((_, length) => refused.has(names.slice(0, length).join("/")))) {
        transfers.value = transfers.value.filter((other) => other !== one);
        one.state.value = "cancelled"; // its folder is left out, and named
        continue;
      }
      const mine: Small = { one, name: names.join("/"), path: child(path, names.join("/")), file };
      if (file.size > SMALL) {
        one.run = () => sendFile(one, mine.path, file);
        continue;
      }
      if (group.length >= SMALL_MOST || bytes + file.size > SMALL_BYTES || letters + mine.name.length > SMALL_LETTERS) {
        group = [];
        bytes = letters = 0;
      }
      group.push(mine);
      bytes += file.size;
      letters += mine.name.length;
      const fellows = group;
      one.run = () => sendTogether(organization, path, fellows, mine);
    }
    transfers.value = [...transfers.value]; // their sizes are known
    pump();
  };
  let sent = Promise.resolve();
  for (let at = 0, from = 0; at < added.length; at++) {
    added[at]!.one.size = added[at]!.file.size;
    const isLast = at + 1 === added.length;
    if (isLast || at + 1 - from === SENT_AT_ONCE) {
      const some = added.slice(from, from = at + 1);
      sent = sent.then(async () => ready(await made, some));
    }
    if (!isLast && (at + 1) % ASKED_AT_ONCE === 0) await turn();
  }
  if (!hasEnded) kept ??= keep(organization, path, chosen);
  await made;
  await sent;
  if (added.length === 0) end();
}

/** Makes FOLDERS below PATH; those that are refused are left out, and are the answer. */
async function makeFolders(organization: Organization, path: string, folders: readonly string[][]): Promise<Set<string>> {
  const refused = new Set<string>();
  for (const names of [...folders].sort((a, b) => a.length - b.length)) {
    try {
      await lasting(organization, () => organization.call("files.makeFolder", { path: child(path, names.join("/")) }));
    } catch (error) {
      if (isCode(error, "EXISTS")) continue;
      refused.add(names.join("/"));
      leftOut.value = [...leftOut.value, { name: names.join("/"), reason: sentenceOfError(error) }];
    }
  }
  return refused;
}

/** Adds a transfer that runs by itself. */
export function add(one: Transfer): void {
  if (active.value.length === 0) {
    transfers.value = [];
    leftOut.value = [];
    startedAt.value = Date.now();
  }
  transfers.value = [...transfers.value, one];
}

function pump(): void {
  while (running < FILES_AT_ONCE && !isPaused.value) {
    const one = transfers.value.find((candidate) => candidate.state.value === "waits" && candidate.run);
    if (!one) return;
    running++;
    claimed.add(one);
    one.state.value = "runs";
    void one.run!().catch((error: unknown) => fail(one, error)).finally(() => {
      claimed.delete(one);
      running--;
      pump();
    });
  }
}

/** A browser does not say how much room it has left for pages. */
function sentenceOfFailure(error: unknown): string {
  const isFull = isCode(error, "FULL") && hostName.value?.host === "browser";
  return isFull ? t("There is no room left, in this browser or at the server. Free room on this computer, and send the file again.") : sentenceOfError(error);
}

function fail(one: Transfer, error: unknown): void {
  if (one.state.value === "cancelled") return;
  one.state.value = "failed";
  one.reason.value = sentenceOfFailure(error);
  leftOut.value = [...leftOut.value, { name: one.name, reason: one.reason.value }];
}

/** Waits while the transfer is held or all are paused. Throws when it was cancelled. */
export async function mayGoOn(one: Transfer): Promise<void> {
  while (isPaused.value || one.state.value === "held") await new Promise((resolve) => setTimeout(resolve, 100));
  if (one.state.value === "cancelled") throw new Error("cancelled");
}

async function lineBack(): Promise<void> {
  while (!lineIsUp.value) await new Promise((resolve) => setTimeout(resolve, 250));
}

/** Whether the writer ended with its device or its host, while the transfer was held. */
function isHandleGone(error: unknown): boolean {
  return isCode(error, "NO_HANDLE");
}

/** Waits while the device is locked, where it is; false where it is not. */
async function wasLocked(one: Transfer): Promise<boolean> {
  const isLocked = () => deviceOf(one.organization.key)?.state !== "open";
  if (!isLocked()) return false;
  while (isLocked() && (one.state.value as TransferState) !== "cancelled") await new Promise((resolve) => setTimeout(resolve, 250));
  return true;
}

/** Whether the newest version of PATH is FILE, and is none of those up to BEFORE. */
async function isThere(one: Transfer, path: string, file: File, before: number): Promise<boolean> {
  const { organization } = one;
  const { handle, size, version } = await organization.call("reader.open", { path });
  try {
    if (version <= before || size !== file.size) return false;
    for (let offset = 0; offset < size; offset += PIECE) {
      const [theirs, mine] = await Promise.all([
        host().fetch(organization.key, "reader.read", { handle, offset, size: Math.min(PIECE, size - offset) }),
        file.slice(offset, offset + PIECE).arrayBuffer().then((bytes) => new Uint8Array(bytes)),
      ]);
      if (theirs.length !== mine.length || theirs.some((byte, at) => byte !== mine[at])) return false;
    }
    return true;
  } finally {
    void organization.call("reader.close", { handle }).catch(() => {});
  }
}

async function sendFile(one: Transfer, path: string, file: File, unsure: number | null = null): Promise<void> {
  // UNSURE: the line was lost beside a commit, and nobody said whether it was made, after that version.
  for (;;) {
    try {
      if (unsure === null || !(await isThere(one, path, file, unsure).catch((error: unknown) => {
        if (isCode(error, "NOT_FOUND")) return false;
        throw error;
      }))) {
        unsure = null;
        await sendOnce(one, path, file, (before) => { unsure = before; });
      }
      one.done.value = one.size;
      one.state.value = "done";
      return;
    } catch (error) {
      if ((one.state.value as TransferState) === "cancelled") return;
      if (isCode(error, "LINE_LOST") || isHandleGone(error)) await lineBack();
      else if (passes(error)) {
        one.organization.lost();
        if (!(await one.organization.back(() => (one.state.value as TransferState) === "cancelled"))) throw error;
      } else if (isCode(error, "AGAIN")) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      else if (!(await wasLocked(one))) throw error;
      one.done.value = 0;
    }
  }
}

interface Small {
  one: Transfer;
  name: string;
  path: string;
  file: File;
}

/** Sends MINE, and all of its group that wait, by one change; each by itself where that is refused, so that each has its reason. */
async function sendTogether(organization: Organization, path: string, group: readonly Small[], mine: Small): Promise<void> {
  const free = (some: readonly Small[]) => some.forEach(({ one }) => claimed.delete(one));
  let list = group.filter((each) => each === mine || each.one.state.value === "waits");
  together(() => list.forEach(({ one }) => {
    claimed.add(one);
    one.state.value = "runs";
  }));
  try {
    await mayGoOn(mine.one);
    // A file that is held now is sent when it is not any more, by a separate run.
    free(list.filter(({ one }) => one.state.value !== "runs"));
    list = list.filter(({ one }) => one.state.value === "runs");
    // One reading of all: each by itself costs more than its bytes.
    const content = new Uint8Array(await new Blob(list.map(({ file }) => file)).arrayBuffer());
    const files = list.map(({ name, file }) => ({ name, size: file.size, modified: Math.max(0, file.lastModified) }));
    if (list.length > 0) await host().call(organization.key, "files.writeSmall", { path, files }, { content });
    together(() => list.forEach(({ one }) => {
      one.done.value = one.size;
      if (one.state.value !== "cancelled") one.state.value = "done";
    }));
  } catch (error) {
    // Whether it was written is not known: each is looked for first.
    const unsure = isCode(error, "LINE_LOST") || passes(error) ? 0 : null;
    // The others are a group without it.
    if (mine.one.state.value === "cancelled") together(() => list.forEach(({ one }) => { if (one.state.value === "runs") one.state.value = "waits"; }));
    for (const each of list) {
      const { one, path: place, file } = each;
      if (one.state.value === "runs") await sendFile(one, place, file, unsure).catch((error: unknown) => fail(one, error));
      free([each]);
    }
  } finally {
    free(list);
  }
}

async function sendOnce(one: Transfer, path: string, file: File, commits: (before: number) => void): Promise<void> {
  const { organization } = one;
  const { handle, version } = await organization.call("writer.open", { path });
  try {
    const address = file.size > SMALL ? await hostAddress(organization, handle) : null;
    if (address !== null) await sendSlices(one, address, file);
    const pieces = new Set<Promise<unknown>>();
    let problem: unknown = null;
    for (let offset = address === null ? 0 : file.size; offset < file.size && problem === null; offset += PIECE) {
      await mayGoOn(one);
      const part = file.slice(offset, offset + PIECE);
      const how = hostName.value?.host === "browser" ? { part } : { content: new Uint8Array(await part.arrayBuffer()) };
      const piece: Promise<unknown> = host().call(organization.key, "writer.write", { handle, offset }, how)
        .catch(async (error: unknown) => {
          if (isCode(error, "UNREADABLE")) await part.slice(0, 1).arrayBuffer(); // which says why, as the browser does
          throw error;
        })
        .then(() => { one.done.value += part.size; }, (error: unknown) => { problem ??= error; })
        .finally(() => pieces.delete(piece));
      pieces.add(piece);
      if (pieces.size >= PIECES_AT_ONCE) await Promise.race(pieces);
    }
    await Promise.all(pieces);
    if (problem !== null) throw problem;
    await mayGoOn(one);
    commits(version);
    await organization.call("writer.commit", { handle, how: "onTop", modified: file.lastModified });
  } finally {
    void organization.call("writer.close", { handle }).catch(() => {});
  }
}

/** Sends a file to the host's own address: the browser reads it from the disk, and no byte is in the page. */
async function sendSlices(one: Transfer, address: string, file: File): Promise<void> {
  let slice = SLICE;
  for (let offset = 0; offset < file.size;) {
    await mayGoOn(one);
    const end = Math.min(file.size, offset + slice);
    const start = performance.now();
    await put(one, address, file, offset, end);
    if (performance.now() - start < SLICE_MS) slice = Math.min(SLICE_MOST, 2 * slice);
    one.done.value = offset = end;
  }
}

function put(one: Transfer, address: string, file: File, offset: number, end: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("PUT", `${address}?offset=${offset}`);
    request.upload.onprogress = ({ loaded }) => { one.done.value = offset + loaded; };
    request.onload = () => {
      let answer: { result?: object; error?: Failure } = {};
      try {
        answer = JSON.parse(request.responseText) as typeof answer;
      } catch {
        // It is no answer of a method.
      }
      if (request.status === 200 && answer.result) resolve();
      else reject(answer.error ? new Refusal(answer.error) : new Refusal(LINE_LOST));
    };
    // A file that changed or went away ends it as well: that is not for another try.
    request.onerror = () => void file.slice(offset, Math.min(end, offset + 1)).arrayBuffer().then(() => reject(new Refusal(LINE_LOST)), reject);
    request.onabort = () => reject(new Error("cancelled"));
    request.onloadend = () => one.cancel.signal.removeEventListener("abort", abort);
    one.cancel.signal.addEventListener("abort", abort);
    request.send(file.slice(offset, end));
  });
}

export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Refusal;
}

type WithHandle = DataTransferItem & { getAsFileSystemHandle?: () => Promise<FileSystemHandle | null> };
type EntryLike = FileSystemEntry & { file?: (ok: (file: File) => void, bad: (error: unknown) => void) => void; createReader?: () => FileSystemDirectoryReader };

/** What was dropped: files, and folders with all that is below. */
export async function dropped(data: DataTransfer): Promise<{ files: Chosen[]; folders: string[][] }> {
  const items = [...data.items].filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  // Of what is no entry, some browsers never say that there is no handle.
  const given = items.map((item) => (item.webkitGetAsEntry() === null ? null : (item as WithHandle).getAsFileSystemHandle?.()) ?? Promise.resolve(null));
  // What is no entry of a file system (a picture out of another page) is a file by itself.
  const files: Chosen[] = items.flatMap((item) => {
    const file = item.webkitGetAsEntry() === null ? item.getAsFile() : null;
    return file ? [{ names: [file.name], file }] : [];
  });
  const folders: string[][] = [];
  const walk = async (entry: EntryLike, before: string[]): Promise<void> => {
    const names = [...before, entry.name];
    if (entry.isFile && entry.file) {
      try {
        files.push({ names, file: await new Promise<File>((ok, bad) => entry.file!(ok, bad)) });
      } catch (error) {
        leftOut.value = [...leftOut.value, { name: names.join("/"), reason: error instanceof Error ? error.message : String(error) }];
      }
    } else if (entry.createReader) {
      folders.push(names);
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise<FileSystemEntry[]>((ok, bad) => reader.readEntries(ok, bad));
        if (some.length === 0) break;
        for (const one of some) await walk(one as EntryLike, names);
      }
    }
  };
  for (const entry of entries) await walk(entry as EntryLike, []);
  const handles = (await Promise.all(given.map((one) => one.catch(() => null)))).filter((one) => one !== null);
  for (const one of files) one.handle = handles.find((handle) => handle.name === one.names[0]);
  return { files, folders };
}

/** What was chosen in a dialog of the browser. */
export function picked(list: FileList): Chosen[] {
  return [...list].map((file) => ({ names: file.webkitRelativePath ? file.webkitRelativePath.split("/") : [file.name], file }));
}
