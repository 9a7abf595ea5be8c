// SPDX-License-Identifier: AGPL-3.0-or-later
// Where the page is: the part of its address behind #, so that any static host serves it and no server learns it.
import { signal } from "@preact/signals";

export interface Route {
  /** The segments of the address, decoded. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

function read(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const parts = path.split("/").filter((part) => part !== "").map((part) => {
    try {
      return decodeURIComponent(part);
    } catch {
      return part;
    }
  });
  return { parts, query: new URLSearchParams(query) };
}

export const route = signal<Route>({ parts: [], query: new URLSearchParams() });

export function startRoutes(): void {
  route.value = read();
  addEventListener("hashchange", () => { route.value = read(); });
}

export function address(parts: readonly string[], query: Record<string, string> = {}): string {
  const text = new URLSearchParams(query).toString();
  return `#/${parts.map(encodeURIComponent).join("/")}${text === "" ? "" : `?${text}`}`;
}

export function go(to: string, replace = false): void {
  if (replace) location.replace(to);
  else location.hash = to;
}
