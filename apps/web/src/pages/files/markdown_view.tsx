// SPDX-License-Identifier: AGPL-3.0-or-later
// Markdown as it is read: elements for what it says, and never HTML.
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { blocksOf, type Block, type Span } from "./markdown";

type Plain = (text: string) => ComponentChildren;

/** PLAIN makes what is neither mark nor link of it: the text itself, unless it is given. */
export function Markdown({ text, plain = (one) => one }: { text: string; plain?: Plain }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  return <>{blocks.map((one, key) => block(one, key, plain))}</>;
}

function block(one: Block, key: number, plain: Plain): ComponentChildren {
  const spans = (all: readonly Span[]) => all.map((part, at) => span(part, at, plain));
  const inside = (all: readonly Block[]) => all.map((part, at) => block(part, at, plain));
  switch (one.kind) {
    case "heading": {
      // The page has its heading already: those of the text are below it.
      const Heading = `h${Math.min(6, one.level + 1)}` as "h2";
      return <Heading key={key} class={`md-h${one.level}`}>{spans(one.spans)}</Heading>;
    }
    case "paragraph": return <p key={key}>{spans(one.spans)}</p>;
    case "code": return <pre key={key} tabIndex={0}>{one.text}</pre>;
    case "quote": return <blockquote key={key}>{inside(one.blocks)}</blockquote>;
    case "rule": return <hr key={key} />;
    case "list": {
      const items = one.items.map((blocks, at) => <li key={at}>{blocks.length === 1 && blocks[0]!.kind === "paragraph" ? spans(blocks[0]!.spans) : inside(blocks)}</li>);
      return one.ordered ? <ol key={key} start={one.start}>{items}</ol> : <ul key={key}>{items}</ul>;
    }
    case "table": return (
      <table key={key}><thead><tr>{one.head.map((cell, at) => <th key={at} scope="col">{spans(cell)}</th>)}</tr></thead>
        <tbody>{one.rows.map((row, at) => <tr key={at}>{row.map((cell, column) => <td key={column}>{spans(cell)}</td>)}</tr>)}</tbody></table>
    );
  }
}

function span(one: Span, key: number, plain: Plain): ComponentChildren {
  const spans = (all: readonly Span[]) => all.map((part, at) => span(part, at, plain));
  switch (one.kind) {
    case "text": return plain(one.text);
    case "code": return <code key={key}>{one.text}</code>;
    case "strong": return <strong key={key}>{spans(one.spans)}</strong>;
    case "em": return <em key={key}>{spans(one.spans)}</em>;
    case "del": return <del key={key}>{spans(one.spans)}</del>;
    case "link": return <a key={key} href={one.to} target="_blank" rel="noopener noreferrer" title={one.to}>{spans(one.spans)}</a>;
  }
}
