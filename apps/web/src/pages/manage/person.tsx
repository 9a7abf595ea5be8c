// SPDX-License-Identifier: AGPL-3.0-or-later
// One person: profile, devices, and the workspaces that both of you are in.
import { Copy, Folder, Laptop, LifeBuoy, Pencil, Snowflake, UserX } from "lucide-preact";
import type { Device } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Avatar, Badge, Empty } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import type { Organization } from "../../state/organization";
import { address } from "../../state/route";
import { t } from "../../words";
import { shortDate, shown } from "../../words/format";
import { browserMark } from "../../words/page_look";
import { profileName, roleName } from "../../words/sentences";
import { useTrail } from "../trail";
import { CopyRoles } from "./copy_roles";
import { DeviceDialog } from "./device";
import { FreezeDialog } from "./freeze";
import { manageAddress } from "./manage";
import { ProfileDialog } from "./profile";
import { seenOn } from "./seen";

export function PersonPage({ organization, user }: { organization: Organization; user: string }) {
  const person = organization.people.value?.find((one) => one.id === user);
  const [profile, setProfile] = useState(false);
  const [freezes, setFreezes] = useState(false);
  const [copies, setCopies] = useState(false);
  const [device, setDevice] = useState<Device | null>(null);
  const name = shown(person?.name || person?.email || "…");
  useTrail([{ name: t("Manage my organization"), to: manageAddress(organization) }, { name: t("People"), to: manageAddress(organization, "people") }, { name }]);
  useEffect(() => {
    void organization.readDevices().catch(() => {});
    if (organization.isAdmin) void organization.readOverview().catch(() => {});
  }, [organization.isAdmin]);
  useEffect(() => {
    for (const one of organization.workspaces.value ?? []) void organization.readMembers(one.id).catch(() => {});
  }, [organization.workspaces.value === null]);
  if (organization.people.value === null) return <main class="main" id="main" tabIndex={-1}><Skeleton /></main>;
  if (!person) return <main class="main" id="main" tabIndex={-1}><Empty icon={UserX} title={t("Nobody here")}>{t("This person is not in the organization, or you may not see them.")}</Empty></main>;
  const devices = (organization.deviceList.value ?? []).filter((one) => one.user === user);
  const shared = (organization.workspaces.value ?? []).flatMap((workspace) => {
    const member = organization.members.value[workspace.id]?.find((one) => one.user === user);
    return member ? [{ workspace, role: member.role }] : [];
  });
  const admin = organization.isAdmin;
  const frozen = organization.frozen.value.get(person.id);
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page reading">
        <div class="row g4 wrap">
          <Avatar id={person.id} name={person.name || person.email} size="l" />
          <div class="grow"><h2 class="page-title cut">{name}</h2><p class="muted cut">{shown(person.email)}, {profileName(person.profile)}</p></div>
          {frozen && <Badge kind="warn">{t("Frozen")}</Badge>}
          {!person.live && <Badge kind="bad">{t("Removed")}</Badge>}
        </div>
        <div class="toolbar">
          {shared.length > 0 && <Button icon={Copy} onClick={() => setCopies(true)}>{t("Copy the roles…")}</Button>}
          {admin && person.live && !person.me && <>
            <Button icon={Pencil} onClick={() => setProfile(true)}>{t("Change the profile")}</Button>
            <Button icon={Snowflake} onClick={() => setFreezes(true)}>{frozen ? t("Unfreeze") : t("Freeze…")}</Button>
            <a class="btn" href={manageAddress(organization, "remove", person.id)}><Icon of={UserX} size="s" /><span>{t("Remove…")}</span></a>
          </>}
        </div>
        <div class="cols2">
          <section class="card"><header><h2>{t("Devices")}</h2></header>
            {organization.deviceList.value === null ? <Skeleton rows={2} /> : <ul class="list">{devices.map((one) => (
              <li key={one.id}><span class="ico"><Icon of={one.purpose === "recovery" ? LifeBuoy : Laptop} /></span>
                <span class="grow"><b class="cut">{shown(one.label) || (one.purpose === "recovery" ? t("Recovery device") : t("Device"))}{one.me ? ` ${t("(this one)")}` : ""}</b><span class="muted small cut">{[t("Added %s", shortDate(one.added)), one.live && seenOn(organization, one.id)].filter(Boolean).join(", ")}</span>{one.browser !== "" && <span class="muted small block">{browserMark(one)}</span>}</span>
                {one.live ? ((person.me && !one.me) || (admin && !one.me)) && <Button kind="quiet" onClick={() => setDevice(one)}>{t("Revoke…")}</Button> : <Badge>{t("Revoked")}</Badge>}</li>
            ))}</ul>}
          </section>
          <section class="card"><header><h2>{t("Workspaces you share")}</h2></header>
            {shared.length === 0 ? <p class="muted pad4">{t("None. Others that you are not in do not show here.")}</p>
              : <ul class="list tight">{shared.map(({ workspace, role }) => <li key={workspace.id}><span class="ico dir"><Icon of={Folder} size="s" /></span><a class="grow cut" href={address(["o", organization.key, "w", workspace.id])}>{shown(workspace.name)}</a><span class="muted small">{roleName(role)}</span></li>)}</ul>}
          </section>
        </div>
        <details><summary>{t("Details")}</summary><div class="facts"><dl class="dl"><dt>{t("Fingerprint")}</dt><dd><code>{person.fingerprint}</code></dd></dl></div></details>
      </div>
      {profile && <ProfileDialog organization={organization} person={person} close={() => setProfile(false)} />}
      {freezes && <FreezeDialog organization={organization} person={person} close={() => setFreezes(false)} />}
      {copies && <CopyRoles organization={organization} from={person} close={() => setCopies(false)} />}
      {device && <DeviceDialog organization={organization} device={device} close={() => setDevice(null)} />}
    </main>
  );
}
