// SPDX-License-Identifier: AGPL-3.0-or-later
// How much is stored: each workspace that this person is in, counted here.
import { Folder, RefreshCw } from "lucide-preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Note, Progress } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { sentenceOfError } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { pathOf } from "../../state/paths";
import { address } from "../../state/route";
import { t, tn } from "../../words";
import { number, shortDate, shown, size } from "../../words/format";
import { useStatus } from "../trail";
import { Rooms, type RoomProps } from "./manage";

const NEARLY = 0.9;

type Use = { files: number; folders: number; bytes: number };

export function Storage({ organization }: RoomProps) {
  const [uses, setUses] = useState<ReadonlyMap<string, Use | { problem: unknown }>>(new Map());
  const [counts, setCounts] = useState(false);
  const cancel = useRef(new AbortController());
  const workspaces = organization.workspaces.value;
  const count = async () => {
    cancel.current.abort();
    const mine = (cancel.current = new AbortController());
    setCounts(true);
    let made: ReadonlyMap<string, Use | { problem: unknown }> = new Map();
    setUses(made);
    for (const one of workspaces ?? []) {
      const use = await organization.call("files.usage", { path: pathOf(one.id, []) }, { signal: mine.signal }).catch((problem: unknown) => ({ problem }));
      if (mine.signal.aborted) return;
      made = new Map(made).set(one.id, use);
      setUses(made);
    }
    setCounts(false);
  };
  useEffect(() => {
    if (workspaces !== null) void count();
    return () => cancel.current.abort();
  }, [workspaces === null]);
  const known = [...uses.values()].filter((one): one is Use => "bytes" in one);
  const total = known.reduce((sum, one) => ({ files: sum.files + one.files, folders: sum.folders + one.folders, bytes: sum.bytes + one.bytes }), { files: 0, folders: 0, bytes: 0 });
  const most = Math.max(1, ...known.map((one) => one.bytes));
  useStatus(uses.size > 0 ? size(total.bytes) : "");
  const list = [...(workspaces ?? [])].sort((a, b) => bytesOf(uses.get(b.id)) - bytesOf(uses.get(a.id)) || a.name.localeCompare(b.name));
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page tight">
        <Rooms organization={organization} current="storage" />
        <div class="toolbar"><p class="muted grow">{t("The newest version of each file, in the workspaces that you are in. Earlier versions, which can be restored, are stored besides.")}</p>
          <Button icon={RefreshCw} disabled={counts} onClick={count}>{t("Count again")}</Button></div>
        {organization.isAdmin && <Limits organization={organization} />}
        {workspaces === null ? <Skeleton /> : workspaces.length === 0 ? <p class="muted">{t("You are in no workspace.")}</p> : (
          <table class="tbl">
            <colgroup><col /><col class="o c10" /><col class="o c9" /><col class="c7" /></colgroup>
            <thead><tr><th scope="col">{t("Workspace")}</th><th scope="col" class="o"><span class="vh">{t("Share of the largest")}</span></th><th scope="col" class="o num">{t("Files")}</th><th scope="col" class="num">{t("Size")}</th></tr></thead>
            <tbody>{list.map((one) => {
              const use = uses.get(one.id);
              const found = use && "bytes" in use ? use : null;
              return (
                <tr key={one.id}><td><div class="name"><span class="ico dir"><Icon of={Folder} /></span><div><a class="cut" href={address(["o", organization.key, "w", one.id])} title={shown(one.name)}>{shown(one.name)}</a>
                  {use && !found && <span class="bad small cut">{sentenceOfError((use as { problem: unknown }).problem)}</span>}</div></div></td>
                  <td class="o">{found && <Progress part={found.bytes / most} label={t("Size of “%s” beside the largest", shown(one.name))} />}</td>
                  <td class="o num">{found ? number(found.files) : ""}</td><td class="num">{found ? size(found.bytes) : use ? "" : <span class="muted">…</span>}</td></tr>
              );
            })}</tbody>
            <tfoot><tr><th scope="row">{counts ? t("Counts…") : tn("%d workspace", "%d workspaces", workspaces.length)}</th><td class="o" /><td class="o num">{number(total.files)}</td><td class="num"><b>{size(total.bytes)}</b></td></tr></tfoot>
          </table>
        )}
        {known.length < uses.size && <Note kind="warn">{t("Not all workspaces could be counted.")}</Note>}
      </div>
    </main>
  );
}

function bytesOf(use: Use | { problem: unknown } | undefined): number {
  return use && "bytes" in use ? use.bytes : -1;
}

/** What is stored at the server, and what its operator allows. */
function Limits({ organization }: { organization: Organization }) {
  const [problem, setProblem] = useState<unknown>(null);
  useEffect(() => { organization.readOverview().catch(setProblem); }, []);
  const all = organization.overview.value;
  if (problem !== null) return <Note kind="warn">{t("The server does not say what is stored:")} {sentenceOfError(problem)}</Note>;
  if (!all) return <Skeleton rows={1} />;
  const line = (name: string, value: string, part: number | null) => (
    <li><span class="grow"><span class="row"><b class="grow">{name}</b><span>{value}</span></span>{part !== null && <Progress part={part} kind={part > NEARLY ? "warn" : undefined} label={name} />}</span></li>
  );
  return (
    <section class="card"><header><h2>{t("The whole organization, at the server")}</h2></header>
      <ul class="list">
        {all.bytes !== undefined && line(t("Stored, with all earlier versions"), all.bytesLimit > 0 ? t("%s of %s", size(all.bytes), size(all.bytesLimit)) : t("%s, without a limit", size(all.bytes)), all.bytesLimit > 0 ? all.bytes / all.bytesLimit : null)}
        {line(t("People"), all.usersLimit > 0 ? t("%s of %s", number(all.users), number(all.usersLimit)) : t("%s, without a limit", number(all.users)), all.usersLimit > 0 ? all.users / all.usersLimit : null)}
        {all.expires > 0 && line(t("The server keeps the organization until"), shortDate(all.expires), null)}
      </ul></section>
  );
}
