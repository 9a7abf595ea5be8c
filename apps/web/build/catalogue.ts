// SPDX-License-Identifier: AGPL-3.0-or-later
// The catalogues of po/ as modules of the page: `virtual:words/fr` is po/fr.po, as one object.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

export type Catalogue = Record<string, string | string[]>;

function text(line: string): string {
  return JSON.parse(line.slice(line.indexOf('"'))) as string;
}

/** With the apostrophe of print: terminals have the sentences as they are, with that of a keyboard. */
const printed = (form: string) => form.replace(/(?<=\p{L})'(?=[\p{L}«%])/gu, "’");

/** Reads a catalogue of gettext: each sentence with its translation, or with those of its plural forms. */
export function readCatalogue(po: string): Catalogue {
  const words: Catalogue = {};
  for (const block of po.split(/\n\n+/)) {
    let id = "";
    let plural = false;
    const forms: string[] = [];
    let add: (piece: string) => void = () => {};
    for (const line of block.split("\n")) {
      if (line.startsWith("msgid ")) add = (piece) => { id += piece; };
      else if (line.startsWith("msgid_plural ")) { plural = true; add = () => {}; }
      else if (line.startsWith("msgstr")) {
        const at = forms.push("") - 1;
        add = (piece) => { forms[at] += piece; };
      } else if (!line.startsWith('"')) continue;
      add(text(line));
    }
    if (id !== "" && forms.some((form) => form !== "")) words[id] = plural ? forms.map(printed) : printed(forms[0]!);
  }
  return words;
}

export function catalogue(folder: string): Plugin {
  const prefix = "virtual:words/";
  return {
    name: "zt-catalogue",
    resolveId: (id) => (id.startsWith(prefix) ? `\0${id}` : null),
    load(id) {
      if (!id.startsWith(`\0${prefix}`)) return null;
      const file = join(folder, `${id.slice(prefix.length + 1)}.po`);
      this.addWatchFile(file);
      const words = readCatalogue(readFileSync(file, "utf8"));
      // One string that is parsed: engines read that faster than an object of the same size.
      return `export default JSON.parse(${JSON.stringify(JSON.stringify(words))});`;
    },
  };
}
