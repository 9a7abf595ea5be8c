// SPDX-License-Identifier: AGPL-3.0-or-later
// All workspaces of this person.
import { Archive, Box, Ellipsis, Folder, Pencil, Plus, Trash, UserPlus } from "lucide-preact";
import type { Workspace } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { Icon } from "../parts/icon";
import { later } from "../parts/later";
import { Avatars, Badge, Empty, Note } from "../parts/marks";
import { MenuButton } from "../parts/menu";
import { Skeleton } from "../parts/skeleton";
import { isCode, sentenceOfError, tell, tellRefusal } from "../state/notices";
import type { Organization } from "../state/organization";
import { address, go } from "../state/route";
import { t, tn } from "../words";
import { shortDate, shown } from "../words/format";
import { roleName } from "../words/sentences";
import { useStatus, useTrail } from "./trail";

const Share = later(() => import("./files/share").then((room) => room.Share));

export function Workspaces({ organization, create }: { organization: Organization; create: () => void }) {
  useTrail([{ name: t("Workspaces") }]);
  const [shared, setShared] = useState<Workspace | null>(null);
  const [renamed, setRenamed] = useState<Workspace | null>(null);
  const [deleted, setDeleted] = useState<Workspace | null>(null);
  const list = organization.workspaces.value;
  useStatus(list ? tn("%d workspace", "%d workspaces", list.length) : "");
  useEffect(() => {
    for (const one of list ?? []) if (!organization.members.value[one.id]) void organization.readMembers(one.id).catch(() => {});
  }, [list]);
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page tight">
        {list !== null && list.length > 0 && (
          <div class="toolbar">
            <Button kind="primary" icon={Plus} onClick={create}>{t("New workspace")}</Button>
            <span class="grow" /><span class="muted no-phone">{tn("%d workspace", "%d workspaces", list.length)}</span>
          </div>
        )}
        {list === null
          ? organization.problem.value ? <Note kind="bad" alert>{sentenceOfError(organization.problem.value)}</Note> : <Skeleton />
          : list.length === 0
            ? <div class="drop"><Empty icon={Box} title={t("No workspace yet")} actions={<Button kind="primary" icon={Plus} onClick={create}>{t("New workspace")}</Button>}>
                {t("A workspace is a folder that you share with people you choose. Nobody else can read it, not even the server.")} {t("One that somebody shares with you appears here by itself.")}</Empty></div>
            : (
              <table class="tbl">
                <colgroup><col /><col class="o c9" /><col class="o c10" /><col class="c3" /></colgroup>
                <thead><tr><th scope="col">{t("Name")}</th><th scope="col" class="o">{t("My role")}</th><th scope="col" class="o">{t("People")}</th><th><span class="vh">{t("Actions")}</span></th></tr></thead>
                <tbody>{list.map((one) => <Row key={one.id} organization={organization} workspace={one} share={() => setShared(one)} rename={() => setRenamed(one)} remove={() => setDeleted(one)} />)}</tbody>
              </table>
            )}
      </div>
      {shared && <Share organization={organization} workspace={shared} close={() => setShared(null)} />}
      {renamed && <Rename organization={organization} workspace={renamed} close={() => setRenamed(null)} />}
      {deleted && <Delete organization={organization} workspace={deleted} close={() => setDeleted(null)} />}
    </main>
  );
}

function Row({ organization, workspace, share, rename, remove }: { organization: Organization; workspace: Workspace; share: () => void; rename: () => void; remove: () => void }) {
  const members = organization.members.value[workspace.id];
  const me = organization.identity.value?.user;
  const others = (members ?? []).filter((one) => one.user !== me).map((one) => ({ id: one.user, name: one.name || one.email }));
  const people = members ? (others.length === 0 ? t("Not shared") : tn("%d person", "%d people", members.length)) : "";
  const name = shown(workspace.name);
  const manages = workspace.role === "owner" || workspace.role === "manager";
  return (
    <tr>
      <td><div class="name"><span class="ico dir"><Icon of={Folder} /></span><div>
        <a class="cut" href={address(["o", organization.key, "w", workspace.id])} title={name}>{name}</a><StateOf workspace={workspace} />
        <span class="sub cut">{[roleName(workspace.role), people].filter(Boolean).join(" · ")}</span></div></div></td>
      <td class="o">{roleName(workspace.role)}</td>
      <td class="o">{members && (others.length === 0 ? <span class="muted">{t("Not shared")}</span> : <Avatars people={others} />)}</td>
      <td class="num">
        <MenuButton label={t("More about %s", name)} choices={() => [
          { label: t("Open"), icon: Folder, act: () => go(address(["o", organization.key, "w", workspace.id])) },
          { label: t("Share"), icon: UserPlus, act: share },
          { label: t("Rename"), icon: Pencil, disabled: !manages, act: rename },
          { label: t("Trash"), icon: Trash, act: () => go(address(["o", organization.key, "trash", workspace.id])) },
          { label: workspace.archived ? t("Allow changes again") : t("Archive: forbid changes"), icon: Archive, apart: true, disabled: workspace.role !== "owner", act: () => {
            organization.call("workspaces.archive", { workspace: workspace.id, archived: !workspace.archived }).then(() => organization.readWorkspaces()).catch(tellRefusal);
          } },
          workspace.deletionDue > 0
            ? { label: t("Keep it: cancel the deletion"), icon: Trash, disabled: workspace.role !== "owner", act: () => {
              organization.call("workspaces.delete", { workspace: workspace.id, due: 0 }).then(() => organization.readWorkspaces()).catch(tellRefusal);
            } }
            : { label: t("Delete…"), icon: Trash, bad: true, disabled: workspace.role !== "owner", act: remove },
        ]}><Icon of={Ellipsis} size="s" /></MenuButton>
      </td>
    </tr>
  );
}

function StateOf({ workspace }: { workspace: Workspace }) {
  if (workspace.deletionDue > 0) return <Badge kind="warn">{t("Deleted on %s", shortDate(workspace.deletionDue))}</Badge>;
  if (workspace.archived) return <Badge>{t("Archived")}</Badge>;
  return null;
}

export function NewWorkspace({ organization, close }: { organization: Organization; close: () => void }) {
  const [name, setName] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const create = async () => {
    setBusy(true);
    setWrong("");
    try {
      const { id } = await organization.call("workspaces.create", { name: name.trim() });
      await organization.readWorkspaces();
      close();
      go(address(["o", organization.key, "w", id]));
    } catch (error) {
      setWrong(isCode(error, "EXISTS") ? t("You have a workspace of this name already.") : sentenceOfError(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("New workspace")} close={close} submit={() => void create()}
      actions={<><Button onClick={close}>{t("Cancel")}</Button><Button kind="primary" type="submit" disabled={busy || name.trim() === ""}>{t("Create")}</Button></>}>
      <Field label={t("Name")} value={name} change={setName} wrong={wrong} first spell hint={t("You are its owner. You choose afterwards who else is in it.")} />
    </Dialog>
  );
}

function Rename({ organization, workspace, close }: { organization: Organization; workspace: Workspace; close: () => void }) {
  const [name, setName] = useState(workspace.name);
  const [wrong, setWrong] = useState("");
  const rename = async () => {
    try {
      await organization.call("workspaces.rename", { workspace: workspace.id, name: name.trim() });
      await organization.readWorkspaces();
      close();
    } catch (error) {
      setWrong(sentenceOfError(error));
    }
  };
  return (
    <Dialog title={t("Rename")} close={close} submit={() => void rename()}
      actions={<><Button onClick={close}>{t("Cancel")}</Button><Button kind="primary" type="submit" disabled={name.trim() === ""}>{t("Rename")}</Button></>}>
      <Field label={t("Name")} value={name} change={setName} wrong={wrong} first spell />
    </Dialog>
  );
}

const DAY_MS = 86_400_000;
const DELAY_DAYS = 31;

function Delete({ organization, workspace, close }: { organization: Organization; workspace: Workspace; close: () => void }) {
  const [wrong, setWrong] = useState("");
  const due = Date.now() + DELAY_DAYS * DAY_MS;
  const remove = async () => {
    try {
      await organization.call("workspaces.delete", { workspace: workspace.id, due });
      await organization.readWorkspaces();
      close();
      tell(t("“%s” will be deleted on %s. Until then, every owner can cancel that.", shown(workspace.name), shortDate(due)));
    } catch (error) {
      setWrong(sentenceOfError(error));
    }
  };
  return (
    <Dialog title={t("Delete “%s”", shown(workspace.name))} close={close}
      actions={<><Button onClick={close}>{t("Keep it")}</Button><Button kind="danger" onClick={remove}>{t("Announce the deletion")}</Button></>}>
      <p>{t("The deletion is announced to all members, and is done on %s. Until then, every owner can cancel it.", shortDate(due))}</p>
      <p class="muted">{t("After that day the files and their history are gone from the server. What people have copied stays with them.")}</p>
      {wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
    </Dialog>
  );
}
