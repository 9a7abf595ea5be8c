// SPDX-License-Identifier: AGPL-3.0-or-later
// What is done with entries of a folder, with the sentence after it and its undo.
import type { Entry } from "@rpc";
import { isCode, sentenceOfError, tell, tellRefusal } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { child, nameOf, parent } from "../../state/paths";
import { saveFile, saveMany } from "../../state/download";
import { t, tn } from "../../words";
import { shown } from "../../words/format";

/** Gives the names of those that are gone: others stay selected, to be tried again. */
export async function remove(organization: Organization, folder: string, entries: readonly Entry[], changed: () => void): Promise<readonly string[]> {
  const gone: string[] = [];
  let problem: unknown = null;
  for (const entry of entries) {
    const path = child(folder, entry.name);
    try {
      await organization.call("files.remove", { path, recursive: entry.folder });
      gone.push(path);
    } catch (error) {
      problem = error;
    }
  }
  changed();
  const names = gone.map(nameOf);
  if (problem !== null) tellRefusal(problem);
  if (gone.length === 0 || problem !== null) return names;
  const only = nameOf(gone[0]!);
  tell(gone.length === 1 ? t("“%s” moved to the trash", shown(only)) : tn("%d item moved to the trash", "%d items moved to the trash", gone.length), () => {
    void (async () => {
      for (const path of gone) await organization.call("files.restore", { path });
      tell(tn("%d item brought back", "%d items brought back", gone.length));
    })().catch(tellRefusal).finally(changed);
  });
  return names;
}

/** Moves paths into a folder; Undo moves them back. */
export async function move(organization: Organization, paths: readonly string[], into: string, changed: () => void): Promise<void> {
  const done: { from: string; to: string }[] = [];
  let problem: unknown = null;
  for (const from of paths) {
    if (parent(from) === into || from === into) continue;
    try {
      const { path } = await organization.call("files.move", { from, to: child(into, nameOf(from)) });
      done.push({ from, to: path });
    } catch (error) {
      problem = isCode(error, "EXISTS") ? new Error(t("“%s” is there already.", shown(nameOf(from)))) : error;
    }
  }
  changed();
  if (problem !== null) {
    tell(problem instanceof Error && !("failure" in problem) ? problem.message : sentenceOfError(problem));
    return;
  }
  if (done.length === 0) return;
  const where = nameOf(into) || organization.workspaceOf(into.slice(0, into.indexOf(":")))?.name || "";
  tell(tn("%2$d item moved to “%1$s”", "%2$d items moved to “%1$s”", done.length, shown(where), done.length), () => {
    void (async () => {
      for (const { from, to } of done) await organization.call("files.move", { from: to, to: from });
    })().catch(tellRefusal).finally(changed);
  });
}

export async function rename(organization: Organization, path: string, name: string): Promise<void> {
  await organization.call("files.move", { from: path, to: child(parent(path), name) });
  tell(t("Renamed to “%s”", shown(name)));
}

export async function download(organization: Organization, folder: string, entries: readonly Entry[]): Promise<void> {
  const one = entries[0];
  if (entries.length === 1 && one && !one.folder) {
    await saveFile(organization, child(folder, one.name), one.name, one.details?.size ?? 0);
    return;
  }
  const name = entries.length === 1 && one ? one.name : nameOf(folder) || organization.workspaceOf(folder.slice(0, folder.indexOf(":")))?.name || "zt";
  await saveMany(organization, folder, entries, `${name}.zip`);
}
