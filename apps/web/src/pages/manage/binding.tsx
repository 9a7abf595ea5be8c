// SPDX-License-Identifier: AGPL-3.0-or-later
// The settings that bind everybody: an administrator signs them, and every device refuses what they forbid.
import type { Binding } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Note } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { sentenceOfError, tell } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { t, tn } from "../../words";

const DAY_MS = 86_400_000;
const DAYS = [1, 3, 7, 14, 30];

export function BindingCard({ organization }: { organization: Organization }) {
  const [now, setNow] = useState<Binding | null>(null);
  const [wrong, setWrong] = useState("");
  const fail = (error: unknown) => setWrong(sentenceOfError(error));
  useEffect(() => { organization.call("organization.settings", {}).then(setNow, fail); }, []);
  const change = (part: Partial<Binding>) => {
    const before = now;
    setWrong("");
    setNow((was) => was && { ...was, ...part });
    organization.call("organization.setSettings", part).then((set) => { setNow(set); tell(t("Saved")); }, (error: unknown) => { setNow(before); fail(error); });
  };
  return (
    <section class="card"><header><h2>{t("Rules for everybody")}</h2></header>
      {now === null ? wrong === "" && <Skeleton rows={3} /> : <ul class="list">
        <li><Choice title={t("Zt in a browser")} text={t("The people who run a server can change the page that it sends: which members may have zt in a browser, and not only as a program?")}
          admin={organization.isAdmin} value={now.browserDevices} change={(browserDevices) => change({ browserDevices })}
          choices={[["everybody", t("Everybody")], ["notAdmins", t("Everybody but administrators")], ["nobody", t("Nobody")]]} /></li>
        <li><Choice title={t("New workspaces")} text={t("Who creates them? Outsiders never do.")}
          admin={organization.isAdmin} value={now.workspacesBy} change={(workspacesBy) => change({ workspacesBy })}
          choices={[["standard", t("All members")], ["admins", t("Administrators only")]]} /></li>
        <li><Choice title={t("Deleted workspaces")} text={t("How long can every owner take a deletion back, at least?")}
          admin={organization.isAdmin} value={String(now.deletionDelay)} change={(delay) => change({ deletionDelay: Number(delay) })} choices={delays(now.deletionDelay)} /></li>
      </ul>}
      {now !== null && now.browserDevices !== "everybody" && <p class="muted small pad4">{t("Devices in a browser that are there already stay until somebody revokes them. People shows them.")}</p>}
      {wrong !== "" && <div class="pad4"><Note kind="bad" alert>{wrong}</Note></div>}
    </section>
  );
}

function delays(now: number): [string, string][] {
  const list = DAYS.some((one) => one * DAY_MS === now) ? DAYS : [...DAYS, now / DAY_MS].sort((a, b) => a - b);
  return list.map((one) => [String(one * DAY_MS), tn("%d day", "%d days", Math.round(one))]);
}

/** One rule: an administrator chooses, others read. */
function Choice<V extends string>({ title, text, admin, value, choices, change }: { title: string; text: string; admin: boolean; value: V; choices: readonly [V, string][]; change: (value: V) => void }) {
  const words = <span class="grow"><b>{title}</b><span class="muted small block">{text}</span></span>;
  if (!admin) return <div class="row wrap setting grow">{words}<span>{choices.find(([one]) => one === value)?.[1]}</span></div>;
  return (
    <label class="row wrap setting grow">{words}
      <select value={value} onChange={(event) => change(event.currentTarget.value as V)}>{choices.map(([one, name]) => <option key={one} value={one}>{name}</option>)}</select></label>
  );
}
