// SPDX-License-Identifier: AGPL-3.0-or-later
// One message: who wrote it, its text, reactions, its thread, and what can be done with it.
import { Clock, Copy, CornerUpLeft, Ellipsis, MessageSquare, Pencil, SmilePlus, Trash } from "lucide-preact";
import type { Member, Message } from "@rpc";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Button, IconButton } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { Avatar } from "../../parts/marks";
import { MenuButton } from "../../parts/menu";
import { piecesOf } from "../../state/chat";
import { tell } from "../../state/notices";
import { t, tn } from "../../words";
import { hour, shown, when } from "../../words/format";
import { Markdown } from "../files/markdown_view";

export const emojis = ["👍", "❤️", "🎉", "😂", "👀", "✅"];
const EXCERPT = 80;

export interface Acts {
  reply?: (message: Message) => void;
  react: (message: Message, emoji: string, removes: boolean) => void;
  edit: (message: Message, text: string) => Promise<void>;
  remove: (message: Message) => void;
  jump: (id: string, position: number) => void;
}

interface Props {
  message: Message;
  /** The message that it answers, where this page has it. */
  answered?: Message;
  members: readonly Member[];
  isNext: boolean;
  mayWrite: boolean;
  mayRemove: boolean;
  acts: Acts;
}

export const excerpt = (message: Message): string =>
  message.deleted ? t("deleted") : shown(message.text.replace(/[*_`~#>]+/g, "").replace(/\s+/g, " ").trim()).slice(0, EXCERPT);

export function MessageRow({ message, answered, members, isNext, mayWrite, mayRemove, acts }: Props) {
  const [edited, setEdited] = useState<string | null>(null);
  const name = shown(message.name || message.email);
  const save = async () => {
    await acts.edit(message, edited!.trim());
    setEdited(null);
  };
  return (
    <li id={`m-${message.id}`} class={`msg${message.mentionsMe ? " at" : ""}${isNext ? " next" : ""}${message.waiting ? " waits" : ""}`} tabIndex={-1}>
      {!isNext && <Avatar id={message.user} name={message.name || message.email} />}
      <div class="next-in">
        {!isNext && <div class="who"><b>{name}</b><time dateTime={new Date(message.time).toISOString()} title={when(message.time)}>{hour(message.time)}</time></div>}
        {isNext && <span class="vh">{name}, {hour(message.time)}</span>}
        {message.replyTo !== "" && acts.reply && (
          <button type="button" class="quoted" onClick={() => acts.jump(message.replyTo, message.replyPosition)}>
            <Icon of={CornerUpLeft} size="s" /><span class="cut">{answered ? `${shown(answered.name || answered.email)}: ${excerpt(answered)}` : t("An earlier message")}</span>
          </button>
        )}
        {edited !== null ? (
          <form class="col g2" onSubmit={(event) => { event.preventDefault(); void save().catch(() => {}); }}>
            <textarea class="in big" rows={3} aria-label={t("New text of the message")} value={edited} ref={(one) => { if (one && document.activeElement !== one && one.dataset.seen === undefined) { one.dataset.seen = ""; one.focus(); } }}
              onInput={(event) => setEdited(event.currentTarget.value)} onKeyDown={(event) => { if (event.key === "Escape") setEdited(null); }} />
            <div class="row g2"><Button kind="primary" type="submit" disabled={edited.trim() === ""}>{t("Save")}</Button><Button onClick={() => setEdited(null)}>{t("Cancel")}</Button></div>
          </form>
        ) : message.deleted ? <p class="muted">{t("This message was deleted.")}</p>
          : message.unreadable ? <p class="muted">{t("The author of this message sent something that cannot be read.")}</p>
            : <div class="md said"><Markdown text={message.text} plain={(text) => said(text, members)} />{message.edits > 0 && <span class="muted small">{t("(edited)")}</span>}</div>}
        {message.waiting && <p class="muted small row g1"><Icon of={Clock} size="s" />{t("Written here, and sent when the server can be reached.")}</p>}
        {message.reactions.length > 0 && (
          <div class="reacts">{message.reactions.map((one) => (
            <button key={one.emoji} type="button" class={`react${one.mine ? " mine" : ""}`} aria-pressed={one.mine} disabled={!mayWrite} aria-label={tn("%2$s, %1$d person", "%2$s, %1$d people", one.count, one.count, shown(one.emoji))}
              onClick={() => acts.react(message, one.emoji, one.mine)}>{shown(one.emoji)} {one.count}</button>
          ))}</div>
        )}
        {message.replies > 0 && acts.reply && (
          <button type="button" class="thr" onClick={() => acts.reply!(message)}><Icon of={MessageSquare} size="s" />{tn("%d answer", "%d answers", message.replies)}</button>
        )}
      </div>
      {!message.waiting && !message.deleted && edited === null && (
        <div class="acts">
          {mayWrite && <MenuButton label={t("React to the message of %s", name)} choices={() => emojis.map((one) => ({ label: one, act: () => acts.react(message, one, message.reactions.some((has) => has.mine && has.emoji === one)) }))}><Icon of={SmilePlus} size="s" /></MenuButton>}
          {acts.reply && <IconButton icon={MessageSquare} label={t("Answer %s", name)} onClick={() => acts.reply!(message)} />}
          <MenuButton label={t("More about the message of %s", name)} choices={() => [
            { label: t("Copy the text"), icon: Copy, act: () => void navigator.clipboard.writeText(message.text).then(() => tell(t("Copied"))) },
            ...(message.mine && mayWrite ? [{ label: t("Edit"), icon: Pencil, act: () => setEdited(message.text) }] : []),
            ...(message.mine ? mayWrite : mayRemove) ? [{ label: t("Delete…"), icon: Trash, bad: true, apart: true, act: () => acts.remove(message) }] : [],
          ]}><Icon of={Ellipsis} size="s" /></MenuButton>
        </div>
      )}
    </li>
  );
}

/** Addresses can be opened, members are named. */
function said(text: string, members: readonly Member[]): ComponentChildren {
  return piecesOf(text, members).map((one, at) => one.kind === "text" ? one.text
    : one.kind === "mention" ? <span key={at} class="mention" title={one.member.email}>@{shown(one.member.name || one.member.email)}</span>
      : <a key={at} href={one.to} target="_blank" rel="noopener noreferrer" title={one.to}>{one.to}</a>);
}
