// SPDX-License-Identifier: AGPL-3.0-or-later
// The check-up: server, trust, people, this device, each with what to do.
import { CircleCheck, Info, RefreshCw, TriangleAlert } from "lucide-preact";
import type { ComponentChildren } from "preact";
import type { Anchor } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Badge } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { hostName } from "../../state/host";
import { isCode, sentenceOfError } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { t, tn } from "../../words";
import { hour, number, shortDate, shown, size } from "../../words/format";
import { manageAddress, Rooms, type RoomProps } from "./manage";

const DAY_MS = 86_400_000;
const OLD_DAYS = 14;

interface Finding {
  room: "server" | "trust" | "people" | "device";
  state: "ok" | "watch" | "act";
  title: string;
  text: string;
  to?: string;
  act?: string;
}

export function Health({ organization }: RoomProps) {
  const [found, setFound] = useState<Finding[] | null>(null);
  const [time, setTime] = useState(0);
  const look = async () => {
    setFound(null);
    setFound(await examine(organization));
    setTime(Date.now());
  };
  useEffect(() => { void look(); }, []);
  const act = (found ?? []).filter((one) => one.state === "act").length;
  const watch = (found ?? []).filter((one) => one.state === "watch").length;
  const fine = (found?.length ?? 0) - act - watch;
  const rooms: [Finding["room"], string][] = [["server", t("Server")], ["trust", t("Trust")], ["people", t("People")], ["device", t("This device")]];
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page tight">
        <Rooms organization={organization} current="health" />
        <div class="page-h" aria-live="polite">
          {found && <span class={act > 0 ? "warn" : "ok"}><Icon of={act > 0 ? TriangleAlert : CircleCheck} size="l" /></span>}
          <div class="grow"><h2 class="page-title">{!found ? t("Looks…") : act > 0 ? tn("%d thing to do", "%d things to do", act) : watch > 0 ? tn("%d thing to watch", "%d things to watch", watch) : t("All is well")}</h2>
            {found && <p class="muted">{tn("%d other is fine.", "%d others are fine.", fine)} {t("Checked from this device at %s.", hour(time))}</p>}</div>
          <Button icon={RefreshCw} onClick={look}>{t("Check again")}</Button>
        </div>
        {!found ? <Skeleton /> : <div class="health">{rooms.map(([room, name]) => {
          const list = found.filter((one) => one.room === room);
          if (list.length === 0) return null;
          const bad = list.filter((one) => one.state === "act").length;
          const some = list.filter((one) => one.state === "watch").length;
          return (
            <section key={room} class="card"><header><h2 class="grow">{name}</h2>{bad > 0 ? <Badge kind="warn">{tn("%d to do", "%d to do", bad)}</Badge> : some > 0 ? <Badge kind="acc">{tn("%d to watch", "%d to watch", some)}</Badge> : <Badge kind="ok">{tn("%d fine", "%d fine", list.length)}</Badge>}</header>
              <ul class="list">{list.map((one) => <Line key={one.title} finding={one} />)}</ul></section>
          );
        })}</div>}
      </div>
    </main>
  );
}

function Line({ finding }: { finding: Finding }): ComponentChildren {
  const kinds = { ok: ["ok", CircleCheck], watch: ["acc", Info], act: ["warn", TriangleAlert] } as const;
  const [tone, icon] = kinds[finding.state];
  return (
    <li class="chk"><span class={tone}><Icon of={icon} /></span><div class="grow"><b>{finding.title}</b><p class="muted small">{finding.text}</p></div>
      {finding.to && <a class="btn" href={finding.to}><span>{finding.act}</span></a>}</li>
  );
}

async function examine(organization: Organization): Promise<Finding[]> {
  const found: Finding[] = [];
  try {
    await organization.sync();
    found.push(organization.connected.value
      ? { room: "server", state: "ok", title: t("The server answers"), text: shown(organization.identity.value?.server ?? "") }
      : { room: "server", state: "act", title: t("The server cannot be reached"), text: t("Look at the network of this computer. If others cannot reach it either, call the server's operator.") });
    found.push({ room: "server", state: "ok", title: t("Clock"), text: t("This device and the server agree within five minutes.") });
  } catch (error) {
    found.push(isCode(error, "CLOCK")
      ? { room: "server", state: "act", title: t("Clock"), text: t("This device and the server differ by more than five minutes. Set the clock of this computer.") }
      : { room: "server", state: "act", title: t("The server refuses"), text: sentenceOfError(error) });
  }
  if (organization.isAdmin && organization.connected.value) found.push(...(await examineServer(organization)));
  const anchors = (await organization.all("pki.trusted", {}, "anchors").catch(() => [])) as Anchor[];
  found.push(...examineAnchors(anchors, Date.now()));
  const head = await organization.call("log.head", {}).catch(() => null);
  if (head) found.push({ room: "trust", state: "ok", title: t("Trust log"), text: tn("%s entry, each verified on this device.", "%s entries, each verified on this device.", head.size, number(head.size)), to: manageAddress(organization, "log"), act: t("See") });
  const live = (organization.people.value ?? []).filter((one) => one.live);
  const admins = live.filter((one) => one.profile === "admin");
  const devices = await organization.readDevices().catch(() => []);
  if (organization.isAdmin) {
    found.push(admins.length > 1
      ? { room: "people", state: "ok", title: tn("%d administrator", "%d administrators", admins.length), text: t("One can help another back.") }
      : { room: "people", state: "act", title: t("There is one administrator"), text: t("If this person loses all devices, the organization cannot be led any more. Make a second person administrator."), to: manageAddress(organization, "people"), act: t("People") });
    const single = admins.filter((admin) => devices.filter((one) => one.user === admin.id && one.live && one.purpose !== "recovery").length === 1);
    if (single.length > 0) found.push({ room: "people", state: "watch", title: tn("%d administrator has a single device", "%d administrators have a single device", single.length), text: single.map((one) => shown(one.name || one.email)).join(", ") });
    await organization.readInvitations().catch(() => {});
    const old = (organization.invitations.value ?? []).filter((one) => one.state === "open" && Date.now() - one.created > OLD_DAYS * DAY_MS);
    found.push(old.length === 0
      ? { room: "people", state: "ok", title: t("No invitation is older than %d days", OLD_DAYS), text: tn("%d is open.", "%d are open.", (organization.invitations.value ?? []).filter((one) => one.state === "open").length) }
      : { room: "people", state: "watch", title: tn("%d old invitation is open", "%d old invitations are open", old.length), text: t("Cancel what nobody will use."), to: manageAddress(organization, "invitations"), act: t("See") });
  }
  const workspaces = organization.workspaces.value ?? [];
  const missing: string[] = [];
  for (const one of workspaces) {
    const members = await organization.readMembers(one.id).catch(() => []);
    if (members.length > 0 && !members.some((member) => member.role === "owner")) missing.push(shown(one.name));
  }
  if (workspaces.length > 0) found.push(missing.length === 0
    ? { room: "people", state: "ok", title: t("Each of your workspaces has an owner"), text: tn("%d workspace", "%d workspaces", workspaces.length) }
    : { room: "people", state: "act", title: t("A workspace has no owner"), text: missing.join(", ") });
  const keys = await organization.call("keys.maintain", {}).catch(() => null);
  if (keys) found.push({ room: "trust", state: "ok", title: t("Keys"), text: keys.rotated + keys.sealed > 0 ? t("%d keys were changed and %d sealed just now.", keys.rotated, keys.sealed) : t("No key change waits for this device.") });
  const store = await organization.call("health.store", {}).catch((error: unknown) => ({ error }));
  found.push("records" in store
    ? { room: "device", state: "ok", title: t("The local store is whole"), text: tn("%s record checked.", "%s records checked.", store.records, number(store.records)) }
    : { room: "device", state: "act", title: t("The local store is damaged"), text: sentenceOfError(store.error) });
  const ways = await organization.all("recovery.ways", {}, "ways").catch(() => null);
  if (ways) found.push(ways.length > 0
    ? { room: "device", state: "ok", title: t("You can come back"), text: tn("%d way of recovery is set up.", "%d ways of recovery are set up.", ways.length) }
    : { room: "device", state: "act", title: t("You have no way of recovery"), text: t("If you lose your devices, nobody can bring you back. Write recovery words on paper."), to: `#/o/${encodeURIComponent(organization.key)}/account`, act: t("Do it now") });
  const name = hostName.value;
  if (name) found.push({ room: "device", state: "ok", title: t("Version"), text: `zt ${name.version}` });
  return found;
}


const SECONDS_MS = 1000;
const CLOCK_MS = 30_000;
const NEARLY = 0.9;
const SOON_DAYS = 30;

/** What the server says of itself and of its limits. */
async function examineServer(organization: Organization): Promise<Finding[]> {
  const found: Finding[] = [];
  const asked = Date.now();
  const all = await organization.readOverview().catch(() => null);
  if (!all) return found;
  // Half of the way there and back is not known.
  const apart = Math.max(0, Math.abs((asked + Date.now()) / 2 - all.time) - (Date.now() - asked) / 2);
  if (apart > CLOCK_MS) found.push({ room: "server", state: "watch", title: t("Clocks differ by %d s", Math.round(apart / SECONDS_MS)), text: t("Beyond five minutes the server refuses what this device signs. Let the system set the clock of this computer.") });
  const mine = hostName.value?.version ?? "";
  found.push(all.version === mine || mine === ""
    ? { room: "server", state: "ok", title: t("Version of the server"), text: `zt ${all.version}` }
    : { room: "server", state: "watch", title: t("The versions differ"), text: t("The server has zt %s, this device zt %s. Bring the older one up to date.", all.version, mine) });
  const to = manageAddress(organization, "storage");
  if (all.bytes !== undefined) found.push(all.bytesLimit > 0 && all.bytes > NEARLY * all.bytesLimit
    ? { room: "server", state: "act", title: t("The storage is nearly full"), text: t("%s of %s. Ask the server's operator for more, or delete workspaces that nobody needs.", size(all.bytes), size(all.bytesLimit)), to, act: t("See") }
    : { room: "server", state: "ok", title: t("Storage"), text: all.bytesLimit > 0 ? t("%s of %s", size(all.bytes), size(all.bytesLimit)) : t("%s, without a limit", size(all.bytes)), to, act: t("See") });
  if (all.usersLimit > 0 && all.users >= all.usersLimit) found.push({ room: "people", state: "act", title: t("No more people fit"), text: t("The operator allows %s. Ask for more, or remove who has left.", number(all.usersLimit)), to: manageAddress(organization, "people"), act: t("People") });
  if (all.expires > 0 && all.expires - Date.now() < SOON_DAYS * DAY_MS) found.push({ room: "server", state: "act", title: t("The server ends the organization on %s", shortDate(all.expires)), text: t("Ask the server's operator to prolong it, or take your files out before.") });
  if (organization.frozen.value.size > 0) found.push({ room: "people", state: "watch", title: tn("%d person is frozen", "%d people are frozen", organization.frozen.value.size), text: t("A freeze is for a short time. Remove who does not come back."), to: manageAddress(organization, "people"), act: t("People") });
  return found;
}

/** Certificates and revocation lists that end soon, or have ended. */
export function examineAnchors(anchors: readonly Anchor[], now: number): Finding[] {
  if (anchors.length === 0) return [];
  const soon = anchors.filter((one) => one.until - now < SOON_DAYS * DAY_MS);
  if (soon.length === 0) return [{ room: "trust", state: "ok", title: t("Certificates and revocation lists"), text: tn("%d, valid for a month at least.", "%d, each valid for a month at least.", anchors.length) }];
  return soon.map((one): Finding => {
    const name = shown(one.subject || one.issuer);
    const ended = one.until <= now;
    return { room: "trust", state: ended ? "act" : "watch",
      title: one.list ? ended ? t("A revocation list has ended") : t("A revocation list ends on %s", shortDate(one.until)) : ended ? t("A certificate has ended") : t("A certificate ends on %s", shortDate(one.until)),
      text: `${name}. ${one.list ? t("Nobody joins by a certificate of this issuer then. Set a new list with zt pki trust.") : t("Nobody joins by it then. Set its successor with zt pki trust.")}` };
  });
}
