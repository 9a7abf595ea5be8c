// SPDX-License-Identifier: AGPL-3.0-or-later
// Releases of the page: which ones the organization accepts, and what the server sends.
import { CircleCheck, Info, RefreshCw, TriangleAlert } from "lucide-preact";
import type { PageLook } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Field } from "../../parts/field";
import { Delivery } from "../../parts/foot";
import { Icon } from "../../parts/icon";
import { Note } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { hostName } from "../../state/host";
import { sentenceOfError, tell } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { t, tn } from "../../words";
import { shown, when } from "../../words/format";
import { lookText, lookTitle } from "../../words/page_look";
import { Rooms, type RoomProps } from "./manage";

export function Releases({ organization }: RoomProps) {
  const known = organization.page.value;
  const [adding, setAdding] = useState(false);
  const [last, setLast] = useState<string | null>(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => { void organization.readPage().catch((error: unknown) => setWrong(sentenceOfError(error))); }, []);
  const save = async (release: string, how: "too" | "noMore") => {
    await organization.call("releases.pin", { releases: [release], how });
    await organization.readPage();
    tell(t("Saved"));
  };
  const accept = (release: string) => save(release, "too");
  const withdraw = (release: string) => save(release, "noMore");
  const agent = hostName.value?.host === "agent";
  const served = known?.newest?.release ?? "";
  const isNew = known !== null && served !== "" && !known.releases.includes(served);
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page tight">
        <Rooms organization={organization} current="releases" />
        <div class="reading col g4">
          <p class="muted">{t("Zt in a browser is a page that a server sends. Its files make a release, which is the same on every server. Here the organization says which releases it accepts; programs on people's computers look whether the server sends one of them, at times that the server cannot know.")}</p>
          {wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
          {agent && <Served organization={organization} look={known?.newest} ready={known !== null} />}
          <section class="card"><header><h2 class="grow">{t("Accepted releases")}</h2>{organization.isAdmin && <Button onClick={() => setAdding(true)}>{t("Accept another…")}</Button>}</header>
            {known === null ? wrong === "" && <Skeleton rows={1} /> : known.releases.length === 0
              ? <p class="muted pad4">{t("None is named: any release is accepted, and nobody is warned.")}</p>
              : <ul class="list">{known.releases.map((one) => (
                <li key={one} class="wrap"><span class="grow"><code class="small">{pieces(one)}</code>{one === served && <span class="muted small block">{t("The server sends this one.")}</span>}</span>
                  {organization.isAdmin && <Button kind="quiet" onClick={() => (known.releases.length > 1 ? withdraw(one) : setLast(one))}>{t("Accept no more")}</Button>}</li>
              ))}</ul>}
            {organization.isAdmin && agent && isNew && known && !known.newest?.alarm && (
              <div class="pad4"><Note kind="acc" actions={<Button onClick={() => accept(served)}>{t("Accept it")}</Button>}>{t("The server sends a release that is not in this list. Accept it only if you know that it is the right one.")}</Note></div>
            )}
          </section>
          <section class="card"><header><h2>{t("How this page reached you")}</h2></header><p class="row pad4"><Delivery /></p></section>
        </div>
      </div>
      {last !== null && (
        <Dialog title={t("Accept any release?")} close={() => setLast(null)}
          actions={<><Button onClick={() => setLast(null)}>{t("Cancel")}</Button><Button kind="danger" onClick={async () => { await withdraw(last); setLast(null); }}>{t("Accept no more")}</Button></>}>
          <p>{t("No release is named then: any is accepted, and nobody is warned.")}</p>
        </Dialog>
      )}
      {adding && known && <Accept accept={accept} close={() => setAdding(false)} />}
    </main>
  );
}

function Served({ organization, look, ready }: { organization: Organization; look: PageLook | undefined; ready: boolean }) {
  const again = async () => {
    try {
      const found = await organization.call("releases.check", {});
      if (!found.alarm) tell(lookTitle(found));
    } finally {
      await organization.readPage(); // a look that fails is known, too
    }
  };
  return (
    <section class="card"><header><h2 class="grow">{t("What the server sends")}</h2><Button icon={RefreshCw} onClick={again}>{t("Look now")}</Button></header>
      {!ready ? <Skeleton rows={1} /> : !look ? <p class="muted pad4">{t("This device has not looked yet.")}</p> : (
        <ul class="list"><li class="chk"><span class={look.alarm ? "bad" : look.state === "good" ? "ok" : "acc"}><Icon of={look.alarm ? TriangleAlert : look.state === "good" ? CircleCheck : Info} /></span>
          <div class="grow"><b>{lookTitle(look)}</b><p class="muted small">{lookText(look)}</p>
            <p class="muted small">{[shown(look.origin), look.files > 0 ? tn("%d file compared", "%d files compared", look.files) : "", when(look.time)].filter(Boolean).join(", ")}</p></div></li></ul>
      )}
    </section>
  );
}

/** A release in groups that people can compare. */
function pieces(release: string): string {
  return (release.match(/.{1,8}/g) ?? []).join(" ");
}

function Accept({ accept, close }: { accept: (release: string) => Promise<void>; close: () => void }) {
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState("");
  const release = text.replace(/\s/g, "").toLowerCase();
  const add = async () => {
    if (!/^[0-9a-f]{64}$/.test(release)) {
      setWrong(t("A release is 64 letters and digits, from 0 to 9 and a to f."));
      return;
    }
    try {
      await accept(release);
      close();
    } catch (error) {
      setWrong(sentenceOfError(error));
    }
  };
  return (
    <Dialog title={t("Accept a release")} close={close} submit={() => void add()}
      actions={<><Button onClick={close}>{t("Cancel")}</Button><Button kind="primary" type="submit" disabled={release === ""}>{t("Accept")}</Button></>}>
      <Field label={t("Release")} value={text} change={setText} wrong={wrong} first lines={3} hint={t("The SHA-256 of its file zt-web.manifest, from where you got zt, and not from the server that sends the page.")} />
    </Dialog>
  );
}
