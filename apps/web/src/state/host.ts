// SPDX-License-Identifier: AGPL-3.0-or-later
// The host of this page: its line, its devices, and what it is.
import { computed, signal } from "@preact/signals";
import type { HostDevice } from "@rpc";
import { Host, Refusal } from "../host/client";
import { socketLine, type OpenLine } from "../host/line";

export const lineIsUp = signal(false);
export const wasUp = signal(false);
export const hostName = signal<{ host: "agent" | "browser"; version: string } | null>(null);
/** Why there is no host; null where there is one, or may be. */
export const hostProblem = signal<string | null>(null);
/** Whether this page has the browser's own host. */
export const isOwnHost = signal(false);
export const devices = signal<HostDevice[] | null>(null);
export const openDevices = computed(() => (devices.value ?? []).filter((one) => one.state === "open"));

let current: Host | null = null;

export function host(): Host {
  if (!current) throw new Error("the host was not started");
  return current;
}

/** The agent that served this page, if one did, as it says in a header; else the browser's own host. */
export async function lineOfPage(): Promise<OpenLine> {
  const url = new URL("rpc", location.href);
  url.hash = "";
  url.search = "";
  const answer = await fetch("./", { method: "HEAD", cache: "no-store" }).catch(() => null);
  if (answer !== null && answer.headers.get("zt-host") !== "agent") {
    const { refusingLine, whyNot, workerLine } = await import("../browser/line");
    const reason = whyNot();
    isOwnHost.value = true;
    return reason === null ? workerLine(beginAnew) : refusingLine(reason);
  }
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return socketLine(url.href);
}

/** The browser has cleared what it kept for this page, perhaps with what is known of devices: that is said once it is loaded again. */
function beginAnew(): void {
  remember(devices.value ?? []);
  location.reload();
}

/** A host that says nothing of itself has a reason, unless the line was lost. */
function explain(error: unknown): void {
  if (!(error instanceof Refusal)) throw error;
  if (error.code !== "LINE_LOST") hostProblem.value = error.message;
}

export function startHost(open: OpenLine): void {
  let run: string | null = null;
  const isKnown = (state: { run: string }) => (run ??= state.run) === state.run;
  current = new Host(open, (up) => {
    lineIsUp.value = up;
    if (up) {
      wasUp.value = true;
      void readState().catch(explain);
    }
  }, isKnown, explain);
  current.listen((event, _device, data) => {
    if (event === "host") devices.value = remember((data as { devices: HostDevice[] }).devices);
  });
}

export async function readState(): Promise<void> {
  const state = await host().call(null, "host.state", {});
  hostProblem.value = null;
  hostName.value = { host: state.host, version: state.version };
  devices.value = remember(state.devices);
}

const KNOWN = "zt.known";
/** Devices that this browser had, and has no more. */
export const lostDevices = signal<(Known & { key: string })[]>([]);
export type Known = Pick<HostDevice, "organization" | "server" | "email" | "label">;

/** What is known of a device while it is open is shown while it is locked, too. */
function remember(list: HostDevice[]): HostDevice[] {
  const known = JSON.parse(localStorage.getItem(KNOWN) ?? "{}") as Record<string, Known>;
  const next: Record<string, Known> = {};
  const whole = list.map((one) => ({ ...known[one.key], ...Object.fromEntries(Object.entries(one).filter(([, value]) => value !== undefined && value !== "")) }) as HostDevice);
  for (const { key, organization, server, email, label } of whole) next[key] = { organization, server, email, label };
  // A browser clears what pages keep when it wants the room: the person learns of it.
  const isBrowser = hostName.value?.host === "browser";
  const lost = isBrowser ? Object.keys(known).filter((key) => !next[key] && known[key]?.organization) : [];
  lostDevices.value = lost.map((key) => ({ key, ...known[key]! }));
  for (const key of lost) next[key] = known[key]!;
  localStorage.setItem(KNOWN, JSON.stringify(next));
  return whole;
}

/** The person knows that it is lost. */
export function forgetLost(key: string): void {
  const { [key]: _, ...rest } = JSON.parse(localStorage.getItem(KNOWN) ?? "{}") as Record<string, Known>;
  localStorage.setItem(KNOWN, JSON.stringify(rest));
  lostDevices.value = lostDevices.value.filter((one) => one.key !== key);
}

export function deviceOf(key: string): HostDevice | undefined {
  return devices.value?.find((one) => one.key === key);
}

/** What an organization is called on this host. */
export function nameOf(device: HostDevice): string {
  return device.organization || device.server || device.email || device.key;
}
