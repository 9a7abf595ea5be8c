// SPDX-License-Identifier: AGPL-3.0-or-later
// The words of the page. Its English sentences are the msgids of po/; another language is a catalogue that is fetched on demand.
import { signal } from "@preact/signals";
import type { Failure } from "@rpc";

export type Language = "en" | "fr";
type Catalogue = Record<string, string | string[]>;

const KEPT = "zt.language";
const none: Catalogue = {};
const catalogues: Partial<Record<Language, Catalogue>> = { en: none };
const current = signal<{ language: Language; words: Catalogue }>({ language: "en", words: none });

export function language(): Language {
  return current.value.language;
}

/** The language that was chosen here, else the browser's. */
export function preferredLanguage(): Language {
  const kept = localStorage.getItem(KEPT);
  if (kept === "en" || kept === "fr") return kept;
  return navigator.languages.map((one) => one.slice(0, 2)).find((one) => one === "fr" || one === "en") === "fr" ? "fr" : "en";
}

export async function useLanguage(chosen: Language, keep: boolean): Promise<void> {
  if (keep) localStorage.setItem(KEPT, chosen);
  const words = (catalogues[chosen] ??= (await import("virtual:words/fr")).default);
  current.value = { language: chosen, words };
  document.documentElement.lang = chosen;
}

/** For tests: a catalogue without a build. */
export function setWords(chosen: Language, words: Catalogue): void {
  current.value = { language: chosen, words };
}

type Part = string | number;

/** Fills the printf directives of a sentence with PARTS, in their order or by number (%2$s). */
export function fill(sentence: string, parts: readonly Part[]): string {
  let next = 0;
  return sentence.replace(/%%|%(?:(\d+)\$)?[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j|t)?[a-zA-Z]/g, (directive, place: string | undefined) => {
    if (directive === "%%") return "%";
    const part = parts[place === undefined ? next++ : Number(place) - 1];
    return part === undefined ? "" : String(part);
  });
}

/** A sentence in the language of the page. */
export function t(english: string, ...parts: Part[]): string {
  const found = current.value.words[english];
  const sentence = typeof found === "string" && found !== "" ? found : english;
  return fill(sentence, parts);
}

/** A sentence about COUNT things; %d is the count, unless other PARTS are given. */
export function tn(one: string, many: string, count: number, ...parts: Part[]): string {
  const { language, words } = current.value;
  const forms = words[one];
  const plural = language === "fr" ? count > 1 : count !== 1;
  const sentence = Array.isArray(forms) ? forms[plural ? 1 : 0] || (plural ? many : one) : plural ? many : one;
  return fill(sentence, parts.length > 0 ? parts : [count]);
}

/** The sentence of a refusal, with a capital. */
export function sentenceOf(failure: Failure): string {
  const { language, words } = current.value;
  const worded = (text: string) => (typeof words[text] === "string" ? (words[text] as string) : text);
  // A parameter may be a sentence itself, which the catalogue has as well.
  const parameters = (failure.parameters ?? []).map(worded);
  const isKnown = language === "en" || typeof words[failure.english] === "string" || /^%[.\d]*s$/.test(failure.english);
  const sentence = isKnown && failure.english !== "" ? fill(worded(failure.english), parameters) : failure.sentence || failure.english || failure.name;
  // Which server it is and what the system says of it come after what that means.
  const whole = failure.name === "NETWORK" && /^%[.\d]*s(: %s)?$/.test(failure.english) ? `${t("the server cannot be reached")} (${sentence})` : sentence;
  return /^https?:/.test(whole) ? whole : whole.charAt(0).toUpperCase() + whole.slice(1);
}

/** A reason that the host gives beside an answer, as a sentence. */
export const sentenceOfReason = (english: string): string => sentenceOf({ number: 0, name: "", sentence: english, english, parameters: [], retry: false });
