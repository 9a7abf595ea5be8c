// SPDX-License-Identifier: AGPL-3.0-or-later
// While the server cannot be reached: what passes by itself is made again once it can.
import { Refusal } from "../host/client";
import type { Organization } from "./organization";

const codes = ["NETWORK", "UNAVAILABLE", "TIMEOUT"];

/** Whether ERROR passes once the server can be reached again. */
export function passes(error: unknown): boolean {
  return error instanceof Refusal && codes.includes(error.code);
}

/** Does ACT, again each time that the server was away, until `stops` says so. */
export async function lasting<T>(organization: Organization, act: () => Promise<T>, stops: () => boolean = () => false): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!passes(error) || stops()) throw error;
      organization.lost();
      if (!(await organization.back(stops))) throw error;
    }
  }
}
