// SPDX-License-Identifier: AGPL-3.0-or-later
// Where a message is written: Enter sends, Shift and Enter begin a line. What was typed is kept with the device, sealed.
import { Send } from "lucide-preact";
import type { Member } from "@rpc";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { IconButton } from "../../parts/button";
import { Avatar } from "../../parts/marks";
import { membersFor, mentionAt } from "../../state/chat";
import type { Organization } from "../../state/organization";
import { t } from "../../words";
import { shown } from "../../words/format";

const MOST_BYTES = 32_768;
const KEEP_MS = 400;
const LINES_MOST = 8;

export function Composer({ organization, name, label, members, send }: { organization: Organization; name: string; label: string; members: readonly Member[]; send: (text: string) => Promise<void> }) {
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [at, setAt] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const last = useRef("");
  const id = useId();
  const note = `draft.${name}`;
  const keep = (value: string) => {
    clearTimeout(timer.current);
    timer.current = undefined;
    const act = value === "" ? organization.call("notes.remove", { name: note }) : organization.call("notes.put", { name: note, value });
    act.catch(() => {});
  };
  useEffect(() => {
    organization.call("notes.list", { prefix: note }).then(({ notes }) => {
      const found = notes.find((one) => one.name === note)?.value ?? "";
      if (found !== "" && last.current === "") change(found, false);
    }, () => {});
    return () => { if (timer.current !== undefined) keep(last.current); };
  }, [note]);
  const change = (value: string, keeps = true) => {
    last.current = value;
    setText(value);
    setAt(0);
    if (!keeps) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => keep(last.current), KEEP_MS);
  };
  const tooLong = new TextEncoder().encode(text).length > MOST_BYTES;
  const word = mentionAt(text.slice(0, field.current?.selectionStart ?? text.length));
  const found = word === null ? [] : membersFor(members, word);
  const pick = (member: Member) => {
    const end = field.current?.selectionStart ?? text.length;
    const start = end - (word?.length ?? 0);
    change(`${text.slice(0, start)}${member.email} ${text.slice(end)}`);
    field.current?.focus();
  };
  const go = async () => {
    const value = text.trim();
    if (value === "" || busy || tooLong) return;
    setBusy(true);
    try {
      await send(value);
      change("", false);
      keep("");
    } catch {
      // The text stays, and the notice says why.
    } finally {
      setBusy(false);
      field.current?.focus();
    }
  };
  const keys = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    if (found.length > 0) {
      if (event.key === "ArrowDown") setAt((at + 1) % found.length);
      else if (event.key === "ArrowUp") setAt((at + found.length - 1) % found.length);
      else if (event.key === "Enter" || event.key === "Tab") pick(found[at]!);
      else if (event.key === "Escape") change(`${text} `, false);
      else return;
      event.preventDefault();
      return;
    }
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    void go();
  };
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); void go(); }}>
      {found.length > 0 && (
        <ul class="completes" role="listbox" id={`${id}l`} aria-label={t("People of this channel")}>{found.map((one, place) => (
          <li key={one.user} id={`${id}${place}`} role="option" aria-selected={place === at} onMouseDown={(event) => { event.preventDefault(); pick(one); }}>
            <Avatar id={one.user} name={one.name || one.email} size="s" /><b class="cut">{shown(one.name || one.email)}</b><span class="muted cut">{shown(one.email)}</span>
          </li>
        ))}</ul>
      )}
      <textarea ref={field} class="txt" rows={Math.min(LINES_MOST, text.split("\n").length)} aria-label={label} placeholder={label} value={text} maxLength={MOST_BYTES} spellcheck
        aria-invalid={tooLong || undefined} role="combobox" aria-expanded={found.length > 0} aria-controls={`${id}l`} aria-autocomplete="list" aria-activedescendant={found.length > 0 ? `${id}${at}` : undefined}
        onInput={(event) => change(event.currentTarget.value)} onKeyDown={keys} />
      <div class="tools">
        <span class="muted small grow no-phone">{tooLong ? t("The message is too long.") : t("Enter sends, Shift+Enter begins a line.")}</span>
        <span class="grow only-phone" />
        <IconButton icon={Send} label={t("Send")} class="send" disabled={busy || tooLong || text.trim() === ""} onClick={() => void go()} />
      </div>
    </form>
  );
}
