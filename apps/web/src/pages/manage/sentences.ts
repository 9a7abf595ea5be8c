// SPDX-License-Identifier: AGPL-3.0-or-later
// The trust log in sentences: what an act did, as far as the log says it to this device.
import { Archive, Box, Flag, KeyRound, Laptop, Pencil, Settings, Trash, TriangleAlert, UserMinus, UserPlus, Users } from "lucide-preact";
import type { IconKind } from "../../parts/icon";
import type { Act, Role } from "@rpc";
import type { Organization } from "../../state/organization";
import { t } from "../../words";
import { shown } from "../../words/format";
import { roleName } from "../../words/sentences";

export type ActKind = "people" | "workspaces" | "keys" | "settings";

interface ActWords {
  kind: ActKind;
  icon: IconKind;
  tone: "" | "acc" | "bad";
}

const acts: Record<string, ActWords> = {
  genesis: { kind: "settings", icon: Flag, tone: "acc" },
  user_added: { kind: "people", icon: UserPlus, tone: "acc" },
  device_added: { kind: "people", icon: Laptop, tone: "" },
  profile_changed: { kind: "people", icon: Users, tone: "" },
  user_revoked: { kind: "people", icon: UserMinus, tone: "bad" },
  device_revoked: { kind: "people", icon: Laptop, tone: "bad" },
  user_key_rotated: { kind: "keys", icon: KeyRound, tone: "" },
  org_settings: { kind: "settings", icon: Settings, tone: "" },
  web_release_pinned: { kind: "settings", icon: Settings, tone: "" },
  workspace_created: { kind: "workspaces", icon: Box, tone: "acc" },
  role_changed: { kind: "workspaces", icon: Users, tone: "" },
  key_rotated: { kind: "keys", icon: KeyRound, tone: "" },
  ownership_claimed: { kind: "workspaces", icon: Flag, tone: "" },
  workspace_renamed: { kind: "workspaces", icon: Pencil, tone: "" },
  workspace_archived: { kind: "workspaces", icon: Archive, tone: "" },
  workspace_deletion: { kind: "workspaces", icon: Trash, tone: "bad" },
  pin_voided: { kind: "workspaces", icon: TriangleAlert, tone: "bad" },
  changeset_voided: { kind: "workspaces", icon: TriangleAlert, tone: "bad" },
};

export function actWords(action: string): ActWords {
  return Object.hasOwn(acts, action) ? acts[action]! : { kind: "settings", icon: Flag, tone: "" };
}

export function actSentence(action: string): string {
  switch (action) {
    case "genesis": return t("created the organization");
    case "user_added": return t("let a person in");
    case "device_added": return t("added a device");
    case "profile_changed": return t("changed a profile");
    case "user_revoked": return t("removed a person");
    case "device_revoked": return t("revoked a device");
    case "user_key_rotated": return t("renewed the keys of a person");
    case "org_settings": return t("changed the settings of the organization");
    case "web_release_pinned": return t("said which releases of the page are accepted");
    case "workspace_created": return t("created a workspace");
    case "role_changed": return t("changed a role");
    case "key_rotated": return t("changed the keys");
    case "ownership_claimed": return t("became owner of a workspace without one");
    case "workspace_renamed": return t("renamed the workspace");
    case "workspace_archived": return t("archived the workspace, or opened it again");
    case "workspace_deletion": return t("announced the deletion of the workspace, or cancelled it");
    case "pin_voided": return t("declared a position void");
    case "changeset_voided": return t("declared a change void");
    default: return t("acted in a workspace that you are not in");
  }
}

const roles: readonly string[] = ["reader", "contributor", "manager", "owner"];

/** The same with whom or what it concerns, where the log says that to this device. */
export function actSentenceOf(organization: Organization, action: string, act: Act | undefined): string {
  if (!act) return actSentence(action);
  const name = act.subject === "" ? shown(act.what) : shown(organization.nameOf(act.subject));
  switch (action) {
    case "user_added": return t("let %s in", name);
    case "user_revoked": return t("removed %s", name);
    case "device_added": return act.what === "" ? actSentence(action) : t("added the device “%s”", shown(act.what));
    case "device_revoked": return act.what === "" ? actSentence(action) : t("revoked the device “%s”", shown(act.what));
    case "role_changed": {
      // ADDRESS: ROLE, WORKSPACE
      const role = /: ([a-z]+), /.exec(act.what)?.[1] ?? "";
      if (roles.includes(role)) return t("gave %s the role %s", name, roleName(role as Role));
      return t("ended the access of %s", name);
    }
    default: return actSentence(action);
  }
}
