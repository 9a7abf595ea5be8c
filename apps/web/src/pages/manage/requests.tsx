// SPDX-License-Identifier: AGPL-3.0-or-later
// Requests to join by a certificate.
import { BadgeCheck, Check, X } from "lucide-preact";
import type { JoinRequest, Profile } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Avatar, Empty, Note } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { sentenceOfError, tell } from "../../state/notices";
import { sentenceOfReason, t, tn } from "../../words";
import { shown, when } from "../../words/format";
import { useStatus } from "../trail";
import { Rooms, type RoomProps } from "./manage";
import { ProfileChoice } from "./profile";

export function Requests({ organization }: RoomProps) {
  const [problem, setProblem] = useState<unknown>(null);
  const [accepted, setAccepted] = useState<JoinRequest | null>(null);
  const [profile, setProfile] = useState<Profile>("standard");
  const list = organization.requests.value;
  useEffect(() => { organization.readRequests().catch(setProblem); }, []);
  useStatus(list ? tn("%d request", "%d requests", list.length) : "");
  const accept = async () => {
    if (!accepted) return;
    await organization.call("pki.accept", { id: accepted.id, profile });
    tell(t("%s is in", shown(accepted.name)));
    setAccepted(null);
    await Promise.all([organization.readRequests(), organization.readPeople()]);
  };
  const reject = async (one: JoinRequest) => {
    await organization.call("pki.reject", { id: one.id });
    await organization.readRequests();
    tell(t("The request of %s was rejected", shown(one.name)));
  };
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page tight">
        <Rooms organization={organization} current="requests" />
        {problem !== null && <Note kind="bad" alert>{sentenceOfError(problem)}</Note>}
        {list === null ? problem === null && <Skeleton /> : list.length === 0
          ? <div class="drop"><Empty icon={BadgeCheck} title={t("No request waits")}>{t("People with a certificate that the organization trusts can ask to join. Their requests wait here.")}</Empty></div>
          : <ul class="list card">{list.map((one) => (
            <li key={one.id} class="wrap"><Avatar id={one.id} name={one.name} /><div class="grow"><b class="cut">{shown(one.name)}</b><span class="muted small cut">{shown(one.email)}, {when(one.time)}</span>{one.refusal && <span class="bad small block">{sentenceOfReason(shown(one.refusal))}</span>}
              <details><summary>{t("Details")}</summary><div class="facts"><dl class="dl"><dt>{t("Certificate")}</dt><dd>{shown(one.subject)}</dd><dt>{t("Issued by")}</dt><dd>{shown(one.issuer)}</dd><dt>{t("Fingerprint")}</dt><dd><code>{one.fingerprint}</code></dd></dl></div></details></div>
              {!one.refusal && <Button kind="primary" icon={Check} onClick={() => setAccepted(one)}>{t("Accept")}</Button>}
              <Button icon={X} onClick={() => reject(one)}>{t("Reject")}</Button></li>
          ))}</ul>}
      </div>
      {accepted && <Dialog title={t("Let %s in?", shown(accepted.name))} close={() => setAccepted(null)} actions={<><Button onClick={() => setAccepted(null)}>{t("Cancel")}</Button><Button kind="primary" onClick={accept}>{t("Let in")}</Button></>}><ProfileChoice value={profile} change={setProfile} /></Dialog>}
    </main>
  );
}
