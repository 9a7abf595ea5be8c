// SPDX-License-Identifier: AGPL-3.0-or-later
// What a person types or pastes, as the host takes it; null where it cannot be meant.

/** The address of a server: with its scheme, without a path. */
export function serverOf(text: string): string | null {
  const typed = text.trim();
  try {
    const url = new URL(/^[a-z][a-z+.-]*:\/\//i.test(typed) ? typed : `https://${typed}`);
    return url.protocol === "https:" || url.protocol === "http:" ? url.origin : null;
  } catch {
    return null;
  }
}

/** The link of an invitation: of a page that has it in its address, cut by a mail program, or as a browser would write it. */
export function invitationOf(text: string): string | null {
  const typed = text.replace(/\s+/g, "");
  const inPage = /[?&]link=([^&#]+)/.exec(typed)?.[1];
  let link = typed;
  if (inPage !== undefined) {
    try {
      link = decodeURIComponent(inPage);
    } catch {
      return null;
    }
  }
  const found = /^(zt|zt\+http|https?):\/\/([^/]+)\/+([0-9a-f]{32})\/([0-9a-f]{32})\/?$/i.exec(link);
  if (!found) return null;
  const scheme = found[1]!.toLowerCase();
  return `${scheme === "https" ? "zt" : scheme === "http" ? "zt+http" : scheme}://${found[2]}/${found[3]!.toLowerCase()}/${found[4]!.toLowerCase()}`;
}

/** The name of an organization at its server. */
export function slugOf(text: string): string | null {
  const typed = text.trim().toLowerCase();
  return /^[a-z0-9][a-z0-9-]*$/.test(typed) ? typed : null;
}

/** The code that an operator gives a founder. */
export function foundingCodeOf(text: string): string | null {
  const typed = text.replace(/\s+/g, "").toLowerCase();
  return /^[0-9a-f]{128}$/.test(typed) ? typed : null;
}

/** The address of SERVER's page that has LINK in it, behind #, which no server sees: a person without zt opens it. */
export function pageOfInvitation(server: string, link: string): string {
  return `${server}/#/begin/join?link=${encodeURIComponent(link)}`;
}
