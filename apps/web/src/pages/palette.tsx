// SPDX-License-Identifier: AGPL-3.0-or-later
// The palette: what one can go to or do, and names in all workspaces, by a few letters.
import { Box, Folder, Hash, Laptop, LayoutGrid, Lock, MessageSquare, Plus, Search, SlidersHorizontal, Sun, User } from "lucide-preact";
import { Fragment } from "preact";
import type { Found } from "@rpc";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Icon, type IconKind } from "../parts/icon";
import { host } from "../state/host";
import type { Organization } from "../state/organization";
import { nameOf, parent, pathOf, split } from "../state/paths";
import { address, go } from "../state/route";
import { isDark, useTheme } from "../state/settings";
import { t, tn } from "../words";
import { shown } from "../words/format";
import { iconOf } from "./files/kinds";
import { manageLinks } from "./links";

interface Option {
  group: string;
  name: string;
  where?: string;
  icon: IconKind;
  act: () => void;
}

const WAIT_MS = 200;
const EACH = 20;

export function Palette({ organization, close, newWorkspace }: { organization: Organization; close: () => void; newWorkspace: () => void }) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const [found, setFound] = useState<{ workspace: string; name: string; item: Found }[]>([]);
  const [looks, setLooks] = useState(false);
  const home = ["o", organization.key];
  // Before the next key is pressed, so that each letter after Ctrl+K is in the field.
  useLayoutEffect(() => {
    const opener = document.activeElement as HTMLElement | null;
    ref.current!.showModal();
    return () => { ref.current?.close(); if (opener?.isConnected) opener.focus(); };
  }, []);
  const workspaces = organization.workspaces.value ?? [];
  const query = words.trim();
  // Names in all workspaces, each searched by itself so that the first results are there at once.
  useEffect(() => {
    setFound([]);
    if (query.length < 2) return;
    const cancel = new AbortController();
    const timer = setTimeout(() => {
      setLooks(true);
      void (async () => {
        for (const one of workspaces) {
          if (cancel.signal.aborted) return;
          try {
            const { found: items } = await organization.call("files.find", { path: pathOf(one.id, []), pattern: query, max: EACH }, { signal: cancel.signal });
            if (!cancel.signal.aborted) setFound((before) => [...before, ...items.map((item) => ({ workspace: one.id, name: one.name, item }))]);
          } catch {
            if (cancel.signal.aborted) return;
          }
        }
        setLooks(false);
      })();
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      cancel.abort();
      setLooks(false);
    };
  }, [query]);
  const options = useMemo(() => {
    const every: Option[] = [
      ...workspaces.map((one) => ({ group: t("Workspaces"), name: shown(one.name), icon: Folder, act: () => go(address([...home, "w", one.id])) })),
      ...(organization.chat.channels.value ?? []).map((one) => ({ group: t("Discussions"), name: shown(one.name), icon: one.direct ? MessageSquare : Hash, act: () => go(address([...home, "c", one.id])) })),
      { group: t("Go to"), name: t("Discussions"), icon: MessageSquare, act: () => go(address([...home, "chat"])) },
      { group: t("Go to"), name: t("All workspaces"), icon: Box, act: () => go(address(home)) },
      ...manageLinks(organization).map((one) => ({ group: t("Go to"), name: one.name, where: t("Manage my organization"), icon: SlidersHorizontal, act: () => go(one.to) })),
      { group: t("Go to"), name: t("My account"), icon: Laptop, act: () => go(address([...home, "account"])) },
      { group: t("Go to"), name: t("All organizations"), icon: LayoutGrid, act: () => go("#/") },
      { group: t("Do"), name: t("New workspace"), icon: Plus, act: newWorkspace },
      { group: t("Do"), name: t("Light or dark"), icon: Sun, act: () => useTheme(isDark() ? "light" : "dark") },
      { group: t("Do"), name: t("Lock"), icon: Lock, act: () => void host().call(null, "host.lock", { key: organization.key }) },
      ...(query.length < 2 ? [] : (organization.people.value ?? []).filter((one) => one.live).map((one) => ({ group: t("People"), name: shown(one.name || one.email), where: shown(one.email), icon: User, act: () => go(address([...home, "manage", "person", one.id])) }))),
    ];
    const small = query.toLowerCase();
    const some = every.filter((one) => small === "" || `${one.name} ${one.where ?? ""}`.toLowerCase().includes(small));
    const files = found.map(({ workspace, name, item }): Option => {
      const path = item.path.includes(":/") ? item.path : pathOf(workspace, item.path.split("/").filter((part) => part !== ""));
      const names = split(path).names;
      return {
        group: t("Files and folders"), name: shown(nameOf(path)), where: shown([name, ...split(parent(path)).names].join(" / ")), icon: iconOf({ name: nameOf(path), folder: item.folder }),
        act: () => go(item.folder ? address([...home, "w", workspace, ...names]) : address([...home, "w", workspace, ...names.slice(0, -1)], { at: names.at(-1) ?? "" })),
      };
    });
    return [...some.slice(0, 30), ...files];
  }, [query, found, workspaces, organization.people.value]);
  useEffect(() => setAt(0), [query]);
  useEffect(() => { document.getElementById(`${id}-${at}`)?.scrollIntoView({ block: "nearest" }); }, [at]);
  const run = (one: Option | undefined) => {
    if (!one) return;
    close();
    one.act();
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(options.length - 1, at + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
    else if (event.key === "Enter") run(options[at]);
    else return;
    event.preventDefault();
  };
  let group = "";
  return (
    <dialog ref={ref} class="over pal-w" aria-label={t("Search and commands")} onCancel={(event) => { event.preventDefault(); close(); }} onMouseDown={(event) => { if (event.target === ref.current) close(); }}>
      <div class="body-w">
        <div class="pal-q"><Icon of={Search} />
          <input type="text" role="combobox" aria-expanded="true" aria-controls={`${id}-list`} aria-activedescendant={options[at] ? `${id}-${at}` : undefined} aria-label={t("Search and commands")} placeholder={t("Search names, people, commands")} autocomplete="off" spellcheck={false} value={words} onInput={(event) => setWords(event.currentTarget.value)} onKeyDown={keys} autofocus /></div>
        <div class="pal-list" role="listbox" id={`${id}-list`} aria-label={t("Results")}>
          {options.map((one, place) => {
            const head = one.group !== group;
            group = one.group;
            return (
              <Fragment key={`${one.group}${one.name}${one.where ?? ""}${place}`}>
                {head && <h3 role="presentation">{one.group}</h3>}
                <div id={`${id}-${place}`} class="opt" role="option" aria-selected={place === at} onMouseMove={() => setAt(place)} onClick={() => run(one)}>
                  <Icon of={one.icon} size="s" /><span class="cut">{one.name}</span>{one.where && <span class="where cut">{one.where}</span>}
                </div>
              </Fragment>
            );
          })}
          {options.length === 0 && !looks && <p class="muted pad4">{tn("Nothing called “%2$s” in %1$d workspace", "Nothing called “%2$s” in %1$d workspaces", workspaces.length, workspaces.length, query)}</p>}
          {looks && <p class="muted small pad4" role="status">{t("Searches the names of all workspaces…")}</p>}
        </div>
        <div class="pal-foot"><span><kbd>↑</kbd> <kbd>↓</kbd> {t("choose")}</span><span><kbd>{t("Enter")}</kbd> {t("go there")}</span><span><kbd>Esc</kbd> {t("close")}</span></div>
      </div>
    </dialog>
  );
}
