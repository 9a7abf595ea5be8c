// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, test } from "vitest";
import { filesOf } from "../src/worker/release";

test("a release is what its manifest lists, without compressed copies and the worker itself", () => {
  const hash = "a".repeat(64);
  const files = filesOf(`${hash}  index.html\n${hash}  index.html.br\n${hash}  sw.js\n${hash}  assets/parts-x.js\nnot a line\n${"b".repeat(63)}  short\n`);
  expect([...files.keys()]).toEqual(["index.html", "assets/parts-x.js"]);
  expect(files.get("index.html")).toBe(hash);
});
