// SPDX-License-Identifier: AGPL-3.0-or-later
// What happened that a person may want to know: shares, new devices, join requests, invitations that were used, alarms. What is
// kept in the browser is kinds, ids and times; names are looked up when they are shown.
import { effect, signal, type Signal } from "@preact/signals";
import type { Organization } from "./organization";

export type NoteKind = "share" | "device" | "request" | "invitation" | "alarm";

export interface HistoryNote {
  kind: NoteKind;
  /** The id of the workspace, device, request or invitation; of an alarm its code. */
  about: string;
  time: number;
  read: boolean;
}

const MOST = 100;
const KNOWN_MOST = 2000;
const kinds: readonly string[] = ["share", "device", "request", "invitation", "alarm"];

interface Kept {
  notes: HistoryNote[];
  /** What was there already, by kind; a kind that is missing was never looked at. */
  known: Partial<Record<NoteKind, string[]>>;
}

function isNote(one: unknown): one is HistoryNote {
  const note = one as HistoryNote;
  return typeof note === "object" && note !== null && kinds.includes(note.kind) && typeof note.about === "string" && typeof note.time === "number" && typeof note.read === "boolean";
}

/** What was kept under NAME; nothing where it is of another form. */
export function readKept(text: string | null): Kept {
  try {
    const found = JSON.parse(text ?? "{}") as { notes?: unknown; known?: unknown };
    const notes = Array.isArray(found.notes) ? found.notes.filter(isNote) : [];
    const known: Kept["known"] = {};
    for (const kind of kinds as NoteKind[]) {
      const list = (found.known as Record<string, unknown> | undefined)?.[kind];
      if (Array.isArray(list)) known[kind] = list.filter((one): one is string => typeof one === "string");
    }
    return { notes: notes.slice(0, MOST), known };
  } catch {
    return { notes: [], known: {} };
  }
}

export class Notifications {
  readonly notes: Signal<HistoryNote[]>;
  private known: Kept["known"];
  private expected = new Set<string>();

  /** `heard` learns of each new note. */
  constructor(private name: string, private store: Pick<Storage, "getItem" | "setItem">, private heard: (note: HistoryNote) => void = () => {}) {
    const kept = readKept(store.getItem(name));
    this.notes = signal(kept.notes);
    this.known = kept.known;
  }

  get unread(): number {
    return this.notes.value.filter((one) => !one.read).length;
  }

  /** ABOUT of KIND is this person's own doing, and no news. */
  expect(kind: NoteKind, about: string): void {
    this.expected.add(`${kind} ${about}`);
  }

  /** NOW is all that there is of KIND: what was not there is news, unless it is the first look. Gives what was not there. */
  look(kind: NoteKind, now: readonly string[], time = Date.now()): string[] {
    const before = this.known[kind];
    const fresh = before === undefined ? [] : now.filter((one) => !before.includes(one));
    if (before !== undefined && fresh.length === 0 && now.length === before.length) return [];
    this.known[kind] = now.slice(-KNOWN_MOST);
    for (const about of fresh) if (!this.expected.has(`${kind} ${about}`)) this.add({ kind, about, time, read: false });
    this.keep();
    return fresh;
  }

  /** Something is news by itself, once while it is unread. */
  add(note: HistoryNote): void {
    if (this.notes.value.some((one) => one.kind === note.kind && one.about === note.about && !one.read)) return;
    this.notes.value = [note, ...this.notes.value].slice(0, MOST);
    this.keep();
    this.heard(note);
  }

  read(which: (note: HistoryNote) => boolean): void {
    if (!this.notes.value.some((one) => !one.read && which(one))) return;
    this.notes.value = this.notes.value.map((one) => (which(one) ? { ...one, read: true } : one));
    this.keep();
  }

  clear(): void {
    this.notes.value = [];
    this.keep();
  }

  private keep(): void {
    try {
      this.store.setItem(this.name, JSON.stringify({ notes: this.notes.value, known: this.known }));
    } catch {
      // A browser that keeps nothing more: the history lasts as long as the page.
    }
  }
}

/** Looks at what ORGANIZATION has, whenever it is read again. Gives the function that ends it. */
export function watchOrganization(organization: Organization, notes: Notifications): () => void {
  const ends = [
    effect(() => {
      const list = organization.workspaces.value;
      if (list === null) return;
      const own = list.filter((one) => one.role === "owner").map((one) => one.id);
      for (const one of own) notes.expect("share", one);
      // What has no other owner this person made, here or on another device.
      for (const one of notes.look("share", list.map((each) => each.id)).filter((id) => own.includes(id))) {
        organization.readMembers(one).then((members) => {
          if (members.some((member) => member.role === "owner" && member.user !== organization.identity.peek()?.user)) notes.add({ kind: "share", about: one, time: Date.now(), read: false });
        }, () => {});
      }
    }),
    effect(() => {
      if (organization.verifiedAt.value > 0) notes.look("device", organization.newDevices.value.map((one) => one.id));
    }),
    effect(() => {
      const list = organization.requests.value;
      if (list !== null) notes.look("request", list.map((one) => one.id));
    }),
    effect(() => {
      const list = organization.invitations.value;
      if (list !== null) notes.look("invitation", list.filter((one) => one.state === "accepted").map((one) => one.id));
    }),
    effect(() => {
      const code = organization.alarmCode;
      if (code !== "") notes.add({ kind: "alarm", about: code, time: Date.now(), read: false });
    }),
  ];
  return () => { for (const end of ends) end(); };
}
