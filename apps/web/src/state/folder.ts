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
const CHUNK = 50;

export class Folder {
  readonly items: Signal<Item[] | null> = signal(null);
  readonly problem: Signal<unknown> = signal(null);
  readonly total = signal(0);
  readonly isWhole = signal(false);
  private handle = 0;
  private asked = new Set<number>();
  private wanted: number[] = [];
  private works = false;
  private details = new Map<number, Entry["details"]>();
  private readonly detailed = signal(0);
  private ended = false;

  constructor(readonly organization: Organization, readonly path: string, readonly time?: number) {}

  async read(): Promise<void> {
    const { organization, path, time } = this;
    try {
      let opened = await organization.call("list.open", { path, time, details: true });
      if (opened.away) organization.lost();
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

  /** Sizes and times of an entry, as far as they were read. */
  detailsOf(item: Item): Entry["details"] {
    void this.detailed.value;
    return item.details ?? this.details.get(item.place);
  }

  /** Reads sizes and times of what is in view, in a folder that is not small; what left the view meanwhile is left out. */
  detail(places: readonly number[]): void {
    if (this.handle === 0) return;
    this.wanted = [...new Set(places.map((place) => Math.floor(place / CHUNK)))].filter((chunk) => !this.asked.has(chunk));
    if (!this.works) void this.work();
  }

  /** Reads sizes and times of all entries, and puts them to the items. */
  async detailAll(): Promise<void> {
    const items = this.items.value;
    if (this.handle === 0 || !items || items.every((item) => item.details)) return;
    let from: number | undefined = 0;
    const list: Entry[] = [];
    while (from !== undefined && !this.ended) {
      const page: { entries: Entry[]; next?: number } = await this.organization.call("list.next", { handle: this.handle, from, max: PAGE });
      list.push(...page.entries);
      from = page.next;
    }
    if (!this.ended) this.items.value = list.map((entry, place) => ({ ...entry, place }));
  }

  private async work(): Promise<void> {
    this.works = true;
    while (this.wanted.length > 0 && !this.ended) {
      const chunk = this.wanted.shift()!;
      this.asked.add(chunk);
      try {
        const page = await this.organization.call("list.next", { handle: this.handle, from: chunk * CHUNK, max: CHUNK });
        page.entries.forEach((entry, at) => this.details.set(chunk * CHUNK + at, entry.details));
        this.detailed.value++;
      } catch {
        this.asked.delete(chunk);
        break;
      }
    }
    this.works = false;
  }

  end(): void {
    this.ended = true;
    this.wanted = [];
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
