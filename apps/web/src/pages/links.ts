// SPDX-License-Identifier: AGPL-3.0-or-later
// The rooms of the console by name, for the palette.
import type { Organization } from "../state/organization";
import { address } from "../state/route";
import { t } from "../words";

export function manageLinks(organization: Organization): { name: string; to: string }[] {
  const to = (room: string) => address(["o", organization.key, "manage", room]);
  return [
    { name: t("People"), to: to("people") }, { name: t("Invitations"), to: to("invitations") }, { name: t("Trust log"), to: to("log") },
    { name: t("Storage"), to: to("storage") }, { name: t("Check-up"), to: to("health") }, { name: t("Settings"), to: to("settings") },
    ...(organization.isAdmin ? [{ name: t("Join requests"), to: to("requests") }] : []),
  ];
}
