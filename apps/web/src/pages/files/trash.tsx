// SPDX-License-Identifier: AGPL-3.0-or-later
// What was removed from a workspace, and brings it back.
import { RotateCcw, Trash } from "lucide-preact";
import type { Removed } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Search } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Avatar, Badge, CutName, Empty, Note } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { isCode, sentenceOfError, tell } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { child, nameOf, parent, pathOf, split } from "../../state/paths";
import { address } from "../../state/route";
import { t, tn } from "../../words";
import { nameParts, shown, when } from "../../words/format";
import { useStatus, useTrail } from "../trail";
import { iconOf } from "./kinds";

const MOST = 500;

export function TrashPage({ organization, workspace }: { organization: Organization; workspace: string }) {
  const found = organization.workspaceOf(workspace);
  const home = ["o", organization.key];
  useTrail([{ name: t("Workspaces"), to: address(home) }, { name: shown(found?.name ?? "…"), to: address([...home, "w", workspace]) }, { name: t("Trash") }]);
  const [list, setList] = useState<Removed[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [filter, setFilter] = useState("");
  const version = organization.fileChanges.value[workspace] ?? 0;
  useEffect(() => {
    organization.all("trash.list", { path: pathOf(workspace, []) }, "removed")
      .then((removed) => setList((removed as Removed[]).sort((a, b) => b.removed - a.removed)), setProblem);
  }, [workspace, version]);
  const words = filter.trim().toLowerCase();
  const some = (list ?? []).filter((one) => one.path.toLowerCase().includes(words));
  useStatus(list ? tn("%d item in the trash", "%d items in the trash", list.length) : "");
  const mayWrite = found !== undefined && found.role !== "reader" && !found.archived;
  const restore = async (one: Removed) => {
    const path = workspacePath(workspace, one.path);
    let back = path;
    try {
      await organization.call("trash.restore", { path, object: one.object });
    } catch (error) {
      if (!isCode(error, "EXISTS")) throw error;
      back = child(parent(path), `${t("brought back")} ${nameOf(path)}`);
      await organization.call("trash.restore", { path: back, object: one.object });
    }
    organization.changedFiles(workspace);
    tell(t("“%s” is back", shown(nameOf(back))));
  };
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page tight">
        <div class="page-h">
          <p class="muted grow">{t("What was removed stays in the history of the workspace. Everyone who may change files can bring it back.")}</p>
          {list !== null && list.length > 8 && <Search label={t("Filter by name")} value={filter} change={setFilter} />}
        </div>
        {problem ? <Note kind="bad" alert>{sentenceOfError(problem)}</Note>
          : list === null ? <Skeleton />
            : some.length === 0 ? <div class="drop"><Empty icon={Trash} title={list.length === 0 ? t("The trash is empty") : t("Nothing called “%s”", filter)}
              actions={list.length === 0 ? <a class="btn" href={address(["o", organization.key, "w", workspace])}>{t("Back to %s", shown(found?.name ?? ""))}</a> : undefined} /></div>
              : (
                <table class="tbl two-lines">
                  <colgroup><col /><col class="o c10" /><col class="o c9" /><col class="c10" /></colgroup>
                  <thead><tr><th scope="col">{t("Name")}</th><th scope="col" class="o">{t("Removed by")}</th><th scope="col" class="o">{t("When")}</th><th><span class="vh">{t("Actions")}</span></th></tr></thead>
                  <tbody>{some.slice(0, MOST).map((one) => {
                    const path = workspacePath(workspace, one.path);
                    const name = nameOf(path);
                    const by = organization.nameOf(one.by);
                    return (
                      <tr key={one.object}>
                        <td><div class="name"><span class={`ico ${one.folder ? "dir" : ""}`}><Icon of={iconOf({ name, folder: one.folder })} /></span><div>
                          <b><CutName parts={nameParts(name)} /></b><span class="sub always cut">{one.unlinked ? t("It was in a folder that is gone") : shown([found?.name ?? "", ...split(parent(path)).names].join(" / "))}</span></div></div></td>
                        <td class="o">{one.by !== "" && <span class="row"><Avatar id={organization.personOf(one.by)?.id ?? one.by} name={by} size="s" /><span class="cut">{shown(by)}</span></span>}</td>
                        <td class="o">{one.removed > 0 ? when(one.removed) : <Badge>{t("unknown")}</Badge>}</td>
                        <td class="num">{mayWrite && <Button kind="quiet" icon={RotateCcw} onClick={() => restore(one)}>{t("Bring back")}</Button>}</td>
                      </tr>
                    );
                  })}</tbody>
                </table>
              )}
        {some.length > MOST && <p class="muted">{tn("%d more; filter by name to see it", "%d more; filter by name to see them", some.length - MOST)}</p>}
      </div>
    </main>
  );
}

function workspacePath(workspace: string, path: string): string {
  const { names } = path.includes(":/") ? split(path) : { names: path.split("/").filter((name) => name !== "") };
  return pathOf(workspace, names);
}
