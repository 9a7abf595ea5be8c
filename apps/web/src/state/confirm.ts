// SPDX-License-Identifier: AGPL-3.0-or-later
// Acts that need the person and not the page alone: the host answers CONFIRM, the person types the password, and the call is
// made again.
import { signal } from "@preact/signals";
import type { Method, Methods } from "@rpc";
import { Refusal, type How } from "../host/client";
import { host } from "./host";

/** A host that has as many requests as it takes says AGAIN. */
const BUSY_MS = 200;
const MOST_TURNS = 50;

export interface Confirmation {
  key: string;
  done: (confirmed: boolean) => void;
}

export const confirmation = signal<Confirmation | null>(null);

function confirmed(key: string): Promise<boolean> {
  return new Promise((resolve) => {
    confirmation.value = { key, done: (yes) => { confirmation.value = null; resolve(yes); } };
  });
}

/** Calls a method of the device KEY; with `ofHost` a method of the host, for which the person confirms by the device. */
export async function ask<M extends Method>(key: string, method: M, params: Methods[M]["params"], how?: How, ofHost = false): Promise<Methods[M]["result"]> {
  for (let turn = 0; ; turn++) {
    try {
      return await host().call(ofHost ? null : key, method, params, how);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === "AGAIN" && turn < MOST_TURNS) await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
      else if (error.code !== "CONFIRM" || !(await confirmed(key))) throw error;
    }
  }
}
