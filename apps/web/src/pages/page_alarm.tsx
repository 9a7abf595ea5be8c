// SPDX-License-Identifier: AGPL-3.0-or-later
// The server sends another page than it should: the whole page, until the person ends it with the password.
import { Check, OctagonAlert, RefreshCw } from "lucide-preact";
import type { PageLook } from "@rpc";
import { useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Foot } from "../parts/foot";
import { Icon } from "../parts/icon";
import { Avatar, Note } from "../parts/marks";
import type { Organization } from "../state/organization";
import { t } from "../words";
import { shown, when } from "../words/format";
import { lookText, lookTitle } from "../words/page_look";

export function PageAlarm({ organization, look }: { organization: Organization; look: PageLook }) {
  const [again, setAgain] = useState<PageLook | null>(null);
  const admins = (organization.people.value ?? []).filter((one) => one.profile === "admin" && one.live && !one.me);
  const check = async () => {
    const found = await organization.call("releases.check", {});
    await organization.readPage();
    setAgain(found);
  };
  const end = async () => {
    await organization.call("releases.clear", {});
    await organization.readPage();
  };
  return (
    <div class="alarm">
      <div class="alarm-top" role="alert">
        <div class="in-w"><Icon of={OctagonAlert} size="l" />
          <div class="grow"><h1>{lookTitle(look)}</h1><p>{t("Open zt in no browser at %s until the reason is known. Tell your colleagues, by phone.", shown(look.origin))}</p></div>
        </div>
      </div>
      <main class="alarm-body">
        <div class="col g4">
          <section class="card"><header><h2>{t("What happened")}</h2></header>
            <div class="col g3 pad4"><p>{lookText(look)}</p><p class="muted small">{t("Seen by this device, %s.", when(look.time))}</p>
              <details><summary>{t("Details for experts")}</summary><div class="facts"><code>{[look.origin, look.file, look.release].filter(Boolean).map(shown).join(" · ")}</code></div></details>
            </div>
          </section>
          <section class="card"><header><h2>{t("What is safe")}</h2></header>
            <ul class="list tight start">
              <li><span class="ok"><Icon of={Check} /></span><span class="grow">{t("This computer: its zt is a program on it, and not that page.")}</span></li>
              <li><span class="ok"><Icon of={Check} /></span><span class="grow">{t("What is stored at the server: it stays encrypted.")}</span></li>
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
          <section class="card pad col g3">
            {again !== null && <Note kind={again.alarm ? "bad" : "acc"} alert><b>{lookTitle(again)}</b>{!again.alarm && <p>{t("The page may have been another one for some visitors, or for an hour. The alarm stays until you end it.")}</p>}</Note>}
            <Button kind="primary" big full icon={RefreshCw} onClick={check}>{t("Look again")}</Button>
            <Button big full onClick={end}>{t("The reason is known: end the alarm")}</Button>
          </section>
        </div>
      </main>
      <Foot />
    </div>
  );
}
