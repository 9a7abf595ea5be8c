// SPDX-License-Identifier: AGPL-3.0-or-later
// The trust log as a timeline in sentences, newest first, filtered by person, kind and time, and verified on screen.
import { Check, RefreshCw, ShieldCheck } from "lucide-preact";
import type { Act, Head, LogEntry } from "@rpc";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../parts/button";
import { Field } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Note, Progress } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { say, sentenceOfError, tell } from "../../state/notices";
import { t, tn } from "../../words";
import { day, hour, number, shown } from "../../words/format";
import { useStatus } from "../trail";
import { Export } from "./export";
import { Rooms, type RoomProps } from "./manage";
import { actSentenceOf, actWords, type ActKind } from "./sentences";

const SHOWN = 200;
const FEW_DEVICES = 60;
const DAY_MS = 86_400_000;

export function Log({ organization }: RoomProps) {
  const [entries, setEntries] = useState<LogEntry[] | null>(null);
  const [problem, setProblem] = useState<unknown>(null);
  const [head, setHead] = useState<Head | null>(null);
  const [acts, setActs] = useState<Map<number, Act>>(new Map());
  const [who, setWho] = useState("");
  const [kind, setKind] = useState<ActKind | "">("");
  const [days, setDays] = useState(0);
  const [most, setMost] = useState(SHOWN);
  const [open, setOpen] = useState<number | null>(null);
  const [work, setWork] = useState<{ done: number; total: number } | null>(null);
  const [verified, setVerified] = useState<{ entries: number; time: number } | null>(null);
  const [theirs, setTheirs] = useState("");
  const [compared, setCompared] = useState("");
  const read = () => Promise.all([
    organization.all("log.entries", {}, "entries").then((list) => setEntries((list as LogEntry[]).reverse())),
    organization.call("log.head", {}).then(setHead),
  ]).catch(setProblem);
  useEffect(() => { void read(); }, [organization.verifiedAt.value]);
  // Whom each act concerns: as far as the log says it, device by device, where those are few.
  useEffect(() => {
    void organization.readDevices().then(async (devices) => {
      if (devices.length > FEW_DEVICES) return;
      for (const one of devices) {
        const list = (await organization.all("device.acts", { device: one.id }, "acts")) as Act[];
        setActs((before) => new Map([...before, ...list.map((act): [number, Act] => [act.index, act])]));
      }
    }).catch(() => {});
  }, []);
  const nameOf = (author: string) => shown(organization.nameOf(author));
  const authors = [...new Set((entries ?? []).map((one) => organization.userOf(one.author)).filter((one) => one !== ""))].sort();
  const since = days === 0 ? 0 : Date.now() - days * DAY_MS;
  const list = (entries ?? []).filter((one) => (who === "" || organization.userOf(one.author) === who) && (kind === "" || actWords(one.action).kind === kind) && one.time >= since);
  useStatus(entries ? tn("%d entry", "%d entries", entries.length) : "");
  const verify = async () => {
    setVerified(null);
    setWork({ done: 0, total: head?.size ?? 0 });
    try {
      const { entries: count } = await organization.call("log.verify", {}, { event: (event, data) => { if (event === "work" || event === "progress") setWork(data as { done: number; total: number }); } });
      setVerified({ entries: count, time: Date.now() });
      say(tn("%d entry verified", "%d entries verified", count));
    } finally {
      setWork(null);
    }
  };
  const compare = async (event: Event) => {
    event.preventDefault();
    setCompared("");
    try {
      await organization.call("log.compare", { head: theirs.trim() });
      setTheirs("");
      tell(t("The server shows both of you the same history."));
    } catch (error) {
      setCompared(sentenceOfError(error));
    }
  };
  const groups: { day: string; entries: LogEntry[] }[] = [];
  for (const one of list.slice(0, most)) {
    const name = day(one.time);
    if (groups.at(-1)?.day !== name) groups.push({ day: name, entries: [] });
    groups.at(-1)!.entries.push(one);
  }
  const total = head?.size ?? entries?.length ?? 0;
  return (
    <main class="main two" id="main" tabIndex={-1}>
      <div class="grow scroll"><div class="page tight">
        <Rooms organization={organization} current="log" />
        <div class="toolbar">
          <label><span class="vh">{t("Person")}</span><select value={who} onChange={(event) => setWho(event.currentTarget.value)}><option value="">{t("Everyone")}</option>{authors.map((one) => <option key={one} value={one}>{nameOf(one)}</option>)}</select></label>
          <label><span class="vh">{t("Kind")}</span><select value={kind} onChange={(event) => setKind(event.currentTarget.value as ActKind | "")}>
            <option value="">{t("All acts")}</option><option value="people">{t("People and devices")}</option><option value="workspaces">{t("Workspaces and roles")}</option><option value="keys">{t("Keys")}</option><option value="settings">{t("Settings")}</option></select></label>
          <label><span class="vh">{t("Time")}</span><select value={String(days)} onChange={(event) => setDays(Number(event.currentTarget.value))}><option value="0">{t("Since the beginning")}</option><option value="7">{t("Last 7 days")}</option><option value="30">{t("Last 30 days")}</option><option value="365">{t("Last 12 months")}</option></select></label>
        </div>
        {problem !== null && <Note kind="bad" alert>{sentenceOfError(problem)}</Note>}
        {entries === null ? problem === null && <Skeleton /> : list.length === 0 && <p class="muted">{t("No act is of this kind.")}</p>}
        {groups.map((group) => (
          <section key={group.day}><h2 class="tl-day">{group.day}</h2>
            <ol class="tl">{group.entries.map((one) => {
              const words = actWords(one.action);
              return (
                <li key={one.index}>
                  <time dateTime={new Date(one.time).toISOString()}>{hour(one.time)}</time>
                  <span class={`at ${words.tone}`}><Icon of={words.icon} size="s" /></span>
                  <div class="what">
                    <button type="button" class="plain" aria-expanded={open === one.index} onClick={() => setOpen(open === one.index ? null : one.index)}>{one.author === "" ? t("A person acted in a workspace that you are not in") : `${nameOf(one.author)} ${actSentenceOf(organization, one.action, acts.get(one.index))}`}</button>
                    {one.topic !== "" && one.topic !== "org" && <small>{t("in “%s”", shown(organization.workspaceOf(one.topic)?.name ?? one.topic))}</small>}
                    {open === one.index && <div class="facts"><dl class="dl"><dt>{t("Entry")}</dt><dd>{number(one.index)}</dd>{one.author !== "" && <><dt>{t("Signed on")}</dt><dd>{shown(organization.deviceList.value?.find((device) => device.id === one.author)?.label ?? "") || t("a device")}</dd></>}<dt>{t("Time")}</dt><dd>{new Date(one.time).toLocaleString(document.documentElement.lang)}</dd><dt>{t("Fingerprint")}</dt><dd><code>{one.leaf}</code></dd></dl></div>}
                  </div>
                  <span class="seal" title={t("Verified on this device")}><Icon of={ShieldCheck} size="s" /><span class="vh">{t("verified")}</span></span>
                </li>
              );
            })}</ol></section>
        ))}
        {list.length > most && <Button onClick={() => setMost(most + SHOWN)}>{t("Show more")}</Button>}
      </div></div>
      <aside class="side" aria-label={t("Verification")}>
        <section class="first">
          <div class="row g3 start"><span class="ok"><Icon of={ShieldCheck} size="l" /></span><div class="grow"><h2>{t("Verified on this device")}</h2>
            <p class="muted small" aria-live="polite">{work ? t("%s of %s entries", number(work.done), number(work.total || total)) : verified ? t("%s entries again from the first one, at %s", number(verified.entries), hour(verified.time)) : tn("%d entry", "%d entries", total)}</p></div></div>
          <Progress part={work ? (work.total > 0 ? work.done / work.total : 0) : 1} kind={work ? undefined : "ok"} label={t("Verified entries")} />
          <Button full icon={RefreshCw} onClick={verify}>{t("Verify everything again")}</Button>
        </section>
        <section><h3>{t("What is checked")}</h3>
          <ul class="col g3">
            <li class="row start"><span class="ok"><Icon of={Check} size="s" /></span><span>{t("Each act is signed by a device that had the right to it.")}</span></li>
            <li class="row start"><span class="ok"><Icon of={Check} size="s" /></span><span>{t("Nothing was taken out, moved or rewritten.")}</span></li>
          </ul></section>
        <section><h3>{t("Does the server show all of you the same?")}</h3>
          <p class="muted small">{t("Read this to a colleague, or type what your colleague reads to you.")}</p>
          {head && <p class="head-code" tabIndex={0}>{head.head}</p>}
          <form class="col g3" onSubmit={(event) => void compare(event)}><Field label={t("What your colleague reads")} value={theirs} change={setTheirs} wrong={compared} /><Button type="submit" disabled={theirs.trim() === ""}>{t("Compare")}</Button></form>
        </section>
        <Export organization={organization} />
      </aside>
    </main>
  );
}
