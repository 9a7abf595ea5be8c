// SPDX-License-Identifier: AGPL-3.0-or-later
// The panel at the right: who signed an entry, who has access, its versions; without a selection, the folder's workspace.
import { Folder, RotateCcw, ShieldCheck, X } from "lucide-preact";
import type { Entry, Version, Workspace } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Badge, Avatar } from "../../parts/marks";
import { Button, IconButton } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { sentenceOfError, tell, tellRefusal } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { child, split } from "../../state/paths";
import { address } from "../../state/route";
import { detailsShown } from "../../state/settings";
import { t, tn } from "../../words";
import { hour, shown, size, when } from "../../words/format";
import { profileName, roleName } from "../../words/sentences";
import { iconOf } from "./kinds";

interface DetailsProps {
  organization: Organization;
  workspace: Workspace;
  folder: string;
  entry: Entry | null;
  many: number;
  /** Shown over the page where it is narrow, whatever was chosen. */
  asked: boolean;
  close: () => void;
  share: () => void;
  changed: () => void;
}

export function Details({ organization, workspace, folder, entry, many, asked, close, share, changed }: DetailsProps) {
  const path = entry ? child(folder, entry.name) : folder;
  const { names } = split(folder);
  const title = entry ? shown(entry.name) : many > 1 ? tn("%d selected", "%d selected", many) : shown(names.at(-1) ?? workspace.name);
  return (
    <aside class={`side opt-side ${asked || detailsShown.value ? "asked" : ""}`} aria-label={t("Details")}>
      <div class="side-h">
        <span class={`ico ${!entry || entry.folder ? "dir" : ""}`}><Icon of={entry ? iconOf(entry) : Folder} /></span>
        <h2 class="grow cut" title={title}>{title}</h2>
        <IconButton icon={X} label={t("Close the details")} onClick={close} />
      </div>
      {entry && <Versions key={path} organization={organization} workspace={workspace} path={path} entry={entry} changed={changed} />}
      <Access organization={organization} workspace={workspace} share={share} />
      {entry && <Facts organization={organization} entry={entry} folder={folder} />}
    </aside>
  );
}

interface Found {
  versions: Version[] | null;
  problem: unknown;
  /** When this device answered, which verifies each version for it. */
  readAt: number;
}

/** The versions of a file or folder, newest first; the newest says who signed it. */
export function useVersions(organization: Organization, path: string, again: unknown): Found {
  const [found, setFound] = useState<Found>({ versions: null, problem: null, readAt: 0 });
  useEffect(() => {
    let ended = false;
    organization.call("files.history", { path, from: 0, max: 200 }).then(
      ({ versions }) => { if (!ended) setFound({ versions: [...versions].sort((a, b) => b.version - a.version), problem: null, readAt: Date.now() }); },
      (problem: unknown) => { if (!ended) setFound({ versions: null, problem, readAt: 0 }); },
    );
    return () => { ended = true; };
  }, [path, again]);
  return found;
}

function Versions({ organization, workspace, path, entry, changed }: { organization: Organization; workspace: Workspace; path: string; entry: Entry; changed: () => void }) {
  const { versions, problem, readAt } = useVersions(organization, path, entry.details?.version);
  const [all, setAll] = useState(false);
  const newest = versions?.[0];
  const author = newest ? organization.nameOf(newest.author) : "";
  const restore = async (one: Version) => {
    await organization.call("files.restore", { path, version: one.version });
    tell(t("“%s” is again as it was %s", shown(entry.name), when(one.time)), () => {
      if (newest) void organization.call("files.restore", { path, version: newest.version }).then(changed).catch(tellRefusal);
    });
    changed();
  };
  const mayWrite = workspace.role !== "reader" && !workspace.archived;
  return (
    <>
      {problem !== null && <section><p class="bad small">{sentenceOfError(problem)}</p></section>}
      {newest && (
        <section>
          <div class="row start g3"><span class="ok"><Icon of={ShieldCheck} /></span>
            <div class="grow"><b>{t("Signed by %s", shown(author))}</b>
              <p class="muted small">{t("Changed %s. Verified here at %s.", when(newest.time), hour(readAt))}</p></div></div>
        </section>
      )}
      {versions && versions.length > 0 && (
        <section>
          <h3>{entry.folder ? t("States of this folder") : t("Versions")}</h3>
          <ul class="list flush tight inset">
            {versions.slice(0, all ? versions.length : 5).map((one) => {
              const name = organization.nameOf(one.author);
              return (
                <li key={one.version}>
                  <Avatar id={organization.personOf(one.author)?.id ?? one.author} name={name} size="s" named />
                  <span class="grow"><span class="cut">{when(one.time)}</span><span class="muted small cut">{entry.folder ? t("version %d", one.version) : `${size(one.size)} · ${t("version %d", one.version)}`}</span></span>
                  {one.damaged ? <Badge kind="bad">{t("Damaged")}</Badge> : one.newest ? <Badge kind="ok">{t("Newest")}</Badge> : (
                    <>
                      {!entry.folder && <a class="btn icon quiet" href={address(["o", organization.key, "f", ...pathParts(path)], { version: String(one.version) })} aria-label={t("See version %d", one.version)} title={t("See version %d", one.version)}><Icon of={iconOf(entry)} size="s" /></a>}
                      {mayWrite && <Button kind="quiet" class="icon" icon={RotateCcw} aria-label={t("Restore version %d", one.version)} title={t("Restore version %d", one.version)} onClick={() => restore(one)} />}
                    </>
                  )}
                </li>
              );
            })}
          </ul>
          {versions.length > 5 && !all && <button type="button" class="btn link" onClick={() => setAll(true)}>{tn("Show %d older version", "Show %d older versions", versions.length - 5)}</button>}
        </section>
      )}
    </>
  );
}

function pathParts(path: string): string[] {
  const { workspace, names } = split(path);
  return [workspace, ...names];
}

function Access({ organization, workspace, share }: { organization: Organization; workspace: Workspace; share: () => void }) {
  const members = organization.members.value[workspace.id];
  useEffect(() => { void organization.readMembers(workspace.id).catch(() => {}); }, [workspace.id]);
  if (!members) return null;
  const order = ["owner", "manager", "contributor", "reader"];
  const list = [...members].sort((a, b) => order.indexOf(a.role) - order.indexOf(b.role));
  return (
    <section>
      <div class="row"><h3 class="grow">{t("Who has access")}</h3><button type="button" class="btn link" onClick={share}>{t("Share")}</button></div>
      <ul class="list flush tight inset">
        {list.slice(0, 4).map((one) => {
          const person = organization.personOf(one.user);
          return (
            <li key={one.user}><Avatar id={one.user} name={one.name || one.email} size="s" /><span class="grow cut" title={shown(one.email)}>{shown(one.name || one.email)}</span>
              {person?.profile === "outsider" && <Badge>{profileName("outsider")}</Badge>}<span class="muted small">{roleName(one.role)}</span></li>
          );
        })}
      </ul>
      {list.length > 4 && <button type="button" class="btn link" onClick={share}>{tn("%d more person", "%d more people", list.length - 4)}</button>}
    </section>
  );
}

function Facts({ organization, entry, folder }: { organization: Organization; entry: Entry; folder: string }) {
  const [bytes, setBytes] = useState<{ files: number; bytes: number } | null>(null);
  const { workspace, names } = split(folder);
  const path = child(folder, entry.name);
  const link = new URL(address(["o", organization.key, entry.folder ? "w" : "f", workspace, ...names, entry.name]), location.href).href;
  return (
    <section>
      <dl class="dl small">
        {entry.details && !entry.folder && <><dt>{t("Size")}</dt><dd>{size(entry.details.size)}</dd></>}
        {entry.folder && <><dt>{t("Contents")}</dt><dd>{bytes ? `${tn("%d file", "%d files", bytes.files)}, ${size(bytes.bytes)}`
          : <button type="button" class="btn link" onClick={() => void organization.call("files.usage", { path }).then(setBytes).catch(tellRefusal)}>{t("Count")}</button>}</dd></>}
        {entry.details && entry.details.modified > 0 && <><dt>{t("Changed")}</dt><dd>{when(entry.details.modified)}</dd></>}
        <dt>{t("Link")}</dt><dd><button type="button" class="btn link" onClick={() => void navigator.clipboard.writeText(link).then(() => tell(t("Link copied. It opens on this computer.")))}>{t("Copy")}</button></dd>
      </dl>
    </section>
  );
}

