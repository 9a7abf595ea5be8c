// SPDX-License-Identifier: AGPL-3.0-or-later
// "My account": who I am here, my devices, my recovery, the password of this device.
import { KeyRound, Laptop, LifeBuoy, Lock, Plus, Printer } from "lucide-preact";
import type { Device, Way } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { Field, NewPassword } from "../parts/field";
import { Icon } from "../parts/icon";
import { Avatar, Badge, Note } from "../parts/marks";
import { Skeleton } from "../parts/skeleton";
import { deviceOf, host, hostName } from "../state/host";
import { sentenceOfError, tell } from "../state/notices";
import type { Organization } from "../state/organization";
import { language, t, tn } from "../words";
import { shortDate, shown, when } from "../words/format";
import { browserMark } from "../words/page_look";
import { profileName } from "../words/sentences";
import { DeviceDialog } from "./manage/device";
import { Greet, LinkDialog } from "./manage/invitations";
import { LockAfter } from "./manage/settings";
import { TellingChoice } from "./notifications";
import { Passkeys } from "./passkeys";
import { useTrail } from "./trail";

export function Account({ organization }: { organization: Organization }) {
  useTrail([{ name: t("My account") }]);
  const me = organization.me();
  const identity = organization.identity.value;
  const [ways, setWays] = useState<Way[] | null>(null);
  const [revoked, setRevoked] = useState<Device | null>(null);
  const [link, setLink] = useState("");
  const [greeted, setGreeted] = useState<string | null>(null);
  const [password, setPassword] = useState(false);
  const [words, setWords] = useState("");
  const readWays = () => organization.all("recovery.ways", {}, "ways").then((list) => setWays(list as Way[])).catch(() => setWays([]));
  useEffect(() => {
    void organization.readDevices().catch(() => {});
    void readWays();
  }, []);
  if (!me || !identity) return <main class="main" id="main" tabIndex={-1}><Skeleton /></main>;
  const devices = (organization.deviceList.value ?? []).filter((one) => one.user === me.id && one.live && one.purpose !== "recovery");
  const news = new Set(organization.newDevices.value.map((one) => one.id));
  const add = async () => setLink((await organization.call("invitations.create", { kind: "device" })).link);
  const write = async () => setWords((await organization.call("recovery.create", { language: language() === "fr" ? "french" : "english" })).words);
  const acknowledge = async (one: Device) => {
    await organization.call("device.acknowledge", { device: one.id });
    organization.history.read((note) => note.kind === "device" && note.about === one.id);
    await organization.sync();
  };
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page reading">
        <div class="row g4"><Avatar id={me.id} name={me.name || me.email} size="l" /><div class="grow"><h2 class="page-title cut">{shown(me.name || me.email)}</h2><p class="muted cut">{shown(me.email)}, {profileName(me.profile)}</p></div></div>
        <div class="col g4">
          <section class="card"><header><h2 class="grow">{t("My devices")}</h2><Button icon={Plus} onClick={add}>{t("Add a device")}</Button></header>
            <ul class="list">{devices.map((one) => (
              <li key={one.id} class="wrap"><span class="ico"><Icon of={Laptop} /></span><span class="grow"><b class="cut">{shown(one.label) || t("Device")}{one.me ? ` ${t("(this one)")}` : ""}</b><span class="muted small cut">{t("Added %s", when(one.added))}</span>{one.browser !== "" && <span class="muted small block">{browserMark(one)}</span>}</span>
                {news.has(one.id) && <><Badge kind="warn">{t("New")}</Badge><Button onClick={() => acknowledge(one)}>{t("It is mine")}</Button></>}
                {!one.me && <Button kind="quiet" onClick={() => setRevoked(one)}>{t("Revoke…")}</Button>}</li>
            ))}</ul></section>
          <section class="card"><header><h2 class="grow">{t("If I lose my devices")}</h2><Button icon={KeyRound} onClick={write}>{t("Write recovery words")}</Button></header>
            {ways === null ? <Skeleton rows={1} /> : ways.length === 0
              ? <div class="pad4"><Note kind="warn"><b>{t("You have no way of recovery")}</b><p>{t("36 words on paper bring you back when every device is lost. Keep the paper where you keep what matters.")}</p></Note></div>
              : <ul class="list">{ways.map((one) => <li key={one.device}><span class="ico"><Icon of={LifeBuoy} /></span><span class="grow"><b>{one.need > 0 ? tn("%d colleague brings me back", "%d colleagues together bring me back", one.need) : t("Words on paper")}</b><span class="muted small block">{[shown(one.helpers), t("since %s", shortDate(one.added))].filter(Boolean).join(", ")}</span></span>{one.gone !== "" && <Badge kind="warn">{t("%s is gone", shown(one.gone))}</Badge>}</li>)}</ul>}
          </section>
          <section class="card"><header><h2 class="grow">{t("This computer")}</h2></header>
            <ul class="list"><li><div class="grow"><LockAfter organization={organization} /></div></li>
              {deviceOf(organization.key)?.by === "password" && <li><span class="grow"><b>{t("Password of this device")}</b><span class="muted small block">{t("It opens this device alone. Nobody can reset it.")}</span></span><Button icon={Lock} onClick={() => setPassword(true)}>{t("Change…")}</Button></li>}</ul></section>
          {hostName.value?.host === "browser" && deviceOf(organization.key)?.by === "password" && <Passkeys organization={organization} />}
        </div>
        <section class="card"><header><h2 class="grow">{t("Notifications")}</h2></header><div class="pad4"><TellingChoice /></div></section>
        <details><summary>{t("Details")}</summary><div class="facts"><dl class="dl"><dt>{t("My fingerprint")}</dt><dd><code>{identity.fingerprint}</code></dd></dl></div></details>
      </div>
      {revoked && <DeviceDialog organization={organization} device={revoked} close={() => setRevoked(null)} />}
      {link !== "" && <LinkDialog organization={organization} link={link} title={t("Add a device")} close={() => setLink("")} greet={() => { setGreeted(link); setLink(""); }} />}
      {greeted !== null && <Greet organization={organization} link={greeted} close={() => { setGreeted(null); void organization.refresh(); void organization.readDevices(); }} />}
      {password && <ChangePassword organization={organization} close={() => setPassword(false)} />}
      {words !== "" && <Words words={words} close={() => { setWords(""); void readWays(); }} />}
    </main>
  );
}

function ChangePassword({ organization, close }: { organization: Organization; close: () => void }) {
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const change = async () => {
    setBusy(true);
    setWrong("");
    try {
      await host().call(null, "host.password", { key: organization.key, old, new: fresh });
      tell(t("The password was changed"));
      close();
    } catch (error) {
      setWrong(sentenceOfError(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={t("Change the password")} close={close} submit={() => void change()} actions={<><Button onClick={close}>{t("Cancel")}</Button><Button kind="primary" type="submit" disabled={busy || old === "" || fresh === ""}>{t("Change")}</Button></>}>
      <Field label={t("Present password")} type="password" complete="current-password" value={old} change={setOld} wrong={wrong} first />
      <NewPassword change={setFresh} />
    </Dialog>
  );
}

/** The recovery words, shown once. */
function Words({ words, close }: { words: string; close: () => void }) {
  const [written, setWritten] = useState(false);
  return (
    <Dialog wide title={t("Your recovery words")} close={() => { if (written) close(); }} actions={<><Button icon={Printer} onClick={() => print()}>{t("Print")}</Button><Button kind="primary" disabled={!written} onClick={close}>{t("Done")}</Button></>}>
      <Note kind="warn"><b>{t("Write them on paper now.")}</b><p>{t("They are shown once. Anyone who has them is you: never type them into a message or a photo.")}</p></Note>
      <ol class="words" translate={false}>{words.trim().split(/\s+/).map((word, at) => <li key={at}>{word}</li>)}</ol>
      <label class="row g3"><input type="checkbox" checked={written} onChange={(event) => setWritten(event.currentTarget.checked)} /><span>{t("All words are on paper, in this order.")}</span></label>
    </Dialog>
  );
}
