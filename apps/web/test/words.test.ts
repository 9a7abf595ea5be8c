// SPDX-License-Identifier: AGPL-3.0-or-later
import { afterEach, expect, test } from "vitest";
import { readFileSync } from "node:fs";
import { readCatalogue } from "../build/catalogue";
import { fill, sentenceOf, setWords, t, tn } from "../src/words";

afterEach(() => setWords("en", {}));

test("directives are filled in their order, or by number", () => {
  expect(fill("%d of %s", [1, "x"])).toBe("1 of x");
  expect(fill("%2$s: %1$d", [1, "x"])).toBe("x: 1");
  expect(fill("100%%, %.150s, %.*s, %zu, %lu", ["a", "b", 3, 4])).toBe("100%, a, b, 3, 4");
  expect(fill("%s and %s", ["one"])).toBe("one and ");
  expect(fill("%s", ["%s $& $1"])).toBe("%s $& $1");
});

test("plural forms follow the language", () => {
  expect([0, 1, 2].map((count) => tn("%d item", "%d items", count))).toEqual(["0 items", "1 item", "2 items"]);
  setWords("fr", { "%d item": ["%d élément", "%d éléments"] });
  expect([0, 1, 2].map((count) => tn("%d item", "%d items", count))).toEqual(["0 élément", "1 élément", "2 éléments"]);
});

test("what has no translation is English", () => {
  setWords("fr", { Open: "Ouvrir", Close: "" });
  expect([t("Open"), t("Close"), t("Other %d", 3)]).toEqual(["Ouvrir", "Close", "Other 3"]);
});

test("a refusal is worded by the catalogue, else as the host says it", () => {
  const failure = { number: 6, name: "NOT_FOUND", sentence: "rien de nommé a", english: "there is no \"%.100s\"", parameters: ["a"], retry: false };
  expect(sentenceOf(failure)).toBe("There is no \"a\"");
  setWords("fr", {});
  expect(sentenceOf(failure)).toBe("Rien de nommé a");
  setWords("fr", { [failure.english]: "il n'y a pas de « %.100s »" });
  expect(sentenceOf(failure)).toBe("Il n'y a pas de « a »");
  setWords("fr", { "a name is empty": "un nom est vide" });
  expect(sentenceOf({ ...failure, english: "%.150s", parameters: ["a name is empty"] })).toBe("Un nom est vide");
});

test("that the server is away is said before which it is and what the system says", () => {
  const failure = { number: 37, name: "NETWORK", sentence: "", english: "%.150s: %s", parameters: ["http://127.0.0.1:9", "Couldn't connect to server"], retry: true };
  expect(sentenceOf(failure)).toBe("The server cannot be reached (http://127.0.0.1:9: Couldn't connect to server)");
  setWords("fr", { "%.150s: %s": "%.150s : %s", "the server cannot be reached": "le serveur ne peut pas être joint" });
  expect(sentenceOf(failure)).toBe("Le serveur ne peut pas être joint (http://127.0.0.1:9 : Couldn't connect to server)");
  expect(sentenceOf({ ...failure, english: "%s", parameters: ["http://127.0.0.1:9: Couldn't connect to server"] })).toBe("Le serveur ne peut pas être joint (http://127.0.0.1:9: Couldn't connect to server)");
  expect(sentenceOf({ ...failure, name: "TIMEOUT" })).toBe("http://127.0.0.1:9 : Couldn't connect to server");
});

test("a catalogue of gettext is read: lines that continue, escapes, plurals, what is not translated", () => {
  const po = 'msgid ""\nmsgstr ""\n"Language: fr\\n"\n\n#, c-format\nmsgid ""\n"a "\n"\\"b\\"\\n"\nmsgstr "c"\n\nmsgid "one"\nmsgid_plural "many"\nmsgstr[0] "un"\nmsgstr[1] "plusieurs"\n\nmsgid "nothing"\nmsgstr ""\n';
  expect(readCatalogue(po)).toEqual({ 'a "b"\n': "c", one: ["un", "plusieurs"] });
});

test("French has the apostrophe of print, code and quotes keep that of a keyboard", () => {
  const po = 'msgid "a"\nmsgstr "l\'adresse d\'%s, qu\'« il » dit"\n\nmsgid "b"\nmsgstr "\'x\' et don\'t"\n';
  expect(readCatalogue(po)).toEqual({ a: "l’adresse d’%s, qu’« il » dit", b: "'x' et don’t" });
});

test("the French catalogue has every sentence, with the same directives", () => {
  const words = readCatalogue(readFileSync(new URL("../../../po/fr.po", import.meta.url), "utf8"));
  expect(Object.keys(words).length).toBeGreaterThan(1000);
  expect(words["Skip to content"]).toBe("Aller au contenu");
});
