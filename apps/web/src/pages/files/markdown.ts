// SPDX-License-Identifier: AGPL-3.0-or-later
// Markdown as a tree: the blocks and spans that notes and reports have. HTML in it is text. Each line is looked at once, and
// spans nest to a depth, so that no text costs more than its length.

export type Span =
  | { kind: "text"; text: string }
  | { kind: "code"; text: string }
  | { kind: "strong" | "em" | "del"; spans: Span[] }
  | { kind: "link"; to: string; spans: Span[] };

export type Block =
  | { kind: "heading"; level: number; spans: Span[] }
  | { kind: "paragraph"; spans: Span[] }
  | { kind: "code"; text: string }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "list"; ordered: boolean; start: number; items: Block[][] }
  | { kind: "table"; head: Span[][]; rows: Span[][][] }
  | { kind: "rule" };

const DEPTH = 8;
const ADDRESS_LIMIT = 2048;
const item = /^(\s*)(?:[-*+]|(\d{1,9})[.)])\s+(?=\S)/;

export function blocksOf(text: string, depth = 0): Block[] {
  return read(text.replace(/\r\n?/g, "\n").split("\n"), depth);
}

function read(lines: readonly string[], depth: number): Block[] {
  const blocks: Block[] = [];
  let words: string[] = [];
  const flush = () => {
    if (words.length > 0) blocks.push({ kind: "paragraph", spans: spansOf(words.join("\n")) });
    words = [];
  };
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    const fence = /^\s{0,3}(```+|~~~+)/.exec(line)?.[1];
    const heading = /^\s{0,3}(#{1,6})\s+(\S.*)$/.exec(line);
    if (fence !== undefined) {
      flush();
      const code: string[] = [];
      while (++at < lines.length && !lines[at]!.trimStart().startsWith(fence)) code.push(lines[at]!);
      blocks.push({ kind: "code", text: code.join("\n") });
    } else if (heading) {
      flush();
      blocks.push({ kind: "heading", level: heading[1]!.length, spans: spansOf(withoutEnd(heading[2]!)) });
    } else if (/^\s{0,3}([-*_])(\s*\1){2,}\s*$/.test(line)) {
      flush();
      blocks.push({ kind: "rule" });
    } else if (/^\s{0,3}>/.test(line) && depth < DEPTH) {
      flush();
      const inside: string[] = [];
      for (; at < lines.length && /^\s{0,3}>/.test(lines[at]!); at++) inside.push(lines[at]!.replace(/^\s{0,3}>\s?/, ""));
      at--;
      blocks.push({ kind: "quote", blocks: read(inside, depth + 1) });
    } else if (item.test(line) && depth < DEPTH) {
      flush();
      const [list, end] = readList(lines, at, depth);
      blocks.push(list);
      at = end - 1;
    } else if (line.includes("|") && isRuleOfTable(lines[at + 1] ?? "")) {
      flush();
      const head = cells(line);
      const rows: Span[][][] = [];
      for (at += 2; at < lines.length && lines[at]!.includes("|"); at++) rows.push(cells(lines[at]!));
      at--;
      blocks.push({ kind: "table", head, rows });
    } else if (line.trim() === "") flush();
    else words.push(line.trim());
  }
  flush();
  return blocks;
}

/** A heading without the signs that close it. */
function withoutEnd(text: string): string {
  let end = text.trimEnd();
  while (end.endsWith("#")) end = end.slice(0, -1);
  return end.trimEnd();
}

/** Whether LINE is dashes between bars, as below the head of a table. */
function isRuleOfTable(line: string): boolean {
  const inside = line.trim().replace(/^\||\|$/g, "");
  return inside.split("|").every((cell) => /^:?-+:?$/.test(cell.trim()));
}

function readList(lines: readonly string[], begin: number, depth: number): [Block, number] {
  const first = item.exec(lines[begin]!)!;
  const indent = first[1]!.length;
  const ordered = first[2] !== undefined;
  const items: Block[][] = [];
  let at = begin;
  while (at < lines.length) {
    const found = item.exec(lines[at]!);
    if (!found || found[1]!.length !== indent || (found[2] !== undefined) !== ordered) break;
    const own = [lines[at]!.slice(found[0].length)];
    for (at++; at < lines.length; at++) {
      const line = lines[at]!;
      const next = item.exec(line);
      if (next && next[1]!.length <= indent) break;
      if (line.trim() === "") {
        const after = lines[at + 1] ?? "";
        if (after.trim() === "" || after.length - after.trimStart().length <= indent) break;
      } else if (!next && line.length - line.trimStart().length <= indent && /^\s*(#|>|```|~~~)/.test(line)) break;
      own.push(line.slice(Math.min(found[0].length, line.length - line.trimStart().length)));
    }
    items.push(read(own, depth + 1));
    if (at < lines.length && lines[at]!.trim() === "" && item.exec(lines[at + 1] ?? "")?.[1]!.length === indent) at++;
  }
  return [{ kind: "list", ordered, start: Number(first[2] ?? 1), items }, at];
}

function cells(line: string): Span[][] {
  return line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => spansOf(cell.trim()));
}

const marks: [string, "strong" | "em" | "del"][] = [["**", "strong"], ["__", "strong"], ["~~", "del"], ["*", "em"], ["_", "em"]];

export function spansOf(text: string, depth = 0): Span[] {
  const spans: Span[] = [];
  let plain = "";
  const flush = () => {
    if (plain !== "") spans.push({ kind: "text", text: plain });
    plain = "";
  };
  // A mark that does not close once does not close later in this text.
  const open = new Set<string>();
  // The next "](" and the ")" behind it: looked for once each.
  let middle = -1;
  let end = -1;
  for (let at = 0; at < text.length;) {
    const sign = text[at]!;
    if (sign === "\\" && at + 1 < text.length && /[\\`*_{}[\]()#+\-.!~|>]/.test(text[at + 1]!)) {
      plain += text[at + 1];
      at += 2;
      continue;
    }
    if (sign === "`" && !open.has("`")) {
      const end = text.indexOf("`", at + 1);
      if (end > at + 1) {
        flush();
        spans.push({ kind: "code", text: text.slice(at + 1, end) });
        at = end + 1;
        continue;
      }
      if (end < 0) open.add("`");
    }
    if (sign === "[" && depth < DEPTH && !open.has("](")) {
      if (middle < at) middle = text.indexOf("](", at);
      if (middle >= 0 && end < middle + 2) end = text.indexOf(")", middle + 2);
      if (middle < 0 || end < 0) open.add("](");
      else if (end - middle <= ADDRESS_LIMIT) {
        const to = safeLink(text.slice(middle + 2, end).trim());
        const name = text.slice(at + 1, middle);
        if (to !== null && name !== "" && !name.includes("[")) {
          flush();
          spans.push({ kind: "link", to, spans: spansOf(name, depth + 1) });
          at = end + 1;
          continue;
        }
      }
    }
    const mark = depth < DEPTH ? marks.find(([one]) => text.startsWith(one, at) && !open.has(one)) : undefined;
    if (mark && /\S/.test(text[at + mark[0].length] ?? " ") && (sign !== "_" || !/[\p{L}\p{N}]/u.test(text[at - 1] ?? " "))) {
      const end = text.indexOf(mark[0], at + mark[0].length);
      if (end < 0) open.add(mark[0]);
      else if (end > at + mark[0].length && /\S/.test(text[end - 1]!)) {
        flush();
        spans.push({ kind: mark[1], spans: spansOf(text.slice(at + mark[0].length, end), depth + 1) });
        at = end + mark[0].length;
        continue;
      }
    }
    plain += sign;
    at++;
  }
  flush();
  return spans;
}

/** An address that a page may open by a click: of the web or of mail. */
export function safeLink(text: string): string | null {
  return /^(https?:\/\/|mailto:)[^\s<>"]+$/i.test(text) ? text : null;
}
