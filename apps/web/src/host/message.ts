// SPDX-License-Identifier: AGPL-3.0-or-later
// The messages between page and host (docs/decisions/0007-hosts.md): JSON as text, or, with content, a binary message of the
// length of the JSON (4 bytes, little-endian), the JSON and the content.
import type { Failure } from "@rpc";

export type Incoming =
  | { kind: "answer"; id: number; result: unknown; content: Uint8Array }
  | { kind: "refusal"; id: number | null; error: Failure }
  | { kind: "event"; event: string; request: number | null; device: string; data: unknown }
  | { kind: "question"; question: string; request: number; ask: number; data: unknown };

const none = new Uint8Array(0);

/** A message that a host takes: text without content, else bytes. */
export function encode(head: object, content?: Uint8Array): string | Uint8Array<ArrayBuffer> {
  const json = JSON.stringify(head);
  if (!content) return json;
  const text = new TextEncoder().encode(json);
  const bytes = new Uint8Array(4 + text.length + content.length);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  bytes.set(content, 4 + text.length);
  return bytes;
}

/** Splits a message into its JSON and its content. Throws for what is no message. */
export function split(data: string | ArrayBuffer): { head: Record<string, unknown>; content: Uint8Array } {
  if (typeof data === "string") return { head: object(JSON.parse(data)), content: none };
  if (data.byteLength < 4) throw new Error("a binary message has at least 4 bytes");
  const length = new DataView(data).getUint32(0, true);
  if (length > data.byteLength - 4) throw new Error("a binary message is shorter than its JSON");
  const text = new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(data, 4, length));
  return { head: object(JSON.parse(text)), content: new Uint8Array(data, 4 + length) };
}

/** What a host sent. Throws for a message of another form. */
export function decode(data: string | ArrayBuffer): Incoming {
  const { head, content } = split(data);
  const text = (name: string) => (typeof head[name] === "string" ? (head[name] as string) : "");
  const number = (name: string) => (typeof head[name] === "number" ? (head[name] as number) : null);
  if (typeof head.event === "string") return { kind: "event", event: head.event, request: number("request"), device: text("device"), data: head.data };
  if (typeof head.question === "string") {
    const request = number("request");
    const ask = number("ask");
    if (request === null || ask === null) throw new Error("a question without its numbers");
    return { kind: "question", question: head.question, request, ask, data: head.data };
  }
  const id = number("id");
  if (head.error !== undefined) return { kind: "refusal", id, error: object(head.error) as unknown as Failure };
  if (id === null || head.result === undefined) throw new Error("a message that is no answer, event or question");
  return { kind: "answer", id, result: head.result, content };
}

function object(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("a message that is no object");
  return value as Record<string, unknown>;
}
