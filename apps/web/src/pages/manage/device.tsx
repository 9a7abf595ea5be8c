// SPDX-License-Identifier: AGPL-3.0-or-later
// Revokes a device: first what it did, and what it brought in; afterwards what of that is still there.
import { Check, Copy, KeyRound, Laptop } from "lucide-preact";
import type { Device } from "@rpc";
import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Icon, type IconKind } from "../../parts/icon";
import { Note } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { sentenceOfError } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { t, tn } from "../../words";
import { shown, when } from "../../words/format";
import { actSentence } from "./sentences";
import { inForce, Traces, useActs } from "./traces";

const SHOWN = 50;

export function DeviceDialog({ organization, device, close }: { organization: Organization; device: Device; close: () => void }) {
  const [wrong, setWrong] = useState("");
  const [done, setDone] = useState(false);
  const [again, setAgain] = useState(0);
  const { acts, problem } = useActs(organization, [device.id], again);
  const owner = organization.nameOf(device.user);
  const name = device.label !== "" ? `“${shown(device.label)}”` : t("a device of %s", shown(owner));
  const still = inForce(acts ?? [], new Set([device.id]));
  const revoke = async () => {
    setWrong("");
    try {
      await organization.call("device.revoke", { device: device.id });
      await organization.readDevices();
      setDone(true);
      setAgain(again + 1);
    } catch (error) {
      setWrong(sentenceOfError(error));
    }
  };
  const line = (icon: IconKind, text: string) => <li class="row start"><span class={done ? "ok" : "ico"}><Icon of={done ? Check : icon} size="s" /></span><span class="grow">{text}</span></li>;
  return (
    <Dialog wide={still.length > 0} title={done ? t("Revoked: %s", name) : t("Revoke %s", name)} close={close}
      actions={done ? <Button kind="primary" onClick={close}>{t("Done")}</Button> : <><Button onClick={close}>{t("Keep it")}</Button><Button kind="danger" onClick={revoke}>{t("Revoke the device")}</Button></>}>
      <ul class="col g2" role={done ? "status" : undefined}>
        {line(Laptop, done ? t("It is shut out, without an end.") : t("It is shut out at once and without an end."))}
        {line(KeyRound, done ? t("Every key that it knew was changed, as far as you manage it.") : t("Every key that it knew is changed, as far as you manage it."))}
        {line(Copy, t("What it has copied stays copied."))}
      </ul>
      {(still.length > 0 || done) && <section class="card"><header><h3 class="grow">{done ? t("Still there of what it brought in") : t("What it brought in, and stays")}</h3></header>
        <Traces organization={organization} acts={acts && still} problem={problem} changed={() => setAgain(again + 1)} /></section>}
      {!done && <>
        <h3>{t("What it did in the organization")}</h3>
        {acts === null ? <Skeleton rows={3} /> : problem !== null ? <Note kind="bad" alert>{sentenceOfError(problem)}</Note> : acts.length === 0 ? <p class="muted">{t("Nothing that the trust log records.")}</p>
          : <><ul class="list flush tight">{acts.slice(0, SHOWN).map((one) => <li key={`${one.index} ${one.subject}`}><span class="grow">{one.action === "invitation" ? t("made an invitation that is open") : actSentence(one.action)}{one.what !== "" && <span class="muted"> {shown(one.what)}</span>}</span><span class="muted small nw">{when(one.time)}</span></li>)}</ul>
            {acts.length > SHOWN && <p class="muted">{tn("%d older act", "%d older acts", acts.length - SHOWN)}</p>}</>}
      </>}
      {wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
    </Dialog>
  );
}
