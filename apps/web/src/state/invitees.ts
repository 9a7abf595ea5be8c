// SPDX-License-Identifier: AGPL-3.0-or-later
// People to invite, out of a table that was pasted or read from a file: e-mail, name, profile. Each line is judged by itself.
import type { Profile, User } from "@rpc";

export type Fault = "address" | "twice" | "member" | "profile" | "name" | "many";

export interface Invitee {
  /** Where it was in the table, from 1. */
  line: number;
  email: string;
  name: string;
  profile: Profile;
  /** What the table had for a profile. */
  said: string;
  fault: Fault | null;
}

export const INVITEES_MOST = 200;
const NAME_MOST = 256;

const profiles: Record<string, Profile> = {
  "": "standard", standard: "standard", user: "standard", member: "standard", membre: "standard", utilisateur: "standard",
  admin: "admin", administrator: "admin", administrateur: "admin", administratrice: "admin",
  outsider: "outsider", guest: "outsider", external: "outsider", externe: "outsider", "invité": "outsider", "invitée": "outsider",
};

/** The cells of TEXT, by row: quoted ones may have the sign between cells, and ends of lines. */
export function cells(text: string): { line: number; cells: string[] }[] {
  const clean = text.replace(/^\ufeff/, "");
  const head = clean.split(/\r?\n/, 1)[0] ?? "";
  const between = ["\t", ";", ","].find((sign) => head.includes(sign)) ?? ",";
  const rows: { line: number; cells: string[] }[] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  let line = 1;
  let began = 1;
  const endCell = () => {
    row.push(cell.trim());
    cell = "";
  };
  const endRow = () => {
    endCell();
    if (row.some((one) => one !== "")) rows.push({ line: began, cells: row });
    row = [];
  };
  for (let at = 0; at < clean.length; at++) {
    const sign = clean[at]!;
    if (sign === "\n") line++;
    if (quoted) {
      if (sign !== '"') cell += sign;
      else if (clean[at + 1] === '"') cell += clean[++at]!;
      else quoted = false;
    } else if (sign === '"' && cell.trim() === "") {
      cell = "";
      quoted = true;
    } else if (sign === between) endCell();
    else if (sign === "\n") {
      endRow();
      began = line;
    } else if (sign !== "\r") cell += sign;
  }
  endRow();
  return rows;
}

/** Whether TEXT is an address as zt takes it: one @, something on both sides, no signs that no address has. */
export function isAddress(text: string): boolean {
  return /^[^\s@<>(),;:"\\]+@[^\s@<>(),;:"\\]+\.[^\s@<>(),;:"\\.]+$/u.test(text) && text.length <= 254;
}

/** The rows of TEXT with what is wrong with each; a first row without an address is a heading. PEOPLE are in already. */
export function invitees(text: string, people: readonly User[]): Invitee[] {
  const rows = cells(text);
  if (rows[0] && !rows[0].cells.some((one) => one.includes("@"))) rows.shift();
  const known = new Set(people.filter((one) => one.live).map((one) => one.email.toLowerCase()));
  const seen = new Set<string>();
  let good = 0;
  return rows.map(({ line, cells: row }) => {
    // The address may be in any of the first two cells; "Name <address>" is understood as well.
    let [first = "", second = ""] = row;
    const said = (row[2] ?? "").toLowerCase();
    const both = /^(.*)<([^<>]+)>$/.exec(first);
    if (both) [first, second] = [both[2]!.trim(), second || both[1]!.trim().replace(/^"|"$/g, "")];
    else if (!first.includes("@") && second.includes("@")) [first, second] = [second, first];
    const email = first.toLowerCase();
    const profile = Object.hasOwn(profiles, said) ? profiles[said]! : null;
    let fault: Fault | null = null;
    if (!isAddress(email)) fault = "address";
    else if (seen.has(email)) fault = "twice";
    else if (known.has(email)) fault = "member";
    else if (profile === null) fault = "profile";
    else if (new TextEncoder().encode(second).length > NAME_MOST || /\p{Cc}/u.test(second)) fault = "name";
    else if (++good > INVITEES_MOST) fault = "many";
    if (isAddress(email)) seen.add(email);
    return { line, email: first, name: second, profile: profile ?? "standard", said: row[2] ?? "", fault };
  });
}
