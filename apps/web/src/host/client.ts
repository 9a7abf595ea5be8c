// SPDX-License-Identifier: AGPL-3.0-or-later
// What the page asks of its host: calls with their answers, events and questions, over a line that may be lost.
import type { Failure, Method, Methods } from "@rpc";
import { decode, encode, type Incoming } from "./message";
import type { Line, OpenLine } from "./line";

/** A refusal of the host, or the loss of the line (name LINE_LOST). */
export class Refusal extends Error {
  constructor(readonly failure: Failure) {
    super(failure.english || failure.name);
  }
  get code(): string {
    return this.failure.name;
  }
}

export type Asked = (question: string, data: unknown) => Promise<unknown>;

export interface How {
  /** The bytes that a method takes. */
  content?: Uint8Array;
  /** The same, as a part of a file, for a host beside the page. */
  part?: Blob;
  /** Events of this call. */
  event?: (event: string, data: unknown) => void;
  /** Answers the questions of this call. */
  ask?: Asked;
  signal?: AbortSignal;
}

export type Listener = (event: string, device: string, data: unknown) => void;
type Answered = { result: unknown; content: Uint8Array };
type Waiting = How & { resolve: (answered: Answered) => void; reject: (error: Error) => void };

export const LINE_LOST: Failure = {
  number: 0, name: "LINE_LOST", sentence: "", english: "The connection to zt on this computer was lost", parameters: [], retry: true,
};

export class Host {
  private line: Line;
  private next = 1;
  private waiting = new Map<number, Waiting>();
  private listeners = new Set<Listener>();
  private isUp = false;
  private queue: (() => void)[] = [];

  /** `state` learns when the line is up or down. Calls that were made before the line is up wait for it. `admits` is shown what
   * the host says of itself before it gets anything: another program may listen where the host has ended. `refused` learns why the host says nothing of itself. */
  constructor(open: OpenLine, private state: (up: boolean) => void = () => {}, private admits?: (host: Methods["host.state"]["result"]) => boolean, private refused: (error: Error) => void = () => {}) {
    this.line = open({ up: () => this.up(), down: () => this.down(), message: (data) => this.take(data) });
  }

  /** Calls a method of a device; of the host itself without one. */
  async call<M extends Method>(device: string | null, method: M, params: Methods[M]["params"], how: How = {}): Promise<Methods[M]["result"]> {
    return (await this.send(device, method, params, how)).result as Methods[M]["result"];
  }

  /** The same, for a method that gives content. */
  async fetch<M extends Method>(device: string | null, method: M, params: Methods[M]["params"], how: How = {}): Promise<Uint8Array> {
    return (await this.send(device, method, params, how)).content;
  }

  /** Hears events that belong to no call of this page. Gives the function that ends it. */
  listen(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.line.close();
  }

  private send(device: string | null, method: string, params: object, how: How): Promise<Answered> {
    return new Promise((resolve, reject) => {
      if (how.signal?.aborted) {
        reject(aborted());
        return;
      }
      const start = () => this.start(device, method, params, { ...how, resolve, reject });
      if (this.isUp) start();
      else this.queue.push(start);
    });
  }

  private start(device: string | null, method: string, params: object, how: Waiting): void {
    if (how.signal?.aborted) {
      how.reject(aborted());
      return;
    }
    const id = this.next++;
    const head = device === null ? { id, method, params } : { id, method, params, device };
    this.waiting.set(id, how);
    how.signal?.addEventListener("abort", () => {
      if (this.waiting.has(id)) this.line.send(encode({ cancel: id }));
    });
    if (!this.line.send(how.part ? { json: JSON.stringify(head), part: how.part } : encode(head, how.content))) {
      this.waiting.delete(id);
      how.reject(new Refusal(LINE_LOST));
    }
  }

  private up(): void {
    const { admits } = this;
    if (!admits) this.admitted();
    else this.start(null, "host.state", {}, {
      resolve: ({ result }) => {
        if (admits(result as Methods["host.state"]["result"])) this.admitted();
        else this.line.close();
      },
      reject: (error) => this.refused(error),
    });
  }

  private admitted(): void {
    this.isUp = true;
    this.state(true);
    for (const start of this.queue.splice(0)) start();
  }

  private down(): void {
    this.isUp = false;
    const lost = [...this.waiting.values()];
    this.waiting.clear();
    for (const one of lost) one.reject(new Refusal(LINE_LOST));
    this.state(false);
  }

  private take(data: string | ArrayBuffer): void {
    let message: Incoming;
    try {
      message = decode(data);
    } catch (error) {
      console.error("zt: a message of the host was left out:", error);
      return;
    }
    if (!this.isUp && (message.kind === "event" || message.kind === "question")) return;
    if (message.kind === "event") {
      const call = message.request === null ? undefined : this.waiting.get(message.request);
      if (call?.event) call.event(message.event, message.data);
      else for (const listener of this.listeners) listener(message.event, message.device, message.data);
    } else if (message.kind === "question") {
      void this.answer(message);
    } else if (message.kind === "answer") {
      const call = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      call?.resolve({ result: message.result, content: message.content });
    } else if (message.id !== null) {
      const call = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      call?.reject(new Refusal(message.error));
    }
  }

  private async answer(question: Extract<Incoming, { kind: "question" }>): Promise<void> {
    const call = this.waiting.get(question.request);
    try {
      if (!call?.ask) throw new Error("nobody answers this question");
      const value = await call.ask(question.question, question.data);
      this.line.send(encode({ reply: question.request, ask: question.ask, value }));
    } catch {
      this.line.send(encode({ cancel: question.request }));
    }
  }
}

function aborted(): Refusal {
  return new Refusal({ number: 0, name: "INTERRUPTED", sentence: "", english: "The call was cancelled", parameters: [], retry: false });
}
