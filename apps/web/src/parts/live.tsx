// SPDX-License-Identifier: AGPL-3.0-or-later
// What is said aloud, and the notice of the last act.
import { X } from "lucide-preact";
import { useEffect } from "preact/hooks";
import { dismiss, hold, notice, spokenNow } from "../state/notices";
import { t } from "../words";
import { IconButton } from "./button";

export function Live() {
  return <div class="vh" aria-live="polite">{spokenNow.value}</div>;
}

/** The focus of a notice that ends is not lost: what the notice was about is in the page. */
function back(): void {
  (document.querySelector<HTMLElement>("#main [role=grid]") ?? document.getElementById("main"))?.focus();
}

export function Toast() {
  const one = notice.value;
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "z" && notice.value?.undo && !(event.target as HTMLElement).matches("input, textarea, .code")) {
        event.preventDefault();
        const undo = notice.value.undo;
        dismiss();
        undo();
      }
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);
  return (
    <div role="status" aria-live="polite">
      {one && (
        <div class="toast" onMouseEnter={() => hold(true)} onMouseLeave={() => hold(false)} onFocusIn={() => hold(true)} onFocusOut={() => hold(false)}>
          <span class="grow" key={one.id}>{one.text}</span>
          {one.undo && <button type="button" class="btn" title={`${t("Undo")} (Ctrl+Z)`} onClick={() => { const undo = one.undo!; dismiss(); back(); undo(); }}>{t("Undo")}</button>}
          <IconButton icon={X} label={t("Close")} onClick={() => { dismiss(); back(); }} />
        </div>
      )}
    </div>
  );
}
