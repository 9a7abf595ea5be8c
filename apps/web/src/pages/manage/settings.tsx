// SPDX-License-Identifier: AGPL-3.0-or-later
// What is set at this host, and what the organization is.
import { useEffect, useState } from "preact/hooks";
import { host } from "../../state/host";
import { ask } from "../../state/confirm";
import { isCode, tell, tellRefusal } from "../../state/notices";
import { t, tn } from "../../words";
import { number, shortDate, shown } from "../../words/format";
import { BindingCard } from "./binding";
import { Rooms, type RoomProps } from "./manage";
import type { Anchor } from "@rpc";

const MINUTES = [5, 15, 30, 60, 240, 480, 0];

export function LockAfter({ organization }: RoomProps) {
  const [minutes, setMinutes] = useState<number | null>(null);
  useEffect(() => { host().call(null, "host.settings", { key: organization.key }).then(({ lockAfter }) => setMinutes(lockAfter)).catch(tellRefusal); }, []);
  const change = (lockAfter: number) => {
    const before = minutes;
    setMinutes(lockAfter);
    ask(organization.key, "host.settings", { key: organization.key, lockAfter }, undefined, true)
      .then((set) => { setMinutes(set.lockAfter); tell(t("Saved")); }, (error: unknown) => { setMinutes(before); if (!isCode(error, "CONFIRM")) tellRefusal(error); });
  };
  const choices = minutes === null || MINUTES.includes(minutes) ? MINUTES : [minutes, ...MINUTES];
  return (
    <label class="row wrap setting"><span class="grow"><b>{t("Lock this computer's devices")}</b><span class="muted small block">{t("After this time without use, the password is asked for again.")}</span></span>
      <select value={minutes === null ? "" : String(minutes)} disabled={minutes === null} onChange={(event) => change(Number(event.currentTarget.value))}>
        {choices.map((one) => <option key={one} value={String(one)}>{one === 0 ? t("Never by itself") : one < 60 ? tn("After %d minute", "After %d minutes", one) : tn("After %d hour", "After %d hours", one / 60)}</option>)}
      </select></label>
  );
}

export function Settings({ organization }: RoomProps) {
  const [anchors, setAnchors] = useState<Anchor[] | null>(null);
  useEffect(() => { organization.all("pki.trusted", {}, "anchors").then((list) => setAnchors(list as Anchor[])).catch(() => setAnchors([])); }, []);
  const who = organization.identity.value;
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page tight">
        <Rooms organization={organization} current="settings" />
        <div class="reading col g4">
          <section class="card"><header><h2>{t("This computer")}</h2></header><div class="pad4"><LockAfter organization={organization} /></div></section>
          {who && <section class="card"><header><h2>{t("The organization")}</h2></header><div class="pad4"><dl class="dl">
            <dt>{t("Name")}</dt><dd>{shown(who.organization)}</dd><dt>{t("Server")}</dt><dd>{shown(who.server)}</dd><dt>{t("Trust log")}</dt><dd>{tn("%d entry", "%d entries", who.log.size, number(who.log.size))}</dd></dl>
            <details class="gap"><summary>{t("Details")}</summary><div class="facts"><dl class="dl"><dt>{t("Organization")}</dt><dd><code>{who.organizationId}</code></dd><dt>{t("Log")}</dt><dd><code>{who.log.root}</code></dd></dl></div></details></div></section>}
          <BindingCard organization={organization} />
          {anchors && anchors.length > 0 && <section class="card"><header><h2>{t("Certificates that the organization trusts")}</h2></header><ul class="list">{anchors.map((one) => (
            <li key={one.fingerprint}><span class="grow"><b class="cut">{shown(one.subject || one.issuer)}</b><span class="muted small cut">{one.list ? t("Revocation list") : t("Authority")}, {t("valid until %s", shortDate(one.until))}</span></span></li>
          ))}</ul></section>}
        </div>
      </div>
    </main>
  );
}
