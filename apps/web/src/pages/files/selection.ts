// SPDX-License-Identifier: AGPL-3.0-or-later
// Which entries are selected, and where the keyboard is: what each key and each click does to that.

export interface Selection {
  readonly names: ReadonlySet<string>;
  /** The place of the keyboard in the list; -1: none yet. */
  readonly at: number;
  /** Where a range begins. */
  readonly from: number;
}

export const noSelection: Selection = { names: new Set(), at: -1, from: -1 };

function range(list: readonly { name: string }[], a: number, b: number): Set<string> {
  return new Set(list.slice(Math.min(a, b), Math.max(a, b) + 1).map((one) => one.name));
}

export function only(list: readonly { name: string }[], place: number): Selection {
  const found = list[place];
  return found ? { names: new Set([found.name]), at: place, from: place } : noSelection;
}

export function toggled(before: Selection, list: readonly { name: string }[], place: number): Selection {
  const name = list[place]?.name;
  if (name === undefined) return before;
  const names = new Set(before.names);
  if (!names.delete(name)) names.add(name);
  return { names, at: place, from: place };
}

export function extended(before: Selection, list: readonly { name: string }[], place: number): Selection {
  const from = before.from < 0 ? place : before.from;
  return { names: range(list, from, place), at: place, from };
}

export function all(before: Selection, list: readonly { name: string }[]): Selection {
  return { names: new Set(list.map((one) => one.name)), at: before.at, from: before.from };
}

export interface Keys {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
}

/** What a key does, or null where it does nothing here. ACROSS: entries beside each other; PAGE: those in view. */
export function moved(before: Selection, list: readonly { name: string }[], keys: Keys, across: number, page: number): Selection | null {
  const control = keys.ctrlKey || keys.metaKey;
  if (control && keys.key.toLowerCase() === "a") return all(before, list);
  if (keys.key === "Escape") return before.names.size > 0 ? { ...before, names: new Set() } : null;
  if (keys.key === " ") return toggled(before, list, Math.max(0, before.at));
  const steps: Record<string, number> = { ArrowDown: across, ArrowUp: -across, PageDown: page, PageUp: -page, Home: -list.length, End: list.length };
  if (across > 1) Object.assign(steps, { ArrowRight: 1, ArrowLeft: -1 });
  const step = steps[keys.key];
  if (step === undefined || list.length === 0) return null;
  const place = before.at < 0 ? 0 : Math.max(0, Math.min(list.length - 1, before.at + step));
  if (keys.shiftKey) return extended(before, list, place);
  if (control) return { ...before, at: place };
  return only(list, place);
}
