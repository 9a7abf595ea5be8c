// SPDX-License-Identifier: AGPL-3.0-or-later
import { expect, test } from "vitest";
import type { Member, Role, User, Workspace } from "@rpc";
import { copied } from "../src/state/roles";

const workspace = (id: string, role: Role, deletionDue = 0) => ({ id, name: id, role, deletionDue }) as Workspace;
const member = (user: string, role: Role) => ({ user, role }) as Member;
const ann = { id: "ann", profile: "standard" } as User;
const verdicts = (mine: Role, theirs: Role, now: Role | null, to = ann, due = 0) =>
  copied([workspace("w", mine, due)], { w: [member("bob", theirs), ...(now ? [member("ann", now)] : [])] }, "bob", to).map((one) => one.verdict);

test("what an owner, a manager and a member may give", () => {
  expect(verdicts("owner", "owner", null)).toEqual(["give"]);
  expect(verdicts("manager", "contributor", null)).toEqual(["give"]);
  expect(verdicts("manager", "manager", null)).toEqual(["owner"]);
  expect(verdicts("contributor", "reader", null)).toEqual(["member"]);
});

test("nothing is taken, and nothing is given twice", () => {
  expect(verdicts("owner", "reader", "manager")).toEqual(["has"]);
  expect(verdicts("owner", "reader", "reader")).toEqual(["has"]);
  expect(verdicts("owner", "manager", "reader")).toEqual(["give"]);
});

test("outsiders, deletions, workspaces without the person", () => {
  expect(verdicts("owner", "manager", null, { ...ann, profile: "outsider" })).toEqual(["outsider"]);
  expect(verdicts("owner", "contributor", null, { ...ann, profile: "outsider" })).toEqual(["give"]);
  expect(verdicts("owner", "reader", null, ann, 5)).toEqual(["deleted"]);
  expect(copied([workspace("w", "owner")], {}, "bob", ann)).toEqual([]);
});
