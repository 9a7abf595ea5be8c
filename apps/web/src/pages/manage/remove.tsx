// SPDX-License-Identifier: AGPL-3.0-or-later
// Removes a person: the consequences before, and the same list as a result after.
import { Check, Copy, Folder, KeyRound, Laptop, UserX } from "lucide-preact";
import type { Role, Workspace } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Icon, type IconKind } from "../../parts/icon";
import { Avatar, Badge, Empty, Note } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { sentenceOfError, tellRefusal } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { t, tn } from "../../words";
import { shortDate, shown } from "../../words/format";
import { profileName } from "../../words/sentences";
import { useTrail } from "../trail";
import { manageAddress } from "./manage";
import { TracesCard } from "./traces";

export function RemovePerson({ organization, user }: { organization: Organization; user: string }) {
  const person = organization.people.value?.find((one) => one.id === user);
  const [known, setKnown] = useState(false);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const [again, setAgain] = useState(0);
  const [result, setResult] = useState<{ devices: number; workspaces: number } | null>(null);
  const name = shown(person?.name || person?.email || "…");
  useTrail([{ name: t("Manage my organization"), to: manageAddress(organization) }, { name: t("People"), to: manageAddress(organization, "people") }, { name }]);
  useEffect(() => {
    void Promise.all([organization.readDevices(), ...(organization.workspaces.value ?? []).map((one) => organization.readMembers(one.id))]).catch(() => {}).finally(() => setKnown(true));
  }, [organization.workspaces.value === null]);
  if (!person) return <main class="main" id="main" tabIndex={-1}>{organization.people.value === null ? <Skeleton /> : <Empty icon={UserX} title={t("Nobody here")} />}</main>;
  const devices = (organization.deviceList.value ?? []).filter((one) => one.user === user && one.live && one.purpose !== "recovery");
  const every = (organization.deviceList.value ?? []).filter((one) => one.user === user).map((one) => one.id);
  const shared = (organization.workspaces.value ?? []).filter((one) => organization.members.value[one.id]?.some((member) => member.user === user));
  const orphans = shared.filter((one) => {
    const members = organization.members.value[one.id] ?? [];
    return members.some((member) => member.user === user && member.role === "owner") && !members.some((member) => member.user !== user && member.role === "owner");
  });
  const remove = async () => {
    setBusy(true);
    setWrong("");
    const counts = { devices: devices.length, workspaces: shared.length };
    try {
      await organization.call("people.revoke", { user });
      await organization.refresh();
      setResult(counts);
      setAgain(again + 1);
    } catch (error) {
      setWrong(sentenceOfError(error));
    }
    setBusy(false);
  };
  const line = (icon: IconKind, title: string, text: string) => (
    <li class="start"><span class={result ? "ok" : "ico"}><Icon of={result ? Check : icon} /></span><div class="grow"><b>{title}</b><p class="muted small">{text}</p></div></li>
  );
  const d = result?.devices ?? devices.length;
  const w = result?.workspaces ?? shared.length;
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page reading">
        <div class="row g4"><Avatar id={person.id} name={person.name || person.email} size="l" /><div class="grow"><h2 class="page-title cut">{result ? t("%s is removed", name) : t("Remove %s", name)}</h2>
          <p class="muted cut">{shown(person.email)}, {profileName(person.profile)}</p></div>{result && <Badge kind="ok">{t("Done")}</Badge>}</div>
        {!person.live && !result ? <Note>{t("%s was removed earlier.", name)}</Note> : (
          <div class="cols2">
            <div class="col g4">
              <section class="card"><header><h2>{result ? t("What happened") : t("What will happen")}</h2></header>
                {!known ? <Skeleton rows={4} /> : <ul class="list start">
                  {line(Laptop, result ? tn("%d device was shut out", "%d devices were shut out", d) : tn("%d device is shut out at once", "%d devices are shut out at once", d), devices.length > 0 && !result ? devices.map((one) => (one.label === "" ? t("a device") : `“${shown(one.label)}”`)).join(", ") : t("For all time: nobody can bring a removed device back."))}
                  {line(KeyRound, result ? tn("The keys of %d workspace were changed", "The keys of %d workspaces were changed", w) : tn("The keys of %d workspace change", "The keys of %d workspaces change", w), t("Of the workspaces that you manage. In others, a manager's device does it when it is next online."))}
                  {line(Folder, result ? t("The files stayed") : t("The files stay"), t("They keep the name and the signature of %s.", name))}
                  {line(Copy, t("What %s has copied stays copied", name), t("Nobody can take back what was already on these devices."))}
                </ul>}
              </section>
              {known && every.length > 0 && <TracesCard organization={organization} devices={every} leaving={new Set([user, ...every])} again={again} changed={() => setAgain(again + 1)}
                title={result ? t("Still there of what %s brought in", name) : t("What %s brought in", name)}
                text={result ? t("End what nobody else vouches for.") : t("This stays after the removal. Look at what was added lately, in case somebody else used these devices.")} />}
              {!result && orphans.length > 0 && (
                <section class="card"><header><h2 class="grow">{t("To settle first")}</h2><Badge kind="warn">{orphans.length}</Badge></header>
                  <ul class="list">{orphans.map((one) => <Orphan key={one.id} organization={organization} workspace={one} leaving={user} />)}</ul></section>
              )}
            </div>
            <div class="col g4">
              <section class="card pad col g3">
                <dl class="dl"><dt>{t("Profile")}</dt><dd>{profileName(person.profile)}</dd><dt>{t("Devices")}</dt><dd>{d}</dd>{devices[0] && <><dt>{t("First device")}</dt><dd>{shortDate(Math.min(...devices.map((one) => one.added)))}</dd></>}</dl>
                {wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
                {result ? <a class="btn primary big full" href={manageAddress(organization, "people")}><span>{t("Back to the people")}</span></a> : <>
                  <Button kind="danger" big full icon={UserX} disabled={!known || busy || orphans.length > 0} onClick={remove}>{busy ? t("Removes…") : t("Remove %s", name)}</Button>
                  <a class="btn big full" href={manageAddress(organization, "people")}><span>{t("Cancel")}</span></a>
                  <p class="muted small">{t("This cannot be undone. The person can be invited again later, as somebody new.")}</p></>}
              </section>
            </div>
          </div>
        )}
      </div>
    </main>
  );
}

/** A workspace that would be left without an owner. */
function Orphan({ organization, workspace, leaving }: { organization: Organization; workspace: Workspace; leaving: string }) {
  const members = (organization.members.value[workspace.id] ?? []).filter((one) => one.user !== leaving);
  const mayName = workspace.role === "owner";
  const name = shown(workspace.name);
  const choose = (user: string) => {
    if (user === "") return;
    organization.call("workspaces.share", { workspace: workspace.id, user, role: "owner" as Role }).then(() => organization.readMembers(workspace.id)).catch(tellRefusal);
  };
  return (
    <li class="wrap"><div class="grow"><b>{t("“%s” has no other owner", name)}</b><p class="muted small">{mayName ? t("Choose one, so that someone can name managers.") : t("An owner can name another one. After the removal, a manager can claim the workspace.")}</p></div>
      {mayName && <label><span class="vh">{t("New owner of %s", name)}</span><select onChange={(event) => choose(event.currentTarget.value)}><option value="">{t("Choose an owner")}</option>{members.map((one) => <option key={one.user} value={one.user}>{shown(one.name || one.email)}</option>)}</select></label>}</li>
  );
}
