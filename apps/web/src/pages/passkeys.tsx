// SPDX-License-Identifier: AGPL-3.0-or-later
// The passkeys of a device: seen, added and removed by who knows its password.
import { FingerprintPattern, Plus } from "lucide-preact";
import type { Passkey } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Field } from "../parts/field";
import { Icon } from "../parts/icon";
import { Note } from "../parts/marks";
import { Skeleton } from "../parts/skeleton";
import { deviceOf, host, nameOf } from "../state/host";
import { sentenceOfError, tell } from "../state/notices";
import type { Organization } from "../state/organization";
import { forgetPasskey, makePasskey, PasskeyError, passkeysOf, whyNoPasskeys } from "../state/passkeys";
import { t } from "../words";
import { shortDate, shown } from "../words/format";

const MOST = 16;
/** Of 128 bytes, for letters of two. */
const LABEL_MOST = 60;

export function sentenceOfPasskey(error: unknown): string {
  return error instanceof PasskeyError ? error.message : sentenceOfError(error);
}

export function Passkeys({ organization }: { organization: Organization }) {
  const [list, setList] = useState<Passkey[] | null>(null);
  const [reason, setReason] = useState<string | null>(null);
  const [adding, setAdding] = useState(false);
  const [removed, setRemoved] = useState<Passkey | null>(null);
  const read = () => passkeysOf(organization.key).then(setList, () => setList([]));
  useEffect(() => {
    void read();
    void whyNoPasskeys().then(setReason);
  }, []);
  return (
    <section class="card"><header><h2 class="grow">{t("Passkeys")}</h2>{reason === null && list !== null && list.length < MOST && <Button icon={Plus} onClick={() => setAdding(true)}>{t("Add a passkey")}</Button>}</header>
      {list === null ? <Skeleton rows={1} /> : list.length > 0
        ? <ul class="list">{list.map((one) => (
          <li key={one.credential} class="wrap"><span class="ico"><Icon of={FingerprintPattern} /></span><span class="grow"><b class="cut">{shown(one.label) || t("Passkey")}</b><span class="muted small block">{t("Added %s", shortDate(one.added))}</span></span>
            <Button kind="quiet" aria-label={t("Remove the passkey %s", shown(one.label))} onClick={() => setRemoved(one)}>{t("Remove…")}</Button></li>
        ))}</ul>
        : reason === null && <p class="muted pad4">{t("A passkey opens this device by your finger, your face or a security key. The password opens it still.")}</p>}
      {reason !== null && <div class="pad4"><Note>{reason}</Note></div>}
      {adding && <AddPasskey organization={organization} known={list ?? []} close={() => { setAdding(false); void read(); }} />}
      {removed && <RemovePasskey organization={organization} passkey={removed} close={() => { setRemoved(null); void read(); }} />}
    </section>
  );
}

/** The password first, and then the browser's own question, which needs a separate press. */
function AddPasskey({ organization, known, close }: { organization: Organization; known: Passkey[]; close: () => void }) {
  const [label, setLabel] = useState("");
  const [password, setPassword] = useState("");
  const [isKnown, setKnown] = useState(false);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const attempt = async (act: () => Promise<void>) => {
    setBusy(true);
    setWrong("");
    try {
      await act();
    } catch (error) {
      setWrong(sentenceOfPasskey(error));
    }
    setBusy(false);
  };
  const check = () => attempt(async () => {
    await host().call(null, "host.confirm", { key: organization.key, password });
    setKnown(true);
  });
  const make = () => attempt(async () => {
    const device = deviceOf(organization.key);
    const name = [device && nameOf(device), device?.email, label].filter(Boolean).join(", ");
    const { credential, salt, output } = await makePasskey(name, known);
    try {
      await host().call(null, "host.addPasskey", { key: organization.key, password, credential, salt, relyingParty: location.hostname, label }, { content: output });
    } catch (error) {
      forgetPasskey(credential);
      throw error;
    } finally {
      output.fill(0);
    }
    tell(t("The passkey was added"));
    close();
  });
  const isReady = password !== "" && label.trim() !== "";
  useEffect(() => { if (isKnown && !busy) document.querySelector<HTMLElement>("dialog[open] [data-first]")?.focus(); }, [isKnown, busy]);
  return (
    <Dialog title={t("Add a passkey")} close={close} submit={() => void (isKnown ? make() : check())} actions={(
      <><Button onClick={close}>{t("Cancel")}</Button>
        {isKnown
          ? <Button key="make" kind="primary" type="submit" disabled={busy} data-first="">{busy ? t("Waits for you…") : t("Make the passkey")}</Button>
          : <Button key="check" kind="primary" type="submit" disabled={busy || !isReady}>{t("Continue")}</Button>}</>
    )}>
      {isKnown
        ? (
          <>
            <p>{t("Your browser now asks where to keep the passkey, and for your finger, your face or a PIN; perhaps twice.")}</p>
            <p class="muted">{t("A person who can use the passkey, and this browser's files, opens this device. A passkey that is copied to your other devices is as safe as they are.")}</p>
            {wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
          </>
        )
        : (
          <>
            <Field label={t("Name of the passkey")} value={label} change={(text) => setLabel(text.slice(0, LABEL_MOST))} placeholder={t("Finger on this computer, blue key…")} first />
            <Field label={t("Password of this device")} type="password" complete="current-password" value={password} change={setPassword} wrong={wrong} />
          </>
        )}
    </Dialog>
  );
}

function RemovePasskey({ organization, passkey, close }: { organization: Organization; passkey: Passkey; close: () => void }) {
  const [password, setPassword] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const remove = async () => {
    setBusy(true);
    setWrong("");
    try {
      await host().call(null, "host.removePasskey", { key: organization.key, password, credential: passkey.credential });
      forgetPasskey(passkey.credential);
      tell(t("The passkey was removed"));
      close();
    } catch (error) {
      setWrong(sentenceOfError(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("Remove the passkey %s", shown(passkey.label))} close={close} submit={() => void remove()} actions={<><Button onClick={close}>{t("Cancel")}</Button><Button kind="danger" type="submit" disabled={busy || password === ""}>{t("Remove")}</Button></>}>
      <p>{t("It opens this device no more. Delete it where your passkeys are kept, too.")}</p>
      <p class="muted">{t("A copy of this browser's files that somebody made before still opens by it: if you fear that, revoke this device.")}</p>
      <Field label={t("Password of this device")} type="password" complete="current-password" value={password} change={setPassword} wrong={wrong} first />
    </Dialog>
  );
}
