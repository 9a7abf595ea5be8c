// SPDX-License-Identifier: AGPL-3.0-or-later
// The history of notifications, and how the browser tells of new ones.
import { Bell, CheckCheck, Trash } from "lucide-preact";
import { useState } from "preact/hooks";
import { Button } from "../parts/button";
import { Icon } from "../parts/icon";
import { Badge, Empty, Note } from "../parts/marks";
import { canTell, telling, useTelling, type Telling } from "../state/browser_notices";
import { hostName } from "../state/host";
import type { Organization } from "../state/organization";
import { t } from "../words";
import { when } from "../words/format";
import { noteAddress, noteIcon, noteText, noteTitle } from "./notes";
import { useTrail } from "./trail";

export function NotificationsPage({ organization }: { organization: Organization }) {
  useTrail([{ name: t("Notifications") }]);
  const history = organization.history;
  const notes = history.notes.value;
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page tight reading">
        <div class="toolbar"><span class="grow no-phone" />
          <Button icon={CheckCheck} disabled={history.unread === 0} onClick={() => history.read(() => true)}>{t("Mark all as read")}</Button>
          <Button icon={Trash} disabled={notes.length === 0} onClick={() => history.clear()}>{t("Empty the history")}</Button></div>
        {notes.length === 0 ? <div class="drop"><Empty icon={Bell} title={t("Nothing yet")}>{t("Shares, new devices, join requests, used invitations and alarms are listed here.")}</Empty></div> : (
          <ul class="list card">{notes.map((note) => {
            const text = noteText(organization, note);
            return (
              <li key={`${note.kind} ${note.about} ${note.time}`}><span class={note.kind === "alarm" ? "bad" : "ico"}><Icon of={noteIcon(note)} /></span>
                <span class="grow"><a class={note.read ? "quiet-a" : "new-a"} href={noteAddress(organization, note)} onClick={() => history.read((one) => one === note)}>{noteTitle(note)}</a>
                  {text !== "" && <span class="cut">{text}</span>}<span class="muted small block">{when(note.time)}</span></span>
                {!note.read && <Badge kind="acc">{t("New")}</Badge>}</li>
            );
          })}</ul>
        )}
        <section class="card"><header><h2>{t("Outside of this page")}</h2></header><div class="pad4"><TellingChoice /></div></section>
      </div>
    </main>
  );
}

export function TellingChoice() {
  const [refused, setRefused] = useState(false);
  const choose = async (chosen: Telling) => setRefused(!(await useTelling(chosen)));
  const choices: [Telling, string, string][] = [
    ["off", t("The browser tells nothing"), ""],
    ["quiet", t("The browser says that something happened"), t("Without names: what others see on your screen says little.")],
    ["names", t("With names"), t("Of workspaces, devices and people. Your system may keep them.")],
  ];
  return (
    <fieldset class="col g2"><legend class="vh">{t("Notices of the browser")}</legend>
      {choices.map(([value, name, text]) => (
        <label key={value} class="row g3 start option"><input type="radio" name="telling" checked={telling.value === value} disabled={value !== "off" && !canTell()} onChange={() => void choose(value)} /><span class="grow"><b>{name}</b>{text !== "" && <span class="muted small block">{text}</span>}</span></label>
      ))}
      {refused && <Note kind="warn" alert>{t("The browser does not allow notices of this page. Its settings for this site can change that.")}</Note>}
      <p class="muted small">{t("While this page is open in the browser, and another window is in front.")}{hostName.value?.host === "agent" && ` ${t("zt on this computer has a new address each time it starts: the browser then asks again, and the history begins again.")}`}</p>
    </fieldset>
  );
}
