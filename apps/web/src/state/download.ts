// SPDX-License-Identifier: AGPL-3.0-or-later
// Files out of a workspace: saved through the service worker as they are read; several, or a folder, as one archive.
import { effect } from "@preact/signals";
import type { Entry } from "@rpc";
import { sizeLimitSentence } from "../words/sentences";
import { lasting } from "./away";
import { entriesOf } from "./entries";
import { host, lineIsUp } from "./host";
import { tell, tellRefusal } from "./notices";
import type { Organization } from "./organization";
import { child } from "./paths";
import { addressOf, canStream, fileSource, forget, hostAddress, wholeFile, type Source } from "./streams";
import { add, isPaused, mayGoOn, newTransfer, type Transfer } from "./transfers";
import { zip, type Member } from "./zip";

/** What is held in memory while it is saved, where the browser cannot stream. */
const HELD_LIMIT = 512 << 20;
const FORGET_MS = 60_000;
const PIECE = 1 << 20;

export async function saveFile(organization: Organization, path: string, name: string, size: number, version?: number): Promise<void> {
  const one = newTransfer(organization, "fetch", name, size);
  add(one);
  one.state.value = "runs";
  const count = (bytes: number) => {
    one.done.value = Math.min(one.size, one.done.value + bytes);
    if (one.done.value >= one.size) one.state.value = "done";
  };
  try {
    if (await saveByHost(one, path, version)) {
      return;
    } else if (await canStream()) {
      const open = fileSource(organization, path, name, "application/octet-stream", true, version, count);
      save(addressOf(name, () => held(one, open)), name);
      if (size === 0) one.state.value = "done";
    } else {
      const bytes = await wholeFile(organization, path, HELD_LIMIT, version);
      if (!bytes) throw new Error(sizeLimitSentence(HELD_LIMIT));
      count(bytes.length);
      one.state.value = "done";
      const url = URL.createObjectURL(new Blob([bytes]));
      save(url, name);
      setTimeout(() => URL.revokeObjectURL(url), FORGET_MS);
    }
  } catch (error) {
    one.state.value = "failed";
    tellRefusal(error);
  }
}

/** Saves a file that the host gives by itself. False: it does not. */
async function saveByHost(one: Transfer, path: string, version?: number): Promise<boolean> {
  const { organization, name } = one;
  const { handle, size } = await organization.call("reader.open", { path, version });
  const held = () => isPaused.value || one.state.value === "held";
  const address = await hostAddress(organization, handle, { size, name, held: held() }).catch(() => null);
  const close = () => void organization.call("reader.close", { handle }).catch(() => {});
  if (address === null || one.cancel.signal.aborted) {
    close();
    return address !== null;
  }
  one.size = size;
  const end = (isCut = false) => {
    silence();
    loosen();
    one.cancel.signal.removeEventListener("abort", abort);
    close();
    if (one.state.value === "failed") return;
    if (one.done.value >= one.size) one.state.value = "done";
    else if (isCut && !one.cancel.signal.aborted) void again();
    else one.state.value = "cancelled";
  };
  /** The host ended it, or the person did in the browser: it begins again where the server was away. */
  const again = async () => {
    one.state.value = "waits";
    await organization.sync().catch(() => {});
    const wasAway = !organization.connected.value;
    if (wasAway) organization.lost();
    const isBack = wasAway && (await organization.back(() => one.cancel.signal.aborted));
    one.state.value = "cancelled";
    if (isBack) await saveFile(organization, path, name, size, version);
  };
  const abort = () => end();
  const silence = host().listen((event, device, data) => {
    const heard = data as { handle: number; done: number; ended: boolean };
    if (event !== "stream" || device !== organization.key || heard.handle !== handle) return;
    one.done.value = heard.done;
    if (heard.ended) end(true);
  });
  let wasHeld = held();
  const loosen = effect(() => {
    if (!lineIsUp.value) queueMicrotask(() => end());
    else if (held() !== wasHeld) {
      wasHeld = held();
      void hostAddress(organization, handle, { held: wasHeld }).catch(() => {});
    }
  });
  one.cancel.signal.addEventListener("abort", abort);
  save(address, name);
  return true;
}

/** A source that waits while its transfer is held, and ends with it. */
async function held(one: Transfer, open: () => Promise<Source>): Promise<Source> {
  const source = await open();
  return {
    ...source,
    async read(from, size) {
      await mayGoOn(one);
      return source.read(from, size);
    },
    close() {
      source.close();
      if (one.state.value === "runs") one.state.value = one.done.value >= one.size ? "done" : "cancelled";
    },
  };
}

function save(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  const isStream = url.startsWith("./stream/");
  if (!isStream) link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  if (isStream) setTimeout(() => forget(url), FORGET_MS);
}

/** Saves files and folders as one archive. */
export async function saveMany(organization: Organization, path: string, entries: readonly Entry[], name: string): Promise<void> {
  if (!(await canStream())) {
    for (const entry of entries) if (!entry.folder) await saveFile(organization, child(path, entry.name), entry.name, entry.details?.size ?? 0);
    if (entries.some((entry) => entry.folder)) tell(sizeLimitSentence(HELD_LIMIT));
    return;
  }
  const known = entries.reduce((sum, entry) => sum + (entry.details?.size ?? 0), 0);
  const one = newTransfer(organization, "fetch", name, known);
  add(one);
  one.state.value = "runs";
  const read = (bytes: number) => {
    one.done.value += bytes;
    if (one.done.value > one.size) one.size = one.done.value;
  };
  const pieces = zip(membersOf(organization, path, entries, one, read))[Symbol.asyncIterator]();
  let rest = new Uint8Array(0) as Uint8Array;
  const source: Source = {
    name, type: "application/zip", size: null, save: true,
    async read(_from, size) {
      while (rest.length === 0) {
        const found = await pieces.next();
        if (found.done) {
          one.state.value = "done";
          return new Uint8Array(0);
        }
        rest = found.value;
      }
      const piece = rest.subarray(0, size);
      rest = rest.subarray(piece.length);
      return piece;
    },
    close() {
      if (one.state.value === "runs") one.state.value = "cancelled";
      void pieces.return?.(undefined);
    },
  };
  save(addressOf(name, async () => source), name);
}

async function* membersOf(organization: Organization, path: string, entries: readonly Entry[], one: Transfer, read: (bytes: number) => void, before = ""): AsyncGenerator<Member> {
  for (const entry of entries) {
    const place = child(path, entry.name);
    const name = before + entry.name;
    if (entry.folder) {
      yield { name: `${name}/`, modified: entry.details?.modified ?? 0, size: 0, bytes: nothing };
      yield* membersOf(organization, place, await lasting(organization, () => entriesOf(organization, place, "known")), one, read, `${name}/`);
    } else {
      const { handle, size } = await lasting(organization, () => organization.call("reader.open", { path: place }));
      try {
        yield { name, modified: entry.details?.modified ?? 0, size, bytes: () => bytesOf(organization, handle, size, one, read) };
      } finally {
        void organization.call("reader.close", { handle }).catch(() => {});
      }
    }
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

async function* bytesOf(organization: Organization, handle: number, size: number, one: Transfer, read: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < size;) {
    await mayGoOn(one);
    const piece = await lasting(organization, () => host().fetch(organization.key, "reader.read", { handle, offset: at, size: Math.min(PIECE, size - at) }), () => one.state.value === "cancelled");
    if (piece.length === 0) return;
    read(piece.length);
    at += piece.length;
    yield piece;
  }
}
