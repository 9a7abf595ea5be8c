// SPDX-License-Identifier: AGPL-3.0-or-later
// The day on which a device was last at the server, as the server says it to admins: a UTC day, never an hour.
import type { Organization } from "../../state/organization";
import { t } from "../../words";
import { utcDay } from "../../words/format";

export function seenOn(organization: Organization, device: string): string {
  const day = organization.seen.value.get(device);
  return day === undefined ? "" : t("last seen %s", utcDay(day));
}

/** Of all devices of USER, the latest. */
export function lastSeen(organization: Organization, user: string): string {
  const days = (organization.deviceList.value ?? []).filter((one) => one.user === user && one.live).map((one) => organization.seen.value.get(one.id) ?? 0);
  const latest = Math.max(0, ...days);
  return latest === 0 ? "" : t("Seen %s", utcDay(latest));
}
