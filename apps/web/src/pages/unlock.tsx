// SPDX-License-Identifier: AGPL-3.0-or-later
// Unlocking a device of this host.
import { FingerprintPattern, Lock } from "lucide-preact";
import type { HostDevice, Passkey } from "@rpc";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Field } from "../parts/field";
import { Foot } from "../parts/foot";
import { Mark } from "../parts/icon";
import { Note, Tile } from "../parts/marks";
import { Slow } from "../parts/skeleton";
import { host, nameOf, readState } from "../state/host";
import { sentenceOfError } from "../state/notices";
import { PasskeyError, passkeysOf, usePasskey, whyNoPasskeys } from "../state/passkeys";
import { address } from "../state/route";
import { t } from "../words";
import { shown } from "../words/format";
import { useTitle } from "./title";

export function Unlock({ device }: { device: HostDevice }) {
  useTitle(t("Unlock"));
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState<"" | "password" | "passkey">("");
  const [passkeys, setPasskeys] = useState<Passkey[]>([]);
  const [reason, setReason] = useState<string | null>(null);
  const [wrongPasskey, setWrongPasskey] = useState("");
  useEffect(() => {
    if (device.by !== "password" || device.state !== "locked") return;
    void passkeysOf(device.key).then((list) => { setPasskeys(list); if (list.length > 0) void whyNoPasskeys().then(setReason); }, () => {});
  }, [device.key, device.state]);
  // The focus was with the password until the passkeys were known. Where a finger points, nothing has it.
  const offered = useRef<HTMLDivElement>(null);
  const isOffered = passkeys.length > 0 && reason === null;
  useEffect(() => {
    if (isOffered && password === "" && matchMedia("(hover: hover)").matches) offered.current?.querySelector("button")?.focus();
  }, [isOffered]);
  const unlockByPasskey = async () => {
    setBusy("passkey");
    setWrongPasskey("");
    try {
      await usePasskey(device.key, passkeys, "host.unlockByPasskey");
      await readState();
    } catch (error) {
      setWrongPasskey(error instanceof PasskeyError ? error.message : sentenceOfError(error));
      setBusy("");
    }
  };
  const name = shown(nameOf(device));
  const unlock = async (event?: Event) => {
    event?.preventDefault();
    setBusy("password");
    setWrong("");
    try {
      await host().call(null, "host.unlock", { key: device.key, password });
      await readState();
    } catch (error) {
      setWrong(sentenceOfError(error));
      setBusy("");
    }
  };
  return (
    <div class="solo">
      <header class="band"><span class="mark"><Mark />zt</span></header>
      <main class="frame unlock">
        <section class="card">
          <div class="col g5 unlock-in">
            <div class="row g3">
              <Tile name={name} large />
              <div class="grow"><h1 class="cut">{name}</h1><p class="muted cut">{[device.email, device.label].filter(Boolean).map((text) => shown(text!)).join(", ")}</p></div>
            </div>
            {device.state === "joining"
              ? (
                <>
                  <Note kind="warn"><b>{t("This device has not finished joining.")}</b><p>{t("Where the exchange was cut off, use the same link again: the other person is asked again, too.")}</p></Note>
                  <a class="btn primary big full" href={address(["begin", "join"])}><span>{t("Join with a link")}</span></a>
                </>
              )
              : device.by === "password"
              ? (
                <>
                  {isOffered && (
                    <div class="col g4" ref={offered}>
                      <Button kind="primary" icon={FingerprintPattern} big full disabled={busy !== ""} onClick={() => void unlockByPasskey()}>{t("Unlock with a passkey")}</Button>
                      {wrongPasskey !== "" && <Note kind="bad" alert>{wrongPasskey}</Note>}
                      <p class="or muted small">{t("or with the password")}</p>
                    </div>
                  )}
                  {passkeys.length > 0 && reason !== null && <Note>{t("This device has a passkey, which cannot be used here.")} {reason}</Note>}
                  <form class="col g4" onSubmit={(event) => void unlock(event)}>
                    <Field label={t("Password of this device")} type="password" complete="current-password" value={password} change={setPassword} wrong={wrong} first />
                    <Button kind={isOffered ? "plain" : "primary"} big full type="submit" disabled={busy !== "" || password === ""}>{busy === "password" ? t("Unlocks…") : t("Unlock")}</Button>
                    {busy === "password" && <Slow text={t("A key is made of the password. It takes a moment on purpose, so that guessing is slow.")} />}
                  </form>
                </>
              )
              : (
                <div class="col g4">
                  <Note icon={Lock}>{device.by === "token" ? t("The key of this device is on a token. Plug it in; its PIN is asked for here.") : t("The key of this device is with your desktop's login.")}</Note>
                  {device.by === "token" && <Field label={t("PIN of the token")} type="password" value={password} change={setPassword} wrong={wrong} first />}
                  {device.by === "desktop" && wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
                  <Button kind="primary" big full disabled={busy !== ""} onClick={() => void unlock()}>{t("Unlock")}</Button>
                </div>
              )}
          </div>
          <ul class="list top-line"><li><a href="#/" class="grow">{t("My other organizations")}</a><a href={address(["begin", "recover"])}>{t("Recover access")}</a></li></ul>
        </section>
        <p class="muted small balanced">{t("Your password stays on this device. The server never gets it, so nobody can reset it for you.")}</p>
      </main>
      <Foot />
    </div>
  );
}
