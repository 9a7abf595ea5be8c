// SPDX-License-Identifier: AGPL-3.0-or-later
// What devices brought in and what is still in force of it: people, devices, roles, invitations, each with its way out.
import { Laptop, Mail, ShieldCheck, UserPlus, Users } from "lucide-preact";
import type { Act } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Badge, Note } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { sentenceOfError, tell } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { t, tn } from "../../words";
import { shown, when } from "../../words/format";
import { manageAddress } from "./manage";
import { actSentenceOf } from "./sentences";

const SHOWN = 100;
const icons = { none: ShieldCheck, device: Laptop, user: UserPlus, role: Users, invitation: Mail } as const;

/** What DEVICES did, newest first; null while it is read. AGAIN reads it again. */
export function useActs(organization: Organization, devices: readonly string[], again: unknown): { acts: Act[] | null; problem: unknown } {
  const [found, setFound] = useState<{ acts: Act[] | null; problem: unknown }>({ acts: null, problem: null });
  const key = devices.join(" ");
  useEffect(() => {
    let ended = false;
    void (async () => {
      const all = new Map<string, Act>();
      try {
        for (const device of devices) {
          for (const act of (await organization.all("device.acts", { device }, "acts")) as Act[]) all.set(`${act.index} ${act.action} ${act.subject}`, act);
        }
        if (!ended) setFound({ acts: [...all.values()].sort((a, b) => b.time - a.time), problem: null });
      } catch (problem) {
        if (!ended) setFound({ acts: [...all.values()], problem });
      }
    })();
    return () => { ended = true; };
  }, [key, again]);
  return found;
}

/** The acts whose effect is still in force, and can be ended; without those that concern LEAVING, which end by themselves. */
export function inForce(acts: readonly Act[], leaving: ReadonlySet<string>): Act[] {
  return acts.filter((one) => one.undo !== "none" && !leaving.has(one.subject));
}

function sentence(organization: Organization, act: Act): string {
  if (act.action === "invitation") return t("made an invitation that is open");
  return actSentenceOf(organization, act.action, act);
}

export function Traces({ organization, acts, problem, changed }: { organization: Organization; acts: Act[] | null; problem: unknown; changed: () => void }) {
  const undo = async (act: Act) => {
    if (act.undo === "device") await organization.call("device.revoke", { device: act.subject });
    else if (act.undo === "role") await organization.call("workspaces.unshare", { workspace: act.workspace, user: act.subject });
    else if (act.undo === "invitation") await organization.call("invitations.cancel", { id: act.subject });
    await organization.readDevices().catch(() => {});
    tell(t("Done"));
    changed();
  };
  const words = (act: Act) => (act.undo === "device" ? t("Revoke") : act.undo === "role" ? t("End the role") : t("Cancel it"));
  if (acts === null) return <Skeleton rows={3} />;
  return (
    <>
      {problem !== null && <div class="pad4"><Note kind="warn" alert>{t("Not all could be read:")} {sentenceOfError(problem)}</Note></div>}
      {acts.length === 0 ? problem === null && <p class="muted pad4">{t("Nothing that they brought in is still there.")}</p> : (
        <ul class="list">{acts.slice(0, SHOWN).map((act) => (
          <li key={`${act.index} ${act.subject}`} class="wrap"><span class="ico"><Icon of={icons[act.undo]} size="s" /></span>
            <span class="grow"><span class="block">{sentence(organization, act)}{act.workspace !== "" && organization.workspaceOf(act.workspace) && <span class="muted"> {t("in “%s”", shown(organization.workspaceOf(act.workspace)!.name))}</span>}</span>
              <span class="muted small block">{when(act.time)}</span></span>
            {act.undo === "user" ? <a class="btn" href={manageAddress(organization, "person", act.subject)}><span>{t("See")}</span></a> : <Button onClick={() => undo(act)}>{words(act)}</Button>}</li>
        ))}</ul>
      )}
      {acts.length > SHOWN && <p class="muted pad4">{tn("%d more", "%d more", acts.length - SHOWN)}</p>}
    </>
  );
}

export function TracesCard({ organization, devices, leaving, again, title, text, changed }: { organization: Organization; devices: readonly string[]; leaving: ReadonlySet<string>; again: unknown; title: string; text: string; changed: () => void }) {
  const { acts, problem } = useActs(organization, devices, again);
  const list = acts && inForce(acts, leaving);
  return (
    <section class="card"><header><h2 class="grow">{title}</h2>{list && list.length > 0 && <Badge kind="warn">{list.length}</Badge>}</header>
      {list && list.length > 0 && <p class="muted pad-x">{text}</p>}
      <Traces organization={organization} acts={list} problem={problem} changed={changed} /></section>
  );
}
