// SPDX-License-Identifier: AGPL-3.0-or-later
// What is sent and fetched: a queue of files, a few at a time, each in pieces, with pause and cancel. What the page leaves out
// is kept with the reason.
import { computed, signal, type Signal } from "@preact/signals";
import { Refusal } from "../host/client";
import { lasting, passes } from "./away";
import { host, hostName, lineIsUp } from "./host";
import { isCode, sentenceOfError } from "./notices";
import type { Organization } from "./organization";
import { child } from "./paths";
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
}

const FILES_AT_ONCE = 3;
const PIECES_AT_ONCE = 3;
const PIECE = 1 << 20;
const AGAIN_MS = 500;

export const transfers = signal<Transfer[]>([]);
export const leftOut = signal<{ name: string; reason: string }[]>([]);
export const isPaused = signal(false);
export const startedAt = signal(0);
let next = 1;
let running = 0;

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
    one.state.value = "waits";
    pump();
  }
}

export function pauseAll(paused: boolean): void {
  isPaused.value = paused;
  if (!paused) pump();
}

/** Sends CHOSEN into the folder PATH; folders are made first. `finished` is called when all of them have ended. */
export async function send(organization: Organization, path: string, chosen: readonly Chosen[], emptyFolders: readonly string[][], finished: () => void): Promise<void> {
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
  const refused = new Set<string>();
  for (const names of [...folders.values()].sort((a, b) => a.length - b.length)) {
    try {
      await lasting(organization, () => organization.call("files.makeFolder", { path: child(path, names.join("/")) }));
    } catch (error) {
      if (isCode(error, "EXISTS")) continue;
      refused.add(names.join("/"));
      leftOut.value = [...leftOut.value, { name: names.join("/"), reason: sentenceOfError(error) }];
    }
  }
  let waiting = 0;
  const added = chosen.filter((one) => !one.names.some((_, length) => refused.has(one.names.slice(0, length).join("/")))).map(({ names, file }) => {
    const one = newTransfer(organization, "send", names.join("/"), file.size);
    one.run = () => sendFile(one, child(path, names.join("/")), file);
    waiting++;
    const stop = one.state.subscribe((state) => {
      if (state !== "done" && state !== "failed" && state !== "cancelled") return;
      queueMicrotask(() => stop());
      if (--waiting === 0) finished();
    });
    return one;
  });
  transfers.value = [...transfers.value, ...added];
  if (added.length === 0) finished();
  pump();
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
    one.state.value = "runs";
    void one.run!().catch((error: unknown) => fail(one, error)).finally(() => {
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

async function sendFile(one: Transfer, path: string, file: File): Promise<void> {
  for (;;) {
    try {
      await sendOnce(one, path, file);
      one.done.value = one.size;
      one.state.value = "done";
      return;
    } catch (error) {
      if ((one.state.value as TransferState) === "cancelled") return;
      if (isCode(error, "LINE_LOST")) await lineBack();
      else if (passes(error)) {
        one.organization.lost();
        if (!(await one.organization.back(() => (one.state.value as TransferState) === "cancelled"))) throw error;
      } else if (isCode(error, "AGAIN")) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      else throw error;
      one.done.value = 0;
    }
  }
}

async function sendOnce(one: Transfer, path: string, file: File): Promise<void> {
  const { organization } = one;
  const { handle } = await organization.call("writer.open", { path });
  try {
    const pieces = new Set<Promise<unknown>>();
    let problem: unknown = null;
    for (let offset = 0; offset < file.size && problem === null; offset += PIECE) {
      await mayGoOn(one);
      const content = new Uint8Array(await file.slice(offset, offset + PIECE).arrayBuffer());
      const piece: Promise<unknown> = host().call(organization.key, "writer.write", { handle, offset }, { content })
        .then(() => { one.done.value += content.length; }, (error: unknown) => { problem ??= error; })
        .finally(() => pieces.delete(piece));
      pieces.add(piece);
      if (pieces.size >= PIECES_AT_ONCE) await Promise.race(pieces);
    }
    await Promise.all(pieces);
    if (problem !== null) throw problem;
    await mayGoOn(one);
    await organization.call("writer.commit", { handle, how: "onTop", modified: file.lastModified });
  } finally {
    void organization.call("writer.close", { handle }).catch(() => {});
  }
}

export function isRefusal(error: unknown): error is Refusal {
  return error instanceof Refusal;
}

type EntryLike = FileSystemEntry & { file?: (ok: (file: File) => void, bad: (error: unknown) => void) => void; createReader?: () => FileSystemDirectoryReader };

/** What was dropped: files, and folders with all that is below. */
export async function dropped(data: DataTransfer): Promise<{ files: Chosen[]; folders: string[][] }> {
  const items = [...data.items].filter((item) => item.kind === "file");
  const entries = items.map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
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
  return { files, folders };
}

/** What was chosen in a dialog of the browser. */
export function picked(list: FileList): Chosen[] {
  return [...list].map((file) => ({ names: file.webkitRelativePath ? file.webkitRelativePath.split("/") : [file.name], file }));
}
