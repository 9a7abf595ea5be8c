// SPDX-License-Identifier: AGPL-3.0-or-later
// A menu at a button, or where the pointer is. Arrows move, Escape closes, the focus returns.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconKind } from "./icon";

export interface Choice {
  label: string;
  icon?: IconKind;
  mark?: ComponentChildren;
  bad?: boolean;
  disabled?: boolean;
  /** A line before this choice. */
  apart?: boolean;
  act: () => void;
}

export function MenuList({ choices, close, left, at }: { choices: readonly Choice[]; close: () => void; left?: boolean; at?: { x: number; y: number } }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const menu = ref.current!;
    const opener = document.activeElement as HTMLElement | null;
    if (at) {
      menu.style.left = `${Math.max(8, Math.min(at.x, innerWidth - menu.offsetWidth - 8))}px`;
      menu.style.top = `${Math.max(8, Math.min(at.y, innerHeight - menu.offsetHeight - 8))}px`;
    }
    menu.querySelector("button")?.focus();
    const outside = (event: Event) => { if (!menu.contains(event.target as Node) && !menu.parentElement?.contains(event.target as Node)) close(); };
    document.addEventListener("pointerdown", outside);
    return () => {
      document.removeEventListener("pointerdown", outside);
      if (menu.contains(document.activeElement) || document.activeElement === document.body) opener?.focus();
    };
  }, []);
  const keys = (event: KeyboardEvent) => {
    const buttons = [...ref.current!.querySelectorAll<HTMLButtonElement>("button:not(:disabled)")];
    const place = buttons.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === "ArrowDown") buttons[(place + 1) % buttons.length]?.focus();
    else if (event.key === "ArrowUp") buttons[(place - 1 + buttons.length) % buttons.length]?.focus();
    else if (event.key === "Home") buttons[0]?.focus();
    else if (event.key === "End") buttons.at(-1)?.focus();
    else if (event.key === "Escape" || event.key === "Tab") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div ref={ref} class={`menu ${left ? "left" : ""} ${at ? "fixed" : ""}`} role="menu" onKeyDown={keys}>
      {choices.map((one) => (
        <>
          {one.apart && <hr />}
          <button key={one.label} type="button" role="menuitem" class={one.bad ? "bad" : ""} disabled={one.disabled} onClick={() => { close(); one.act(); }}>
            {one.mark ?? (one.icon && <Icon of={one.icon} size="s" />)}
            <span class="cut">{one.label}</span>
          </button>
        </>
      ))}
    </div>
  );
}

/** LABEL names a button that shows no words; TITLE explains one that does. */
export function MenuButton({ label, choices, children, class: classes = "btn icon quiet", left, title }: { label?: string; choices: () => readonly Choice[]; children: ComponentChildren; class?: string; left?: boolean; title?: string }) {
  const [open, setOpen] = useState(false);
  return (
    <span class="menu-w">
      <button type="button" class={classes} aria-haspopup="menu" aria-expanded={open} aria-label={label} title={title ?? label}
        onClick={(event) => { event.stopPropagation(); setOpen(!open); }}>{children}</button>
      {open && <MenuList choices={choices()} left={left} close={() => setOpen(false)} />}
    </span>
  );
}
