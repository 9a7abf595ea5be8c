// SPDX-License-Identifier: AGPL-3.0-or-later
// Markdown as it is read: elements for what it says, and never HTML.
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { blocksOf, type Block, type Span } from "./markdown";

export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  return <>{blocks.map(block)}</>;
}

function block(one: Block, key: number): ComponentChildren {
  switch (one.kind) {
    case "heading": {
      // The page has its heading already: those of the text are below it.
      const Heading = `h${Math.min(6, one.level + 1)}` as "h2";
      return <Heading key={key} class={`md-h${one.level}`}>{one.spans.map(span)}</Heading>;
    }
    case "paragraph": return <p key={key}>{one.spans.map(span)}</p>;
    case "code": return <pre key={key} tabIndex={0}>{one.text}</pre>;
    case "quote": return <blockquote key={key}>{one.blocks.map(block)}</blockquote>;
    case "rule": return <hr key={key} />;
    case "list": {
      const items = one.items.map((blocks, at) => <li key={at}>{blocks.length === 1 && blocks[0]!.kind === "paragraph" ? blocks[0]!.spans.map(span) : blocks.map(block)}</li>);
      return one.ordered ? <ol key={key} start={one.start}>{items}</ol> : <ul key={key}>{items}</ul>;
    }
    case "table": return (
      <table key={key}><thead><tr>{one.head.map((cell, at) => <th key={at} scope="col">{cell.map(span)}</th>)}</tr></thead>
        <tbody>{one.rows.map((row, at) => <tr key={at}>{row.map((cell, column) => <td key={column}>{cell.map(span)}</td>)}</tr>)}</tbody></table>
    );
  }
}

function span(one: Span, key: number): ComponentChildren {
  switch (one.kind) {
    case "text": return one.text;
    case "code": return <code key={key}>{one.text}</code>;
    case "strong": return <strong key={key}>{one.spans.map(span)}</strong>;
    case "em": return <em key={key}>{one.spans.map(span)}</em>;
    case "del": return <del key={key}>{one.spans.map(span)}</del>;
    case "link": return <a key={key} href={one.to} target="_blank" rel="noopener noreferrer" title={one.to}>{one.spans.map(span)}</a>;
  }
}
