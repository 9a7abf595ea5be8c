// SPDX-License-Identifier: AGPL-3.0-or-later
// The entries of one folder. Names are read first, in pages; sizes and times with them where the folder is small, else for
// what is in view.
import { batch, signal, type Signal } from "@preact/signals";
import type { Entry } from "@rpc";
import type { Organization } from "./organization";

export interface Item extends Entry {
  /** Its place in the folder's own order. */
  place: number;
}

export type SortBy = "name" | "size" | "modified";

const PAGE = 1000;
const SMALL = 2000;

export class Folder {
  readonly items: Signal<Item[] | null> = signal(null);
  readonly problem: Signal<unknown> = signal(null);
  readonly total = signal(0);
  readonly isWhole = signal(false);
  private handle = 0;
  private asked = new Set<number>();
  private ended = false;

  constructor(readonly organization: Organization, readonly path: string, readonly time?: number) {}

  async read(): Promise<void> {
    const { organization, path, time } = this;
    try {
      let opened = await organization.call("list.open", { path, time, details: true });
      const isSmall = opened.size <= SMALL;
      if (!isSmall) {
        this.handle = opened.handle;
        opened = await organization.call("list.open", { path, time });
      }
      const list: Item[] = [];
      let from: number | undefined = 0;
      this.total.value = opened.size;
      while (from !== undefined && !this.ended) {
        const page: { entries: Entry[]; next?: number } = await organization.call("list.next", { handle: opened.handle, from, max: isSmall ? 200 : PAGE });
        for (const entry of page.entries) list.push({ ...entry, place: list.length });
        if (list.length <= PAGE || page.next === undefined) this.items.value = list.slice();
        from = page.next;
      }
      void organization.call("list.close", { handle: opened.handle }).catch(() => {});
      batch(() => {
        this.items.value = list;
        this.isWhole.value = true;
        this.problem.value = null;
      });
    } catch (error) {
      if (!this.ended) this.problem.value = error;
    }
  }

  /** Reads sizes and times of what is in view, in a folder that is not small. */
  async detail(places: readonly number[]): Promise<void> {
    if (this.handle === 0 || this.ended) return;
    const wanted = places.filter((place) => !this.asked.has(Math.floor(place / 50)));
    for (const chunk of new Set(wanted.map((place) => Math.floor(place / 50)))) {
      this.asked.add(chunk);
      try {
        const page = await this.organization.call("list.next", { handle: this.handle, from: chunk * 50, max: 50 });
        const items = this.items.value;
        if (!items || this.ended) return;
        const found = new Map(page.entries.map((entry) => [entry.name, entry.details]));
        this.items.value = items.map((item) => (found.has(item.name) ? { ...item, details: found.get(item.name) } : item));
      } catch {
        this.asked.delete(chunk);
        return;
      }
    }
  }

  end(): void {
    this.ended = true;
    if (this.handle !== 0) void this.organization.call("list.close", { handle: this.handle }).catch(() => {});
  }
}

const collators = new Map<string, Intl.Collator>();

function collator(language: string): Intl.Collator {
  let found = collators.get(language);
  if (!found) collators.set(language, (found = new Intl.Collator(language, { numeric: true, sensitivity: "base" })));
  return found;
}

/** Folders first, then by what is asked for, then by name. */
export function sorted(items: readonly Item[], by: SortBy, descending: boolean, language: string): Item[] {
  const order = collator(language);
  const sign = descending ? -1 : 1;
  const value = (item: Item) => (by === "size" ? item.details?.size ?? -1 : item.details?.modified ?? -1);
  return [...items].sort((a, b) => {
    if (a.folder !== b.folder) return a.folder ? -1 : 1;
    if (by !== "name") {
      const difference = value(a) - value(b);
      if (difference !== 0) return difference * sign;
      return order.compare(a.name, b.name);
    }
    return order.compare(a.name, b.name) * sign;
  });
}
