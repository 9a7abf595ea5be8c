// SPDX-License-Identifier: AGPL-3.0-or-later
// What was typed and is not saved, while it is not shown: the device was locked, or the person looked elsewhere. It is in the
// memory of this page alone, and gone with it.
interface Draft {
  text: string;
  /** The version that it was made of. */
  base: number;
}

const drafts = new Map<string, Draft>();
const placeOf = (key: string, path: string) => `${key} ${path}`;

export function draftOf(key: string, path: string): Draft | undefined {
  return drafts.get(placeOf(key, path));
}

/** Keeps DRAFT; undefined: forgets what was kept. */
export function keepDraft(key: string, path: string, draft: Draft | undefined): void {
  if (draft) drafts.set(placeOf(key, path), draft);
  else drafts.delete(placeOf(key, path));
}
