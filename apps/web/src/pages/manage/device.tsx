// SPDX-License-Identifier: AGPL-3.0-or-later
// Revokes a device: first what it did, and the devices that it brought in.
import type { Act, Device } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Note } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { sentenceOfError, tell } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { t } from "../../words";
import { shown, when } from "../../words/format";
import { actSentence } from "./sentences";

export function DeviceDialog({ organization, device, close }: { organization: Organization; device: Device; close: () => void }) {
  const [acts, setActs] = useState<Act[] | null>(null);
  const [wrong, setWrong] = useState("");
  const name = shown(device.label) || t("this device");
  useEffect(() => {
    organization.all("device.acts", { device: device.id }, "acts").then((list) => setActs((list as Act[]).reverse()), (error: unknown) => setWrong(sentenceOfError(error)));
  }, []);
  const revoke = async () => {
    setWrong("");
    try {
      await organization.call("device.revoke", { device: device.id });
      await organization.readDevices();
      tell(t("“%s” was revoked. The keys that it knew were changed.", name));
      close();
    } catch (error) {
      setWrong(sentenceOfError(error));
    }
  };
  return (
    <Dialog title={t("Revoke “%s”", name)} close={close} actions={<><Button onClick={close}>{t("Keep it")}</Button><Button kind="danger" onClick={revoke}>{t("Revoke the device")}</Button></>}>
      <p>{t("The device is shut out at once and without an end, and every key that it knew is changed. What it has copied stays copied.")}</p>
      <h3>{t("What it did in the organization")}</h3>
      {acts === null ? wrong === "" && <Skeleton rows={3} /> : acts.length === 0 ? <p class="muted">{t("Nothing that the trust log records.")}</p>
        : <ul class="list flush tight">{acts.slice(0, 50).map((one) => <li key={one.index}><span class="grow">{actSentence(one.action)}{one.what !== "" && <span class="muted"> {shown(one.what)}</span>}</span><span class="muted small nw">{when(one.time)}</span></li>)}</ul>}
      {wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
    </Dialog>
  );
}
