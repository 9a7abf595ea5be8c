// SPDX-License-Identifier: AGPL-3.0-or-later
// What a page tells the shell around it: the path above, and its part of the status line.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useTitle } from "./title";

export interface Step {
  name: string;
  to?: string;
  /** The folder that it is, for what is dropped on it. */
  path?: string;
}

export const trail = signal<readonly Step[]>([]);
export const statusOfPage = signal("");

export function useTrail(steps: readonly Step[]): void {
  const text = steps.map((step) => `${step.name} ${step.to ?? ""}`).join("\n");
  useEffect(() => { trail.value = steps; }, [text]);
  useTitle(steps.at(-1)?.name ?? "");
}

export function useStatus(text: string): void {
  useEffect(() => {
    statusOfPage.value = text;
    return () => { statusOfPage.value = ""; };
  }, [text]);
}
