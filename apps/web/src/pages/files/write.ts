// SPDX-License-Identifier: AGPL-3.0-or-later
// Writes a text as a file, or as the next version of one.
import { passes } from "../../state/away";
import { host } from "../../state/host";
import { isCode } from "../../state/notices";
import type { Organization } from "../../state/organization";

const PIECE = 4 << 20; // as much as a host gives at once

/** Writes TEXT, and gives the new version; null where there is a file without BASE. COMMITS is called when it may be there. */
export async function writeText(organization: Organization, path: string, base: number | undefined, text: string, how: "onTop" | "orConflict", commits?: () => void): Promise<number | null> {
  const { handle, version } = await organization.call("writer.open", { path, base });
  try {
    if (base === undefined && version !== 0) return null;
    await organization.call("writer.truncate", { handle, size: 0 });
    const content = new TextEncoder().encode(text);
    if (content.length > 0) await host().call(organization.key, "writer.write", { handle, offset: 0 }, { content });
    commits?.();
    return (await organization.call("writer.commit", { handle, how })).version;
  } finally {
    void organization.call("writer.close", { handle }).catch(() => {});
  }
}

/** The newest version of a file, if its content is one of TEXTS. */
async function versionOf(organization: Organization, path: string, texts: readonly string[]): Promise<{ version: number; text: string } | null> {
  const { handle, size, version } = await organization.call("reader.open", { path });
  try {
    if (!texts.some((text) => new TextEncoder().encode(text).length === size)) return null; // before there is room for it
    const content = new Uint8Array(size);
    for (let offset = 0; offset < size; offset += PIECE) content.set(await host().fetch(organization.key, "reader.read", { handle, offset, size: Math.min(PIECE, size - offset) }), offset);
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
    return texts.includes(text) ? { version, text } : null;
  } finally {
    void organization.call("reader.close", { handle }).catch(() => {});
  }
}

/** Saves one text again and again. What was sent and not answered may be there: that is no other person's change. */
export class Saves {
  private unsure: string[] = [];

  constructor(private readonly organization: Organization, private readonly path: string) {}

  /** Saves TEXT over BASE, and gives the version that it is. CONFLICT: somebody else changed the file. */
  async save(base: number, text: string, how: "onTop" | "orConflict"): Promise<number> {
    let isUnsure = false;
    try {
      const version = (await writeText(this.organization, this.path, base, text, how, () => { isUnsure = true; })) ?? base;
      this.unsure = [];
      return version;
    } catch (error) {
      if (isCode(error, "CONFLICT") && this.unsure.length > 0) {
        const there = await versionOf(this.organization, this.path, this.unsure);
        if (there !== null) {
          this.unsure = [];
          return there.text === text ? there.version : this.save(there.version, text, how);
        }
      }
      if (isUnsure && (passes(error) || isCode(error, "LINE_LOST"))) this.unsure.push(text);
      throw error;
    }
  }
}
