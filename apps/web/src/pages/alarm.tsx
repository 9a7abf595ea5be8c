// SPDX-License-Identifier: AGPL-3.0-or-later
// What threatens trust: the whole page, without a way to close it. It ends when the check succeeds.
import { Check, OctagonAlert, RefreshCw } from "lucide-preact";
import { Button } from "../parts/button";
import { Foot } from "../parts/foot";
import { Icon } from "../parts/icon";
import { Avatar } from "../parts/marks";
import { Refusal } from "../host/client";
import { sentenceOfError } from "../state/notices";
import type { Organization } from "../state/organization";
import { t } from "../words";
import { shown } from "../words/format";
import { alarmHeadline } from "./notes";

export function Alarm({ organization }: { organization: Organization }) {
  const problem = organization.problem.value;
  const admins = (organization.people.value ?? []).filter((one) => one.profile === "admin" && one.live && !one.me);
  return (
    <div class="alarm">
      <div class="alarm-top" role="alert">
        <div class="in-w"><Icon of={OctagonAlert} size="l" />
          <div class="grow"><h1>{alarmHeadline(problem instanceof Refusal ? problem.code : "")}</h1><p>{t("Do not enter anything more. Call an administrator by phone.")}</p></div>
        </div>
      </div>
      <main class="alarm-body">
        <div class="col g4">
          <section class="card"><header><h2>{t("What happened")}</h2></header>
            <div class="col g3 pad4"><p>{sentenceOfError(problem)}</p>
              {problem instanceof Refusal && <details><summary>{t("Details for experts")}</summary><div class="facts"><code>{problem.code} {problem.failure.parameters.map(shown).join(" · ")}</code></div></details>}
            </div>
          </section>
          <section class="card"><header><h2>{t("What zt did")}</h2></header>
            <ul class="list tight start">
              <li><span class="ok"><Icon of={Check} /></span><span class="grow">{t("Stopped: nothing more is written to this organization.")}</span></li>
              <li><span class="ok"><Icon of={Check} /></span><span class="grow">{t("Kept what this device has verified.")}</span></li>
            </ul>
          </section>
        </div>
        <div class="col g4">
          {admins.length > 0 && (
            <section class="card"><header><h2>{t("Call one of them now")}</h2></header>
              <p class="muted pad-x">{t("By phone, not by zt.")}</p>
              <ul class="list">{admins.map((one) => (
                <li key={one.id}><Avatar id={one.id} name={one.name} /><div class="grow"><b class="cut">{shown(one.name)}</b><span class="cut muted small">{shown(one.email)}</span></div></li>
              ))}</ul>
            </section>
          )}
          <section class="card pad"><Button kind="primary" big full icon={RefreshCw} onClick={() => organization.sync()}>{t("Check again")}</Button></section>
        </div>
      </main>
      <Foot />
    </div>
  );
}
