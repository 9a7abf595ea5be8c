// SPDX-License-Identifier: AGPL-3.0-or-later
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { socketLine } from "../src/host/line";

class Socket {
  static all: Socket[] = [];
  readyState = 0;
  binaryType = "";
  sent: unknown[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  constructor(readonly url: string, readonly protocol: string) {
    Socket.all.push(this);
  }
  send(message: unknown) {
    this.sent.push(message);
  }
  close() {
    this.readyState = 3;
    this.onclose?.();
  }
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
}

beforeEach(() => {
  Socket.all = [];
  vi.useFakeTimers();
});
afterEach(() => vi.useRealTimers());

test("a lost line is opened again, each time after twice the wait, at most ten seconds", () => {
  const ears = { up: vi.fn(), down: vi.fn(), message: vi.fn() };
  const line = socketLine("ws://x/rpc", Socket as unknown as typeof WebSocket)(ears);
  expect(Socket.all[0]).toMatchObject({ url: "ws://x/rpc", protocol: "zt.v1", binaryType: "arraybuffer" });
  expect(line.send("early")).toBe(false);
  Socket.all[0]!.open();
  expect(ears.up).toHaveBeenCalledOnce();
  expect(line.send("a")).toBe(true);
  Socket.all[0]!.close();
  expect(ears.down).toHaveBeenCalledOnce();
  expect(line.send("b")).toBe(false);
  for (const wait of [250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]) {
    const before = Socket.all.length;
    vi.advanceTimersByTime(wait - 1);
    expect(Socket.all.length).toBe(before);
    vi.advanceTimersByTime(1);
    expect(Socket.all.length).toBe(before + 1);
    Socket.all.at(-1)!.close();
  }
  vi.advanceTimersByTime(10_000);
  Socket.all.at(-1)!.open();
  expect(ears.up).toHaveBeenCalledTimes(2);
  Socket.all.at(-1)!.close();
  const before = Socket.all.length;
  vi.advanceTimersByTime(250);
  expect(Socket.all.length).toBe(before + 1);
});

test("a line that was closed is not opened again", () => {
  const ears = { up: vi.fn(), down: vi.fn(), message: vi.fn() };
  const line = socketLine("ws://x/rpc", Socket as unknown as typeof WebSocket)(ears);
  Socket.all[0]!.open();
  line.close();
  vi.advanceTimersByTime(60_000);
  expect(Socket.all.length).toBe(1);
  expect(ears.down).not.toHaveBeenCalled();
});
