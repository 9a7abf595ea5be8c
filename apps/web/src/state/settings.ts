// SPDX-License-Identifier: AGPL-3.0-or-later
// What a person chose in this browser: light or dark, table or grid.
import { signal } from "@preact/signals";

export type Theme = "light" | "dark" | "system";

function kept(name: string): string | null {
  return localStorage.getItem(`zt.${name}`);
}

export const theme = signal<Theme>("system");
export const filesAsGrid = signal(false);
export const detailsShown = signal(true);

export function readSettings(): void {
  const found = kept("theme");
  theme.value = found === "light" || found === "dark" ? found : "system";
  filesAsGrid.value = kept("grid") === "1";
  showKeptDetails();
  narrow().addEventListener("change", showKeptDetails);
  addEventListener("hashchange", () => { if (narrow().matches) detailsShown.value = false; });
  paint();
}

/** Where the details are over the page instead of beside it: there they are shown when they are asked for, and on that page. */
function narrow(): MediaQueryList {
  return matchMedia("(max-width: 68.75em)");
}

function showKeptDetails(): void {
  detailsShown.value = !narrow().matches && kept("details") !== "0";
}

function paint(): void {
  if (theme.value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme.value;
}

export function isDark(): boolean {
  return theme.value === "dark" || (theme.value === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
}

export function useTheme(chosen: Theme): void {
  theme.value = chosen;
  localStorage.setItem("zt.theme", chosen);
  paint();
}

export function showGrid(grid: boolean): void {
  filesAsGrid.value = grid;
  localStorage.setItem("zt.grid", grid ? "1" : "0");
}

export function showDetails(shown: boolean): void {
  detailsShown.value = shown;
  if (!narrow().matches) localStorage.setItem("zt.details", shown ? "1" : "0");
}
