// SPDX-License-Identifier: AGPL-3.0-or-later
// Files as addresses that the browser saves or plays: the service worker asks this page for their ranges, so that nothing is
// held whole in memory.
import type { Organization } from "./organization";
import { lasting } from "./away";
import { host } from "./host";

/** Bytes in order (`next`), or from anywhere (`range`). */
export interface Source {
  name: string;
  type: string;
  size: number | null;
  save: boolean;
  /** What is read is nobody else's, and the end of its buffer: it is passed on without a copy. */
  owns?: boolean;
  read(from: number, size: number): Promise<Uint8Array>;
  close(): void;
}

const sources = new Map<string, () => Promise<Source>>();
let registration: Promise<ServiceWorkerRegistration | null> | null = null;

const AHEAD = 2;
/** What is played is kept, where it is not too large. */
const KEPT_MOST = 64 << 20;

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

/** Starts the service worker; without one, files are held in memory while they are saved. */
export function startStreams(): void {
  if (!("serviceWorker" in navigator)) return;
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  const url = types ? types.createPolicy("zt-worker", { createScriptURL: () => "./sw.js" }).createScriptURL("") : "./sw.js";
  registration = navigator.serviceWorker.register(url).catch(() => null);
  navigator.serviceWorker.addEventListener("message", (event: MessageEvent<{ stream?: string }>) => {
    const port = event.ports[0];
    const open = event.data.stream === undefined ? undefined : sources.get(event.data.stream);
    if (port && open) void serve(port, open);
  });
  navigator.serviceWorker.startMessages();
}

async function serve(port: MessagePort, open: () => Promise<Source>): Promise<void> {
  let source: Source;
  try {
    source = await open();
  } catch {
    return;
  }
  port.onmessage = async (event: MessageEvent<{ from?: number; size?: number; close?: boolean }>) => {
    if (event.data.close) {
      source.close();
      port.close();
      return;
    }
    try {
      const bytes = await source.read(event.data.from ?? 0, event.data.size ?? 0);
      const moved = source.owns ? bytes.buffer as ArrayBuffer : bytes.slice().buffer;
      const from = source.owns ? bytes.byteOffset : 0;
      port.postMessage({ bytes: moved, from }, [moved]);
    } catch (error) {
      source.close();
      port.postMessage({ error: String(error) });
    }
  };
  port.postMessage({ size: source.size, type: source.type, name: source.name, save: source.save });
}

/** Whether the browser can stream; waits until the worker runs. */
export async function canStream(): Promise<boolean> {
  if (!registration) return false;
  const found = await registration;
  if (!found) return false;
  await navigator.serviceWorker.ready;
  return navigator.serviceWorker.controller !== null || (await new Promise<boolean>((resolve) => {
    navigator.serviceWorker.addEventListener("controllerchange", () => resolve(true), { once: true });
    setTimeout(() => resolve(navigator.serviceWorker.controller !== null), 2000);
  }));
}

let hostGives: boolean | null = null;

/** The host's own address for an open reader or writer; null where the host has none: then bytes come by messages. */
export async function hostAddress(organization: Organization, handle: number, wish: { size?: number; name?: string; type?: string; held?: boolean } = {}): Promise<string | null> {
  if (hostGives === false) return null;
  const { url } = await host().call(null, "host.stream", { key: organization.key, handle, ...wish });
  hostGives = url !== undefined;
  return url === undefined ? null : `./${url}`;
}

/** An address that shows a file, and what ends it; null where the browser can show none. */
export async function shownAddress(organization: Organization, path: string, name: string, type: string, version?: number): Promise<{ address: string; end: () => void } | null> {
  if (hostGives !== false) {
    const { handle, size } = await organization.call("reader.open", { path, version });
    const close = () => void organization.call("reader.close", { handle }).catch(() => {});
    const address = await hostAddress(organization, handle, { size, type });
    if (address !== null) return { address, end: close };
    close();
  }
  if (!(await canStream())) return null;
  const address = addressOf(name, fileSource(organization, path, name, type, false, version));
  return { address, end: () => forget(address) };
}

/** An address for a source, until `forget` is called with it. */
export function addressOf(name: string, open: () => Promise<Source>): string {
  const id = crypto.randomUUID();
  sources.set(id, open);
  return `./stream/${id}/${encodeURIComponent(name)}`;
}

export function forget(address: string): void {
  const id = address.split("/")[2];
  if (id !== undefined) sources.delete(id);
}

/** A file of a workspace as a source. */
export function fileSource(organization: Organization, path: string, name: string, type: string, save: boolean, version?: number, read?: (bytes: number) => void): () => Promise<Source> {
  return async () => {
    const { handle, size } = await lasting(organization, () => organization.call("reader.open", { path, version }));
    let isOpen = true;
    if (!save && size <= KEPT_MOST) await organization.call("reader.keep", { handle, how: "read" });
    // The pieces behind the one that is read are asked for already, where a file is read from one end to the other.
    const ahead = new Map<number, Promise<Uint8Array>>();
    const piece = (from: number, wanted: number) => {
      let found = ahead.get(from);
      if (!found) {
        found = lasting(organization, () => host().fetch(organization.key, "reader.read", { handle, offset: from, size: Math.max(1, Math.min(wanted, size - from)) }), () => !isOpen);
        found.catch(() => {});
        ahead.set(from, found);
      }
      return found;
    };
    return {
      name, type, size, save, owns: true,
      async read(from, wanted) {
        for (const place of ahead.keys()) if (place < from || place > from + AHEAD * wanted) ahead.delete(place);
        const bytes = piece(from, wanted);
        if (save) for (let n = 1; n <= AHEAD && from + n * wanted < size; n++) void piece(from + n * wanted, wanted);
        const content = await bytes;
        ahead.delete(from);
        read?.(content.length);
        return content;
      },
      close() {
        if (!isOpen) return;
        isOpen = false;
        ahead.clear();
        void organization.call("reader.close", { handle }).catch(() => {});
      },
    };
  };
}

/** A whole file, where it is at most LIMIT bytes; null where it is larger. OPENED learns which version it is. What was opened can be
 * read without the servers. */
export async function wholeFile(organization: Organization, path: string, limit: number, version?: number, opened?: (version: number) => void): Promise<Uint8Array<ArrayBuffer> | null> {
  const { handle, size, version: read } = await organization.call("reader.open", { path, version });
  opened?.(read);
  try {
    if (size > limit) return null;
    await organization.call("reader.keep", { handle, how: "read" });
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      const piece = await host().fetch(organization.key, "reader.read", { handle, offset: at, size: Math.min(1 << 20, size - at) });
      if (piece.length === 0) break;
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  } finally {
    void organization.call("reader.close", { handle }).catch(() => {});
  }
}
