// SPDX-License-Identifier: AGPL-3.0-or-later
// The password again, before an act that the page alone may not do.
import { ShieldCheck } from "lucide-preact";
import { useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { Icon } from "../parts/icon";
import { confirmation } from "../state/confirm";
import { host } from "../state/host";
import { sentenceOfError } from "../state/notices";
import { t } from "../words";

export function Confirm() {
  const asked = confirmation.value;
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  if (!asked) return null;
  const confirm = async () => {
    setBusy(true);
    setWrong("");
    try {
      await host().call(null, "host.confirm", { key: asked.key, password });
      asked.done(true);
    } catch (error) {
      setWrong(sentenceOfError(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={<span class="row"><Icon of={ShieldCheck} />{t("Confirm that it is you")}</span>} close={() => asked.done(false)} submit={() => void confirm()}
      actions={<><Button onClick={() => asked.done(false)}>{t("Cancel")}</Button><Button kind="primary" type="submit" disabled={busy || password === ""}>{t("Confirm")}</Button></>}>
      <p class="muted">{t("This act needs you, and not the page alone. Type the password of this device; zt asks again after five minutes.")}</p>
      <Field label={t("Password of this device")} type="password" complete="current-password" value={password} change={setPassword} wrong={wrong} first />
    </Dialog>
  );
}
