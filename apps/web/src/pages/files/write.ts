// SPDX-License-Identifier: AGPL-3.0-or-later
// Writes a text as a file, or as the next version of one.
import { host } from "../../state/host";
import type { Organization } from "../../state/organization";

/** Writes TEXT, and gives the new version; null where there is a file without BASE. */
export async function writeText(organization: Organization, path: string, base: number | undefined, text: string, how: "onTop" | "orConflict"): Promise<number | null> {
  const { handle, version } = await organization.call("writer.open", { path, base });
  try {
    if (base === undefined && version !== 0) return null;
    await organization.call("writer.truncate", { handle, size: 0 });
    const content = new TextEncoder().encode(text);
    if (content.length > 0) await host().call(organization.key, "writer.write", { handle, offset: 0 }, { content });
    return (await organization.call("writer.commit", { handle, how })).version;
  } finally {
    void organization.call("writer.close", { handle }).catch(() => {});
  }
}
