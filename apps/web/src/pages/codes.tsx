// SPDX-License-Identifier: AGPL-3.0-or-later
// The codes of an exchange, the same on both sides of it: read this one, choose that one.
import { Check, CloudOff, Phone, X } from "lucide-preact";
import { Button } from "../parts/button";
import { Icon } from "../parts/icon";
import { Code, Note, Progress } from "../parts/marks";
import type { Exchange } from "../state/exchange";
import { t } from "../words";
import { number } from "../words/format";

export function Codes({ exchange, other, leave }: { exchange: Exchange; other: string; leave: () => void }) {
  const asked = exchange.asked.value;
  const code = exchange.code.value;
  const work = exchange.work.value;
  return (
    <div class="col g5">
      <div class="col g4" aria-live="polite">
        {exchange.away.value && <Note kind="warn" icon={CloudOff}><b>{t("The server cannot be reached.")}</b> {t("The exchange begins again by itself, with other codes.")}</Note>}
        {code !== "" && (
          <section class="col g3">
            <h2>{other === "" ? t("Read this code to the other person") : t("Read this code to %s", other)}</h2>
            <div class="sas-box"><Code code={code} large /></div>
          </section>
        )}
        {asked?.kind === "codes"
          ? (
            <section class="col g3">
              <h2>{other === "" ? t("Which code does the other person read to you?") : t("Which code does %s read to you?", other)}</h2>
              <div class="picks" role="group" aria-label={t("Codes to choose from")}>
                {asked.choices.map((choice, index) => <button key={choice} type="button" class="pick" onClick={() => asked.answer(index)}><Code code={choice} /></button>)}
              </div>
            </section>
          )
          : exchange.chosen.value
            ? work
              ? <div class="col g2"><h2>{t("Almost done")}</h2><Progress part={work.total > 0 ? work.done / work.total : 0} label={t("The history of the organization is verified")} />
                  <p class="muted">{t("The history of the organization is verified: %s of %s.", number(work.done), number(work.total))}</p></div>
              : <p class="row" role="status"><span class="ok"><Icon of={Check} /></span>{other === "" ? t("The code that you heard was right. Now the other person chooses yours.") : t("The code that you heard was right. Now %s chooses yours.", other)}</p>
            : code === "" && !exchange.away.value && (
              <section class="col g3"><h2>{other === "" ? t("Waiting for the other person") : t("Waiting for %s", other)}</h2>
                <p class="muted">{t("Both of you must be here at the same time. Call each other, or sit together.")}</p>
                <span class="skel" /></section>
            )}
      </div>
      <Note icon={Phone}>{t("Why codes? The server carries this exchange, and could try to put itself between you. If each of you finds the code of the other among the four, nobody did. Use a voice that you know: a call, or face to face.")}</Note>
      <div class="row wrap">
        {asked?.kind === "codes" && <Button kind="quiet" icon={X} onClick={() => exchange.noneOfThem()}>{t("None of these: stop")}</Button>}
        <Button class="end-a" onClick={leave}>{t("Cancel")}</Button>
      </div>
    </div>
  );
}
