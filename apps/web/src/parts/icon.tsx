// SPDX-License-Identifier: AGPL-3.0-or-later
// Icons in the two sizes of the page: small beside text, else as large as a line.
import type { LucideIcon } from "lucide-preact";

export type IconKind = LucideIcon;

export function Icon({ of: Kind, size = "m" }: { of: IconKind; size?: "s" | "m" | "l" }) {
  return <Kind class={size === "s" ? "i s" : size === "l" ? "i l" : "i"} absoluteStrokeWidth={false} aria-hidden="true" />;
}

/** The mark of zt. */
export function Mark() {
  return (
    <svg class="i" viewBox="0 0 24 24" aria-hidden="true"><path d="M3 5.500 12 2l9 3.500v6.200c0 5-3.600 8.600-9 10.800-5.400-2.200-9-5.800-9-10.800z" /></svg>
  );
}
