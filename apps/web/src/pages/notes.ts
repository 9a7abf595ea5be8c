// SPDX-License-Identifier: AGPL-3.0-or-later
// Notes in words: a title without names, a text with them, and where they lead.
import { BadgeCheck, Folder, Laptop, OctagonAlert, UserPlus } from "lucide-preact";
import type { IconKind } from "../parts/icon";
import type { HistoryNote } from "../state/notifications";
import type { Organization } from "../state/organization";
import { address } from "../state/route";
import { t } from "../words";
import { shown } from "../words/format";

export function noteIcon(note: HistoryNote): IconKind {
  switch (note.kind) {
    case "share": return Folder;
    case "device": return Laptop;
    case "request": return BadgeCheck;
    case "invitation": return UserPlus;
    case "alarm": return OctagonAlert;
  }
}

export function noteTitle(note: HistoryNote): string {
  switch (note.kind) {
    case "share": return t("A workspace was shared with you");
    case "device": return t("A new device is yours");
    case "request": return t("Somebody asks to join");
    case "invitation": return t("An invitation was used");
    case "alarm": return t("An alarm of this organization");
  }
}

/** What it is about, where that is known here; names of others as they may be shown. */
export function noteText(organization: Organization, note: HistoryNote): string {
  switch (note.kind) {
    case "share": return shown(organization.workspaceOf(note.about)?.name ?? "");
    case "device": return shown(organization.newDevices.value.find((one) => one.id === note.about)?.label ?? organization.deviceList.value?.find((one) => one.id === note.about)?.label ?? "");
    case "request": return shown(organization.requests.value?.find((one) => one.id === note.about)?.name ?? "");
    case "invitation": return shown(organization.invited.value.get(note.about)?.name ?? "");
    case "alarm": return alarmHeadline(note.about);
  }
}

export function noteAddress(organization: Organization, note: HistoryNote): string {
  const home = ["o", organization.key];
  switch (note.kind) {
    case "share": return address(organization.workspaceOf(note.about) ? [...home, "w", note.about] : home);
    case "device": return address([...home, "account"]);
    case "request": return address([...home, "manage", "requests"]);
    case "invitation": return address([...home, "manage", "people"]);
    case "alarm": return address([...home, "manage", "health"]);
  }
}

/** What an alarm of CODE says. */
export function alarmHeadline(code: string): string {
  switch (code) {
    case "FORK": return t("The server shows you another history than your colleagues");
    case "ROLLBACK": return t("The server shows less than this device has verified");
    case "RESTORED": return t("The server was restored from an older backup");
    default: return t("What the server shows cannot be verified");
  }
}
