// SPDX-License-Identifier: AGPL-3.0-or-later
// The people of the organization.
import { Check, Copy, Ellipsis, Mail, Pencil, Plus, Snowflake, User as UserIcon, UserX } from "lucide-preact";
import type { User } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Search } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Avatar, Badge, Note } from "../../parts/marks";
import { MenuButton } from "../../parts/menu";
import { Skeleton } from "../../parts/skeleton";
import { go } from "../../state/route";
import { t, tn } from "../../words";
import { shown } from "../../words/format";
import { profileName } from "../../words/sentences";
import { useStatus } from "../trail";
import { CopyRoles } from "./copy_roles";
import { FreezeDialog } from "./freeze";
import { manageAddress, Rooms, type RoomProps } from "./manage";
import { ProfileDialog } from "./profile";
import { lastSeen } from "./seen";

const MOST = 300;
type Filter = "all" | "admin" | "standard" | "outsider" | "gone";

export function People({ organization }: RoomProps) {
  const [words, setWords] = useState("");
  const [filter, setFilter] = useState<Filter>("all");
  const [copied, setCopied] = useState<User | null>(null);
  const [froze, setFroze] = useState<User | null>(null);
  const [changed, setChanged] = useState<User | null>(null);
  useEffect(() => {
    void organization.readDevices().catch(() => {});
    void organization.readInvitations().catch(() => {});
    if (organization.isAdmin) void organization.readOverview().catch(() => {});
  }, [organization.isAdmin]);
  const people = organization.people.value;
  const live = (people ?? []).filter((one) => one.live);
  const filters: [Filter, string, number][] = [
    ["all", t("All"), live.length],
    ["admin", t("Administrators"), live.filter((one) => one.profile === "admin").length],
    ["standard", t("Standard"), live.filter((one) => one.profile === "standard").length],
    ["outsider", t("Outsiders"), live.filter((one) => one.profile === "outsider").length],
    ["gone", t("Removed"), (people?.length ?? 0) - live.length],
  ];
  const list = (people ?? []).filter((one) => (filter === "gone" ? !one.live : one.live && (filter === "all" || one.profile === filter)))
    .filter((one) => `${one.name} ${one.email}`.toLowerCase().includes(words.trim().toLowerCase()))
    .sort((a, b) => (a.name || a.email).localeCompare(b.name || b.email));
  const devices = (organization.deviceList.value ?? []).filter((one) => one.live && one.purpose !== "recovery");
  const open = (organization.invitations.value ?? []).filter((one) => one.state === "open" && one.kind === "user");
  useStatus(people ? `${tn("%d person", "%d people", live.length)}, ${tn("%d device", "%d devices", devices.length)}` : "");
  const admin = organization.isAdmin;
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page tight">
        <Rooms organization={organization} current="people" />
        <div class="page-h">
          <span class="muted grow no-phone">{people ? `${tn("%d person", "%d people", live.length)}, ${tn("%d device", "%d devices", devices.length)}` : ""}</span>
          <div class="grow search-w"><Search label={t("Filter by name or e-mail")} value={words} change={setWords} /></div>
          {admin && <a class="btn primary" href={manageAddress(organization, "invitations")}><Icon of={Plus} size="s" /><span>{t("Invite")}</span></a>}
        </div>
        {open.length > 0 && <Note kind="acc" icon={Mail} actions={<a class="btn primary" href={manageAddress(organization, "invitations")}><span>{t("Welcome them")}</span></a>}>{tn("%d invitation is open.", "%d invitations are open.", open.length)}</Note>}
        <div class="chips" role="group" aria-label={t("Filters")}>{filters.filter(([, , count], at) => at === 0 || count > 0).map(([kind, label, count]) => (
          <button key={kind} type="button" class="chip" aria-pressed={filter === kind} onClick={() => setFilter(kind)}><span>{label}</span><span class="n">{count}</span></button>
        ))}</div>
        {people === null ? <Skeleton /> : (
          <table class="tbl two-lines">
            <colgroup><col /><col class="o c9" /><col class="o c9" /><col class="o c9" /><col class="c3" /></colgroup>
            <thead><tr><th scope="col">{t("Name")}</th><th scope="col" class="o">{t("Profile")}</th><th scope="col" class="o">{t("Devices")}</th><th scope="col" class="o">{t("State")}</th><th><span class="vh">{t("Actions")}</span></th></tr></thead>
            <tbody>{list.slice(0, MOST).map((one) => {
              const name = shown(one.name || one.email);
              const own = devices.filter((device) => device.user === one.id).length;
              return (
                <tr key={one.id}>
                  <td><div class="name"><Avatar id={one.id} name={one.name || one.email} /><div><a class="cut" href={manageAddress(organization, "person", one.id)} title={name}>{name}{one.me ? ` ${t("(you)")}` : ""}</a>
                    <span class="cut small muted">{shown(one.email)}<span class="only-phone-i"> · {profileName(one.profile)}</span></span></div></div></td>
                  <td class="o">{profileName(one.profile)}</td>
                  <td class="o">{one.live && organization.deviceList.value ? tn("%d device", "%d devices", own) : ""}</td>
                  <td class="o">{!one.live ? <Badge kind="bad">{t("Removed")}</Badge> : organization.frozen.value.has(one.id) ? <Badge kind="warn">{t("Frozen")}</Badge> : <span class="state muted"><Icon of={Check} size="s" />{lastSeen(organization, one.id) || t("Active")}</span>}</td>
                  <td class="num"><MenuButton label={t("More about %s", name)} choices={() => [
                    { label: t("See"), icon: UserIcon, act: () => go(manageAddress(organization, "person", one.id)) },
                    { label: t("Change the profile"), icon: Pencil, disabled: !admin || !one.live || one.me, act: () => setChanged(one) },
                    { label: t("Copy the roles…"), icon: Copy, act: () => setCopied(one) },
                    { label: organization.frozen.value.has(one.id) ? t("Unfreeze") : t("Freeze…"), icon: Snowflake, disabled: !admin || !one.live || one.me, act: () => setFroze(one) },
                    { label: t("Remove…"), icon: UserX, bad: true, apart: true, disabled: !admin || !one.live || one.me, act: () => go(manageAddress(organization, "remove", one.id)) },
                  ]}><Icon of={Ellipsis} size="s" /></MenuButton></td>
                </tr>
              );
            })}</tbody>
          </table>
        )}
        {list.length > MOST && <p class="muted">{tn("%d more; filter by name to see it", "%d more; filter by name to see them", list.length - MOST)}</p>}
      </div>
      {copied && <CopyRoles organization={organization} from={copied} close={() => setCopied(null)} />}
      {froze && <FreezeDialog organization={organization} person={froze} close={() => setFroze(null)} />}
      {changed && <ProfileDialog organization={organization} person={changed} close={() => setChanged(null)} />}
    </main>
  );
}
