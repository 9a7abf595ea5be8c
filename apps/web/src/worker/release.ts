// SPDX-License-Identifier: AGPL-3.0-or-later
// The page without a connection: the service worker keeps one release whole, as its manifest lists it, and starts the page from
// it. A release is fetched whole and compared with its manifest before it is used; a page, and the workers it starts, get the
// files of the release that it began with. An agent's origin is new each time, and is never kept.

const MANIFEST = "zt-web.manifest";
const KEPT = "zt-release-";
const STATE = "zt-releases";
const FIRST = "index.html";
const WORKER = "host/switch.mjs";
/** How long a page that has a release here waits for word of a newer one. */
const NEWS_MS = 2500;

export interface PageEvent {
  request: Request;
  clientId: string;
  resultingClientId: string;
}

const scope = () => new URL("./", (globalThis as unknown as { registration: { scope: string } }).registration.scope);

async function hex(bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<string> {
  return [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A note of the worker, which may be ended between two events. */
async function note(name: string): Promise<string | null> {
  return (await caches.match(new URL(`state/${name}`, scope()), { cacheName: STATE }))?.text() ?? null;
}

async function setNote(name: string, value: string): Promise<void> {
  await (await caches.open(STATE)).put(new URL(`state/${name}`, scope()), new Response(value));
}

/** The files of a manifest, by name. Compressed copies are the server's matter. */
export function filesOf(manifest: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const line of manifest.split("\n")) {
    const found = /^([0-9a-f]{64}) {2}(\S+)$/.exec(line);
    if (found && !found[2]!.endsWith(".br") && found[2] !== "sw.js") files.set(found[2]!, found[1]!);
  }
  return files;
}

/** An answer without what was true of its way here alone. */
async function kept(answer: Response, bytes: ArrayBuffer): Promise<Response> {
  const headers = new Headers(answer.headers);
  for (const name of ["content-encoding", "content-length", "date", "etag", "last-modified"]) headers.delete(name);
  return new Response(bytes, { headers });
}

/** Fetches the release that the server has now, unless it is here; gives its name. Throws where it is not whole. */
async function fetchRelease(): Promise<string | null> {
  const answer = await fetch(new URL(MANIFEST, scope()), { cache: "no-store" });
  if (!answer.ok) throw new Error("there is no manifest");
  if (answer.headers.get("zt-host") === "agent") return null;
  const manifest = await answer.arrayBuffer();
  const name = await hex(manifest);
  if ((await note("current")) === name) return name;
  const cache = await caches.open(KEPT + name);
  try {
    await Promise.all([...filesOf(new TextDecoder().decode(manifest))].map(async ([path, hash]) => {
      const url = new URL(path, scope());
      const file = await fetch(url, { cache: "no-cache" });
      const bytes = await file.arrayBuffer();
      if (!file.ok || (await hex(bytes)) !== hash) throw new Error(`${path} is not of this release`);
      await cache.put(url, await kept(file, bytes));
    }));
  } catch (error) {
    await caches.delete(KEPT + name);
    throw error;
  }
  await setNote("current", name);
  return name;
}

let update: Promise<string | null> | null = null;

/** The same, once at a time. */
export function updateRelease(): Promise<string | null> {
  return (update ??= fetchRelease().finally(() => { update = null; }));
}

const later = (ms: number) => new Promise<null>((resolve) => setTimeout(() => resolve(null), ms));

/** Forgets releases that no page uses. */
async function sweep(current: string, alive: ReadonlySet<string>): Promise<void> {
  const state = await caches.open(STATE);
  const used = new Set([current]);
  for (const request of await state.keys()) {
    const id = /\/state\/client-(.*)$/.exec(request.url)?.[1];
    if (id === undefined) continue;
    if (alive.has(id)) used.add((await state.match(request).then((found) => found?.text())) ?? "");
    else await state.delete(request);
  }
  for (const name of await caches.keys()) if (name.startsWith(KEPT) && !used.has(name.slice(KEPT.length))) await caches.delete(name);
}

/** The page itself: the newest release that is whole here, without waiting long for the server. */
async function first(event: PageEvent, alive: () => Promise<ReadonlySet<string>>): Promise<Response> {
  const before = await note("current");
  if (before === null) {
    void updateRelease().catch(() => {});
    return fetch(event.request);
  }
  const newest = await Promise.race([updateRelease().catch(() => null), later(NEWS_MS)]);
  const name = newest ?? before;
  const found = await (await caches.open(KEPT + name)).match(new URL(FIRST, scope()));
  if (!found) return fetch(event.request);
  if (event.resultingClientId !== "") await setNote(`client-${event.resultingClientId}`, name);
  void alive().then((ids) => sweep(name, new Set([...ids, event.resultingClientId])));
  return found;
}

/** A file of the release that the page, or what starts this worker, began with. */
async function file(event: PageEvent, url: URL): Promise<Response> {
  const name = event.clientId === "" ? null : await note(`client-${event.clientId}`);
  if (name === null) return fetch(event.request);
  // A worker has another id than its page: the release is in its address, and in those of all that it imports.
  if (url.pathname.endsWith(WORKER)) return Response.redirect(new URL(`kept/${name}/${WORKER}`, scope()));
  return (await (await caches.open(KEPT + name)).match(url)) ?? fetch(event.request);
}

/** A file of the release NAME. */
async function fileOfWorker(name: string, path: string): Promise<Response> {
  const url = new URL(path, scope());
  return (await (await caches.open(KEPT + name)).match(url)) ?? fetch(url);
}

/** Says who serves the page, also where nobody answers: a release is kept of the browser's own host alone. */
async function who(request: Request): Promise<Response> {
  const answer = await Promise.race([fetch(request).catch(() => null), later(NEWS_MS)]);
  if (answer !== null) return answer;
  return (await note("current")) === null ? Response.error() : new Response(null, { headers: { "zt-host": "browser" } });
}

/** The answer to a request of a page, or null where the browser asks the server itself. */
export function answerOf(event: PageEvent, alive: () => Promise<ReadonlySet<string>>): Promise<Response> | null {
  const { request } = event;
  const url = new URL(request.url);
  const root = scope();
  url.search = url.hash = "";
  if (url.origin !== root.origin || !url.pathname.startsWith(root.pathname)) return null;
  const path = url.pathname.slice(root.pathname.length);
  if (request.method === "HEAD" && path === "") return who(request);
  if (request.method !== "GET") return null;
  if (request.mode === "navigate") return path === "" || path === FIRST ? first(event, alive) : null;
  const own = /^kept\/([0-9a-f]{64})\/(host\/[\w.-]+)$/.exec(path);
  if (own) return fileOfWorker(own[1]!, own[2]!);
  return /^(assets|host|pdf)\/[\w.-]+$|^(mark\.svg|zt\.webmanifest)$/.test(path) ? file(event, url) : null;
}
