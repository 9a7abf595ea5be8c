// SPDX-License-Identifier: AGPL-3.0-or-later
// A dialog of the browser: it keeps the focus inside, Escape closes it, and the focus returns to what opened it.
import { X } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../words";
import { IconButton } from "./button";

interface DialogProps {
  title: ComponentChildren;
  close: () => void;
  children: ComponentChildren;
  /** The buttons at the end; the last one is what the dialog is for. */
  actions?: ComponentChildren;
  /** What Enter does. */
  submit?: () => void;
  wide?: boolean;
  bare?: boolean;
  kind?: string;
}

export function Dialog({ title, close, children, actions, submit, wide, bare, kind }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current!;
    const opener = document.activeElement as HTMLElement | null;
    dialog.showModal();
    dialog.querySelector<HTMLElement>("[data-first]")?.focus();
    return () => {
      dialog.close();
      if (opener?.isConnected) opener.focus();
    };
  }, []);
  const inside = (
    <>
      <div class="dh">
        <h2 class="grow" id={id}>{title}</h2>
        <IconButton icon={X} label={t("Close")} onClick={close} />
      </div>
      {bare ? children : <div class="db">{children}</div>}
      {actions && <div class="df">{actions}</div>}
    </>
  );
  return (
    <dialog ref={ref} class={`over ${wide ? "wide" : ""} ${kind ?? ""}`} aria-labelledby={id} onCancel={(event) => { event.preventDefault(); close(); }}
      onMouseDown={(event) => { if (event.target === ref.current) close(); }}>
      {submit
        ? <form onSubmit={(event) => { event.preventDefault(); submit(); }}>{inside}</form>
        : <div class="body-w">{inside}</div>}
    </dialog>
  );
}
