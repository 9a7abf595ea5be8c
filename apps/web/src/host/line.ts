// SPDX-License-Identifier: AGPL-3.0-or-later
// The line to a host: a WebSocket that is opened again by itself. A worker's port has the same face.

/** A message whose content is a part of a file that nobody has read: only a host beside the page takes one. */
export interface WithPart {
  json: string;
  part: Blob;
}

export interface Line {
  /** Sends a message; false while the line is down. */
  send(message: string | Uint8Array<ArrayBuffer> | WithPart): boolean;
  close(): void;
}

export interface LineEars {
  up(): void;
  down(): void;
  message(data: string | ArrayBuffer): void;
}

export type OpenLine = (ears: LineEars) => Line;

const FIRST_WAIT_MS = 250;
const LAST_WAIT_MS = 10_000;

/** A line over a WebSocket; after a loss it waits twice as long each time, from a quarter of a second to ten seconds. */
export function socketLine(url: string, Socket: typeof WebSocket = WebSocket): OpenLine {
  return (ears) => {
    let socket: WebSocket | null = null;
    let wait = FIRST_WAIT_MS;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let closed = false;

    const open = () => {
      timer = undefined;
      if (closed) return;
      const mine = new Socket(url, "zt.v1");
      socket = mine;
      mine.binaryType = "arraybuffer";
      mine.onopen = () => { wait = FIRST_WAIT_MS; ears.up(); };
      mine.onmessage = (event: MessageEvent<string | ArrayBuffer>) => ears.message(event.data);
      mine.onclose = () => {
        if (socket !== mine) return;
        socket = null;
        if (closed) return;
        ears.down();
        timer = setTimeout(open, wait);
        wait = Math.min(wait * 2, LAST_WAIT_MS);
      };
    };
    const now = () => {
      if (timer === undefined) return;
      clearTimeout(timer);
      open();
    };
    if (typeof addEventListener === "function") addEventListener("online", now);
    open();
    return {
      send(message) {
        if (!socket || socket.readyState !== 1 || (typeof message === "object" && "part" in message)) return false;
        socket.send(message);
        return true;
      },
      close() {
        closed = true;
        clearTimeout(timer);
        if (typeof removeEventListener === "function") removeEventListener("online", now);
        socket?.close();
      },
    };
  };
}
