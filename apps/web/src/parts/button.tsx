// SPDX-License-Identifier: AGPL-3.0-or-later
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { tellRefusal } from "../state/notices";
import { Icon, type IconKind } from "./icon";

type Kind = "plain" | "primary" | "danger" | "quiet" | "link";

interface ButtonProps extends Omit<JSX.HTMLAttributes<HTMLButtonElement>, "icon" | "onClick"> {
  kind?: Kind;
  icon?: IconKind;
  big?: boolean;
  full?: boolean;
  type?: "button" | "submit";
  disabled?: boolean;
  form?: string;
  children?: ComponentChildren;
  /** A promise keeps the button disabled until it ends; its refusal becomes a notice. */
  onClick?: (event: JSX.TargetedMouseEvent<HTMLButtonElement>) => void | Promise<unknown>;
}

export function Button({ kind = "plain", icon, big, full, children, onClick, disabled, class: more, type = "button", ...rest }: ButtonProps) {
  const [busy, setBusy] = useState(false);
  const press = (event: JSX.TargetedMouseEvent<HTMLButtonElement>) => {
    const result = onClick?.(event);
    if (!(result instanceof Promise)) return;
    setBusy(true);
    result.catch(tellRefusal).finally(() => setBusy(false));
  };
  const classes = ["btn", kind === "plain" ? "" : kind, big ? "big" : "", full ? "full" : "", more ?? ""].filter(Boolean).join(" ");
  return (
    <button type={type} class={classes} disabled={disabled || busy} aria-busy={busy || undefined} onClick={press} {...rest}>
      {icon && <Icon of={icon} size="s" />}
      {children !== undefined && <span>{children}</span>}
    </button>
  );
}

interface IconButtonProps extends Omit<JSX.HTMLAttributes<HTMLButtonElement>, "icon" | "label" | "onClick"> {
  icon: IconKind;
  label: string;
  /** The keys that do the same, shown with the label. */
  keys?: string;
  small?: boolean;
  disabled?: boolean;
  onClick?: (event: JSX.TargetedMouseEvent<HTMLButtonElement>) => void;
}

export function IconButton({ icon, label, keys, small = true, class: more, ...rest }: IconButtonProps) {
  return (
    <button type="button" class={`btn icon quiet ${more ?? ""}`} aria-label={label} title={keys ? `${label} (${keys})` : label} {...rest}>
      <Icon of={icon} size={small ? "s" : "m"} />
    </button>
  );
}
