// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, test } from "vitest";
import { decode, encode, split } from "../src/host/message";

test("a message without content is text", () => {
  expect(encode({ id: 1 })).toBe('{"id":1}');
});

test("a message with content has its length, its JSON and its bytes", () => {
  const bytes = encode({ id: 7, method: "é" }, new Uint8Array([1, 2, 3])) as Uint8Array<ArrayBuffer>;
  const json = new TextEncoder().encode('{"id":7,"method":"é"}');
  expect([...bytes.subarray(0, 4)]).toEqual([json.length, 0, 0, 0]);
  expect([...bytes.subarray(4 + json.length)]).toEqual([1, 2, 3]);
  const { head, content } = split(bytes.buffer);
  expect(head).toEqual({ id: 7, method: "é" });
  expect([...content]).toEqual([1, 2, 3]);
});

test("content may be empty", () => {
  const bytes = encode({ id: 1 }, new Uint8Array(0)) as Uint8Array<ArrayBuffer>;
  expect(split(bytes.buffer).content.length).toBe(0);
});

test("a binary message that is too short, or whose JSON is longer than it, is refused", () => {
  expect(() => split(new Uint8Array([1, 0, 0]).buffer)).toThrow();
  expect(() => split(new Uint8Array([5, 0, 0, 0, 123]).buffer)).toThrow();
  expect(() => split(new Uint8Array([255, 255, 255, 255, 123, 125]).buffer)).toThrow();
});

test("what is no object, or no UTF-8, is refused", () => {
  for (const text of ["[]", "null", "3", '"x"', "{"]) expect(() => split(text)).toThrow();
  expect(() => split(new Uint8Array([2, 0, 0, 0, 0xff, 0xfe]).buffer)).toThrow();
});

test("each kind of message is known by its members", () => {
  expect(decode('{"id":1,"result":{}}')).toMatchObject({ kind: "answer", id: 1 });
  expect(decode('{"id":1,"error":{"name":"GONE"}}')).toMatchObject({ kind: "refusal", id: 1 });
  expect(decode('{"id":null,"error":{"name":"INVALID"}}')).toMatchObject({ kind: "refusal", id: null });
  expect(decode('{"event":"progress","request":7,"device":"k","data":{}}')).toMatchObject({ kind: "event", event: "progress", request: 7, device: "k" });
  expect(decode('{"question":"codes","request":7,"ask":2,"data":{}}')).toMatchObject({ kind: "question", request: 7, ask: 2 });
  for (const text of ['{"id":1}', '{"result":{}}', '{"question":"codes","request":7}', '{"id":1,"error":3}']) expect(() => decode(text)).toThrow();
});
