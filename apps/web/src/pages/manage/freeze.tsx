// SPDX-License-Identifier: AGPL-3.0-or-later
// Has the server refuse a person's requests, until that is ended: it is the server's policy, and revokes nothing.
import { Clock, FileKey, Server } from "lucide-preact";
import type { User } from "@rpc";
import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { Note } from "../../parts/marks";
import { sentenceOfError, tell } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { t } from "../../words";
import { shown } from "../../words/format";

export function FreezeDialog({ organization, person, close }: { organization: Organization; person: User; close: () => void }) {
  const [wrong, setWrong] = useState("");
  const found = organization.frozen.value.get(person.id);
  const name = shown(person.name || person.email);
  const act = async () => {
    setWrong("");
    try {
      await organization.call("people.freeze", { user: person.id, frozen: !found });
      tell(found ? t("%s is no longer frozen", name) : t("%s is frozen", name));
      await organization.readOverview().catch(() => {});
      close();
    } catch (error) {
      setWrong(sentenceOfError(error));
    }
  };
  const byOperator = found !== undefined && !found.byAdmin;
  return (
    <Dialog title={found ? t("Unfreeze %s?", name) : t("Freeze %s?", name)} close={close}
      actions={<><Button onClick={close}>{t("Cancel")}</Button>{!byOperator && <Button kind={found ? "primary" : "danger"} onClick={act}>{found ? t("Unfreeze") : t("Freeze")}</Button>}</>}>
      {byOperator ? <Note kind="warn">{t("The server's operator froze %s, and alone ends that.", name)}</Note>
        : found ? <p>{t("The server takes the requests of %s again.", name)}</p> : (
          <ul class="list start card">
            <li class="start"><span class="ico"><Icon of={Server} /></span><div class="grow"><b>{t("The server refuses all that %s asks", name)}</b><p class="muted small">{t("Also on devices that are open now. It can be ended at any time.")}</p></div></li>
            <li class="start"><span class="ico"><Icon of={FileKey} /></span><div class="grow"><b>{t("No key changes")}</b><p class="muted small">{t("What is on these devices stays readable there. The freeze holds as far as you trust the server.")}</p></div></li>
            <li class="start"><span class="ico"><Icon of={Clock} /></span><div class="grow"><b>{t("It is for the time until you know more")}</b><p class="muted small">{t("Where a device is lost or somebody leaves, revoke the device or remove the person instead.")}</p></div></li>
          </ul>
        )}
      {wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
    </Dialog>
  );
}
