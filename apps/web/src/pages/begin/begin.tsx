// SPDX-License-Identifier: AGPL-3.0-or-later
// The ways into an organization: each a short guided page.
import type { ComponentChildren } from "preact";
import { Check } from "lucide-preact";
import { Foot } from "../../parts/foot";
import { Icon, Mark } from "../../parts/icon";
import { t } from "../../words";
import { Create } from "./create";
import { Join } from "./join";
import { Recover } from "./recover";

export function Begin({ way }: { way: string }) {
  switch (way) {
    case "create": return <Create />;
    case "recover": return <Recover />;
    case "device": return <Join device />;
    default: return <Join device={false} />;
  }
}

export function Guided({ title, intro, steps, step, children }: { title: string; intro?: string; steps: readonly string[]; step: number; children: ComponentChildren }) {
  return (
    <div class="solo">
      <header class="band"><a class="mark" href="#/"><Mark />zt</a><a class="end-a" href="#/">{t("Your organizations")}</a></header>
      <main class="frame narrow" id="main" tabIndex={-1}>
        <ol class="steps">{steps.map((name, at) => (
          <li key={name} class={at < step ? "done" : ""} aria-current={at === step ? "step" : undefined}>{at < step ? <Icon of={Check} size="s" /> : <b>{at + 1}</b>}<span>{name}</span></li>
        ))}</ol>
        <section class="card"><div class="col g5 pad5">
          {title !== "" && <div class="col g1"><h1>{title}</h1>{intro && <p class="muted">{intro}</p>}</div>}
          {children}
        </div></section>
      </main>
      <Foot />
    </div>
  );
}

/** What this computer is called for the others. */
export function ownLabel(): string {
  const agent = navigator.userAgent;
  if (/iPhone|Android.*Mobile/.test(agent)) return t("phone");
  if (/iPad|Android/.test(agent)) return t("tablet");
  return t("computer");
}
