// SPDX-License-Identifier: AGPL-3.0-or-later
// Fields with their label, a hint, and the sentence of what is wrong.
import { Eye, EyeOff } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../words";
import { IconButton } from "./button";

interface FieldProps {
  label: string;
  value: string;
  change: (value: string) => void;
  hint?: ComponentChildren;
  wrong?: string;
  type?: string;
  first?: boolean;
  complete?: string;
  placeholder?: string;
  required?: boolean;
  lines?: number;
  spell?: boolean;
  after?: ComponentChildren;
}

export function Field({ label, value, change, hint, wrong, type = "text", first, complete = "off", placeholder, required, lines, spell = false, after }: FieldProps) {
  const id = useId();
  const [seen, setSeen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  // At once: a focus that comes later takes what is typed elsewhere meanwhile. A dialog does this itself. Where a finger points, the focus would open a keyboard over the page.
  useLayoutEffect(() => {
    if (first && !whole.current?.closest("dialog") && matchMedia("(hover: hover)").matches) whole.current?.querySelector<HTMLElement>("[data-first]")?.focus();
  }, []);
  const isPassword = type === "password";
  const shared = {
    id, value, placeholder, required, spellcheck: spell, autocapitalize: "off", "aria-describedby": hint || wrong ? `${id}h` : undefined,
    "aria-invalid": wrong ? true : undefined, "data-first": first ? "" : undefined,
  } as const;
  return (
    <div class="f" ref={whole}>
      <label for={id}>{label}</label>
      <span class={`in big${wrong ? " wrong" : ""}`}>
        {lines
          ? <textarea {...shared} rows={lines} onInput={(event) => change(event.currentTarget.value)} />
          : <input {...shared} type={isPassword && seen ? "text" : type} autocomplete={complete} onInput={(event) => change(event.currentTarget.value)} />}
        {isPassword && <IconButton icon={seen ? EyeOff : Eye} label={seen ? t("Hide the password") : t("Show the password")} onClick={() => setSeen(!seen)} />}
        {after}
      </span>
      {(hint || wrong) && <span id={`${id}h`} class={wrong ? "small bad" : "hint"} role={wrong ? "alert" : undefined}>{wrong || hint}</span>}
    </div>
  );
}

export const PASSWORD_LEAST = 12;

/** A new password, twice, with how long it is. `change` has "" until both are the same and long enough. BEFORE: what was typed
 * here until the person went back. */
export function NewPassword({ change, first, wrong, before = "" }: { change: (password: string) => void; first?: boolean; wrong?: string; before?: string }) {
  const [one, setOne] = useState(before);
  const [two, setTwo] = useState(before);
  const update = (a: string, b: string) => {
    setOne(a);
    setTwo(b);
    change(a.length >= PASSWORD_LEAST && a === b ? a : "");
  };
  const isShort = one.length > 0 && one.length < PASSWORD_LEAST;
  return (
    <div class="col g4">
      <div class="col g2">
        <Field label={t("Password of this device")} type="password" complete="new-password" value={one} first={first} change={(a) => update(a, two)} wrong={wrong}
          hint={t("At least %d characters. Four words that only you would put together are easy to keep in mind.", PASSWORD_LEAST)} />
        <div class={`strength ${isShort || one === "" ? "" : "ok"}`} aria-hidden="true"><i style={{ width: `${Math.min(100, (one.length / 20) * 100)}%` }} /></div>
      </div>
      <Field label={t("The same password again")} type="password" complete="new-password" value={two} change={(b) => update(one, b)}
        wrong={two !== "" && !one.startsWith(two) ? t("The two passwords differ.") : undefined} />
    </div>
  );
}

export function Search({ label, value, change }: { label: string; value: string; change: (value: string) => void }) {
  return (
    <label class="in search">
      <span class="vh">{label}</span>
      <input type="search" placeholder={label} value={value} onInput={(event) => change(event.currentTarget.value)} />
    </label>
  );
}
