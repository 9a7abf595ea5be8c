// SPDX-License-Identifier: AGPL-3.0-or-later
// The shape of what is read: nothing for the first 150 ms.
import { useEffect, useState } from "preact/hooks";
import { t } from "../words";

const WAIT_MS = 150;

export function useLate(milliseconds = WAIT_MS): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), milliseconds);
    return () => clearTimeout(timer);
  }, []);
  return late;
}

export function Skeleton({ rows = 6 }: { rows?: number }) {
  if (!useLate()) return null;
  return (
    <ul class="list tight" aria-busy="true" aria-label={t("Loading")}>
      {Array.from({ length: rows }, (_, row) => (
        <li key={row}>
          <span class="skel" style={{ width: "1.25rem", height: "1.25rem" }} />
          <span class="skel" style={{ width: `${28 + ((row * 17) % 30)}%` }} />
          <span class="grow" />
          <span class="skel" style={{ width: "4rem" }} />
        </li>
      ))}
    </ul>
  );
}

/** What takes long: after a second TEXT says what is done; after ten, that it takes longer than it should. */
export function Slow({ text }: { text: string }) {
  const isLate = useLate(1000);
  const isVeryLate = useLate(10_000);
  return <p class="muted small" role="status">{isVeryLate ? t("This takes longer than usual: this computer or the server is busy. Leave this page open, and it ends by itself.") : isLate ? text : ""}</p>;
}
