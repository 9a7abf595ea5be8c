// SPDX-License-Identifier: AGPL-3.0-or-later
// Passkeys, which open a device of the browser's host beside its password: the browser asks an authenticator for the output of a
// PRF (WebAuthn level 3, 10.1.4), and the host makes a key of it. Outputs are wiped as soon as the host has them.
import type { Passkey } from "@rpc";
import { t } from "../words";
import { host, hostName } from "./host";

const SALT = 32;
const ALGORITHMS = [-7, -8, -257]; // nothing is verified by these keys: what an authenticator has will do

const random = () => crypto.getRandomValues(new Uint8Array(SALT));

export function toText(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

export function fromText(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}

/** Its message is a sentence for the person. */
export class PasskeyError extends Error {}

/** Why this page can have no passkey; null where it may. */
export async function whyNoPasskeys(): Promise<string | null> {
  if (/^[\d.]+$|:/.test(location.hostname)) return t("A passkey belongs to a name, and this page was opened by a number as its address.");
  if (typeof PublicKeyCredential === "undefined" || !navigator.credentials) return t("This browser has no passkeys.");
  const able = await PublicKeyCredential.getClientCapabilities?.().catch(() => ({}) as Record<string, boolean>);
  return able?.["extension:prf"] === false ? t("The passkeys of this browser only sign in, and give no key that could open a device.") : null;
}

/** The passkeys of a device that this page may ask for. An agent's device has none. */
export async function passkeysOf(key: string): Promise<Passkey[]> {
  if (hostName.value?.host !== "browser") return [];
  const { passkeys } = await host().call(null, "host.passkeys", { key });
  return passkeys.filter((one) => one.relyingParty === location.hostname);
}

export interface Output {
  credential: string;
  output: Uint8Array;
}

function explained(error: unknown): Error {
  if (!(error instanceof DOMException)) return error instanceof Error ? error : new Error(String(error));
  if (error.name === "InvalidStateError") return new PasskeyError(t("What you chose has a passkey for this device already."));
  if (error.name === "NotAllowedError" || error.name === "AbortError") return new PasskeyError(t("No passkey was used: it was cancelled, it took too long, or there is none here."));
  return new PasskeyError(t("The browser could not use a passkey: %s", error.message));
}

function outputOf(credential: PublicKeyCredential): Uint8Array | null {
  const first = credential.getClientExtensionResults().prf?.results?.first;
  return first === undefined ? null : first instanceof ArrayBuffer ? new Uint8Array(first) : new Uint8Array(first.buffer, first.byteOffset, first.byteLength);
}

/** Asks the person for one of PASSKEYS. Whether they are there at all is looked at alike each time: an authenticator has another
 * PRF for those who were not verified. */
export async function askPasskey(passkeys: readonly Pick<Passkey, "credential" | "salt">[]): Promise<Output> {
  const found = await navigator.credentials.get({
    publicKey: {
      challenge: random(),
      rpId: location.hostname,
      allowCredentials: passkeys.map((one) => ({ type: "public-key", id: fromText(one.credential) })),
      userVerification: "required",
      extensions: { prf: { evalByCredential: Object.fromEntries(passkeys.map((one) => [one.credential, { first: fromText(one.salt) }])) } },
    },
  }).catch((error: unknown) => { throw explained(error); }) as PublicKeyCredential | null;
  const output = found && outputOf(found);
  if (!output) throw new PasskeyError(t("This passkey gave no key. Use the password."));
  return { credential: toText(new Uint8Array(found.rawId)), output };
}

export interface Made extends Output {
  salt: string;
}

/** Makes a passkey beside those that are KNOWN, named NAME where passkeys are kept. Some authenticators give an output only when
 * they are asked a second time. */
export async function makePasskey(name: string, known: readonly Passkey[]): Promise<Made> {
  const salt = random();
  const made = await navigator.credentials.create({
    publicKey: {
      challenge: random(),
      rp: { id: location.hostname, name: "zt" },
      user: { id: random(), name, displayName: name },
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: known.map((one) => ({ type: "public-key", id: fromText(one.credential) })),
      authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
      attestation: "none",
      extensions: { prf: { eval: { first: salt } } },
    },
  }).catch((error: unknown) => { throw explained(error); }) as PublicKeyCredential | null;
  if (!made) throw new PasskeyError(t("The browser made no passkey."));
  const credential = toText(new Uint8Array(made.rawId));
  const output = outputOf(made);
  if (output) return { credential, output, salt: toText(salt) };
  if (made.getClientExtensionResults().prf?.enabled !== true) {
    forgetPasskey(credential);
    throw new PasskeyError(t("This passkey only signs in, and gives no key that could open a device. Nothing was added here; delete it where your passkeys are kept."));
  }
  try {
    return { ...await askPasskey([{ credential, salt: toText(salt) }]), salt: toText(salt) };
  } catch (error) {
    forgetPasskey(credential);
    throw error;
  }
}

type Signals = { signalUnknownCredential?: (about: { rpId: string; credentialId: string }) => Promise<void> };

/** Tells what keeps the passkey that it opens nothing any more, where the browser can. */
export function forgetPasskey(credential: string): void {
  void (globalThis.PublicKeyCredential as unknown as Signals | undefined)?.signalUnknownCredential?.({ rpId: location.hostname, credentialId: credential }).catch(() => {});
}

/** Opens the device KEY, or confirms for it, by one of PASSKEYS. */
export async function usePasskey(key: string, passkeys: readonly Passkey[], method: "host.unlockByPasskey" | "host.confirmByPasskey"): Promise<void> {
  const { credential, output } = await askPasskey(passkeys);
  try {
    await host().call(null, method, { key, credential }, { content: output });
  } finally {
    output.fill(0);
  }
}
