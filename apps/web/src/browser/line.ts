// SPDX-License-Identifier: AGPL-3.0-or-later
// The line to the browser's own host: workers beside the page (apps/browser) that run the whole client.
import type { OpenLine } from "../host/line";

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

const SCRIPT = "./host/switch.mjs";
const MODULE = "./host/zt.wasm";

/** Why a page cannot have its own host here; null where it can. */
export function whyNot(): string | null {
  if (!globalThis.isSecureContext || !globalThis.crossOriginIsolated) return "this page was not delivered as zt needs it (HTTPS, COOP, COEP)";
  if (!navigator.storage?.getDirectory || !navigator.locks) return "this browser keeps no files for pages";
  return null;
}

export function workerLine(): OpenLine {
  return (ears) => {
    const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
    const script = types ? types.createPolicy("zt-host", { createScriptURL: () => SCRIPT }).createScriptURL("") : SCRIPT;
    const worker = new Worker(script, { type: "module", name: "zt-switch" });
    let isUp = false;
    worker.onmessage = (event: MessageEvent<string | ArrayBuffer | { line: "up" | "down" }>) => {
      const data = event.data;
      if (typeof data === "string" || data instanceof ArrayBuffer) ears.message(data);
      else if ((isUp = data.line === "up")) ears.up();
      else ears.down();
    };
    worker.postMessage({ folder: "zt-host", url: new URL(MODULE, document.baseURI).href });
    // What is kept here may otherwise be evicted, with the device's key. Not all browsers agree.
    void navigator.storage.persist?.().catch(() => false);
    return {
      send(message) {
        if (!isUp) return false;
        worker.postMessage(message, typeof message === "string" ? [] : [message.buffer]);
        return true;
      },
      close() {
        worker.terminate();
      },
    };
  };
}
