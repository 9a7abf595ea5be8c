// SPDX-License-Identifier: AGPL-3.0-or-later
// Amounts, times and names as people read them.
import { language, t } from "./index";

const locale = () => (language() === "fr" ? "fr-FR" : "en-GB");

/** 24 kB, 1.2 MB; in French 24 Ko, 1,2 Mo. Thousands, as on disks. */
export function size(bytes: number): string {
  const units = language() === "fr" ? ["o", "Ko", "Mo", "Go", "To"] : ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit > 1 && value < 99.95 ? 1 : 0;
  return `${new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value)}\u00a0${units[unit]}`;
}

export function number(value: number): string {
  return new Intl.NumberFormat(locale()).format(value);
}

function clock(time: Date): string {
  return time.toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit", hour12: false });
}

function dayNumber(time: Date): number {
  return Math.round(Date.UTC(time.getFullYear(), time.getMonth(), time.getDate()) / 86_400_000);
}

/** today 10:14, yesterday 18:02, then the date. */
export function when(milliseconds: number, now = Date.now()): string {
  if (!milliseconds) return "";
  const time = new Date(milliseconds);
  const days = dayNumber(new Date(now)) - dayNumber(time);
  if (days === 0) return t("today %s", clock(time));
  if (days === 1) return t("yesterday %s", clock(time));
  return shortDate(milliseconds, now);
}

export function hour(milliseconds: number): string {
  return clock(new Date(milliseconds));
}

export function shortDate(milliseconds: number, now = Date.now()): string {
  const time = new Date(milliseconds);
  const sameYear = time.getFullYear() === new Date(now).getFullYear();
  return time.toLocaleDateString(locale(), sameYear ? { day: "numeric", month: "short" } : { day: "numeric", month: "short", year: "numeric" });
}

/** A day of UTC, which began at MILLISECONDS: today, yesterday, then the date. */
export function utcDay(milliseconds: number, now = Date.now()): string {
  const days = Math.floor(now / 86_400_000) - Math.floor(milliseconds / 86_400_000);
  if (days <= 0) return t("today");
  if (days === 1) return t("yesterday");
  const time = new Date(milliseconds);
  const sameYear = time.getUTCFullYear() === new Date(now).getUTCFullYear();
  return time.toLocaleDateString(locale(), { timeZone: "UTC", day: "numeric", month: "short", ...(sameYear ? {} : { year: "numeric" }) });
}

/** The heading of a day: Today, 27 November. */
export function day(milliseconds: number, now = Date.now()): string {
  const time = new Date(milliseconds);
  const days = dayNumber(new Date(now)) - dayNumber(time);
  const date = time.toLocaleDateString(locale(), { day: "numeric", month: "long", ...(time.getFullYear() === new Date(now).getFullYear() ? {} : { year: "numeric" }) });
  if (days === 0) return t("Today, %s", date);
  if (days === 1) return t("Yesterday, %s", date);
  return date;
}

/** How long something still takes. */
export function span(seconds: number): string {
  if (seconds < 90) return t("about %d s", Math.max(1, Math.round(seconds)));
  if (seconds < 5400) return t("about %d min", Math.round(seconds / 60));
  return t("about %d h", Math.round(seconds / 3600));
}

/** A text of somebody else as one line: signs that order or hide what is around them are shown as a mark. */
export function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u3164\uffa0\u115f\u1160]/gu, (sign) => (sign === "\u200d" ? sign : "\ufffd"));
}

/** A name in two parts, the second of which is never cut. */
export function nameParts(name: string): [string, string] {
  const safe = shown(name);
  const dot = safe.lastIndexOf(".");
  if (dot > 0 && safe.length - dot <= 8) return [safe.slice(0, dot), safe.slice(dot)];
  return [safe, ""];
}

/** Two letters for a person or an organization. */
export function initials(name: string): string {
  const words = shown(name).split(/[\s\-_.@]+/).filter((word) => /\p{L}|\p{N}/u.test(word));
  const first = words[0] ?? "?";
  const last = words.length > 1 ? words[words.length - 1]! : "";
  const letter = (word: string) => [...word][0] ?? "";
  return (last === "" ? [...first].slice(0, 2).join("") : letter(first) + letter(last)).toUpperCase();
}

/** One of N tints for an id, the same each time. */
export function tint(id: string, n: number): number {
  let sum = 0;
  for (let i = 0; i < id.length; i++) sum = (sum * 31 + id.charCodeAt(i)) >>> 0;
  return (sum % n) + 1;
}

const letters: Record<string, string> = {
  A: "Alfa", B: "Bravo", C: "Charlie", D: "Delta", E: "Echo", F: "Foxtrot", G: "Golf", H: "Hotel", I: "India", J: "Juliett", K: "Kilo", L: "Lima",
  M: "Mike", N: "November", O: "Oscar", P: "Papa", Q: "Quebec", R: "Romeo", S: "Sierra", T: "Tango", U: "Uniform", V: "Victor", W: "Whiskey",
  X: "X-ray", Y: "Yankee", Z: "Zulu",
};

/** A code as it is read over a telephone: Tango three, Whiskey Alfa. */
export function spoken(code: string): string {
  const digits = [t("zero"), t("one"), t("two"), t("three"), t("four"), t("five"), t("six"), t("seven"), t("eight"), t("nine")];
  const word = (sign: string) => letters[sign.toUpperCase()] ?? digits[Number(sign)] ?? sign;
  return pairs(code).map((pair) => [...pair].map(word).join(" ")).join(", ");
}

export function pairs(code: string): string[] {
  return code.replace(/[^0-9A-Za-z]/g, "").match(/.{1,2}/g) ?? [];
}
