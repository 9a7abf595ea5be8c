// SPDX-License-Identifier: AGPL-3.0-or-later
// Files and folders that a person wants on this device: they are read and kept sealed, and read again when they change. Which
// ones is a note that the device keeps.
import { signal } from "@preact/signals";
import { t } from "../words";
import { shown, size } from "../words/format";
import { entriesOf } from "./entries";
import { host } from "./host";
import { isCode, sentenceOfError, tell } from "./notices";
import type { Organization } from "./organization";
import { child, nameOf, parent } from "./paths";

export interface Pin {
  id: string;
  path: string;
  folder: boolean;
  /** The versions that are kept, by what is behind PATH. */
  kept: Record<string, number>;
}

const PREFIX = "pin.";
const PIECE = 4 << 20;
const FILES_MOST = 500;
const QUIET_MS = 1500;
const AGAIN_MS = 5000;
const TRIES = 60;

/** By organization, then path. */
export const pins = signal<Record<string, Record<string, Pin>>>({});

export function pinOf(organization: Organization, path: string): Pin | undefined {
  return pins.value[organization.key]?.[path];
}

/** Whether PATH is kept, by itself or with a folder above it. */
export function isPinned(organization: Organization, path: string): boolean {
  return Object.values(pins.value[organization.key] ?? {}).some((one) => one.path === path || (one.folder && path.startsWith(one.path.endsWith("/") ? one.path : `${one.path}/`)));
}

function set(organization: Organization, path: string, pin: Pin | null): void {
  const own = { ...pins.value[organization.key] };
  if (pin) own[path] = pin;
  else delete own[path];
  pins.value = { ...pins.value, [organization.key]: own };
}

async function store(organization: Organization, pin: Pin): Promise<void> {
  const { path, folder, kept } = pin;
  await organization.call("notes.put", { name: PREFIX + pin.id, value: JSON.stringify({ path, folder, kept }) });
}

const begun = new WeakSet<Organization>();
const timers = new WeakMap<Organization, ReturnType<typeof setTimeout>>();

type Note = { name: string; value: string };

/** The device may be busy, or away for a while. */
async function notesOf(organization: Organization): Promise<Note[]> {
  for (let tries = 1; ; tries++) {
    try {
      return (await organization.all("notes.list", { prefix: PREFIX }, "notes")) as Note[];
    } catch (error) {
      if (tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** What a note says; null: it is none of this release's. */
function pinIn(value: string): Omit<Pin, "id"> | null {
  try {
    const { path, folder, kept } = JSON.parse(value) as Partial<Pin>;
    return typeof path === "string" && typeof folder === "boolean" && typeof kept === "object" && kept !== null ? { path, folder, kept } : null;
  } catch {
    return null;
  }
}

/** Reads which files are kept, and keeps them as they are now from then on. */
export async function startPins(organization: Organization): Promise<void> {
  if (begun.has(organization)) return;
  begun.add(organization);
  for (const { name, value } of await notesOf(organization)) {
    const said = pinIn(value);
    if (said) set(organization, said.path, { id: name.slice(PREFIX.length), ...said });
  }
  const soon = () => {
    clearTimeout(timers.get(organization));
    timers.set(organization, setTimeout(() => void refresh(organization), QUIET_MS));
  };
  organization.fileChanges.subscribe(soon);
  organization.connected.subscribe(soon);
}

async function refresh(organization: Organization): Promise<void> {
  if (!organization.connected.value) return;
  for (const pin of Object.values(pins.value[organization.key] ?? {})) await bring(organization, pin).catch(() => {}); // the next change tries again
}

type Found = { behind: string; path: string; version: number; size: number };

/** The files of a pin. */
async function filesOf(organization: Organization, pin: Pin): Promise<Found[]> {
  const found: Found[] = [];
  const walk = async (folder: string, behind: string, only?: string): Promise<void> => {
    const folders: string[] = [];
    for (const entry of await entriesOf(organization, folder, "now")) {
      if (only !== undefined && entry.name !== only) continue;
      if (entry.folder) folders.push(entry.name);
      else found.push({ behind: only !== undefined ? "" : `${behind}${entry.name}`, path: child(folder, entry.name), version: entry.details?.version ?? 0, size: entry.details?.size ?? 0 });
    }
    if (found.length > FILES_MOST) throw new Error(t("There are more than %d files in it.", FILES_MOST));
    for (const name of folders) await walk(child(folder, name), `${behind}${name}/`);
  };
  if (pin.folder) await walk(pin.path, "");
  else await walk(parent(pin.path), "", nameOf(pin.path));
  return found;
}

/** Brings what of a pin is not here as it is now; BROUGHT are the paths that were begun. */
async function bring(organization: Organization, pin: Pin, brought: string[] = []): Promise<number> {
  const files = await filesOf(organization, pin);
  const kept: Record<string, number> = {};
  let bytes = 0;
  let isNew = Object.keys(pin.kept).length !== files.length;
  for (const { behind, path, version, size: length } of files) {
    bytes += length;
    if (pin.kept[behind] !== version) {
      isNew = true;
      brought.push(path);
      await readAll(organization, path);
    }
    kept[behind] = version;
  }
  if (isNew && pinOf(organization, pin.path) === pin) {
    const fresh = { ...pin, kept };
    set(organization, pin.path, fresh);
    await store(organization, fresh);
  }
  return bytes;
}

async function readAll(organization: Organization, path: string): Promise<void> {
  const { handle, size: length } = await organization.call("reader.open", { path });
  try {
    await organization.call("reader.keep", { handle, how: "pinned" });
    for (let at = 0; at < length; at += PIECE) await host().fetch(organization.key, "reader.read", { handle, offset: at, size: Math.min(PIECE, length - at) });
  } finally {
    void organization.call("reader.close", { handle }).catch(() => {});
  }
}

/** Keeps PATH on this device from now on. */
export async function pinIt(organization: Organization, path: string, folder: boolean): Promise<void> {
  const id = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const pin: Pin = { id, path, folder, kept: {} };
  const brought: string[] = [];
  set(organization, path, pin);
  try {
    await store(organization, pin);
    const bytes = await bring(organization, pin, brought);
    tell(t("“%s” is kept on this device (%s), and can be read without a connection", shown(nameOf(path)), size(bytes)));
  } catch (error) {
    set(organization, path, null);
    await organization.call("notes.remove", { name: PREFIX + id }).catch(() => {});
    // What came of it takes room that nobody could free.
    for (const file of brought) if (!isPinned(organization, file)) await forgetFile(organization, file).catch(() => {});
    tell(error instanceof Error && !("failure" in error) ? error.message : sentenceOfError(error));
  }
}

async function forgetFile(organization: Organization, path: string): Promise<void> {
  const { handle } = await organization.call("reader.open", { path });
  try {
    await organization.call("reader.keep", { handle, how: "forget" });
  } finally {
    void organization.call("reader.close", { handle }).catch(() => {});
  }
}

/** Keeps it no more. */
export async function unpin(organization: Organization, path: string): Promise<void> {
  const pin = pinOf(organization, path);
  if (!pin) return;
  set(organization, path, null);
  await organization.call("notes.remove", { name: PREFIX + pin.id });
  for (const behind of Object.keys(pin.kept)) {
    const file = behind === "" ? path : child(path, behind);
    if (isPinned(organization, file)) continue;
    try {
      await forgetFile(organization, file);
    } catch (error) {
      if (!isCode(error, "NOT_FOUND")) throw error; // it was moved or removed: what is kept of it is forgotten with the device
    }
  }
  tell(t("“%s” is kept on this device no more", shown(nameOf(path))));
}
