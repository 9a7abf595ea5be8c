// SPDX-License-Identifier: AGPL-3.0-or-later
// Notices of the browser, outside of the page: only where the person asked for them, and only while the page is not looked at.
import { signal } from "@preact/signals";

export type Telling = "off" | "quiet" | "names";

const KEPT = "zt.notices";

export const telling = signal<Telling>("off");

export function canTell(): boolean {
  return typeof Notification === "function" && globalThis.isSecureContext;
}

export function readTelling(): void {
  const kept = localStorage.getItem(KEPT);
  telling.value = canTell() && Notification.permission === "granted" && (kept === "quiet" || kept === "names") ? kept : "off";
}

/** Asks the browser where it must; false: the person, or the browser, said no. */
export async function useTelling(chosen: Telling): Promise<boolean> {
  if (chosen !== "off" && (!canTell() || (await Notification.requestPermission()) !== "granted")) {
    telling.value = "off";
    return false;
  }
  telling.value = chosen;
  localStorage.setItem(KEPT, chosen);
  return true;
}

/** TITLE says what happened, without names; BODY may have some. OPEN runs when it is clicked. */
export function tellOutside(tag: string, title: string, body: string, open: () => void): void {
  if (telling.value === "off" || !canTell() || Notification.permission !== "granted" || (document.visibilityState === "visible" && document.hasFocus())) return;
  try {
    const notice = new Notification(title, { tag, icon: "./icon-192.png", ...(telling.value === "names" && body !== "" ? { body } : {}) });
    notice.onclick = () => {
      focus();
      open();
      notice.close();
    };
  } catch {
    // A telephone shows notices of service workers alone.
  }
}
