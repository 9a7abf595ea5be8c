// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, test } from "vitest";
import { blocksOf, safeLink, spansOf } from "../src/pages/files/markdown";
import { loopsOf } from "./pace";

test("blocks: headings, paragraphs, lists in lists, quotes, code, tables, rules", () => {
  const text = "# Title #\n\none\ntwo\n\n- a\n  - b\n- c\n\n3. x\n4. y\n\n> q\n> - r\n\n```js\n# no heading\n```\n\n| a | b |\n|---|:-:|\n| 1 | *2* |\n\n---\n";
  expect(blocksOf(text).map((one) => one.kind)).toEqual(["heading", "paragraph", "list", "list", "quote", "code", "table", "rule"]);
  const [heading, paragraph, list, ordered, quote, code, table] = blocksOf(text) as any[];
  expect(heading).toEqual({ kind: "heading", level: 1, spans: [{ kind: "text", text: "Title" }] });
  expect(paragraph.spans).toEqual([{ kind: "text", text: "one\ntwo" }]);
  expect(list.items.length).toBe(2);
  expect(list.items[0][1]).toMatchObject({ kind: "list", ordered: false });
  expect(ordered).toMatchObject({ ordered: true, start: 3 });
  expect(quote.blocks[1].kind).toBe("list");
  expect(code.text).toBe("# no heading");
  expect([table.head.length, table.rows.length, table.rows[0][1][0].kind]).toEqual([2, 1, "em"]);
});

test("spans nest, and signs that do not close are text", () => {
  expect(spansOf("a **b *c* d** `**` ~~e~~")).toEqual([
    { kind: "text", text: "a " }, { kind: "strong", spans: [{ kind: "text", text: "b " }, { kind: "em", spans: [{ kind: "text", text: "c" }] }, { kind: "text", text: " d" }] },
    { kind: "text", text: " " }, { kind: "code", text: "**" }, { kind: "text", text: " " }, { kind: "del", spans: [{ kind: "text", text: "e" }] },
  ]);
  expect(spansOf("2 * 3 * 4, a_b_c, ** and ` \\*x\\*")).toEqual([{ kind: "text", text: "2 * 3 * 4, a_b_c, ** and ` *x*" }]);
});

test("only addresses of the web and of mail are links; HTML is text", () => {
  expect(spansOf("[a](https://x.example/b)")).toEqual([{ kind: "link", to: "https://x.example/b", spans: [{ kind: "text", text: "a" }] }]);
  for (const to of ["javascript:alert(1)", "JAVASCRIPT:x", "data:text/html,x", "//x", "blob:x", "https://a b", " vbscript:x", "\u0001javascript:x"]) {
    expect(safeLink(to)).toBeNull();
    expect(spansOf(`[a](${to})`).some((one) => one.kind === "link")).toBe(false);
  }
  expect(blocksOf("<script>alert(1)</script>\n<img src=x onerror=alert(1)>")).toEqual([{ kind: "paragraph", spans: [{ kind: "text", text: "<script>alert(1)</script>\n<img src=x onerror=alert(1)>" }] }]);
});

test("no text takes long: signs that never close, depth, long lines", () => {
  const loops = loopsOf(() => {
    for (const sign of ["*", "_", "`", "[", "](", "**a ", "~~", "> ", "- ", "#", "|-", "  - a\n", "1. \n", "*a _b "]) {
      blocksOf(sign.repeat(20_000));
      blocksOf(`${sign}\n`.repeat(20_000));
    }
    for (const text of [`# a${" ".repeat(100_000)}b`, `a|b\n${" ".repeat(100_000)}x-`, `${"[".repeat(1_000_000)}](x)`, `${"[a](".repeat(300_000)})`, `${"[a](http://x".repeat(150_000)} )`]) blocksOf(text);
  });
  expect(loops).toBeLessThan(40);
}, 60_000);
