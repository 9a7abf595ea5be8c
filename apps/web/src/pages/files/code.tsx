// SPDX-License-Identifier: AGPL-3.0-or-later
// A text that is edited, with colours for what it is. It is in a shadow root: CodeMirror adopts its style sheets there, and
// writes <style> elsewhere, which the policy of the page forbids.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { css } from "@codemirror/lang-css";
import { html } from "@codemirror/lang-html";
import { javascript } from "@codemirror/lang-javascript";
import { markdown, markdownKeymap } from "@codemirror/lang-markdown";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../words";

const colours = HighlightStyle.define([
  { tag: tags.heading1, fontWeight: "700", fontSize: "1.25em" },
  { tag: tags.heading2, fontWeight: "700", fontSize: "1.125em" },
  { tag: tags.heading, fontWeight: "700" },
  { tag: tags.strong, fontWeight: "700" },
  { tag: tags.emphasis, fontStyle: "italic" },
  { tag: tags.strikethrough, textDecoration: "line-through" },
  { tag: [tags.link, tags.url], color: "var(--accent)", textDecoration: "underline" },
  { tag: [tags.keyword, tags.tagName, tags.operatorKeyword], color: "var(--accent)" },
  { tag: [tags.string, tags.regexp, tags.attributeValue, tags.monospace], color: "var(--ok)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom, tags.attributeName, tags.propertyName], color: "var(--warn)" },
  { tag: [tags.comment, tags.quote, tags.processingInstruction, tags.contentSeparator, tags.meta], color: "var(--muted)" },
  { tag: tags.invalid, color: "var(--bad)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "transparent", fontSize: "var(--t-s)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.375rem", overflow: "auto" },
  ".cm-content": { padding: "var(--s4) 0", caretColor: "var(--text)" },
  ".cm-line": { padding: "0 var(--s4)" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--muted)", border: "0", paddingLeft: "var(--s2)" },
  ".cm-activeLine": { backgroundColor: "var(--hover)" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--sel)", outline: "1px solid var(--edge)" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-soft)", outline: "1px solid var(--warn)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--sel)" },
  ".cm-panels": { backgroundColor: "var(--well)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panels.cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "var(--s2)", fontFamily: "var(--font)" },
  ".cm-panel label": { fontSize: "var(--t-s)", marginRight: "var(--s2)" },
  ".cm-textfield": { backgroundColor: "var(--bg)", color: "var(--text)", border: "1px solid var(--edge)", borderRadius: "var(--r1)", padding: "var(--s1) var(--s2)", fontSize: "var(--t-s)" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--bg)", color: "var(--text)", border: "1px solid var(--edge)", borderRadius: "var(--r1)", padding: "var(--s1) var(--s2)", fontSize: "var(--t-s)" },
  ".cm-textfield:focus-visible, .cm-button:focus-visible, .cm-panel [name=close]:focus-visible": { outline: "2px solid var(--focus)", outlineOffset: "1px" },
  ".cm-panel.cm-search [name=close]": { color: "var(--text)", fontSize: "1.25rem", padding: "0 var(--s2)" },
});

/** What CodeMirror says, in the language of the page. */
function words(): Extension {
  return EditorState.phrases.of({
    "Find": t("Find"), "Replace": t("Replace"), "next": t("next"), "previous": t("previous"), "all": t("all"), "match case": t("match case"), "by word": t("by word"),
    "regexp": t("regular expression"), "replace": t("replace"), "replace all": t("replace all"), "close": t("close"), "current match": t("current match"), "on line": t("on line"),
    "Go to line": t("Go to line"), "go": t("go"),
  });
}

function languageOf(name: string): Extension {
  const ending = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  switch (ending) {
    case "md":
    case "markdown": return [markdown(), keymap.of(markdownKeymap)];
    case "html":
    case "htm":
    case "svg":
    case "xml": return [html({ autoCloseTags: false }), lineNumbers()];
    case "css": return [css(), lineNumbers()];
    case "js":
    case "json": return [javascript(), lineNumbers()];
    case "ts": return [javascript({ typescript: true }), lineNumbers()];
    case "tsx": return [javascript({ typescript: true, jsx: true }), lineNumbers()];
    case "txt":
    case "log":
    case "csv":
    case "tsv": return [];
    default: return [lineNumbers()];
  }
}

interface CodeProps {
  name: string;
  label: string;
  text: string;
  change: (text: string) => void;
  save: () => void;
}

export function Code({ name, label, text, change, save }: CodeProps) {
  const place = useRef<HTMLDivElement>(null);
  const now = useRef({ change, save });
  now.current = { change, save };
  useEffect(() => {
    const root = place.current!.shadowRoot ?? place.current!.attachShadow({ mode: "open" });
    const view = new EditorView({
      root, parent: root as unknown as Element,
      state: EditorState.create({
        doc: text,
        extensions: [
          keymap.of([{ key: "Mod-s", preventDefault: true, run: () => { now.current.save(); return true; } }, ...defaultKeymap, ...historyKeymap, ...searchKeymap]),
          history(), bracketMatching(), highlightActiveLine(), search({ top: true }), EditorView.lineWrapping, EditorView.perLineTextDirection.of(true), languageOf(name), words(),
          syntaxHighlighting(colours), look,
          EditorView.contentAttributes.of({ tabindex: "0", "aria-label": label, "aria-multiline": "true", spellcheck: "true", autocapitalize: "sentences" }),
          EditorView.updateListener.of((update) => { if (update.docChanged) now.current.change(update.state.doc.toString()); }),
        ],
      }),
    });
    view.focus();
    return () => view.destroy();
  }, []);
  return <div ref={place} class="paper code" />;
}
