// SPDX-License-Identifier: AGPL-3.0-or-later
// A gateway that lies to a page: before the real one, it passes everything on, the page's own files and event sockets too, and
// alters what a test says. Messages of proto/ as their fields, in order, so that one can be left out, moved or altered.
import { createServer, request } from "node:http";
import { connect } from "node:net";

/** The fields of a message: { number, value }, with a number (a varint) or bytes. */
export function fieldsOf(bytes) {
  const list = [];
  let at = 0;
  const varint = () => {
    let value = 0n, shift = 0n;
    for (;;) {
      const byte = bytes[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
      shift += 7n;
    }
  };
  while (at < bytes.length) {
    const tag = varint(), number = tag >> 3;
    if ((tag & 7) === 0) list.push({ number, value: varint() });
    else if ((tag & 7) === 2) {
      const size = varint();
      list.push({ number, value: bytes.subarray(at, (at += size)) });
    } else throw new Error(`a field of kind ${tag & 7}`);
  }
  return list;
}

export function messageOf(fields) {
  const varint = (value) => {
    const bytes = [];
    for (let rest = BigInt(value); ; rest >>= 7n) {
      if (rest < 128n) return Buffer.from([...bytes, Number(rest)]);
      bytes.push(Number(rest & 127n) | 128);
    }
  };
  return Buffer.concat(fields.flatMap(({ number, value }) =>
    typeof value === "number" ? [varint(number << 3), varint(value)] : [varint((number << 3) | 2), varint(value.length), value]));
}

const whole = async (stream) => {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
};

/** Before UPSTREAM (http://127.0.0.1:PORT). A lie may have `before(call)`, which returns an answer ({ body }) or nothing, and
 *  `after(call)`, which may alter `call.body` of an answer of 200. A call is { name, target, body }: the name of its route, as far as
 *  tests need it. */
export function startLiar(upstream) {
  const port = Number(new URL(upstream).port);
  let lie = {};
  const nameOf = (method, path) => {
    if (/\/log(\?|$)/.test(path)) return method === "GET" ? "LOG_READ" : "LOG_APPEND";
    if (/\/changesets(\?|$)/.test(path)) return method === "GET" ? "CHAIN" : "PUSH";
    if (/\/objects(\?|$)/.test(path)) return "OBJECTS";
    if (/\/keys(\?|$)/.test(path) && method === "GET") return "KEYS_GET";
    if (/\/blocks\/[^/]+(\?|$)/.test(path) && method === "GET") return "BLOCK_GET";
    return path.startsWith("/v1/") ? "OTHER" : "PAGE";
  };
  const server = createServer(async (from, to) => {
    try {
      const call = { name: nameOf(from.method, from.url), target: from.url, body: await whole(from) };
      const answered = lie.before?.(call);
      if (answered) {
        to.writeHead(200, { "content-type": "application/octet-stream", "content-length": answered.body.length, "access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin" }).end(answered.body);
        return;
      }
      const up = request({ host: "127.0.0.1", port, method: from.method, path: from.url, headers: from.headers, agent: false });
      up.on("error", () => to.destroy());
      up.end(call.body);
      up.on("response", async (answer) => {
        call.body = await whole(answer);
        if (answer.statusCode === 200) lie.after?.(call);
        const headers = { ...answer.headers };
        delete headers["transfer-encoding"];
        if (from.method !== "HEAD") headers["content-length"] = call.body.length;
        to.writeHead(answer.statusCode, headers).end(call.body);
      });
    } catch (error) {
      console.log(`    the liar: ${error.stack}`);
      to.destroy();
    }
  });
  server.on("upgrade", (from, socket, head) => {
    const up = connect(port, "127.0.0.1", () => {
      up.write(`${from.method} ${from.url} HTTP/1.1\r\n${from.rawHeaders.map((text, at) => text + (at % 2 ? "\r\n" : ": ")).join("")}\r\n`);
      up.write(head);
      up.pipe(socket).pipe(up);
    });
    up.on("error", () => socket.destroy());
    socket.on("error", () => up.destroy());
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({
    url: `http://127.0.0.1:${server.address().port}`,
    /** From now on this lie; nothing: honest. */
    play(next = {}) { lie = next; },
    stop: () => server.close(),
  })));
}
