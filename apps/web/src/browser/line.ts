// SPDX-License-Identifier: AGPL-3.0-or-later
// The line to the browser's own host: workers beside the page (apps/browser) that run the whole client.
import type { OpenLine } from "../host/line";
import { split } from "../host/message";
import { t } from "../words";

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

const SCRIPT = "./host/switch.mjs";
/** Beside the worker: of its release. */
const MODULE = "./zt.wasm";

/** Why a page cannot have its own host here; null where it can. */
export function whyNot(): string | null {
  if (!globalThis.isSecureContext || !globalThis.crossOriginIsolated) return t("This page was not delivered as zt needs it: by HTTPS, and with the headers COOP and COEP.");
  if (!navigator.storage?.getDirectory || !navigator.locks) return t("This browser keeps no files for pages, or not in a private window.");
  return null;
}

/** A line whose every call ends with the reason. */
export function refusingLine(english: string): OpenLine {
  return (ears) => {
    queueMicrotask(() => ears.up());
    return {
      send(message) {
        const { id } = split(typeof message === "string" ? message : "part" in message ? message.json : message.buffer).head;
        const error = { number: 0, name: "UNAVAILABLE", sentence: english, english, parameters: [], retry: false };
        if (typeof id === "number") queueMicrotask(() => ears.message(JSON.stringify({ id, error })));
        return true;
      },
      close() {},
    };
  };
}

/** CLEARED: the browser has cleared what the host kept in it, which has ended. */
export function workerLine(cleared: () => void): OpenLine {
  return (ears) => {
    const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
    const script = types ? types.createPolicy("zt-host", { createScriptURL: () => SCRIPT }).createScriptURL("") : SCRIPT;
    const worker = new Worker(script, { type: "module", name: "zt-switch" });
    let isUp = false;
    worker.onmessage = (event: MessageEvent<string | ArrayBuffer | { line: "up" | "down" | "cleared" }>) => {
      const data = event.data;
      if (typeof data === "string" || data instanceof ArrayBuffer) ears.message(data);
      else if ((isUp = data.line === "up")) ears.up();
      else ears.down();
      if (typeof data === "object" && "line" in data && data.line === "cleared") cleared();
    };
    worker.postMessage({ folder: "zt-host", url: MODULE });
    // What is kept here may otherwise be evicted, with the device's key. Not all browsers agree.
    void navigator.storage.persist?.().catch(() => false);
    return {
      send(message) {
        if (!isUp) return false;
        worker.postMessage(message, typeof message === "string" || "part" in message ? [] : [message.buffer]);
        return true;
      },
      close() {
        worker.terminate();
      },
    };
  };
}
