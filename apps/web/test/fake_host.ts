// SPDX-License-Identifier: AGPL-3.0-or-later
// A host in the same process, for tests: what the page sends is kept, and a test says what is answered.
import { encode, split } from "../src/host/message";
import type { Line, LineEars, OpenLine } from "../src/host/line";

export interface Sent {
  head: Record<string, unknown>;
  content: Uint8Array;
}

export class FakeHost {
  readonly sent: Sent[] = [];
  ears: LineEars | null = null;
  isUp = false;

  readonly open: OpenLine = (ears) => {
    this.ears = ears;
    const line: Line = {
      send: (message) => {
        if (!this.isUp) return false;
        this.sent.push(split(typeof message === "string" ? message : "part" in message ? message.json : message.buffer));
        return true;
      },
      close: () => { this.isUp = false; },
    };
    return line;
  };

  up(): void {
    this.isUp = true;
    this.ears!.up();
  }

  down(): void {
    this.isUp = false;
    this.ears!.down();
  }

  /** Sends a message to the page. */
  say(head: object, content?: Uint8Array): void {
    const message = encode(head, content);
    this.ears!.message(typeof message === "string" ? message : message.buffer);
  }

  last(): Record<string, unknown> {
    return this.sent.at(-1)!.head;
  }
}

export const soon = () => new Promise((resolve) => setTimeout(resolve, 0));
