// SPDX-License-Identifier: AGPL-3.0-or-later
import type { Member, Message } from "@rpc";
import { expect, test } from "vitest";
import { Timeline, membersFor, mentionAt, piecesOf, rowsOf } from "../src/state/chat";

const day = new Date(2026, 10, 27, 10).getTime();
const message = (position: number, more: Partial<Message> = {}): Message => ({
  id: `m${position}`, position, time: day + position * 1000, channel: "c", user: "u1", email: "anne@x.example", name: "Anne", text: `text ${position}`, replyTo: "", replyPosition: 0,
  mine: false, deleted: false, mentionsMe: false, unreadable: false, waiting: false, edits: 0, replies: 0, reactions: [], ...more,
});
const members: Member[] = [
  { user: "u1", email: "anne@x.example", name: "Anne Le Goff", role: "owner" },
  { user: "u2", email: "karim@x.example", name: "Karim Benali", role: "contributor" },
];

test("messages of one person are together, and days and new ones apart", () => {
  const rows = rowsOf([message(1), message(2), message(3, { user: "u2" }), message(4, { user: "u2", time: day + 86_400_000 })], 2);
  expect(rows.map((one) => (one.kind === "message" ? `${one.message.position}${one.isNext ? "+" : ""}` : one.kind))).toEqual(["day", "1", "2+", "new", "3", "day", "4"]);
});

test("what one wrote oneself is not new; an answer begins a row", () => {
  expect(rowsOf([message(1), message(2, { mine: true })], 1).some((one) => one.kind === "new")).toBe(false);
  const answer = rowsOf([message(1), message(2, { replyTo: "m1" })], 2).at(-1);
  expect(answer?.kind === "message" && answer.isNext).toBe(false);
});

test("a mention is completed at the end of what is typed", () => {
  expect(mentionAt("hello @ka")).toBe("ka");
  expect(mentionAt("anne@x")).toBe(null);
  expect(mentionAt("@")).toBe("");
  expect(membersFor(members, "ben").map((one) => one.user)).toEqual(["u2"]);
  expect(membersFor(members, "anne@").map((one) => one.user)).toEqual(["u1"]);
});

test("members and addresses of the web are found in a text, and nothing else", () => {
  const kinds = (text: string) => piecesOf(text, members).map((one) => (one.kind === "text" ? one.text : one.kind === "mention" ? `<${one.member.user}>` : `[${one.to}]`));
  expect(kinds("@Karim@x.example, see https://x.example/a.")).toEqual(["<u2>", ", see ", "[https://x.example/a]", "."]);
  expect(kinds("@nobody@x.example javascript:alert(1) http://")).toEqual(["@nobody@x.example javascript:alert(1) http://"]);
});

test("a timeline joins pages, and begins again where some are missing between", async () => {
  let all = Array.from({ length: 120 }, (_, at) => message(at + 1));
  const call = async (_method: string, { before, most }: { before?: number; most: number }) => {
    const to = before === undefined ? all : all.filter((one) => one.position < before);
    return { messages: to.slice(-most), more: to.length > most };
  };
  const timeline = new Timeline({ call } as unknown as ConstructorParameters<typeof Timeline>[0], "c");
  const held = () => timeline.messages.value!.map((one) => one.position);
  await timeline.refresh();
  expect([held()[0], held().at(-1)]).toEqual([71, 120]);
  expect(await timeline.earlier()).toBe(true);
  await timeline.reach(1);
  expect(held()).toEqual(all.map((one) => one.position));
  expect(await timeline.earlier()).toBe(false);
  all = [...all, message(121)];
  await timeline.refresh();
  expect(held()).toEqual(all.map((one) => one.position));
  all = Array.from({ length: 1000 }, (_, at) => message(at + 1));
  await timeline.refresh();
  expect(held().every((one, at) => at === 0 || one === held()[at - 1]! + 1)).toBe(true);
  expect(held().at(-1)).toBe(1000);
});
