// SPDX-License-Identifier: AGPL-3.0-or-later
// Short notices: the result of an act, with Undo where there is one; and what is read aloud.
import { signal } from "@preact/signals";
import { Refusal } from "../host/client";
import { sentenceOf, t } from "../words";

export interface Notice {
  id: number;
  text: string;
  bad: boolean;
  undo?: () => void;
}

const LIFE_MS = 10_000;
/** Until then every screen reader has taken what is to be said. */
const SPOKEN_MS = 1000;

export const notice = signal<Notice | null>(null);
/** What a screen reader says at its next pause. */
export const spokenNow = signal("");
let timer: ReturnType<typeof setTimeout> | undefined;
let spoken: ReturnType<typeof setTimeout> | undefined;
let next = 1;

/** TEXT does not stay: who reads the page later does not find it, and the same words are said again the next time. */
export function say(text: string): void {
  clearTimeout(spoken);
  spokenNow.value = text;
  if (text !== "") spoken = setTimeout(() => { spokenNow.value = ""; }, SPOKEN_MS);
}

export function tell(text: string, undo?: () => void): void {
  show({ id: next++, text, bad: false, undo });
}

export function warn(text: string): void {
  show({ id: next++, text, bad: true });
}

export function tellRefusal(error: unknown): void {
  warn(sentenceOfError(error));
}

export function sentenceOfError(error: unknown): string {
  if (error instanceof Refusal) {
    if (error.code === "LINE_LOST") return t("The connection to zt on this computer was lost. What you typed is kept.");
    if (error.code === "UNREADABLE") return t("The file cannot be read any more: it was changed or moved meanwhile. Send it again.");
    if (error.code === "REVOKED" && error.failure.english.startsWith("the server says")) return t("The server says that you were removed from this organization, or that this device was. An administrator can tell you more.");
    return sentenceOf(error.failure);
  }
  return t("Something in this page failed: %s", error instanceof Error ? error.message : String(error));
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Refusal && error.code === code;
}

function show(one: Notice): void {
  say(""); // what was said before is no more so
  notice.value = one;
  hold(false);
}

/** Keeps the notice while it is pointed at or has the focus. */
export function hold(kept: boolean): void {
  clearTimeout(timer);
  if (!kept) timer = setTimeout(dismiss, LIFE_MS);
}

export function dismiss(): void {
  clearTimeout(timer);
  notice.value = null;
}
