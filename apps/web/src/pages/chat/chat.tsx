// SPDX-License-Identifier: AGPL-3.0-or-later
// A channel or a direct conversation: its messages, a thread or a search beside them, and where one writes.
import { Hash, Search, Users, X } from "lucide-preact";
import type { Channel, Message } from "@rpc";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Button, IconButton } from "../../parts/button";
import { Dialog } from "../../parts/dialog";
import { Search as SearchField } from "../../parts/field";
import { Icon } from "../../parts/icon";
import { Avatar, Avatars, Empty, Note } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { Timeline, rowsOf } from "../../state/chat";
import { say, sentenceOfError, tell, tellRefusal } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { address, go, route } from "../../state/route";
import { t, tn } from "../../words";
import { day, shown, when } from "../../words/format";
import { Share } from "../files/share";
import { useStatus, useTrail } from "../trail";
import { Composer } from "./composer";
import { MessageRow, excerpt, type Acts } from "./message";

const NEAR_PX = 80;
const LOOK_MS = 250;

export function nameOfChannel(channel: Channel): string {
  return shown(channel.name);
}

export function ChatPage({ organization, id }: { organization: Organization; id: string }) {
  const channel = organization.chat.channelOf(id);
  useTrail([{ name: t("Discussions"), to: address(["o", organization.key, "chat"]) }, { name: channel ? nameOfChannel(channel) : "" }]);
  useStatus(channel ? tn("%d person", "%d people", organization.members.value[id]?.length ?? 1) : "");
  if (organization.chat.channels.value === null) return <main class="main" id="main" tabIndex={-1}><Skeleton /></main>;
  if (!channel) return <main class="main" id="main" tabIndex={-1}><Empty icon={Hash} title={t("This channel is not yours")} actions={<Button onClick={() => go(address(["o", organization.key, "chat"]))}>{t("Discussions")}</Button>}>{t("It does not exist, or you are not in it any more.")}</Empty></main>;
  return <Talk key={id} organization={organization} channel={channel} />;
}

function Talk({ organization, channel }: { organization: Organization; channel: Channel }) {
  const { id } = channel;
  const timeline = useMemo(() => new Timeline(organization, id), [id]);
  const [problem, setProblem] = useState("");
  const [removed, setRemoved] = useState<Message | null>(null);
  const [sharing, setSharing] = useState(route.value.query.get("people") !== null);
  const [unreadBefore] = useState(channel.unread);
  const feed = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const height = useRef(0);
  const query = route.value.query;
  const thread = query.get("thread");
  const searches = query.get("search") !== null;
  const here = (more: Record<string, string> = {}) => address(["o", organization.key, "c", id], more);
  const members = organization.members.value[id] ?? [];
  const mine = organization.identity.value?.user;
  const name = nameOfChannel(channel);
  const mayWrite = channel.role !== "reader" && !channel.archived;
  const mayRemove = channel.role === "owner" || channel.role === "manager";
  const messages = timeline.messages.value;
  const heard = organization.chat.heard.value[id] ?? 0;
  const byId = useMemo(() => new Map((messages ?? []).map((one) => [one.id, one])), [messages]);
  // Where the person had read to: the unread ones are the newest of others.
  const read = useMemo(() => {
    if (messages === null || unreadBefore === 0) return Number.MAX_SAFE_INTEGER;
    const others = messages.filter((one) => !one.mine && !one.waiting);
    return (others[Math.max(0, others.length - unreadBefore)]?.position ?? Number.MAX_SAFE_INTEGER) - 1;
  }, [messages === null]);

  useEffect(() => { void organization.chatMembers(id).catch(() => {}); }, [id, channel.role]);
  useEffect(() => {
    timeline.refresh().then(() => setProblem(""), (error) => setProblem(sentenceOfError(error)));
  }, [heard, timeline]);

  const newest = (messages ?? []).reduce((most, one) => Math.max(most, one.position), 0);
  const marks = () => {
    if (document.visibilityState !== "visible" || !follows.current) return;
    const now = organization.chat.channelOf(id);
    if (now && now.unread > 0) void organization.chat.mark(id, Math.max(newest, now.newest)).catch(() => {});
  };
  useEffect(() => {
    marks();
    document.addEventListener("visibilitychange", marks);
    return () => document.removeEventListener("visibilitychange", marks);
  }, [newest, channel.unread]);

  // At the end it stays there; where earlier ones come above, what is seen stays where it is.
  useLayoutEffect(() => {
    const one = feed.current;
    if (!one) return;
    if (follows.current) one.scrollTop = one.scrollHeight;
    else if (one.scrollTop < NEAR_PX) one.scrollTop += one.scrollHeight - height.current;
    height.current = one.scrollHeight;
  }, [messages]);
  const scrolled = () => {
    const one = feed.current!;
    const atEnd = one.scrollHeight - one.scrollTop - one.clientHeight < NEAR_PX;
    if (atEnd && !follows.current) { follows.current = true; marks(); } else follows.current = atEnd;
    if (one.scrollTop < NEAR_PX && timeline.hasMore.value) {
      height.current = one.scrollHeight;
      void timeline.earlier().catch(tellRefusal);
    }
  };

  const after = () => { follows.current = true; return timeline.refresh().then(() => organization.chat.read(false)); };
  const send = async (text: string, replyTo?: string) => {
    try {
      const sent = await organization.call("chat.send", replyTo === undefined ? { channel: id, text } : { channel: id, text, replyTo });
      if (sent.position === 0) organization.lost();
    } catch (error) {
      tellRefusal(error);
      throw error;
    }
    await after().catch(() => {});
  };
  const jump = async (message: string, position: number) => {
    if (!byId.has(message) && position > 0) await timeline.reach(position).catch(tellRefusal);
    follows.current = false;
    setTimeout(() => {
      const row = document.getElementById(`m-${message}`);
      row?.scrollIntoView({ block: "center" });
      row?.focus();
    }, LOOK_MS / 5);
  };
  const acts: Acts = {
    reply: (message) => go(here({ thread: message.replyTo !== "" ? message.replyTo : message.id })),
    react: (message, emoji, removes) => void organization.call("chat.react", { channel: id, message: message.id, emoji, removes }).then(after).catch(tellRefusal),
    edit: async (message, text) => {
      try {
        await organization.call("chat.edit", { channel: id, message: message.id, text });
      } catch (error) {
        tellRefusal(error);
        throw error;
      }
      await timeline.refresh();
    },
    remove: setRemoved,
    jump: (message, position) => void jump(message, position),
  };
  const rows = messages === null ? [] : rowsOf(messages, read);
  const row = (message: Message, isNext: boolean, own: Acts = acts) => (
    <MessageRow key={message.id} message={message} answered={byId.get(message.replyTo)} members={members} isNext={isNext} mayWrite={mayWrite} mayRemove={mayRemove} acts={own} />
  );
  const others = members.filter((one) => one.user !== mine).map((one) => ({ id: one.user, name: one.name || one.email }));
  return (
    <main class="main two fill" id="main" tabIndex={-1}>
      <div class="grow col talk">
        <div class="row g3 chead">
          {channel.direct ? <Avatar id={others[0]?.id ?? id} name={channel.name} /> : <span class="ico no-phone"><Icon of={Hash} /></span>}
          <div class="grow"><h2 class="cut no-phone">{name}</h2><p class="muted small cut">{channel.direct ? t("Only the two of you can read this.") : tn("%d person can read this.", "%d people can read this.", members.length || 1)}</p></div>
          {!channel.direct && others.length > 0 && <span class="no-phone"><Avatars people={others} /></span>}
          <IconButton icon={Search} label={t("Search in this channel")} onClick={() => go(searches ? here() : here({ search: "1" }))} />
          {!channel.direct && <IconButton icon={Users} label={t("People of this channel")} onClick={() => setSharing(true)} />}
        </div>
        <div class="feed" ref={feed} tabIndex={0} role="region" aria-label={t("Messages of %s", name)} onScroll={scrolled}>
          {messages === null ? problem === "" ? <Skeleton /> : <Note kind="bad" alert>{problem}</Note>
            : messages.length === 0 ? <Empty icon={Hash} title={t("Nothing was written yet")}>{channel.direct ? t("Only the two of you can read what you write.") : t("Who is in this channel reads what you write here, and who comes later reads it too.")}</Empty>
              : <ol class="msgs">{rows.map((one) => one.kind === "day" ? <li key={`d${one.time}`} class="sep"><span>{day(one.time)}</span></li>
                : one.kind === "new" ? <li key="new" class="sep new"><span>{tn("%d new message", "%d new messages", one.count)}</span></li>
                  : row(one.message, one.isNext))}</ol>}
        </div>
        {mayWrite ? <Composer key={id} organization={organization} name={`chat.${id}`} label={t("Write to %s", name)} members={members} send={(text) => send(text)} />
          : <p class="muted small pad5">{channel.archived ? t("This channel is archived: nobody writes in it.") : t("You have the role of a reader here: you do not write.")}</p>}
      </div>
      {thread !== null && <Thread key={thread} root={byId.get(thread)} replies={(messages ?? []).filter((one) => one.replyTo === thread)} close={() => go(here())}
        row={(message) => row(message, false, { ...acts, reply: undefined })}
        composer={mayWrite && <Composer key={thread} organization={organization} name={`chat.${id}.${thread.slice(0, 8)}`} label={t("Answer")} members={members} send={(text) => send(text, thread)} />} />}
      {searches && <Finds organization={organization} channel={id} close={() => go(here())} open={(message) => void jump(message.id, message.position)} />}
      {sharing && !channel.direct && <Share organization={organization} workspace={channel} isChannel close={() => { setSharing(false); if (query.get("people") !== null) go(here(), true); }} />}
      {removed && (
        <Dialog title={t("Delete this message?")} close={() => setRemoved(null)} submit={() => {
          const { id: message } = removed;
          setRemoved(null);
          organization.call("chat.delete", { channel: id, message }).then(() => timeline.refresh()).then(() => tell(t("The message was deleted")), tellRefusal);
        }} actions={<><Button onClick={() => setRemoved(null)}>{t("Cancel")}</Button><Button kind="danger" type="submit">{t("Delete")}</Button></>}>
          <p>{t("Nobody reads it any more. That there was a message stays visible, and who has read it may remember it.")}</p>
          <blockquote class="cut">{excerpt(removed)}</blockquote>
        </Dialog>
      )}
    </main>
  );
}

function Thread({ root, replies, close, row, composer }: { root: Message | undefined; replies: readonly Message[]; close: () => void; row: (message: Message) => preact.JSX.Element; composer: preact.ComponentChildren }) {
  useEffect(() => say(tn("%d answer", "%d answers", replies.length)), [replies.length]);
  return (
    <aside class="side opt-side asked thread" aria-label={t("Thread")}>
      <div class="side-h"><div class="grow"><h2>{t("Thread")}</h2><p class="muted small">{tn("%d answer", "%d answers", replies.length)}</p></div><IconButton icon={X} label={t("Close the thread")} onClick={close} /></div>
      <ol class="msgs tfeed">{root ? row(root) : <li class="muted pad5">{t("The first message of this thread is further above.")}</li>}{replies.map(row)}</ol>
      {composer}
    </aside>
  );
}

function Finds({ organization, channel, close, open }: { organization: Organization; channel: string; close: () => void; open: (message: Message) => void }) {
  const [words, setWords] = useState("");
  const [found, setFound] = useState<readonly Message[] | null>(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    setFound(null);
    setWrong("");
    if (words.trim() === "") return;
    const cancel = new AbortController();
    const timer = setTimeout(() => {
      organization.call("chat.search", { channel, words: words.trim() }, { signal: cancel.signal }).then(({ messages }) => setFound(messages), (error) => { if (!cancel.signal.aborted) setWrong(sentenceOfError(error)); });
    }, LOOK_MS);
    return () => { clearTimeout(timer); cancel.abort(); };
  }, [words]);
  return (
    <aside class="side opt-side asked thread" aria-label={t("Search in this channel")}>
      <div class="side-h"><h2 class="grow">{t("Search in this channel")}</h2><IconButton icon={X} label={t("Close")} onClick={close} /></div>
      <div class="pad5"><SearchField label={t("Words of a message")} value={words} change={setWords} /></div>
      {wrong !== "" && <Note kind="bad" alert>{wrong}</Note>}
      <div role="status">{found !== null && <p class="muted small pad-side">{found.length === 0 ? t("Nothing was found.") : tn("%d message", "%d messages", found.length)}</p>}</div>
      <ul class="list flush tfeed">{(found ?? []).map((one) => (
        <li key={one.id}><button type="button" class="person-row" onClick={() => open(one)}><Avatar id={one.user} name={one.name || one.email} size="s" /><span class="grow"><b class="cut">{shown(one.name || one.email)}</b><span class="cut">{excerpt(one)}</span><span class="muted small">{when(one.time)}</span></span></button></li>
      ))}</ul>
    </aside>
  );
}
