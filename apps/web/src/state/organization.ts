// SPDX-License-Identifier: AGPL-3.0-or-later
// One organization as this device knows it: who this is, its workspaces and its people. What is known is shown at once and
// read again when the servers have something new.
import { signal, type Signal } from "@preact/signals";
import type { Device, Events, Frozen, Identity, Invitation, JoinRequest, Member, Method, Methods, Overview, Profile, Seen, User, Workspace } from "@rpc";
import type { How } from "../host/client";
import { passes } from "./away";
import { Chat } from "./chat";
import { ask } from "./confirm";
import { host, hostName } from "./host";
import { isCode, warn } from "./notices";
import { Notifications, watchOrganization, type HistoryNote } from "./notifications";
import { t } from "../words";
import { shown } from "../words/format";

const PAGE = 200;
const QUIET_MS = 400;
/** The browser's own host answers for what it lacks as for a server that is away. */
const isAbsent = (method: string) => hostName.value?.host === "browser" && method === "releases.check";

/** How often a server that is away is asked for. */
const PROBE_FIRST_MS = 1000;
const PROBE_LAST_MS = 10_000;
const LOOK_MS = 250;

const alarms = ["FORK", "ROLLBACK", "PROOF", "ROOT", "RESTORED"];

export interface Invited {
  email: string;
  name: string;
  profile: Profile;
}

/** The id of an invitation, of which LINK is the link or the id. */
export function invitationOf(link: string): string {
  return link.slice(link.lastIndexOf("/") + 1);
}

export class Organization {
  readonly identity: Signal<Identity | null> = signal(null);
  readonly workspaces: Signal<Workspace[] | null> = signal(null);
  readonly people: Signal<User[] | null> = signal(null);
  readonly deviceList: Signal<Device[] | null> = signal(null);
  readonly members: Signal<Record<string, Member[]>> = signal({});
  readonly invitations: Signal<Invitation[] | null> = signal(null);
  readonly requests: Signal<JoinRequest[] | null> = signal(null);
  /** Whom an invitation is for, by its id: known to this page alone, and until it is closed. */
  readonly invited: Signal<ReadonlyMap<string, Invited>> = signal(new Map());
  /** What the server tells admins: limits, days on which devices were there, who is frozen. */
  readonly overview: Signal<Overview | null> = signal(null);
  readonly seen: Signal<ReadonlyMap<string, number>> = signal(new Map());
  readonly frozen: Signal<ReadonlyMap<string, Frozen>> = signal(new Map());
  readonly newDevices: Signal<Device[]> = signal([]);
  /** The releases of the page that are accepted, and what the server sends; null: not read yet, or not known to this host. */
  readonly page: Signal<Methods["releases.list"]["result"] | null> = signal(null);
  readonly connected = signal(true);
  readonly verifiedAt = signal(0);
  readonly problem: Signal<unknown> = signal(null);
  /** Rises when files of a workspace have changed. */
  readonly fileChanges: Signal<Record<string, number>> = signal({});
  readonly chat = new Chat(this);
  readonly history: Notifications;
  private stop: () => void;
  private unwatch: () => void;
  private later: ReturnType<typeof setTimeout> | undefined;
  private probe: ReturnType<typeof setTimeout> | undefined;
  private ended = false;

  constructor(readonly key: string) {
    this.stop = host().listen((event, device, data) => {
      if (device === this.key) this.hear(event, data);
    });
    this.history = new Notifications(`zt.notes.${key}`, localStorage, (note) => onNote(this, note));
    this.unwatch = watchOrganization(this, this.history);
    void this.refresh();
  }

  end(): void {
    this.ended = true;
    this.stop();
    this.chat.end();
    this.unwatch();
    clearTimeout(this.later);
    clearTimeout(this.probe);
  }

  call<M extends Method>(method: M, params: Methods[M]["params"], how?: How): Promise<Methods[M]["result"]> {
    return ask(this.key, method, params, how).catch((error: unknown) => {
      if (passes(error) && !isAbsent(method)) this.lost();
      throw error;
    });
  }

  /** The server could not be reached: it is asked for until it can. */
  lost(): void {
    this.connected.value = false;
    if (this.probe !== undefined || this.ended) return;
    let wait = PROBE_FIRST_MS;
    const again = () => {
      this.probe = setTimeout(async () => {
        await this.sync().catch(() => {});
        wait = Math.min(2 * wait, PROBE_LAST_MS);
        if (!this.connected.value && !this.ended && !this.isAlarm) again();
        else this.probe = undefined;
      }, wait);
    };
    again();
  }

  /** Waits until the server can be reached: true. False: `stops` said so, or the device was locked. */
  async back(stops: () => boolean): Promise<boolean> {
    while (!this.connected.value && !this.ended && !stops()) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    return this.connected.value && !this.ended && !stops();
  }

  get isAdmin(): boolean {
    return this.me()?.profile === "admin";
  }

  me(): User | undefined {
    return this.people.value?.find((one) => one.me);
  }

  personOf(id: string): User | undefined {
    return this.people.value?.find((one) => one.id === id || one.email === id);
  }

  nameOf(id: string): string {
    const one = this.personOf(this.userOf(id));
    return one ? one.name || one.email : id;
  }

  /** The user of a device, or of an id or address that already is a user's. */
  userOf(id: string): string {
    return this.deviceList.value?.find((one) => one.id === id)?.user ?? id;
  }

  workspaceOf(id: string): Workspace | undefined {
    return this.workspaces.value?.find((one) => one.id === id);
  }

  /** Reads again all that is shown; first what is known here, then what the servers have. */
  async refresh(): Promise<void> {
    try {
      this.identity.value = await this.call("device.whoami", {});
      await Promise.all([this.readWorkspaces(), this.readPeople()]);
      await this.sync();
      this.chat.changed("");
    } catch (error) {
      this.found(error);
    }
    await this.readPage().catch(() => {});
  }

  /** Whether trust is threatened: the alarm, until a check succeeds. */
  get isAlarm(): boolean {
    return alarms.some((code) => isCode(this.problem.value, code));
  }

  /** The code of the alarm; "": none. */
  get alarmCode(): string {
    return alarms.find((code) => isCode(this.problem.value, code)) ?? "";
  }

  /** Keeps PROBLEM; an alarm stays, whatever else the server answers behind it. */
  private found(problem: unknown): void {
    if (!this.isAlarm || alarms.some((code) => isCode(problem, code))) this.problem.value = problem;
  }

  async sync(): Promise<void> {
    try {
      await this.call("device.sync", {});
      this.verifiedAt.value = Date.now();
      // What was shown meanwhile may be old, and what was written waits.
      if (!this.connected.value) {
        for (const one of this.workspaces.value ?? []) this.changedFiles(one.id);
        void this.chat.flush().catch(() => {});
        this.chat.changed("");
      }
      this.connected.value = true;
      this.problem.value = null;
    } catch (error) {
      if (!passes(error)) {
        this.found(error);
        throw error;
      }
    }
    await Promise.all([this.readWorkspaces(), this.readPeople(), this.chat.read(false)]);
    if (this.connected.value) this.newDevices.value = (await this.all("device.new", {}, "devices")) as Device[];
    if (!this.connected.value) return;
    if (this.isAdmin || this.invitations.value) await this.readInvitations().catch(() => {});
    if (this.isAdmin) await this.readRequests().catch(() => {});
  }

  async readWorkspaces(): Promise<void> {
    const list = (await this.all("workspaces.list", {}, "workspaces")) as Workspace[];
    list.sort((a, b) => a.name.localeCompare(b.name));
    this.workspaces.value = list;
  }

  async readPeople(): Promise<void> {
    this.people.value = (await this.all("organization.people", {}, "people")) as User[];
  }

  async readDevices(): Promise<Device[]> {
    return (this.deviceList.value = (await this.all("people.devices", {}, "devices")) as Device[]);
  }

  async readMembers(workspace: string): Promise<Member[]> {
    const list = (await this.all("workspaces.members", { workspace }, "members")) as Member[];
    this.members.value = { ...this.members.value, [workspace]: list };
    return list;
  }

  async chatMembers(channel: string): Promise<Member[]> {
    const list = (await this.all("chat.members", { channel }, "members")) as Member[];
    this.members.value = { ...this.members.value, [channel]: list };
    return list;
  }

  async readInvitations(): Promise<void> {
    this.invitations.value = (await this.all("invitations.list", {}, "invitations")) as Invitation[];
  }

  async readOverview(): Promise<Overview> {
    const [overview, seen, frozen] = await Promise.all([this.call("organization.overview", {}), this.all("people.seen", {}, "seen"), this.all("people.frozen", {}, "frozen")]);
    this.seen.value = new Map((seen as Seen[]).map((one) => [one.device, one.day]));
    this.frozen.value = new Map((frozen as Frozen[]).map((one) => [one.user, one]));
    return (this.overview.value = overview);
  }

  async readRequests(): Promise<void> {
    this.requests.value = (await this.all("pki.requests", {}, "requests")) as JoinRequest[];
  }

  /** Every page of a list. */
  async all<M extends Method>(method: M, params: Methods[M]["params"], member: keyof Methods[M]["result"]): Promise<unknown[]> {
    const list: unknown[] = [];
    let from = 0;
    for (;;) {
      const page = (await this.call(method, { ...params, from, max: PAGE } as Methods[M]["params"])) as Record<string, unknown>;
      list.push(...(page[member as string] as unknown[]));
      if (typeof page.next !== "number" || page.next <= from) return list;
      from = page.next;
    }
  }

  async readPage(): Promise<void> {
    this.page.value = await this.call("releases.list", {});
  }

  changedFiles(workspace: string): void {
    this.fileChanges.value = { ...this.fileChanges.value, [workspace]: (this.fileChanges.value[workspace] ?? 0) + 1 };
  }

  private hear(event: string, data: unknown): void {
    if (event === "newDevice") {
      void this.sync().catch(() => {});
      return;
    }
    if (event === "pageAlarm") {
      void this.readPage().catch(() => {});
      return;
    }
    if (event === "damaged") {
      const name = shown((data as Events["damaged"]).path.split("/").at(-1) ?? "");
      warn(name === ""
        ? t("The folder of a workspace does not open in its newest version, which is damaged or was altered. An older version is shown, if there is one.")
        : t("“%s” does not open in its newest version, which is damaged or was altered. An older version is shown, if there is one.", name));
      return;
    }
    if (event !== "changed") return;
    const change = data as Events["changed"];
    if (change.kind === "files" && change.workspace !== "") {
      const found = this.workspaces.value?.find((one) => one.id === change.workspace || one.name === change.workspace);
      this.changedFiles(found?.id ?? change.workspace);
      return;
    }
    if (change.kind === "messages") {
      this.chat.changed(change.workspace);
      return;
    }
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      if (change.kind === "connected") this.chat.changed("");
      void this.sync().catch(() => {});
      for (const one of this.workspaces.value ?? []) if (change.kind === "connected") this.changedFiles(one.id);
    }, QUIET_MS);
  }
}

let onNote: (organization: Organization, note: HistoryNote) => void = () => {};

/** Who learns of new notes of all organizations. */
export function hearNotes(heard: typeof onNote): void {
  onNote = heard;
}

const organizations = new Map<string, Organization>();

/** The organization of a device that is open. */
export function organizationOf(key: string): Organization {
  let found = organizations.get(key);
  if (!found) organizations.set(key, (found = new Organization(key)));
  return found;
}

/** Forgets what was read of a device that is open no more. */
export function forgetClosed(open: readonly string[]): void {
  for (const [key, one] of organizations) {
    if (open.includes(key)) continue;
    one.end();
    organizations.delete(key);
  }
}
