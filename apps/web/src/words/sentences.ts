// SPDX-License-Identifier: AGPL-3.0-or-later
// Words that several pages use.
import type { Profile, Role } from "@rpc";
import { size } from "./format";
import { t } from "./index";

export function roleName(role: Role): string {
  switch (role) {
    case "owner": return t("Owner");
    case "manager": return t("Manager");
    case "contributor": return t("Contributor");
    case "reader": return t("Reader");
  }
}

/** What each role means in a channel. */
export function channelRoleMeaning(role: Role): string {
  switch (role) {
    case "reader": return t("Reads all messages. Writes none.");
    case "contributor": return t("Reads and writes messages, and edits and deletes their own.");
    case "manager": return t("All of that, deletes messages of others, and decides who is in the channel as reader or contributor.");
    case "owner": return t("Decides everything, also who manages the channel.");
  }
}

export function roleMeaning(role: Role): string {
  switch (role) {
    case "owner": return t("Does all that a manager does, names managers and owners, and can delete the workspace.");
    case "manager": return t("Changes files, and decides who reads and contributes.");
    case "contributor": return t("Adds, changes and removes files.");
    case "reader": return t("Reads files and their history. Changes nothing.");
  }
}

export function profileName(profile: Profile): string {
  switch (profile) {
    case "admin": return t("Administrator");
    case "standard": return t("Standard");
    case "outsider": return t("Outsider");
  }
}

export function profileMeaning(profile: Profile): string {
  switch (profile) {
    case "admin": return t("Lets people in and removes them, and sees the settings of the organization.");
    case "standard": return t("Creates workspaces, and is a member of those that are shared with this person.");
    case "outsider": return t("Only works in what is shared with this person; sees no other people.");
  }
}

export function sizeLimitSentence(limit: number): string {
  return t("This browser holds a file in memory while it saves it, at most %s. Use another browser, or zt on the command line.", size(limit));
}
