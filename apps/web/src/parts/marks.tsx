// SPDX-License-Identifier: AGPL-3.0-or-later
// Small marks: faces, organizations, badges, progress, notes, codes.
import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { initials, pairs, shown, spoken, tint } from "../words/format";
import { Icon, type IconKind } from "./icon";

export function Avatar({ id, name, size = "m", named }: { id: string; name: string; size?: "s" | "m" | "l"; named?: boolean }) {
  const kind = size === "m" ? "" : size;
  return (
    <span class={`av p${tint(id, 6)} ${kind}`} {...(named ? { role: "img", "aria-label": shown(name), title: shown(name) } : { "aria-hidden": true })}>
      {initials(name)}
    </span>
  );
}

export function Avatars({ people, most = 3 }: { people: readonly { id: string; name: string }[]; most?: number }) {
  const rest = people.length - most;
  return (
    <span class="avs">
      {people.slice(0, most).map((one) => <Avatar key={one.id} id={one.id} name={one.name} size="s" named />)}
      {rest > 0 && <span class="av s p0">+{rest}</span>}
    </span>
  );
}

export function Tile({ name, large }: { name: string; large?: boolean }) {
  return <span class={`tile t${tint(name, 4)}${large ? " l" : ""}`} aria-hidden="true">{initials(name)}</span>;
}

export function Badge({ kind, children }: { kind?: "ok" | "warn" | "bad" | "acc"; children: ComponentChildren }) {
  return <span class={`badge ${kind ?? ""}`}>{children}</span>;
}

export function Progress({ part, label, kind }: { part: number; label: string; kind?: "ok" | "hold" | "warn" }) {
  const percent = Math.max(0, Math.min(100, Math.round(part * 100)));
  return (
    <div class={`prog ${kind ?? ""}`} role="progressbar" aria-valuenow={percent} aria-valuemin={0} aria-valuemax={100} aria-label={label}>
      <i style={{ width: `${percent}%` }} />
    </div>
  );
}

const noteIcons = { plain: Info, acc: Info, ok: CircleCheck, warn: TriangleAlert, bad: CircleAlert } as const;

export function Note({ kind = "plain", icon, children, alert, actions }: { kind?: keyof typeof noteIcons; icon?: IconKind; children: ComponentChildren; alert?: boolean; actions?: ComponentChildren }) {
  return (
    <div class={`note ${kind === "plain" ? "" : kind} ${actions ? "center" : ""}`} role={alert ? "alert" : undefined}>
      <Icon of={icon ?? noteIcons[kind]} />
      <div class="grow">{children}</div>
      {actions}
    </div>
  );
}

/** A code in pairs; a screen reader spells it. */
export function Code({ code, large }: { code: string; large?: boolean }) {
  const signs = pairs(code);
  return (
    <>
      <span class={`sas${large ? " large" : ""}`} aria-hidden="true">{signs.map((pair, place) => <span key={place}>{pair}</span>)}</span>
      <span class="vh">{signs.join("").split("").join(" ")}</span>
      <span class="muted small">{spoken(code)}</span>
    </>
  );
}

export function Empty({ icon, title, children, actions, level = 2 }: { icon: IconKind; title: string; children?: ComponentChildren; actions?: ComponentChildren; level?: 2 | 3 }) {
  const Heading = level === 2 ? "h2" : "h3";
  return (
    <div class="empty">
      <Icon of={icon} size="l" />
      <Heading>{title}</Heading>
      {children && <p>{children}</p>}
      {actions}
    </div>
  );
}

/** A name that keeps its ending when it is cut. */
export function CutName({ parts }: { parts: [string, string] }) {
  return <><span class="cutmid" aria-hidden="true"><span>{parts[0]}</span><span>{parts[1]}</span></span><span class="vh">{parts.join("")}</span></>;
}
