// SPDX-License-Identifier: AGPL-3.0-or-later
// The service worker of the page. It turns what the page reads from its host into answers that the browser saves or plays:
// /stream/ID/NAME. It holds no key, and keeps nothing but the page itself (release.ts).
import { answerOf, updateRelease, type PageEvent } from "./release";

interface Facts {
  size: number | null;
  type: string;
  name: string;
  save: boolean;
}

type WorkerScope = {
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void>; matchAll(options: object): Promise<{ id: string; postMessage(message: unknown, ports: Transferable[]): void }[]> };
  addEventListener(name: string, listener: (event: WorkerEvent) => void): void;
};
type WorkerEvent = PageEvent & { waitUntil(work: Promise<unknown>): void; respondWith(answer: Promise<Response>): void };

const worker = globalThis as unknown as WorkerScope;
const PIECE = 4 << 20; // as much as a host gives at once
/** Of what is played: pieces end where blocks do, so that the first one behind a jump waits for one block. */
const SHOWN = 1 << 20;
const OWNER_MS = 5000;

// A release that cannot be fetched whole now is fetched by the next page.
worker.addEventListener("install", (event) => event.waitUntil(Promise.all([worker.skipWaiting(), updateRelease().catch(() => null)])));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  const found = /\/stream\/([0-9a-f-]+)\/[^/]*$/.exec(new URL(event.request.url).pathname);
  const response = found ? answer(found[1]!, event.request) : answerOf(event, alive);
  if (response) event.respondWith(response);
});

/** The pages and workers that there are. */
async function alive(): Promise<ReadonlySet<string>> {
  return new Set((await worker.clients.matchAll({ type: "all", includeUncontrolled: true })).map((one) => one.id));
}

/** The page that has the stream ID, as a port, and what it says about it. */
async function owner(id: string): Promise<{ port: MessagePort; facts: Facts } | null> {
  const pages = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), OWNER_MS);
    for (const page of pages) {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = (event: MessageEvent<Facts>) => {
        clearTimeout(timer);
        resolve({ port: port1, facts: event.data });
      };
      page.postMessage({ stream: id }, [port2]);
    }
  });
}

// A buffer that came in a message is not counted by Chromium's collector, and stays for some hundred MiB: a message to nobody takes it
// (libzt/port/wasm/letgo.mjs).
const { port1: nowhere, port2: nobody } = new MessageChannel();
nobody.close();
const letGo = (buffer: ArrayBuffer) => nowhere.postMessage(null, [buffer]);

async function answer(id: string, request: Request): Promise<Response> {
  const found = await owner(id);
  if (!found) return new Response("", { status: 404 });
  const { port, facts } = found;
  const headers = new Headers({
    "Content-Type": facts.save ? "application/octet-stream" : facts.type,
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
  });
  if (facts.save) headers.set("Content-Disposition", `attachment; filename*=UTF-8''${encodeURIComponent(facts.name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)}`);
  let from = 0;
  let end = facts.size ?? Infinity;
  let status = 200;
  if (facts.size !== null) {
    const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.get("Range") ?? "");
    if (range && (range[1] !== "" || range[2] !== "")) {
      from = range[1] === "" ? Math.max(0, facts.size - Number(range[2])) : Number(range[1]);
      end = range[1] === "" || range[2] === "" ? facts.size : Math.min(facts.size, Number(range[2]) + 1);
      if (from >= facts.size) {
        port.postMessage({ close: true });
        return new Response("", { status: 416, headers: { "Content-Range": `bytes */${facts.size}` } });
      }
      status = 206;
      headers.set("Content-Range", `bytes ${from}-${end - 1}/${facts.size}`);
    }
    headers.set("Accept-Ranges", "bytes");
    headers.set("Content-Length", String(end - from));
  }
  let at = from;
  // The piece that the browser reads, and the one before it, which it has read when it wants another.
  let reads: ArrayBuffer | null = null;
  let had: ArrayBuffer | null = null;
  const ask = (size: number) => new Promise<{ bytes?: ArrayBuffer; from?: number; error?: string }>((resolve) => {
    port.onmessage = (event: MessageEvent<{ bytes?: ArrayBuffer; from?: number; error?: string }>) => resolve(event.data);
    port.postMessage({ from: at, size });
  });
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (had) letGo(had);
      had = reads;
      reads = null;
      if (at >= end) {
        controller.close();
        port.postMessage({ close: true });
        return;
      }
      const piece = await ask(Math.min(facts.save ? PIECE : SHOWN - (at % SHOWN), end - at));
      if (piece.error !== undefined || !piece.bytes) {
        controller.error(new Error(piece.error ?? "the page gave nothing"));
      } else if (piece.bytes.byteLength === (piece.from ?? 0)) {
        if (facts.size === null) controller.close();
        else controller.error(new Error("the file ended before its end"));
        port.postMessage({ close: true });
      } else {
        const bytes = new Uint8Array(piece.bytes, piece.from ?? 0);
        at += bytes.length;
        reads = piece.bytes;
        controller.enqueue(bytes);
      }
    },
    cancel() {
      port.postMessage({ close: true });
    },
  }, { highWaterMark: 1 });
  return new Response(body, { status, headers });
}
export {};
