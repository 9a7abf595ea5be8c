// SPDX-License-Identifier: AGPL-3.0-or-later
// The page of an organization: the bar at the left, the path above, the page in the middle, the status below.
import { Bell, Box, Check, CheckCheck, ChevronDown, ChevronLeft, ChevronRight, CloudOff, Folder, Hash, Laptop, LayoutGrid, Lock, LogOut, Mail, MessageSquare, Plus, Search, ShieldCheck, SlidersHorizontal, Upload } from "lucide-preact";
import { Fragment, type ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Boundary } from "../parts/boundary";
import { Delivery, Toggles } from "../parts/foot";
import { Icon } from "../parts/icon";
import { later } from "../parts/later";
import { Toast } from "../parts/live";
import { Avatar, Tile } from "../parts/marks";
import { MenuButton } from "../parts/menu";
import { deviceOf, devices, host, nameOf } from "../state/host";
import type { Organization } from "../state/organization";
import { address, go, route } from "../state/route";
import { startPins } from "../state/pins";
import { active } from "../state/transfers";
import { lookForUnfinished } from "../state/uploads";
import { t, tn } from "../words";
import { hour, shown } from "../words/format";
import { FolderPage } from "./files/folder";
import { Tray } from "./files/tray";
import { skip } from "./organizations";
import { noteAddress, noteIcon, noteText, noteTitle } from "./notes";
import { Palette } from "./palette";
import { statusOfPage, trail } from "./trail";
import { NewWorkspace, Workspaces } from "./workspaces";

const Manage = later(() => import("./manage/manage").then((room) => room.Manage));
const Preview = later(() => import("./files/preview").then((room) => room.Preview));
const TrashPage = later(() => import("./files/trash").then((room) => room.TrashPage));
const NotificationsPage = later(() => import("./notifications").then((room) => room.NotificationsPage));
const ChatPage = later(() => import("./chat/chat").then((room) => room.ChatPage));
const Discussions = later(() => import("./chat/list").then((room) => room.Discussions));
const NewChannel = later(() => import("./chat/new").then((room) => room.NewChannel));
const NewConversation = later(() => import("./chat/new").then((room) => room.NewConversation));
const BELL_MOST = 8;
const Account = later(() => import("./account").then((room) => room.Account));

export function Shell({ organization }: { organization: Organization }) {
  const [asksWorkspace, setAsksWorkspace] = useState(false);
  const [asksChat, setAsksChat] = useState<"channel" | "direct" | null>(null);
  const [palette, setPalette] = useState(false);
  const { parts } = route.value;
  const home = ["o", organization.key];
  useEffect(() => {
    void lookForUnfinished(organization);
    void startPins(organization).catch(() => {});
  }, [organization]);
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setPalette((open) => !open);
      }
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  }, []);
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>{t("Skip to content")}</a>
      <div class="shell">
        <Bar organization={organization} newWorkspace={() => setAsksWorkspace(true)} newChat={setAsksChat} />
        <Top organization={organization} search={() => setPalette(true)} />
        <Away organization={organization} />
        <Boundary at={parts.join("/")}><Room organization={organization} newWorkspace={() => setAsksWorkspace(true)} newChat={setAsksChat} /></Boundary>
        <Status organization={organization} />
        <nav class="tabs" aria-label={t("Main")}>
          <Tab to={address(home)} icon={Folder} current={!["manage", "account", "c", "chat"].includes(parts[2] ?? "")}>{t("Files")}</Tab>
          <Tab to={address([...home, "chat"])} icon={MessageSquare} current={parts[2] === "c" || parts[2] === "chat"} count={organization.chat.unread}>{t("Discussions")}</Tab>
          <button type="button" onClick={() => setPalette(true)}><Icon of={Search} /><span class="cut">{t("Search")}</span></button>
          <Tab to={address([...home, "manage"])} icon={SlidersHorizontal} current={parts[2] === "manage"}>{t("Manage")}</Tab>
          <Tab to={address([...home, "account"])} icon={Laptop} current={parts[2] === "account"}>{t("Account")}</Tab>
        </nav>
      </div>
      <div class="floats"><Toast /><Tray /></div>
      {asksChat === "channel" && <NewChannel organization={organization} close={() => setAsksChat(null)} />}
      {asksChat === "direct" && <NewConversation organization={organization} close={() => setAsksChat(null)} />}
      {asksWorkspace && <NewWorkspace organization={organization} close={() => setAsksWorkspace(false)} />}
      {palette && <Palette organization={organization} close={() => setPalette(false)} newWorkspace={() => setAsksWorkspace(true)} />}
    </>
  );
}

/** The server is away: what is known is shown, and what is to be sent waits. */
function Away({ organization }: { organization: Organization }) {
  const isAway = !organization.connected.value;
  return (
    <div class="away" role="status">
      {isAway && <div class="lost"><Icon of={CloudOff} /><span><b>{t("The server cannot be reached.")}</b> {t("This page tries again by itself, and sends what waits then.")}</span></div>}
    </div>
  );
}

type NewChat = (kind: "channel" | "direct") => void;

function Room({ organization, newWorkspace, newChat }: { organization: Organization; newWorkspace: () => void; newChat: NewChat }) {
  const { parts } = route.value;
  const rest = parts.slice(2);
  switch (rest[0]) {
    case "w": return <FolderPage key={rest[1]} organization={organization} workspace={rest[1] ?? ""} names={rest.slice(2)} />;
    case "f": return <Preview key={rest.join("/")} organization={organization} workspace={rest[1] ?? ""} names={rest.slice(2)} />;
    case "trash": return <TrashPage key={rest[1]} organization={organization} workspace={rest[1] ?? ""} />;
    case "c": return <ChatPage key={rest[1]} organization={organization} id={rest[1] ?? ""} />;
    case "chat": return <Discussions organization={organization} newChannel={() => newChat("channel")} newConversation={() => newChat("direct")} />;
    case "manage": return <Manage organization={organization} parts={rest.slice(1)} />;
    case "notifications": return <NotificationsPage organization={organization} />;
    case "account": return <Account organization={organization} />;
    default: return <Workspaces organization={organization} create={newWorkspace} />;
  }
}

function Tab({ to, icon, current, count = 0, children }: { to: string; icon: typeof Folder; current: boolean; count?: number; children: ComponentChildren }) {
  return <a href={to} aria-current={current ? "page" : undefined}><Icon of={icon} /><span class="cut">{children}</span>{count > 0 && <Count of={count} />}</a>;
}

function Count({ of }: { of: number }) {
  return <span class="count"><span aria-hidden="true">{of > 99 ? "99+" : of}</span><span class="vh">{tn("%d new", "%d new", of)}</span></span>;
}

function Bar({ organization, newWorkspace, newChat }: { organization: Organization; newWorkspace: () => void; newChat: NewChat }) {
  const { parts } = route.value;
  const home = ["o", organization.key];
  const device = deviceOf(organization.key);
  const name = shown(organization.identity.value?.organization ?? (device ? nameOf(device) : ""));
  const choices = () => [
    ...(devices.value ?? []).filter((one) => one.key !== organization.key)
      .map((one) => ({ label: shown(nameOf(one)), mark: <Tile name={nameOf(one)} />, act: () => go(address(["o", one.key])) })),
    { label: t("All organizations"), icon: LayoutGrid, act: () => go("#/") },
    { label: t("Lock this organization"), icon: Lock, apart: true, act: () => void host().call(null, "host.lock", { key: organization.key }) },
  ];
  return (
    <aside class="bar" aria-label={t("Navigation")}>
      <MenuButton class="bar-org" left title={name} choices={choices}>
        <Tile name={name} /><b class="cut grow">{name}</b><span class="vh">{t("change organization")}</span><Icon of={ChevronDown} size="s" />
      </MenuButton>
      <nav class="bar-scroll" aria-label={t("Workspaces and discussions")}>
        <a class="bar-a" href={address([...home, "manage"])} aria-current={parts[2] === "manage" ? "page" : undefined}><Icon of={SlidersHorizontal} size="s" /><span class="cut">{t("Manage my organization")}</span></a>
        <div class="bar-h"><span>{t("Workspaces")}</span><button type="button" aria-label={t("New workspace")} title={t("New workspace")} onClick={newWorkspace}><Icon of={Plus} size="s" /></button></div>
        <a class="bar-a" href={address(home)} aria-current={parts.length <= 2 ? "page" : undefined}><Icon of={Box} size="s" /><span class="cut">{t("All workspaces")}</span></a>
        {(organization.workspaces.value ?? []).map((one) => (
          <a key={one.id} class="bar-a" href={address([...home, "w", one.id])} aria-current={["w", "f", "trash"].includes(parts[2] ?? "") && parts[3] === one.id ? "page" : undefined} title={shown(one.name)}>
            <Icon of={Folder} size="s" /><span class="cut">{shown(one.name)}</span>
          </a>
        ))}
        <Talks organization={organization} direct={false} create={() => newChat("channel")} />
        <Talks organization={organization} direct create={() => newChat("direct")} />
      </nav>
    </aside>
  );
}

/** The channels, or the direct conversations. */
function Talks({ organization, direct, create }: { organization: Organization; direct: boolean; create: () => void }) {
  const { parts } = route.value;
  const list = (organization.chat.channels.value ?? []).filter((one) => one.direct === direct);
  const add = direct ? t("New message") : t("New channel");
  return (
    <>
      <div class="bar-h"><span>{direct ? t("Direct messages") : t("Discussions")}</span><button type="button" aria-label={add} title={add} onClick={create}><Icon of={Plus} size="s" /></button></div>
      {list.map((one) => (
        <a key={one.id} class={`bar-a${one.unread > 0 ? " new" : ""}`} href={address(["o", organization.key, "c", one.id])} aria-current={parts[2] === "c" && parts[3] === one.id ? "page" : undefined} title={shown(one.name)}>
          {direct ? <Avatar id={one.id} name={one.name} size="s" /> : <Icon of={Hash} size="s" />}<span class="cut">{shown(one.name)}</span>{one.unread > 0 && <Count of={one.unread} />}
        </a>
      ))}
    </>
  );
}

function Top({ organization, search }: { organization: Organization; search: () => void }) {
  const steps = trail.value;
  const last = steps.at(-1);
  const before = steps.slice(0, -1);
  const back = before.at(-1);
  const me = organization.me();
  const isAdmin = organization.isAdmin;
  const open = (organization.invitations.value ?? []).filter((one) => one.state === "open");
  useEffect(() => { if (!isAdmin) void organization.readInvitations().catch(() => {}); }, [isAdmin]);
  const account = address(["o", organization.key, "account"]);
  const unread = organization.history.notes.value.filter((one) => !one.read);
  const news = unread.length;
  const identity = organization.identity.value;
  const name = me?.name || identity?.email || "";
  return (
    <header class="top">
      <nav class="crumbs" aria-label={t("Path")}>
        {back?.to !== undefined && <a class="up" href={back.to} aria-label={t("Back to %s", back.name)}><Icon of={ChevronLeft} /></a>}
        {before.map((step) => <Fragment key={step.to}><a href={step.to}>{step.name}</a><Icon of={ChevronRight} size="s" /></Fragment>)}
        <h1 title={last?.name}>{last?.name}</h1>
      </nav>
      <button type="button" class="in top-search" onClick={search} title={t("Search names, people, commands")}><Icon of={Search} size="s" /><span class="grow">{t("Search")}</span><kbd>Ctrl K</kbd></button>
      {open.length > 0 && <a class="btn quiet no-phone" href={address(["o", organization.key, "manage", "invitations"])}><Icon of={Mail} size="s" /><span>{tn("%d invitation", "%d invitations", open.length)}</span></a>}
      <MenuButton class="btn icon quiet bell" label={news > 0 ? tn("Notifications, %d new", "Notifications, %d new", news) : t("Notifications")} choices={() => [
        ...unread.slice(0, BELL_MOST).map((note) => ({ label: [noteTitle(note), noteText(organization, note)].filter(Boolean).join(": "), icon: noteIcon(note), bad: note.kind === "alarm", act: () => { organization.history.read((one) => one === note); go(noteAddress(organization, note)); } })),
        ...(news === 0 ? [{ label: t("Nothing new"), disabled: true, act: () => {} }] : [{ label: t("Mark all as read"), icon: CheckCheck, apart: true, act: () => organization.history.read(() => true) }]),
        { label: t("All notifications"), icon: Bell, apart: news === 0, act: () => go(address(["o", organization.key, "notifications"])) },
      ]}>
        <Icon of={Bell} />{news > 0 && <span class="count">{news > 99 ? "99+" : news}</span>}
      </MenuButton>
      <MenuButton class="me" title={shown(name)} choices={() => [
        { label: t("My account"), icon: Laptop, act: () => go(account) },
        { label: t("All organizations"), icon: LayoutGrid, act: () => go("#/") },
        { label: t("Lock"), icon: LogOut, apart: true, act: () => void host().call(null, "host.lock", { key: organization.key }) },
      ]}>
        <Avatar id={me?.id ?? ""} name={name} /><span class="n cut">{shown(name)}</span><span class="vh">{t("my account")}</span>
      </MenuButton>
    </header>
  );
}

function Status({ organization }: { organization: Organization }) {
  const count = active.value.length;
  return (
    <footer class="status">
      {statusOfPage.value !== "" && <span>{statusOfPage.value}</span>}
      {count > 0
        ? <span class="state acc"><Icon of={Upload} size="s" />{tn("%d transfer runs", "%d transfers run", count)}</span>
        : <span class="state"><Icon of={Check} size="s" />{t("All changes uploaded")}</span>}
      {!organization.connected.value
        ? <span class="state warn"><Icon of={CloudOff} size="s" />{t("No connection to the server")}</span>
        : organization.verifiedAt.value > 0 && <span class="state ok"><Icon of={ShieldCheck} size="s" />{t("Verified %s", hour(organization.verifiedAt.value))}</span>}
      <span class="state from"><Delivery /></span>
      <span class="right"><Toggles /></span>
    </footer>
  );
}
