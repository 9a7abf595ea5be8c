// SPDX-License-Identifier: AGPL-3.0-or-later
// Gives a person the roles that another one has: first what will be given, and what not, and why; then each, with its result.
import { ArrowRight, Check, CircleAlert, Minus } from "lucide-preact";
import type { Role, User, Workspace } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { Note } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { sentenceOfError } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { copied, type Copied } from "../../state/roles";
import { t, tn } from "../../words";
import { shown } from "../../words/format";
import { roleName } from "../../words/sentences";

type Result = "given" | string;

function reason(one: Copied): string {
  switch (one.verdict) {
    case "give": return "";
    case "has": return one.now === one.role ? t("Has this role already.") : t("Has the role %s already, which is more.", roleName(one.now!));
    case "member": return t("Managers and owners decide here. You have the role %s.", roleName(one.workspace.role));
    case "owner": return t("Owners alone name managers and owners. You have the role %s.", roleName(one.workspace.role));
    case "outsider": return t("An outsider is no manager or owner.");
    case "deleted": return t("It will be deleted.");
  }
}

export function CopyRoles({ organization, from, close }: { organization: Organization; from: User; close: () => void }) {
  const [to, setTo] = useState("");
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const [known, setKnown] = useState(false);
  const [results, setResults] = useState<ReadonlyMap<string, Result> | null>(null);
  const [busy, setBusy] = useState(false);
  const workspaces: Workspace[] = organization.workspaces.value ?? [];
  useEffect(() => { void Promise.all(workspaces.map((one) => organization.readMembers(one.id))).catch(() => {}).finally(() => setKnown(true)); }, []);
  const others = (organization.people.value ?? []).filter((one) => one.live && one.id !== from.id).sort((a, b) => (a.name || a.email).localeCompare(b.name || b.email));
  const person = others.find((one) => one.id === to);
  const [list, setList] = useState<Copied[]>([]);
  useEffect(() => {
    if (results === null) setList(person ? copied(workspaces, organization.members.value, from.id, person) : []);
  }, [to, known, organization.members.value]);
  const give = list.filter((one) => one.verdict === "give" && !left.has(one.workspace.id));
  const name = shown(from.name || from.email);
  const theirs = person ? shown(person.name || person.email) : "";
  const run = async () => {
    setBusy(true);
    let made: ReadonlyMap<string, Result> = new Map();
    setResults(made);
    for (const { workspace, role } of give) {
      const end = await organization.call("workspaces.share", { workspace: workspace.id, user: to, role: role as Role }).then(() => "given", sentenceOfError);
      made = new Map(made).set(workspace.id, end);
      setResults(made);
      await organization.readMembers(workspace.id).catch(() => {});
    }
    setBusy(false);
  };
  const given = [...(results?.values() ?? [])].filter((one) => one === "given").length;
  return (
    <Dialog wide title={t("Copy the roles of %s", name)} close={() => { if (!busy) close(); }}
      actions={results !== null && !busy ? <Button kind="primary" onClick={close}>{t("Done")}</Button>
        : <><Button disabled={busy} onClick={close}>{t("Cancel")}</Button><Button kind="primary" disabled={busy || give.length === 0} onClick={run}>{give.length > 0 ? tn("Give %d role", "Give %d roles", give.length) : t("Give the roles")}</Button></>}>
      {results === null && <label class="f"><span>{t("To whom?")}</span><select value={to} data-first="" onChange={(event) => { setTo(event.currentTarget.value); setLeft(new Set()); }}><option value="">{t("Choose a person")}</option>{others.map((one) => <option key={one.id} value={one.id}>{shown(one.name ? `${one.name} (${one.email})` : one.email)}</option>)}</select></label>}
      {results !== null && !busy && <Note kind={given === results.size ? "ok" : "warn"} alert>{tn("%2$s has %1$d more role", "%2$s has %1$d more roles", given, given, theirs)}</Note>}
      {person && (!known ? <Skeleton rows={3} /> : list.length === 0
        ? <p class="muted">{t("%s is in none of the workspaces that you are in.", name)}</p>
        : <ul class="list card">{list.map((one) => {
          const id = one.workspace.id;
          const end = results?.get(id);
          return (
            <li key={id} class="wrap">
              {results === null && one.verdict === "give"
                ? <input type="checkbox" checked={!left.has(id)} aria-label={shown(one.workspace.name)} onChange={() => { const next = new Set(left); if (!next.delete(id)) next.add(id); setLeft(next); }} />
                : <span class={end === "given" ? "ok" : end !== undefined ? "bad" : "muted"}><Icon of={end === "given" ? Check : end !== undefined ? CircleAlert : Minus} size="s" /></span>}
              <span class="grow"><b class="cut">{shown(one.workspace.name)}</b>{(end ?? "given") !== "given" ? <span class="bad small block">{end}</span> : one.verdict !== "give" && <span class="muted small block">{reason(one)}</span>}</span>
              {one.verdict === "give" && <span class="row muted">{one.now && <>{roleName(one.now)}<Icon of={ArrowRight} size="s" /></>}{roleName(one.role)}</span>}
            </li>
          );
        })}</ul>)}
      <p class="muted small">{t("Workspaces that you are not in are not shown, and nothing is given in them.")}</p>
    </Dialog>
  );
}
