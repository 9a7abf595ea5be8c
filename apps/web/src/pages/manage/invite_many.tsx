// SPDX-License-Identifier: AGPL-3.0-or-later
// Invites many people out of a table: each line is checked first, and has its link, or its reason, afterwards.
import { Check, CircleAlert, Copy, FileUp, Mail, UserPlus } from "lucide-preact";
import { useRef, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Field } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Badge, Note, Progress } from "../../parts/marks";
import { invitees, INVITEES_MOST, type Invitee } from "../../state/invitees";
import { isCode, sentenceOfError, tell } from "../../state/notices";
import { invitationOf } from "../../state/organization";
import { t, tn } from "../../words";
import { shown } from "../../words/format";
import { profileName } from "../../words/sentences";
import { useTrail } from "../trail";
import { manageAddress, type RoomProps } from "./manage";

const SHOWN = 300;
const FILE_MOST = 1 << 20;

interface Made {
  invitee: Invitee;
  link: string;
  mailed: boolean;
  problem: string;
}

function faultSentence(one: Invitee): string {
  switch (one.fault) {
    case null: return "";
    case "address": return t("This is no e-mail address.");
    case "twice": return t("This address is in the table twice.");
    case "member": return t("This person is in the organization already.");
    case "profile": return t("“%s” is no profile: administrator, standard or outsider.", shown(one.said));
    case "name": return t("The name is too long, or has signs that no name has.");
    case "many": return t("At most %d people are invited at once.", INVITEES_MOST);
  }
}

/** A cell that a spreadsheet takes for text, never for a formula. */
function cell(text: string): string {
  const safe = shown(text).replace(/\t/g, " ");
  return /^[=+\-@]/.test(safe) ? `'${safe}` : safe;
}

export function InviteMany({ organization }: RoomProps) {
  useTrail([{ name: t("Manage my organization"), to: manageAddress(organization) }, { name: t("Invitations"), to: manageAddress(organization, "invitations") }, { name: t("Invite many people") }]);
  const [text, setText] = useState("");
  const [mails, setMails] = useState(false);
  const [made, setMade] = useState<Made[]>([]);
  const [work, setWork] = useState<number | null>(null);
  const [wrong, setWrong] = useState("");
  const stopped = useRef(false);
  const file = useRef<HTMLInputElement>(null);
  const list = invitees(text, organization.people.value ?? []);
  const good = list.filter((one) => one.fault === null);
  const bad = list.length - good.length;
  const pick = async () => {
    const chosen = file.current?.files?.[0];
    if (!chosen) return;
    setWrong("");
    if (chosen.size > FILE_MOST) setWrong(t("This file is too large for a list of people."));
    else {
      const bytes = await chosen.arrayBuffer();
      try {
        setText(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
      } catch {
        setText(new TextDecoder("windows-1252").decode(bytes)); // as spreadsheets save
      }
    }
    file.current!.value = "";
  };
  const invite = async () => {
    stopped.current = false;
    const todo = good.slice();
    setWork(todo.length);
    setMade([]);
    for (const invitee of todo) {
      if (stopped.current) break;
      const one: Made = { invitee, link: "", mailed: false, problem: "" };
      try {
        one.link = (await organization.call("invitations.create", { kind: "user" })).link;
        organization.invited.value = new Map(organization.invited.value).set(invitationOf(one.link), { email: invitee.email, name: invitee.name, profile: invitee.profile });
        if (mails) {
          await organization.call("invitations.mail", { link: one.link, email: invitee.email });
          one.mailed = true;
        }
      } catch (error) {
        one.problem = sentenceOfError(error);
        // Without a link no other one has one either: the server takes no more, or is away.
        if (one.link === "" || isCode(error, "METHOD")) stopped.current = true;
      }
      setMade((before) => [...before, one]);
    }
    setWork(null);
    await organization.readInvitations().catch(() => {});
  };
  const copyAll = () => {
    const rows = [[t("E-mail"), t("Name"), t("Profile"), t("Link")], ...made.filter((one) => one.link !== "").map((one) => [one.invitee.email, one.invitee.name, profileName(one.invitee.profile), one.link])];
    return navigator.clipboard.writeText(rows.map((row) => row.map(cell).join("\t")).join("\n")).then(() => tell(t("The list was copied. It can be pasted into a spreadsheet.")));
  };
  const links = made.filter((one) => one.link !== "").length;
  const shownResult = made.length > 0 || work !== null;
  return (
    <main class="main" id="main" tabIndex={-1}>
      <div class="page tight reading">
        {!shownResult ? (
          <>
            <p class="muted">{t("A line a person: e-mail, name, profile. A profile that is left out is Standard. Nobody comes in by a link alone: you compare codes with each newcomer.")}</p>
            <Field label={t("Table of people")} value={text} change={setText} lines={7} first placeholder={"anne@example.org; Anne Le Goff; Administrator\nkarim@example.org; Karim Benali"} wrong={wrong}
              hint={t("Paste it from a spreadsheet, or choose a file (CSV).")} />
            <div class="toolbar">
              <input ref={file} type="file" accept=".csv,.tsv,.txt,text/csv" class="vh" tabIndex={-1} aria-hidden="true" onChange={() => void pick()} />
              <Button icon={FileUp} onClick={() => file.current?.click()}>{t("Choose a file…")}</Button>
            </div>
            {list.length > 0 && (
              <>
                <div class="toolbar" role="status"><b>{tn("%d person can be invited", "%d people can be invited", good.length)}</b>{bad > 0 && <Badge kind="warn">{tn("%d line is left out", "%d lines are left out", bad)}</Badge>}</div>
                <table class="tbl two-lines">
                  <colgroup><col class="o c3" /><col /><col class="o c9" /><col class="c14" /></colgroup>
                  <thead><tr><th scope="col" class="o">{t("Line")}</th><th scope="col">{t("Person")}</th><th scope="col" class="o">{t("Profile")}</th><th scope="col">{t("State")}</th></tr></thead>
                  <tbody>{list.slice(0, SHOWN).map((one) => (
                    <tr key={one.line}><td class="o num muted">{one.line}</td>
                      <td><b class="cut">{shown(one.name || one.email)}</b><span class="cut small muted">{shown(one.email)}</span></td>
                      <td class="o">{one.fault === "profile" ? "" : profileName(one.profile)}</td>
                      <td>{one.fault === null ? <span class="state ok"><Icon of={Check} size="s" />{t("Good")}</span> : <span class="row start bad small"><Icon of={CircleAlert} size="s" /><span>{faultSentence(one)}</span></span>}</td></tr>
                  ))}</tbody>
                </table>
                {list.length > SHOWN && <p class="muted">{tn("%d more line", "%d more lines", list.length - SHOWN)}</p>}
                <fieldset class="col g2"><legend class="vh">{t("How the links get there")}</legend>
                  <label class="row g3 start option"><input type="radio" name="way" checked={!mails} onChange={() => setMails(false)} /><span class="grow"><b>{t("I send the links")}</b><span class="muted small block">{t("By your own mail or chat. The server learns no address.")}</span></span></label>
                  <label class="row g3 start option"><input type="radio" name="way" checked={mails} onChange={() => setMails(true)} /><span class="grow"><b>{t("The server mails them")}</b><span class="muted small block">{t("The server then learns these addresses.")}</span></span></label>
                </fieldset>
                <div class="row"><Button kind="primary" big icon={mails ? Mail : UserPlus} disabled={good.length === 0} onClick={invite}>{tn("Invite %d person", "Invite %d people", good.length)}</Button></div>
              </>
            )}
          </>
        ) : (
          <>
            {work !== null ? (
              <div class="col g2"><div class="row"><b class="grow" role="status">{t("%d of %d", made.length, work)}</b><Button onClick={() => { stopped.current = true; }}>{t("Stop")}</Button></div>
                <Progress part={made.length / Math.max(1, work)} label={t("Invitations made")} /></div>
            ) : (
              <Note kind={links === good.length ? "ok" : "warn"} alert><b>{tn("%d invitation is made", "%d invitations are made", links)}</b>
                <p>{mails ? t("When somebody answers, welcome them: both of you compare codes.") : t("Send each person their link. When they are there, welcome them: both of you compare codes.")} {t("Copy the list now: the links are shown here alone, until this page is closed.")}</p></Note>
            )}
            {work === null && <div class="toolbar"><Button kind="primary" icon={Copy} disabled={links === 0} onClick={copyAll}>{t("Copy the list")}</Button>
              <Button onClick={() => setMade([])}>{t("Back to the table")}</Button><a class="btn" href={manageAddress(organization, "invitations")}><span>{t("Open invitations")}</span></a></div>}
            <ul class="list card">{made.map((one) => (
              <li key={one.invitee.line} class="wrap"><span class="grow"><b class="cut">{shown(one.invitee.name || one.invitee.email)}</b><span class="muted small cut">{shown(one.invitee.email)}, {profileName(one.invitee.profile)}</span>
                {one.problem !== "" && <span class="bad small block">{one.problem}</span>}</span>
                {one.mailed && <Badge kind="ok">{t("Mailed")}</Badge>}
                {one.link !== "" ? <Button icon={Copy} aria-label={t("Copy the link for %s", shown(one.invitee.name || one.invitee.email))} onClick={() => navigator.clipboard.writeText(one.link).then(() => tell(t("Link copied")))}>{t("Copy the link")}</Button> : <Badge kind="bad">{t("Not made")}</Badge>}</li>
            ))}</ul>
            {work === null && made.length < good.length && <p class="muted">{tn("%d person was not invited.", "%d people were not invited.", good.length - made.length)}</p>}
          </>
        )}
      </div>
    </main>
  );
}
