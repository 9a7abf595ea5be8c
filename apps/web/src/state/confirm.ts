// SPDX-License-Identifier: AGPL-3.0-or-later
// Acts that need the person and not the page alone: the host answers CONFIRM, the person types the password, and the call is
// made again.
import { signal } from "@preact/signals";
import type { Method, Methods } from "@rpc";
import { Refusal, type How } from "../host/client";
import { host } from "./host";

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

export async function ask<M extends Method>(key: string, method: M, params: Methods[M]["params"], how?: How): Promise<Methods[M]["result"]> {
  try {
    return await host().call(key, method, params, how);
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "CONFIRM") throw error;
    if (!(await confirmed(key))) throw error;
    return host().call(key, method, params, how);
  }
}
