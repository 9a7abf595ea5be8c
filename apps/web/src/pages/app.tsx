// SPDX-License-Identifier: AGPL-3.0-or-later
// Which page is shown: by the address, and by what the host has open.
import { CloudOff } from "lucide-preact";
import { useEffect, useState } from "preact/hooks";
import { Boundary } from "../parts/boundary";
import { Foot } from "../parts/foot";
import { Icon, Mark } from "../parts/icon";
import { later } from "../parts/later";
import { Live } from "../parts/live";
import { useLate } from "../parts/skeleton";
import { confirmation } from "../state/confirm";
import { deviceOf, devices, hostName, hostProblem, isOwnHost, lineIsUp, openDevices, wasUp } from "../state/host";
import { forgetClosed, organizationOf } from "../state/organization";
import { route } from "../state/route";
import { t } from "../words";
import { Organizations } from "./organizations";
import { Shell } from "./shell";
import { Unlock } from "./unlock";

const Begin = later(() => import("./begin/begin").then((room) => room.Begin));
const Confirm = later(() => import("./confirm").then((room) => room.Confirm));
const Alarm = later(() => import("./alarm").then((room) => room.Alarm));

const PageAlarm = later(() => import("./page_alarm").then((room) => room.PageAlarm));

const LOOK_MS = 3000;

export function App() {
  const open = openDevices.value.map((one) => one.key).join(" ");
  useEffect(() => forgetClosed(open === "" ? [] : open.split(" ")), [open]);
  return (
    <>
      <Live />
      {wasUp.value && !lineIsUp.value && <LostLine />}
      <Boundary><Page /></Boundary>
      {confirmation.value && <Confirm key={confirmation.value.key} />}
    </>
  );
}

function Page() {
  const { parts } = route.value;
  if (devices.value === null) return <Connecting />;
  if (parts[0] === "begin") return <Begin way={parts[1] ?? "join"} />;
  const key = parts[0] === "o" ? parts[1] : undefined;
  const device = key === undefined ? undefined : deviceOf(key);
  if (key === undefined || !device) return <Organizations />;
  if (device.state !== "open") return <Unlock key={device.key} device={device} />;
  const organization = organizationOf(key);
  if (organization.isAlarm) return <Alarm organization={organization} />;
  const look = organization.page.value?.alarm;
  if (look) return <PageAlarm organization={organization} look={look} />;
  return <Shell organization={organization} />;
}

/** The line was lost: the page says so above all, keeps what was typed, and continues when the host is back. */
function LostLine() {
  const [gone, setGone] = useState(false);
  // An agent that is started again has another name, port and cookie: this page never finds it.
  useEffect(() => {
    if (hostName.value?.host !== "agent") return;
    let ended = false;
    const look = () => fetch("./", { method: "HEAD", cache: "no-store" }).then(() => { if (!ended) setGone(false); }, () => { if (!ended) setGone(true); });
    const timer = setInterval(() => void look(), LOOK_MS);
    void look();
    return () => { ended = true; clearInterval(timer); };
  }, []);
  return (
    <div class="lost" role="status">
      <Icon of={CloudOff} />
      <span><b>{t("zt on this computer does not answer.")}</b> {gone ? t("It has ended. What you typed is still here: copy what you need, then open zt again with the command zt ui.") : t("This page tries again by itself. What you typed is kept.")}</span>
    </div>
  );
}

function Connecting() {
  const late = useLate(1000);
  return (
    <div class="solo">
      <header class="band"><span class="mark"><Mark />zt</span></header>
      <main class="frame narrow">
        {hostProblem.value !== null ? (
          <div class="empty" role="alert">
            <Icon of={CloudOff} size="l" />
            <h1>{t("zt cannot run here")}</h1>
            <p>{hostProblem.value}</p>
          </div>
        ) : late && (
          <div class="empty" role="status">
            <Icon of={CloudOff} size="l" />
            <h1>{isOwnHost.value ? t("zt is starting") : t("Waiting for zt on this computer")}</h1>
            <p>{isOwnHost.value ? t("If another page of zt was just closed, this one waits until the browser lets go of it. It continues by itself.") : t("This page continues by itself once zt runs. Start it with the command zt ui.")}</p>
          </div>
        )}
      </main>
      <Foot />
    </div>
  );
}
