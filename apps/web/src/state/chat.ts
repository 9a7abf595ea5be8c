// SPDX-License-Identifier: AGPL-3.0-or-later
// The channels and direct conversations of an organization, and what is new in them.
import { signal, type Signal } from "@preact/signals";
import type { Channel, Member, Message } from "@rpc";
import type { Organization } from "./organization";

const TOGETHER_MS = 150;
const PAGE = 50;
const PAGE_MOST = 200;
/** Of one author, and nobody between: one name for all within that time. */
const SAME_MS = 5 * 60_000;

export class Chat {
  readonly channels: Signal<Channel[] | null> = signal(null);
  /** Rises when something of a channel changed. */
  readonly heard: Signal<Record<string, number>> = signal({});
  private waiting = new Set<string>();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private organization: Pick<Organization, "call" | "all">) {}

  end(): void {
    clearTimeout(this.timer);
  }

  /** FRESH: asks the servers for new messages of each. */
  async read(fresh: boolean): Promise<void> {
    const before = new Set(this.channels.value?.map((one) => one.id));
    let list = (await this.organization.all("chat.channels", { fresh }, "channels")) as Channel[];
    if (!fresh && this.channels.value !== null && list.some((one) => !before.has(one.id))) list = (await this.organization.all("chat.channels", { fresh: true }, "channels")) as Channel[];
    this.channels.value = list;
  }

  channelOf(id: string): Channel | undefined {
    return this.channels.value?.find((one) => one.id === id);
  }

  get unread(): number {
    return (this.channels.value ?? []).reduce((sum, one) => sum + one.unread, 0);
  }

  /** The servers say that there is something new in a channel; "": in any. */
  changed(id: string): void {
    this.waiting.add(id);
    this.timer ??= setTimeout(() => {
      const all = [...this.waiting];
      this.waiting.clear();
      this.timer = undefined;
      void this.fetch(all).catch(() => {});
    }, TOGETHER_MS);
  }

  private async fetch(ids: readonly string[]): Promise<void> {
    if (ids.includes("") || ids.some((id) => !this.channelOf(id))) await this.read(true);
    else {
      for (const channel of ids) await this.organization.call("chat.read", { channel, most: 1 });
      await this.read(false);
    }
    const heard = { ...this.heard.value };
    for (const id of ids.includes("") ? (this.channels.value ?? []).map((one) => one.id) : ids) heard[id] = (heard[id] ?? 0) + 1;
    this.heard.value = heard;
  }

  /** Sends what waits on this device. */
  async flush(): Promise<void> {
    const { sent } = await this.organization.call("chat.flush", {});
    if (sent > 0) this.changed("");
  }

  /** All up to POSITION is read. */
  async mark(channel: string, position: number): Promise<void> {
    await this.organization.call("chat.mark", { channel, position });
    await this.read(false);
  }
}

/** The messages of a channel that the page holds: from some position on to the newest. */
export class Timeline {
  readonly messages: Signal<readonly Message[] | null> = signal(null);
  readonly hasMore = signal(true);
  private runs: Promise<void> = Promise.resolve();

  constructor(private organization: Pick<Organization, "call">, readonly channel: string) {}

  /** The newest ones as they are now. */
  refresh(): Promise<void> {
    return this.alone(async () => {
      const held = (this.messages.value ?? []).filter((one) => !one.waiting);
      const most = Math.min(PAGE_MOST, Math.max(PAGE, held.length));
      const page = await this.organization.call("chat.read", { channel: this.channel, most });
      const first = page.messages[0]?.position ?? 0;
      const before = held.filter((one) => one.position < first);
      // Without a message that both have, some may be missing between them.
      const joins = before.length < held.length;
      this.messages.value = joins ? [...before, ...page.messages] : page.messages;
      if (before.length === 0 || !joins) this.hasMore.value = page.more;
    });
  }

  /** Earlier ones; false: there are none. */
  earlier(most = PAGE): Promise<boolean> {
    return this.alone(async () => {
      const first = this.messages.value?.find((one) => !one.waiting)?.position ?? 0;
      if (first <= 1 || !this.hasMore.value) return false;
      const page = await this.organization.call("chat.read", { channel: this.channel, before: first, most });
      const older = page.messages.filter((one) => !one.waiting && one.position < first);
      this.messages.value = [...older, ...(this.messages.value ?? [])];
      this.hasMore.value = page.more && older.length > 0;
      return older.length > 0;
    });
  }

  /** Fetches back to POSITION. */
  async reach(position: number): Promise<void> {
    while ((this.messages.value?.find((one) => !one.waiting)?.position ?? 0) > position && (await this.earlier(PAGE_MOST)));
  }

  private alone<T>(act: () => Promise<T>): Promise<T> {
    const done = this.runs.then(act);
    this.runs = done.then(() => {}, () => {});
    return done;
  }
}

export type Row =
  | { kind: "day"; time: number }
  | { kind: "new"; count: number }
  | { kind: "message"; message: Message; isNext: boolean };

const dayOf = (time: number) => new Date(time).toDateString();

/** MESSAGES with a line before each day and before what was not read when the channel was opened (behind position READ). */
export function rowsOf(messages: readonly Message[], read: number): Row[] {
  const rows: Row[] = [];
  let last: Message | undefined;
  const unread = messages.filter((one) => one.position > read && !one.mine);
  for (const message of messages) {
    const isDay = !last || dayOf(last.time) !== dayOf(message.time);
    const isFirstNew = message === unread[0];
    if (isDay) rows.push({ kind: "day", time: message.time });
    if (isFirstNew && read > 0) rows.push({ kind: "new", count: unread.length });
    const isNext = !isDay && !isFirstNew && last !== undefined && last.user === message.user && !last.deleted && message.replyTo === "" && message.time - last.time < SAME_MS && message.time >= last.time;
    rows.push({ kind: "message", message, isNext });
    last = message;
  }
  return rows;
}

/** What follows the "@" that is being typed at the end of TEXT; null: none is. */
export function mentionAt(text: string): string | null {
  return /(?:^|[\s(])@([\p{L}\p{N}._+-]{0,40})$/u.exec(text)?.[1] ?? null;
}

/** The members whom WORD may mean. */
export function membersFor(members: readonly Member[], word: string): Member[] {
  const small = word.toLowerCase();
  return members.filter((one) => one.email.toLowerCase().startsWith(small) || one.name.toLowerCase().split(/\s+/).some((part) => part.startsWith(small))).slice(0, 6);
}

export type Piece = { kind: "text"; text: string } | { kind: "mention"; member: Member } | { kind: "address"; to: string };

/** TEXT apart into words, addresses of the web, and members whose address follows "@". */
export function piecesOf(text: string, members: readonly Member[]): Piece[] {
  const pieces: Piece[] = [];
  let plain = "";
  const flush = () => {
    if (plain !== "") pieces.push({ kind: "text", text: plain });
    plain = "";
  };
  for (const part of text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'’]|@[^\s@]+@[^\s@]*[\p{L}\p{N}])/u)) {
    const member = part.startsWith("@") ? members.find((one) => one.email.toLowerCase() === part.slice(1).toLowerCase()) : undefined;
    const isAddress = /^https?:\/\//.test(part);
    if (!member && !isAddress) {
      plain += part;
      continue;
    }
    flush();
    pieces.push(member ? { kind: "mention", member } : { kind: "address", to: part });
  }
  flush();
  return pieces;
}
