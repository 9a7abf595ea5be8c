// SPDX-License-Identifier: AGPL-3.0-or-later
// All entries of a folder, with sizes and times, as one version of it has them.
import type { Entry } from "@rpc";
import type { Organization } from "./organization";

const PAGE = 200;

/** Reads the folder PATH; NOW: not as this device has seen it last, where the servers do not answer. */
export async function entriesOf(organization: Organization, path: string, as: "now" | "known"): Promise<Entry[]> {
  const { handle, away } = await organization.call("list.open", { path, details: true });
  try {
    if (away && as === "now") throw new Error("the server is away");
    const list: Entry[] = [];
    for (let from: number | undefined = 0; from !== undefined;) {
      const page: { entries: Entry[]; next?: number } = await organization.call("list.next", { handle, from, max: PAGE });
      list.push(...page.entries);
      from = page.next;
    }
    return list;
  } finally {
    void organization.call("list.close", { handle }).catch(() => {});
  }
}
