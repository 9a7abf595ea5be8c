// SPDX-License-Identifier: AGPL-3.0-or-later
// The tray of transfers: what runs with amounts and time, pause, cancel, and what was left out.
import { ChevronDown, ChevronUp, Download, Pause, Play, TriangleAlert, Upload, X } from "lucide-preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button, IconButton } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Icon } from "../../parts/icon";
import { Progress } from "../../parts/marks";
import { say } from "../../state/notices";
import { active, cancelTransfer, clearDone, holdTransfer, isPaused, leftOut, pauseAll, picked, startedAt, totals, transfers, type Transfer } from "../../state/transfers";
import { continueWith, forgetUnfinished, mayRead, proceed, titleOf, unfinished, type Unfinished } from "../../state/uploads";
import { t, tn } from "../../words";
import { shown, size, span } from "../../words/format";

const SHOWN = 4;

/** What became of transfers that have all ended. */
function endedTitle(all: readonly Transfer[]): string {
  const count = (state: Transfer["state"]["value"]) => all.filter((one) => one.state.value === state).length;
  if (count("failed") > 0) return tn("%d transfer failed", "%d transfers failed", count("failed"));
  if (count("done") > 0) return tn("%d transfer done", "%d transfers done", count("done"));
  return tn("%d transfer cancelled", "%d transfers cancelled", all.length);
}

export function Tray() {
  const [folded, setFolded] = useState(false);
  const [summary, setSummary] = useState(false);
  const all = transfers.value;
  const running = active.value;
  const { size: total, done } = totals.value;
  const ended = running.length === 0;
  useEffect(() => {
    if (!ended || (all.length === 0 && leftOut.value.length === 0)) return;
    say(leftOut.value.length > 0 ? tn("%d file was left out", "%d files were left out", leftOut.value.length) : all.every((one) => one.state.value === "done") ? t("All transfers are done") : endedTitle(all));
    if (leftOut.value.length > 0) return;
    const timer = setTimeout(clearDone, 6000);
    return () => clearTimeout(timer);
  }, [ended]);
  if (all.length === 0 && leftOut.value.length === 0) return unfinished.value.length === 0 ? null : <section class="tray" aria-label={t("Transfers")}><Stopped /></section>;
  const seconds = Math.max(0.5, (Date.now() - startedAt.value) / 1000);
  const speed = done / seconds;
  const sends = all.filter((one) => one.kind === "send").length;
  const title = all.length === 0 ? t("Nothing was sent") : ended
    ? endedTitle(all)
    : sends === all.length ? tn("Uploading %d file", "Uploading %d files", all.length) : sends === 0 ? tn("Downloading %d file", "Downloading %d files", all.length) : tn("%d transfer", "%d transfers", all.length);
  const amounts = ended ? (done > 0 ? size(done) : "") : `${t("%s of %s", size(done), size(total))}${seconds > 1 && speed > 0 ? `, ${t("%s/s", size(speed))}, ${span((total - done) / speed)}` : ""}`;
  const order = { runs: 0, held: 1, waits: 2, failed: 3, done: 4, cancelled: 5 };
  const list = [...all].sort((a, b) => order[a.state.value] - order[b.state.value]).slice(0, SHOWN);
  return (
    <section class="tray" aria-label={t("Transfers")}>
      <header>
        <div class="grow"><h2 class="tray-h cut">{title}</h2><p class="muted small cut">{all.length === 0 ? "" : isPaused.value ? t("Paused at %s", size(done)) : amounts}</p></div>
        {!ended && <IconButton icon={isPaused.value ? Play : Pause} label={isPaused.value ? t("Resume all") : t("Pause all")} onClick={() => pauseAll(!isPaused.value)} />}
        <IconButton icon={folded ? ChevronUp : ChevronDown} label={folded ? t("Unfold") : t("Fold")} aria-expanded={!folded} onClick={() => setFolded(!folded)} />
        {ended && <IconButton icon={X} label={t("Close")} onClick={clearDone} />}
      </header>
      {!ended && <div class="tray-all"><Progress part={total > 0 ? done / total : 0} label={t("All transfers")} kind={isPaused.value ? "hold" : undefined} /></div>}
      {!folded && <ul class="list">{list.map((one) => <Line key={one.id} transfer={one} />)}</ul>}
      {leftOut.value.length > 0 && (
        <div class="row tray-left"><span class="warn"><Icon of={TriangleAlert} size="s" /></span><p class="grow cut">{tn("%d file was left out", "%d files were left out", leftOut.value.length)}</p><Button kind="quiet" onClick={() => setSummary(true)}>{t("See")}</Button></div>
      )}
      <Stopped />
      {summary && (
        <Dialog title={t("What was left out")} close={() => setSummary(false)} actions={<Button kind="primary" onClick={() => setSummary(false)}>{t("Close")}</Button>}>
          <ul class="list flush">{leftOut.value.map((one, at) => <li key={at}><span class="grow"><b class="cut" title={shown(one.name)}>{shown(one.name)}</b><span class="muted small">{one.reason}</span></span></li>)}</ul>
        </Dialog>
      )}
    </section>
  );
}

/** What was not sent to its end before the page ended. */
function Stopped() {
  const list = unfinished.value;
  if (list.length === 0) return null;
  return (
    <div class="stopped" role="region" aria-label={t("Not sent to the end")}>
      <h2 class="tray-h">{t("Not sent to the end")}</h2>
      <p class="muted small">{t("The page ended before these files had arrived. What has arrived is not sent again.")}</p>
      <ul class="list flush">{list.map((one) => <StoppedLine key={one.id} one={one} />)}</ul>
    </div>
  );
}

function StoppedLine({ one }: { one: Unfinished }) {
  const input = useRef<HTMLInputElement>(null);
  const isTree = one.files.some(({ names }) => names.length > 1);
  const title = titleOf(one);
  const again = async () => {
    if (one.handles.length > 0 && (await mayRead(one.handles, true))) await proceed(one);
    else input.current?.click();
  };
  return (
    <li>
      <span class="ico"><Icon of={Upload} size="s" /></span>
      <div class="grow"><span class="cut" title={title}>{title}</span><span class="muted small">{size(one.files.reduce((sum, file) => sum + file.size, 0))}</span></div>
      <Button onClick={again}>{one.handles.length > 0 ? t("Continue") : isTree ? t("Choose the folder again") : tn("Choose the file again", "Choose the files again", one.files.length)}</Button>
      <IconButton icon={X} label={t("Forget %s", title)} onClick={() => void forgetUnfinished(one)} />
      <input ref={input} type="file" multiple hidden aria-hidden="true" tabIndex={-1} {...(isTree ? { webkitdirectory: true } : {})}
        onChange={(event) => { const list = event.currentTarget.files; if (list && list.length > 0) void continueWith(one, picked(list)); }} />
    </li>
  );
}

function Line({ transfer: one }: { transfer: Transfer }) {
  const state = one.state.value;
  const done = one.done.value;
  const name = shown(one.name);
  const amount = state === "done" ? size(one.size) : (state === "runs" || state === "waits") && !one.organization.connected.value ? t("waits for the server") : state === "waits" ? t("waits") : state === "cancelled" ? t("cancelled") : state === "failed" ? t("failed") : t("%s of %s", size(done), size(one.size));
  return (
    <li>
      <span class="ico"><Icon of={one.kind === "send" ? Upload : Download} size="s" /></span>
      <div class="grow col g1"><div class="row"><span class="cut grow" title={name}>{name}</span><span class="muted small nw">{amount}</span></div>
        {(state === "runs" || state === "held") && <Progress part={one.size > 0 ? done / one.size : 0} label={name} kind={state === "held" || isPaused.value ? "hold" : undefined} />}
        {state === "failed" && <span class="bad small">{one.reason.value}</span>}</div>
      {(state === "runs" || state === "waits") && one.kind === "send" && <IconButton icon={Pause} label={t("Pause %s", name)} onClick={() => holdTransfer(one, true)} />}
      {state === "held" && <IconButton icon={Play} label={t("Resume %s", name)} onClick={() => holdTransfer(one, false)} />}
      {(state === "runs" || state === "waits" || state === "held") && <IconButton icon={X} label={t("Cancel %s", name)} onClick={() => cancelTransfer(one)} />}
    </li>
  );
}
