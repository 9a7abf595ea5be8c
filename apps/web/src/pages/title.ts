// SPDX-License-Identifier: AGPL-3.0-or-later
import { useEffect } from "preact/hooks";

/** The title of the window while a page is shown. */
export function useTitle(title: string): void {
  useEffect(() => { document.title = title === "" ? "zt" : `${title} · zt`; }, [title]);
}
