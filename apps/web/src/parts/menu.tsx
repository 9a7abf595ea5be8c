// SPDX-License-Identifier: AGPL-3.0-or-later
// A menu at a button, or where the pointer is. Arrows move, Escape closes, the focus returns.
import { Fragment, type ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconKind } from "./icon";

const GAP = 4;
const EDGE = 8;

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

/** AT is a point, or the button below which the menu opens; it lies above all else (a popover), so that no table cuts it. */
export function MenuList({ choices, close, left, at }: { choices: readonly Choice[]; close: () => void; left?: boolean; at: { x: number; y: number } | HTMLElement }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const menu = ref.current!;
    const opener = document.activeElement as HTMLElement | null;
    menu.showPopover();
    const box = at instanceof HTMLElement ? at.getBoundingClientRect() : new DOMRect(at.x, at.y, 0, 0);
    const x = left || !(at instanceof HTMLElement) ? box.left : box.right - menu.offsetWidth;
    const below = box.bottom + GAP + menu.offsetHeight <= innerHeight - EDGE;
    const y = below ? box.bottom + GAP : Math.max(EDGE, box.top - GAP - menu.offsetHeight);
    menu.style.left = `${Math.max(EDGE, Math.min(x, innerWidth - menu.offsetWidth - EDGE))}px`;
    menu.style.top = `${y}px`;
    menu.querySelector<HTMLElement>("button:not(:disabled)")?.focus();
    const outside = (event: Event) => { if (!menu.contains(event.target as Node) && !(at instanceof HTMLElement && at.contains(event.target as Node))) close(); };
    document.addEventListener("pointerdown", outside);
    addEventListener("resize", close);
    return () => {
      document.removeEventListener("pointerdown", outside);
      removeEventListener("resize", close);
      if (menu.contains(document.activeElement) || document.activeElement === document.body) (at instanceof HTMLElement ? at : opener)?.focus();
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
    <div ref={ref} class="menu" role="menu" popover="manual" onKeyDown={keys} onClick={(event) => event.stopPropagation()} onDblClick={(event) => event.stopPropagation()}>
      {choices.map((one) => (
        <Fragment key={one.label}>
          {one.apart && <hr />}
          <button type="button" role="menuitem" class={one.bad ? "bad" : ""} disabled={one.disabled} onClick={() => { close(); one.act(); }}>
            {one.mark ?? (one.icon && <Icon of={one.icon} size="s" />)}
            <span class="cut">{one.label}</span>
          </button>
        </Fragment>
      ))}
    </div>
  );
}

/** LABEL names a button that shows no words; TITLE explains one that does. */
export function MenuButton({ label, choices, children, class: classes = "btn icon quiet", left, title }: { label?: string; choices: () => readonly Choice[]; children: ComponentChildren; class?: string; left?: boolean; title?: string }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <span class="menu-w">
      <button ref={button} type="button" class={classes} aria-haspopup="menu" aria-expanded={open} aria-label={label} title={title ?? label}
        onClick={(event) => { event.stopPropagation(); setOpen(!open); }}>{children}</button>
      {open && <MenuList choices={choices()} left={left} at={button.current!} close={() => setOpen(false)} />}
    </span>
  );
}
