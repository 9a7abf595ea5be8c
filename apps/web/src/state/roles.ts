// SPDX-License-Identifier: AGPL-3.0-or-later
// Which of a person's roles can be given to another one, and why not the rest.
import type { Member, Role, User, Workspace } from "@rpc";

export interface Copied {
  workspace: Workspace;
  role: Role;
  /** What the other person has now. */
  now: Role | null;
  /** give: it will be; has: this role or more is there; member: I decide nothing there; owner: only owners name this role. */
  verdict: "give" | "has" | "member" | "owner" | "outsider" | "deleted";
}

const order: Role[] = ["reader", "contributor", "manager", "owner"];

export function copied(workspaces: readonly Workspace[], members: Readonly<Record<string, Member[]>>, from: string, to: User): Copied[] {
  return workspaces.flatMap((workspace): Copied[] => {
    const list = members[workspace.id] ?? [];
    const role = list.find((one) => one.user === from)?.role;
    if (role === undefined) return [];
    const now = list.find((one) => one.user === to.id)?.role ?? null;
    const isLead = role === "manager" || role === "owner";
    const verdict = now !== null && order.indexOf(now) >= order.indexOf(role) ? "has"
      : workspace.deletionDue > 0 ? "deleted"
        : workspace.role !== "owner" && workspace.role !== "manager" ? "member"
          : workspace.role !== "owner" && isLead ? "owner"
            : to.profile === "outsider" && isLead ? "outsider" : "give";
    return [{ workspace, role, now, verdict }];
  });
}
