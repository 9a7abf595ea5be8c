// SPDX-License-Identifier: AGPL-3.0-or-later
// An exchange of codes while a call runs: what the host says (the code of this side, that it waits) and what it asks, for the
// person to answer.
import { signal } from "@preact/signals";
import type { Events, Profile, Questions } from "@rpc";
import type { How } from "../host/client";
import { passes } from "./away";

export type Asked =
  | { kind: "codes"; choices: string[]; answer: (index: number) => void }
  | { kind: "accept"; data: Questions["accept"]["data"]; answer: (accept: boolean, profile?: Profile) => void }
  | { kind: "help"; data: Questions["help"]["data"]; answer: (yes: boolean) => void }
  | { kind: "returning"; data: Questions["returning"]["data"]; answer: (yes: boolean) => void };

/** The indexes that a reply has besides those of the choices. */
const NONE_OF_THEM = -1;
const LEFT = -2;
const AGAIN_MS = 2000;

export class Exchange {
  readonly code = signal("");
  /** The person has chosen the other side's code. */
  readonly chosen = signal(false);
  readonly waits = signal(false);
  readonly asked = signal<Asked | null>(null);
  readonly work = signal<Events["work"] | null>(null);
  /** The server cannot be reached, and the exchange begins again. */
  readonly away = signal(false);
  private readonly cancel = new AbortController();
  private left: (() => void) | null = null;

  readonly how: How = {
    signal: this.cancel.signal,
    event: (event, data) => {
      this.away.value = false;
      if (event === "code") {
        this.code.value = (data as Events["code"]).code;
        this.waits.value = false;
      } else if (event === "waiting") this.waits.value = true;
      else if (event === "work") this.work.value = data as Events["work"];
    },
    ask: (question, data) => new Promise((resolve, reject) => {
      const answered = (value: unknown) => {
        this.asked.value = null;
        this.left = null;
        resolve(value);
      };
      this.waits.value = false;
      this.left = () => answered(LEFT);
      switch (question) {
        case "codes":
          this.asked.value = { kind: "codes", choices: (data as Questions["codes"]["data"]).choices, answer: (index) => { this.chosen.value = index >= 0; answered(index); } };
          break;
        case "accept":
          this.asked.value = { kind: "accept", data: data as Questions["accept"]["data"], answer: (accept, profile) => answered({ accept, profile }) };
          break;
        case "help":
          this.asked.value = { kind: "help", data: data as Questions["help"]["data"], answer: answered };
          break;
        case "returning":
          this.asked.value = { kind: "returning", data: data as Questions["returning"]["data"], answer: answered };
          break;
        default:
          reject(new Error(`a question that this page does not know: ${question}`));
      }
    }),
  };

  /** Makes the call of the exchange; again, with other codes, where the server was away, until the person leaves. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (!passes(error) || this.cancel.signal.aborted) throw error;
        this.code.value = "";
        this.chosen.value = this.waits.value = false;
        this.asked.value = this.work.value = this.left = null;
        this.away.value = true;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  noneOfThem(): void {
    if (this.asked.value?.kind === "codes") this.asked.value.answer(NONE_OF_THEM);
  }

  /** The person leaves: the other side sees it. */
  leave(): void {
    if (this.asked.value?.kind === "codes") this.left?.();
    this.cancel.abort();
  }
}
