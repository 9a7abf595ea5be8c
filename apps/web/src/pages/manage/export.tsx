// SPDX-License-Identifier: AGPL-3.0-or-later
// The verified log as a file that zt-audit reads, alone or with the changes of a workspace.
import { Download } from "lucide-preact";
import { useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { host } from "../../state/host";
import { tell } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { t } from "../../words";
import { shown } from "../../words/format";

const PIECE = 1 << 20;
const FORGET_MS = 60_000;

async function exported(organization: Organization, workspace: string): Promise<Blob> {
  const { handle, size } = await organization.call("export.open", workspace === "" ? {} : { workspace });
  try {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < size;) {
      const piece = await host().fetch(organization.key, "export.read", { handle, offset: at, size: Math.min(PIECE, size - at) });
      if (piece.length === 0) throw new Error(t("The export ended before its end."));
      pieces.push(piece.slice());
      at += piece.length;
    }
    return new Blob(pieces, { type: "application/octet-stream" });
  } finally {
    void organization.call("export.close", { handle }).catch(() => {});
  }
}

export function Export({ organization }: { organization: Organization }) {
  const [workspace, setWorkspace] = useState("");
  const who = organization.identity.value;
  const list = organization.workspaces.value ?? [];
  const save = async () => {
    const url = URL.createObjectURL(await exported(organization, workspace));
    const link = document.createElement("a");
    link.href = url;
    link.download = `${who?.organization ?? "zt"}-${new Date().toISOString().slice(0, 10)}.ztlog`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), FORGET_MS);
    tell(t("The history was saved. It has no key and no content of files."));
  };
  return (
    <section><h3>{t("For an auditor")}</h3>
      <p class="muted small">{t("A file that zt-audit verifies without any key and without the server.")}</p>
      <label class="f"><span class="vh">{t("What is exported")}</span><select value={workspace} onChange={(event) => setWorkspace(event.currentTarget.value)}>
        <option value="">{t("The trust log")}</option>{list.map((one) => <option key={one.id} value={one.id}>{t("The trust log and “%s”", shown(one.name))}</option>)}</select></label>
      <Button full icon={Download} onClick={save}>{t("Export")}</Button>
      {who && <details><summary>{t("How it is verified")}</summary><div class="facts"><code>zt-audit {who.organizationId} FILE</code></div></details>}
    </section>
  );
}
