// SPDX-License-Identifier: AGPL-3.0-or-later
// The entries of one folder. Names are read first, in pages, and shown; then sizes and times: of all where the folder is small,
// else of what is in view. Both by one handle: it has one version of the folder, so that places mean the same in both.
import { batch, signal, type Signal } from "@preact/signals";
import type { Entry } from "@rpc";
import { collator, orderKey } from "../words/order";
import type { Organization } from "./organization";

export interface Item extends Entry {
  /** Its place in the folder's own order. */
  place: number;
  /** What its name is ordered by, once that was made. */
  key?: string | null;
}

export type SortBy = "name" | "size" | "modified";

const PAGE = 1000;
const SMALL = 2000;
const DETAILS = 200;
const CHUNK = 50;
const AHEAD = 3;

export class Folder {
  readonly items: Signal<Item[] | null> = signal(null);
  readonly problem: Signal<unknown> = signal(null);
  readonly total = signal(0);
  readonly isWhole = signal(false);
  private handle = 0;
  private asked = new Set<number>();
  private wanted: number[] = [];
  private inView: readonly number[] = [];
  private works = false;
  private details = new Map<string, Entry["details"]>();
  private readonly detailed = signal(0);
  private ended = false;
  private wantsAll = false;

  constructor(readonly organization: Organization, readonly path: string, readonly time?: number, private readonly withDetails = true) {}

  async read(): Promise<void> {
    const { organization, path, time } = this;
    try {
      const opened = await organization.call("list.open", { path, time });
      this.handle = opened.handle;
      if (this.ended) return;
      if (opened.away) organization.lost();
      this.total.value = opened.size;
      const list: Item[] = [];
      await this.pages(PAGE, false, (entries, isLast) => {
        for (const entry of entries) keyOf(list[list.push({ ...entry, place: list.length }) - 1]!);
        if (list.length <= PAGE || isLast) this.items.value = list.slice();
      });
      if (this.ended) return;
      batch(() => {
        this.items.value ??= list;
        this.isWhole.value = true;
        this.problem.value = null;
      });
      if (list.length > 0 && this.withDetails) await this.readDetails(list).catch(() => {});
    } catch (error) {
      if (!this.ended) this.problem.value = error;
    } finally {
      if (this.ended || !this.isLarge) this.close();
    }
  }

  /** Whether details are read as they are looked at, by the handle that stays. */
  private get isLarge(): boolean {
    return this.isWhole.value && this.withDetails && (this.items.value?.length ?? 0) > SMALL;
  }

  /** Gives each page of a list to `take`. Some are asked for ahead; one that is shorter than it may be has another behind it. */
  private async pages(most: number, details: boolean, take: (entries: Entry[], isLast: boolean) => void): Promise<void> {
    const { handle } = this;
    const size = this.total.value;
    let ahead: { from: number; page: Promise<{ entries: Entry[]; next?: number }> }[] = [];
    for (let from = 0; from < size && !this.ended;) {
      for (let next = ahead.length > 0 ? ahead.at(-1)!.from + most : from; ahead.length < AHEAD && next < size; next += most) {
        const page = this.organization.call("list.next", { handle, from: next, max: most, details });
        page.catch(() => {}); // of those that nobody waits for any more
        ahead.push({ from: next, page });
      }
      const { entries, next } = await ahead.shift()!.page;
      if (this.ended) return;
      take(entries, next === undefined);
      if (next === undefined) return;
      if (next !== from + most) ahead = [];
      from = next;
    }
  }

  /** What is not read now is not known: the names are there. */
  private async readDetails(list: readonly Item[]): Promise<void> {
    if (this.isLarge && this.wantsAll) await this.detailAll();
    else if (this.isLarge) this.detail(this.inView);
    else {
      await this.pages(DETAILS, true, (entries, isLast) => {
        this.keep(entries);
        if (!isLast) this.detailed.value++;
      });
      if (!this.ended) this.items.value = list.map((item) => ({ ...item, details: this.details.get(item.name) }));
    }
  }

  private keep(entries: readonly Entry[]): void {
    for (const { name, details } of entries) this.details.set(name, details);
  }

  /** Sizes and times of an entry, as far as they were read. */
  detailsOf(item: Item): Entry["details"] {
    void this.detailed.value;
    return item.details ?? this.details.get(item.name);
  }

  /** Reads sizes and times of what is in view, in a folder that is not small; what left the view meanwhile is left out. */
  detail(places: readonly number[]): void {
    this.inView = places;
    if (this.handle === 0 || !this.isLarge) return;
    this.wanted = [...new Set(places.map((place) => Math.floor(place / CHUNK)))].filter((chunk) => !this.asked.has(chunk));
    if (!this.works) void this.work();
  }

  /** Reads sizes and times of all entries, and puts them to the items. */
  async detailAll(): Promise<void> {
    this.wantsAll = true;
    const items = this.items.value;
    if (this.handle === 0 || !this.isWhole.value || !items || items.every((item) => item.details)) return;
    const list: Entry[] = [];
    await this.pages(PAGE, true, (entries) => { list.push(...entries); });
    if (!this.ended) this.items.value = list.map((entry, place) => ({ ...entry, place }));
  }

  private async work(): Promise<void> {
    this.works = true;
    while (this.wanted.length > 0 && !this.ended) {
      const chunk = this.wanted.shift()!;
      this.asked.add(chunk);
      try {
        const end = (chunk + 1) * CHUNK;
        for (let from: number | undefined = chunk * CHUNK; from !== undefined && from < end && !this.ended;) {
          const page: { entries: Entry[]; next?: number } = await this.organization.call("list.next", { handle: this.handle, from, max: end - from, details: true });
          this.keep(page.entries);
          this.detailed.value++;
          from = page.next;
        }
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
    this.close();
  }

  private close(): void {
    const { handle } = this;
    this.handle = 0;
    if (handle !== 0) void this.organization.call("list.close", { handle }).catch(() => {});
  }
}

/** Folders first, then by what is asked for, then by name. */
export function sorted(items: readonly Item[], by: SortBy, descending: boolean, language: string): Item[] {
  const order = collator(language);
  const names = (a: Item, b: Item): number => {
    const one = keyOf(a);
    const other = keyOf(b);
    if (one === null || other === null) return order.compare(a.name, b.name);
    return one < other ? -1 : one > other ? 1 : 0;
  };
  const value = (item: Item) => (by === "size" ? item.details?.size ?? -1 : item.details?.modified ?? -1);
  const compare = by === "name" ? names : (a: Item, b: Item) => {
    const difference = value(a) - value(b);
    return difference !== 0 ? difference : descending ? -names(a, b) : names(a, b);
  };
  const ordered = (some: Item[]) => some.sort(descending ? (a, b) => -compare(a, b) : compare);
  return [...ordered(items.filter((one) => one.folder)), ...ordered(items.filter((one) => !one.folder))];
}

function keyOf(item: Item): string | null {
  return item.key === undefined ? (item.key = orderKey(item.name)) : item.key;
}
