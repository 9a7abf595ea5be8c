// SPDX-License-Identifier: AGPL-3.0-or-later
// "Your organizations": a card for each device of this host, and the ways to another one.
import { Building, Laptop, LifeBuoy, Link, Lock, LockOpen, Plus } from "lucide-preact";
import type { HostDevice } from "@rpc";
import { useState } from "preact/hooks";
import { Search } from "../parts/field";
import { Foot } from "../parts/foot";
import { Icon, Mark, type IconKind } from "../parts/icon";
import { Button } from "../parts/button";
import { Note, Tile } from "../parts/marks";
import { devices, forgetLost, host, hostName, lostDevices, nameOf, openDevices } from "../state/host";
import { address } from "../state/route";
import { t } from "../words";
import { shown } from "../words/format";
import { useTitle } from "./title";

export function Organizations() {
  useTitle(t("Your organizations"));
  const [filter, setFilter] = useState("");
  const all = devices.value ?? [];
  const list = all.filter((one) => nameOf(one).toLowerCase().includes(filter.toLowerCase()));
  return (
    <div class="solo">
      <a class="skip" href="#main" onClick={skip}>{t("Skip to content")}</a>
      <header class="band">
        <span class="mark"><Mark />zt</span>
        {openDevices.value.length > 0 && (
          <button type="button" class="end-a row" onClick={() => void host().call(null, "host.lock", {})}><Icon of={Lock} size="s" />{t("Lock all")}</button>
        )}
      </header>
      <main class="frame" id="main" tabIndex={-1}>
        <div class="page-h">
          <h1 class="grow">{all.length === 0 ? t("Welcome to zt") : t("Your organizations")}</h1>
          {all.length > 5 && <Search label={t("Search")} value={filter} change={setFilter} />}
        </div>
        {lostDevices.value.map((one) => (
          <Note key={one.key} kind="warn" alert actions={<Button onClick={() => forgetLost(one.key)}>{t("I have read this")}</Button>}>
            <p><b>{t("This browser no longer has the device “%s” of “%s”.", shown(one.label || one.email || one.key), shown(one.organization ?? ""))}</b></p>
            <p>{t("It has cleared what zt kept here, with the device's key. Your files are at the server: add this device again from another one of yours, or recover access. Then revoke the lost one.")}</p>
          </Note>
        ))}
        {all.length === 0 && <p class="muted">{t("Share files with people you choose. What you share is encrypted on this device; the server cannot read it.")}</p>}
        {all.length > 0 && <ul class="tilegrid wide">{list.map((one) => <li key={one.key} class="card"><Card device={one} /></li>)}</ul>}
        <section class="col g3" id="begin">
          <h2>{t("Create or join")}</h2>
          <ul class="tilegrid ways">
            <Way to="join" icon={Link} title={t("Join with a link")} text={t("You have an invitation from someone.")} />
            <Way to="create" icon={Building} title={t("Create an organization")} text={t("You become its first administrator.")} />
            <Way to="device" icon={Laptop} title={t("Add this device")} text={t("You already use zt on another device.")} />
            <Way to="recover" icon={LifeBuoy} title={t("Recover access")} text={t("With your words or your colleagues.")} />
          </ul>
        </section>
      </main>
      <Foot />
    </div>
  );
}

export function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Way({ to, icon, title, text }: { to: string; icon: IconKind; title: string; text: string }) {
  return (
    <li><a class="way" href={address(["begin", to])}><Icon of={icon} /><div><h3>{title}</h3><p>{text}</p></div></a></li>
  );
}

function Card({ device }: { device: HostDevice }) {
  const name = shown(nameOf(device));
  return (
    <a class="org" href={address(["o", device.key])}>
      <div class="row g3 start">
        <Tile name={name} large />
        <div class="grow"><h2 class="cut" title={name}>{name}</h2>
          <span class="cut">{shown(device.email ?? "")}</span>
          {hostName.value?.host === "agent" && device.state === "locked" && !device.organization && !device.server && <span class="muted small">{t("A folder of this computer. Its organization is shown once it was unlocked.")}</span>}
          <span class="cut muted small">{[device.label, device.server].filter(Boolean).map((text) => shown(text!)).join(", ")}</span></div>
      </div>
      <div class="end"><State device={device} /><span class="muted">{device.state === "open" ? t("Open") : device.state === "joining" ? t("Continue") : t("Unlock")}</span></div>
    </a>
  );
}

function State({ device }: { device: HostDevice }) {
  switch (device.state) {
    case "open": return <span class="state ok"><Icon of={LockOpen} size="s" />{t("Unlocked")}</span>;
    case "opening": return <span class="state muted">{t("Opens…")}</span>;
    case "joining": return <span class="state acc"><Icon of={Plus} size="s" />{t("Has not finished joining")}</span>;
    case "locked": return <span class="state muted"><Icon of={Lock} size="s" />{t("Locked")}</span>;
  }
}

