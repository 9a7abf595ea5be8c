// SPDX-License-Identifier: AGPL-3.0-or-later
// The password again, before an act that the page alone may not do.
import { FingerprintPattern, ShieldCheck } from "lucide-preact";
import type { Passkey } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { Icon } from "../parts/icon";
import { confirmation } from "../state/confirm";
import { host } from "../state/host";
import { sentenceOfError } from "../state/notices";
import { PasskeyError, passkeysOf, usePasskey, whyNoPasskeys } from "../state/passkeys";
import { t } from "../words";

export function Confirm() {
  const asked = confirmation.value;
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const [passkeys, setPasskeys] = useState<Passkey[]>([]);
  useEffect(() => {
    if (!asked) return;
    setPasskeys([]);
    void whyNoPasskeys().then((reason) => reason === null ? passkeysOf(asked.key) : []).then(setPasskeys, () => {});
  }, [asked]);
  if (!asked) return null;
  const confirm = async (byPasskey: boolean) => {
    setBusy(true);
    setWrong("");
    try {
      if (byPasskey) await usePasskey(asked.key, passkeys, "host.confirmByPasskey");
      else await host().call(null, "host.confirm", { key: asked.key, password });
      asked.done(true);
    } catch (error) {
      setWrong(error instanceof PasskeyError ? error.message : sentenceOfError(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={<span class="row"><Icon of={ShieldCheck} />{t("Confirm that it is you")}</span>} close={() => asked.done(false)} submit={() => void confirm(false)}
      actions={<><Button onClick={() => asked.done(false)}>{t("Cancel")}</Button>{passkeys.length > 0 && <Button icon={FingerprintPattern} disabled={busy} onClick={() => void confirm(true)}>{t("Use a passkey")}</Button>}<Button kind="primary" type="submit" disabled={busy || password === ""}>{t("Confirm")}</Button></>}>
      <p class="muted">{t("This act needs you, and not the page alone. Type the password of this device; zt asks again after five minutes.")}</p>
      <Field label={t("Password of this device")} type="password" complete="current-password" value={password} change={setPassword} wrong={wrong} first />
    </Dialog>
  );
}
