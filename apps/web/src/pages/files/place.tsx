// SPDX-License-Identifier: AGPL-3.0-or-later
// Chooses a folder to move or copy entries into, through all workspaces.
import { ChevronLeft, ChevronRight, Folder as FolderIcon } from "lucide-preact";
import type { Entry } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button, IconButton } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { Note } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { Folder } from "../../state/folder";
import { isCode, sentenceOfError, tell } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { child, nameOf, parent, pathOf, split } from "../../state/paths";
import { t, tn } from "../../words";
import { shown } from "../../words/format";
import { move } from "./acts";

interface PlaceProps {
  organization: Organization;
  from: string;
  entries: readonly Entry[];
  copy: boolean;
  close: () => void;
  changed: () => void;
}

export function Place({ organization, from, entries, copy, close, changed }: PlaceProps) {
  const [at, setAt] = useState<string | null>(from);
  const [folder, setFolder] = useState<Folder | null>(null);
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    if (at === null) return;
    const next = new Folder(organization, at, undefined, false);
    setFolder(next);
    void next.read();
    return () => next.end();
  }, [at]);
  const workspace = split(from).workspace;
  // A move stays within a workspace, whose keys seal its files; a copy may leave it.
  const workspaces = (organization.workspaces.value ?? []).filter((one) => one.role !== "reader" && !one.archived && (copy || one.id === workspace));
  const inside = (path: string) => entries.some((entry) => entry.folder && (path === child(from, entry.name) || path.startsWith(`${child(from, entry.name)}/`)));
  const folders = (folder?.items.value ?? []).filter((one) => one.folder && (at === null || !inside(child(at, one.name))));
  const where = at === null ? t("All workspaces") : nameOf(at) || organization.workspaceOf(split(at).workspace)?.name || "";
  const run = async () => {
    if (at === null) return;
    setBusy(true);
    setWrong("");
    try {
      if (!copy) await move(organization, entries.map((entry) => child(from, entry.name)), at, changed);
      else {
        let left = 0;
        for (const entry of entries) left += (await organization.call("files.copy", { from: child(from, entry.name), to: child(at, at === from ? copyName(entry.name, entry.folder) : entry.name) })).left;
        changed();
        organization.changedFiles(split(at).workspace);
        tell(left > 0 ? tn("Copied to “%2$s”; %1$d damaged file was left out", "Copied to “%2$s”; %1$d damaged files were left out", left, left, shown(where)) : tn("%d item copied to “%s”", "%d items copied to “%s”", entries.length, entries.length, shown(where)));
      }
      close();
    } catch (error) {
      setWrong(isCode(error, "EXISTS") ? t("This name is taken there.") : sentenceOfError(error));
      setBusy(false);
    }
  };
  const count = entries.length;
  const title = copy ? tn("Copy %d item", "Copy %d items", count) : tn("Move %d item", "Move %d items", count);
  const up = () => {
    if (at === null) return;
    if (split(at).names.length > 0) setAt(parent(at));
    else if (copy) setAt(null);
  };
  return (
    <Dialog title={title} close={close} actions={<><Button onClick={close}>{t("Cancel")}</Button>
      <Button kind="primary" disabled={busy || at === null || (!copy && at === from)} onClick={() => void run()}>{copy ? t("Copy here") : t("Move here")}</Button></>}>
      <div class="row g2"><IconButton icon={ChevronLeft} label={t("The folder above")} disabled={at === null || (split(at).names.length === 0 && !copy)} onClick={up} /><b class="grow cut">{shown(where)}</b></div>
      {wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
      {at === null
        ? <ul class="list tight card choose">{workspaces.map((one) => <li key={one.id}><button type="button" onClick={() => setAt(pathOf(one.id, []))}><span class="ico dir"><Icon of={FolderIcon} /></span><span class="grow cut">{shown(one.name)}</span><Icon of={ChevronRight} size="s" /></button></li>)}</ul>
        : folder?.items.value === null ? <Skeleton rows={4} />
          : folders.length === 0 ? <p class="muted">{t("There is no folder in here.")}</p>
            : <ul class="list tight card choose">{folders.slice(0, 500).map((one) => <li key={one.name}><button type="button" onClick={() => setAt(child(at, one.name))}><span class="ico dir"><Icon of={FolderIcon} /></span><span class="grow cut">{shown(one.name)}</span><Icon of={ChevronRight} size="s" /></button></li>)}</ul>}
    </Dialog>
  );
}

function copyName(name: string, folder: boolean): string {
  const dot = folder ? -1 : name.lastIndexOf(".");
  const [base, ending] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ""];
  return `${base} (${t("copy")})${ending}`;
}
