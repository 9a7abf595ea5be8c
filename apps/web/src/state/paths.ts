// SPDX-License-Identifier: AGPL-3.0-or-later
// Paths of the interface: WORKSPACE:/a/b. The page names a workspace by its id.

export function pathOf(workspace: string, names: readonly string[]): string {
  return `${workspace}:/${names.join("/")}`;
}

export function child(path: string, name: string): string {
  return path.endsWith("/") ? path + name : `${path}/${name}`;
}

export function split(path: string): { workspace: string; names: string[] } {
  const colon = path.indexOf(":/");
  if (colon < 0) return { workspace: path.replace(/:$/, ""), names: [] };
  return { workspace: path.slice(0, colon), names: path.slice(colon + 2).split("/").filter((name) => name !== "") };
}

export function nameOf(path: string): string {
  return split(path).names.at(-1) ?? "";
}

export function parent(path: string): string {
  const { workspace, names } = split(path);
  return pathOf(workspace, names.slice(0, -1));
}
