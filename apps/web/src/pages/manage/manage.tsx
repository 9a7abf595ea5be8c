// SPDX-License-Identifier: AGPL-3.0-or-later
// "Manage my organization": its rooms, one at a time.
import { useEffect, useRef } from "preact/hooks";
import type { Organization } from "../../state/organization";
import { address } from "../../state/route";
import { t } from "../../words";
import { useTrail } from "../trail";
import { Health } from "./health";
import { Invitations } from "./invitations";
import { InviteMany } from "./invite_many";
import { Log } from "./log";
import { People } from "./people";
import { PersonPage } from "./person";
import { Releases } from "./releases";
import { RemovePerson } from "./remove";
import { Requests } from "./requests";
import { Settings } from "./settings";
import { Storage } from "./storage";

export type RoomProps = { organization: Organization };

export function Manage({ organization, parts }: { organization: Organization; parts: readonly string[] }) {
  switch (parts[0]) {
    case "person": return <PersonPage key={parts[1]} organization={organization} user={parts[1] ?? ""} />;
    case "remove": return <RemovePerson key={parts[1]} organization={organization} user={parts[1] ?? ""} />;
    case "invite-many": return <InviteMany organization={organization} />;
    case "invitations": return <Invitations organization={organization} />;
    case "requests": return <Requests organization={organization} />;
    case "log": return <Log organization={organization} />;
    case "releases": return <Releases organization={organization} />;
    case "storage": return <Storage organization={organization} />;
    case "settings": return <Settings organization={organization} />;
    case "health": return <Health organization={organization} />;
    default: return <People organization={organization} />;
  }
}

export function manageAddress(organization: Organization, ...parts: string[]): string {
  return address(["o", organization.key, "manage", ...parts]);
}

/** The rooms of the console beside each other, and the path above. */
export function Rooms({ organization, current }: { organization: Organization; current: string }) {
  const rooms: [string, string][] = [
    ["people", t("People")], ["invitations", t("Invitations")], ["requests", t("Join requests")], ["log", t("Trust log")], ["storage", t("Storage")], ["health", t("Check-up")], ["releases", t("Releases")], ["settings", t("Settings")],
  ];
  const name = rooms.find(([room]) => room === current)?.[1] ?? "";
  useTrail([{ name: t("Manage my organization"), to: manageAddress(organization) }, { name }]);
  const row = useRef<HTMLElement>(null);
  useEffect(() => { row.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }); }, [current, organization.isAdmin]);
  return (
    <nav ref={row} class="tabrow" aria-label={t("Manage my organization")}>
      {rooms.filter(([room]) => organization.isAdmin || room !== "requests").map(([room, label]) => <a key={room} href={manageAddress(organization, room)} aria-current={room === current ? "page" : undefined}>{label}</a>)}
    </nav>
  );
}
