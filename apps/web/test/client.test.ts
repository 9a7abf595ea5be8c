// SPDX-License-Identifier: AGPL-3.0-or-later
import { beforeEach, expect, test, vi } from "vitest";
import { Host, Refusal } from "../src/host/client";
import { FakeHost, soon } from "./fake_host";

let fake: FakeHost;
let host: Host;
let states: boolean[];

beforeEach(() => {
  fake = new FakeHost();
  states = [];
  host = new Host(fake.open, (up) => states.push(up));
});

test("a call names its device, and gets the answer with its number", async () => {
  fake.up();
  const first = host.call("k", "device.whoami", {});
  const second = host.call("k", "log.head", {});
  expect(fake.sent.map((one) => one.head)).toEqual([{ id: 1, method: "device.whoami", params: {}, device: "k" }, { id: 2, method: "log.head", params: {}, device: "k" }]);
  fake.say({ id: 2, result: { size: 2 } });
  fake.say({ id: 1, result: { email: "a" } });
  expect(await second).toEqual({ size: 2 });
  expect(await first).toEqual({ email: "a" });
});

test("a method of the host names no device", async () => {
  fake.up();
  void host.call(null, "host.state", {});
  expect(fake.last()).toEqual({ id: 1, method: "host.state", params: {} });
});

test("content is sent and given", async () => {
  fake.up();
  const write = host.call("k", "writer.write", { handle: 1, offset: 0 }, { content: new Uint8Array([9, 8]) });
  expect([...fake.sent[0]!.content]).toEqual([9, 8]);
  fake.say({ id: 1, result: { size: 2 } });
  expect(await write).toEqual({ size: 2 });
  const read = host.fetch("k", "reader.read", { handle: 1, offset: 0, size: 2 });
  fake.say({ id: 2, result: { size: 2 } }, new Uint8Array([9, 8]));
  expect([...(await read)]).toEqual([9, 8]);
});

test("a refusal has its code and its parts", async () => {
  fake.up();
  const call = host.call("k", "files.makeFolder", { path: "w:/a" });
  fake.say({ id: 1, error: { number: 7, name: "EXISTS", sentence: "", english: "it exists already", parameters: [], retry: false } });
  await expect(call).rejects.toMatchObject({ code: "EXISTS", message: "it exists already" });
});

test("calls that were made before the line is up wait for it", async () => {
  const call = host.call("k", "log.head", {});
  expect(fake.sent).toEqual([]);
  fake.up();
  expect(fake.last().method).toBe("log.head");
  fake.say({ id: 1, result: {} });
  await call;
});

test("a lost line ends what runs, and the next call waits until it is up again", async () => {
  fake.up();
  const call = host.call("k", "log.verify", {});
  fake.down();
  await expect(call).rejects.toMatchObject({ code: "LINE_LOST" });
  expect(states).toEqual([true, false]);
  const next = host.call("k", "log.head", {});
  fake.up();
  fake.say({ id: 2, result: {} });
  await next;
  expect(states).toEqual([true, false, true]);
});

test("a line that is down without having said so ends the call", async () => {
  fake.up();
  fake.isUp = false;
  await expect(host.call("k", "log.head", {})).rejects.toBeInstanceOf(Refusal);
});

test("the host learns of a cancelled call, which ends with its answer", async () => {
  fake.up();
  const cancel = new AbortController();
  const call = host.call("k", "log.verify", {}, { signal: cancel.signal });
  cancel.abort();
  expect(fake.last()).toEqual({ cancel: 1 });
  fake.say({ id: 1, error: { number: 45, name: "INTERRUPTED", sentence: "", english: "", parameters: [], retry: true } });
  await expect(call).rejects.toMatchObject({ code: "INTERRUPTED" });
});

test("a call that was cancelled before is never sent", async () => {
  fake.up();
  const cancel = new AbortController();
  cancel.abort();
  await expect(host.call("k", "log.verify", {}, { signal: cancel.signal })).rejects.toMatchObject({ code: "INTERRUPTED" });
  expect(fake.sent).toEqual([]);
});

test("events of a call are heard by it alone, others by the listeners", async () => {
  fake.up();
  const own = vi.fn();
  const all = vi.fn();
  const end = host.listen(all);
  void host.call("k", "log.verify", {}, { event: own });
  fake.say({ event: "work", request: 1, device: "k", data: { done: 1 } });
  fake.say({ event: "changed", request: null, device: "k", data: { kind: "log" } });
  expect(own).toHaveBeenCalledExactlyOnceWith("work", { done: 1 });
  expect(all).toHaveBeenCalledExactlyOnceWith("changed", "k", { kind: "log" });
  end();
  fake.say({ event: "changed", request: null, device: "k", data: { kind: "log" } });
  expect(all).toHaveBeenCalledOnce();
});

test("a question is answered with its number", async () => {
  fake.up();
  void host.call("k", "exchange.greet", { link: "x" }, { ask: async (question, data) => (question === "codes" && (data as { choices: string[] }).choices.length === 4 ? 2 : -1) });
  fake.say({ question: "codes", request: 1, ask: 5, data: { choices: ["a", "b", "c", "d"] } });
  await soon();
  expect(fake.last()).toEqual({ reply: 1, ask: 5, value: 2 });
});

test("a question that nobody answers cancels the call", async () => {
  fake.up();
  void host.call("k", "exchange.greet", { link: "x" });
  fake.say({ question: "codes", request: 1, ask: 5, data: {} });
  await soon();
  expect(fake.last()).toEqual({ cancel: 1 });
});

test("a message of another form is left out, and the line stays", async () => {
  fake.up();
  const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
  const call = host.call("k", "log.head", {});
  fake.ears!.message("[]");
  fake.ears!.message(new Uint8Array([1]).buffer);
  fake.say({ id: 99, result: {} });
  fake.say({ id: 1, result: { size: 1 } });
  expect(await call).toEqual({ size: 1 });
  expect(quiet).toHaveBeenCalledTimes(2);
  quiet.mockRestore();
});

test("a host that another one took the place of hears nothing", async () => {
  const fake = new FakeHost();
  let run: string | null = null;
  const host = new Host(fake.open, () => {}, (state) => (run ??= state.run) === state.run);
  fake.up();
  fake.say({ id: 1, result: { run: "one" } });
  await soon();
  const first = host.call(null, "host.settings", { key: "a" });
  fake.say({ id: fake.last().id, result: { lockAfter: 1 } });
  expect(await first).toEqual({ lockAfter: 1 });
  fake.down();
  void host.call(null, "host.unlock", { key: "k", password: "secret" }).catch(() => {});
  let heard = 0;
  host.listen(() => heard++);
  fake.up();
  fake.say({ event: "host", request: null, data: { devices: [] } });
  fake.say({ id: fake.last().id, result: { run: "another" } });
  await soon();
  expect(heard).toBe(0);
  expect(fake.isUp).toBe(false);
  expect(fake.sent.some((one) => one.head.method === "host.unlock")).toBe(false);
});

test("a host that does not say what it is gets nothing, and its reason is known", async () => {
  const reasons: string[] = [];
  const other = new FakeHost();
  const refusing = new Host(other.open, (up) => states.push(up), () => true, (error) => reasons.push((error as Refusal).code));
  other.up();
  void refusing.call("k", "device.whoami", {}).catch(() => {});
  other.say({ id: 1, error: { number: 20, name: "UNAVAILABLE", sentence: "s", english: "s", parameters: [], retry: false } });
  await soon();
  expect(reasons).toEqual(["UNAVAILABLE"]);
  expect(states).toEqual([]);
  expect(other.sent.length).toBe(1);
});
