// SPDX-License-Identifier: AGPL-3.0-or-later
// One folder: its entries as a table or tiles, what is selected, and what is done with it.
import { ArrowDown, ArrowUp, Camera, ChevronDown, Copy, Download, Ellipsis, FilePlus, FolderInput, FolderPlus, FolderUp, Info, LayoutGrid, List as Rows, Pencil, Pin, PinOff, Plus, Trash, Upload, UserPlus, X } from "lucide-preact";
import type { Entry } from "@rpc";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { Refusal } from "../../host/client";
import { Button, IconButton } from "../../parts/button";
import { Icon } from "../../parts/icon";
import { later } from "../../parts/later";
import { CutName, Empty, Note } from "../../parts/marks";
import { MenuButton, MenuList, type Choice } from "../../parts/menu";
import { Skeleton } from "../../parts/skeleton";
import { Folder, sorted, type Item, type SortBy } from "../../state/folder";
import { say, sentenceOfError, tellRefusal } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { child, pathOf } from "../../state/paths";
import { isPinned, pinIt, pinOf, unpin } from "../../state/pins";
import { address, go, route } from "../../state/route";
import { detailsShown, filesAsGrid, showDetails, showGrid } from "../../state/settings";
import { dropped, picked, send } from "../../state/transfers";
import { pickFiles } from "../../state/uploads";
import { language, t, tn } from "../../words";
import { nameParts, shown, size, when } from "../../words/format";
import { useStatus, useTrail } from "../trail";
import { download, move, remove } from "./acts";
import { Details } from "./details";
import { iconOf, kindOf, textName } from "./kinds";
import { List } from "./list";
import { all, extended, moved, noSelection, only, toggled, type Selection } from "./selection";
import { Thumbnail } from "./thumbnail";
import { writeText } from "./write";

const Share = later(() => import("./share").then((room) => room.Share));
const NameDialog = later(() => import("./name").then((room) => room.NameDialog));
const Place = later(() => import("./place").then((room) => room.Place));

const DRAGGED = "application/x-zt-items";
// In rem, as the style has them.
const TILE_HEIGHT = 13.25;
const TILE_HEIGHT_PHONE = 11.5;
const TILE_WIDTH = 14;
const ROW = 2.75;
const ROW_PHONE = 3.75;
const PHONE = 45;

/** How many pixels a rem is: large text makes rows and tiles larger. */
function rem(): number {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) || 16;
}

type Asked = { kind: "folder" | "text" } | { kind: "rename"; entry: Entry } | { kind: "move" | "copy"; entries: Entry[] } | { kind: "share" } | null;

export function FolderPage({ organization, workspace, names }: { organization: Organization; workspace: string; names: readonly string[] }) {
  const found = organization.workspaceOf(workspace);
  const path = pathOf(workspace, names);
  const home = ["o", organization.key];
  const place = (length: number) => address([...home, "w", workspace, ...names.slice(0, length)]);
  useTrail([
    { name: t("Workspaces"), to: address(home) },
    { name: shown(found?.name ?? "…"), to: place(0), path: pathOf(workspace, []) },
    ...names.map((name, at) => ({ name: shown(name), to: place(at + 1), path: pathOf(workspace, names.slice(0, at + 1)) })),
  ]);

  const [folder, setFolder] = useState<Folder | null>(null);
  const [by, setBy] = useState<{ column: SortBy; descending: boolean }>({ column: "name", descending: false });
  const [selection, setSelection] = useState<Selection>(noSelection);
  const [asked, setAsked] = useState<Asked>(null);
  const [across, setAcross] = useState(1);
  const [pixels, setPixels] = useState(rem);
  const [over, setOver] = useState<string | null>(null);
  const [menu, setMenu] = useState<{ at: { x: number; y: number } | HTMLElement; of: string } | null>(null);
  const [made, setMade] = useState("");
  const [again, setAgain] = useState(0);
  const files = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  const tree = useRef<HTMLInputElement>(null);
  const typed = useRef({ text: "", at: 0 });
  const version = organization.fileChanges.value[workspace] ?? 0;
  const changed = () => organization.changedFiles(workspace);

  // What is shown stays until the folder was read again. It is asked for before all else that this page asks for: a host
  // answers for a device in turn.
  useLayoutEffect(() => {
    const fresh = new Folder(organization, path);
    if (by.column !== "name") void fresh.detailAll();
    if (!folder || folder.path !== path) {
      folder?.end();
      setFolder(fresh);
      setSelection(noSelection);
      setMenu(null);
      typed.current = { text: "", at: 0 };
    }
    let isNewest = true;
    void fresh.read().then(() => {
      // What a later reading has shown is not covered by an earlier one that ends behind it.
      if (!isNewest) {
        setFolder((before) => {
          if (before !== fresh) fresh.end();
          return before;
        });
        return;
      }
      setFolder((before) => {
        if (before !== fresh) before?.end();
        return fresh;
      });
    });
    return () => {
      isNewest = false;
      if (fresh.items.value === null) fresh.end();
    };
  }, [path, version, again]);

  const last = useRef<Folder | null>(null);
  last.current = folder;
  useEffect(() => () => last.current?.end(), []);

  const items = folder?.path === path ? folder.items.value : null;
  const list = useMemo(() => (items ? sorted(items, by.column, by.descending, language()) : []), [items, by, language()]);
  const withDetails = (item: Item): Item => (item.details ? item : { ...item, details: folder?.detailsOf(item) });
  const chosen = selection.names.size === 0 ? [] : list.filter((one) => selection.names.has(one.name)).map(withDetails);
  const bytes = list.reduce((sum, one) => sum + (one.details?.size ?? 0), 0);
  useStatus(items ? `${tn("%d item", "%d items", list.length)}${bytes > 0 ? `, ${size(bytes)}` : ""}` : "");
  const wanted = route.value.query.get("at");
  useEffect(() => {
    if (!wanted || !items) return;
    const at = list.findIndex((one) => one.name === wanted);
    if (at >= 0) setSelection(only(list, at));
  }, [wanted, items !== null]);
  // What was just made or renamed is what is worked with next.
  useEffect(() => {
    const at = made === "" ? -1 : list.findIndex((one) => one.name === made);
    if (at < 0) return;
    setSelection(only(list, at));
    setMade("");
  }, [made, list]);

  const mayWrite = found ? found.role !== "reader" && !found.archived : false;
  const grid = filesAsGrid.value;
  const isPhone = document.documentElement.clientWidth <= PHONE * pixels;
  const rowHeight = Math.round((grid ? (isPhone ? TILE_HEIGHT_PHONE : TILE_HEIGHT) : isPhone ? ROW_PHONE : ROW) * pixels);
  const columns = grid ? across : 1;

  const open = (entry: Entry) => {
    if (entry.folder) go(address([...home, "w", workspace, ...names, entry.name]));
    else go(address([...home, "f", workspace, ...names, entry.name]));
  };
  const upload = (list: FileList | null) => {
    if (list && list.length > 0) void send(organization, path, picked(list), [], changed);
  };
  const chooseFiles = async () => {
    const picked = await pickFiles();
    if (picked === null) files.current?.click();
    else if (picked.length > 0) void send(organization, path, picked, [], changed);
  };
  const photo = (list: FileList | null) => {
    const file = list?.[0];
    if (!file) return;
    const ending = /\.[a-z0-9]+$/i.exec(file.name)?.[0] ?? ".jpg";
    const time = new Date(file.lastModified).toISOString().slice(0, 19).replace("T", " ").replace(/:/g, ".");
    void send(organization, path, [{ names: [`${t("Photo")} ${time}${ending}`], file }], [], changed);
  };
  const choose = (next: Selection) => {
    setSelection(next);
    const one = list[next.at];
    if (next.names.size !== selection.names.size) say(tn("%d item selected", "%d items selected", next.names.size));
    else if (one) say(shown(one.name));
  };
  /** Where the keyboard was, it stays: the next key continues from there. */
  const removed = (gone: readonly string[]) => {
    if (gone.length > 0) setSelection(({ names, at }) => ({ names: new Set([...names].filter((one) => !gone.includes(one))), at: Math.min(at, list.length - gone.length - 1), from: -1 }));
  };
  // These two mean what is selected, wherever on the page the focus is: on a box, a row's menu, the bar above.
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !mayWrite) return;
      if ((event.target as HTMLElement).closest("dialog, .menu, textarea, select, input:not([type=checkbox])")) return;
      const one = chosen.length === 1 ? chosen[0] : list[selection.at];
      if (event.key === "Delete" && chosen.length > 0) void remove(organization, path, chosen, changed).then(removed);
      else if (event.key === "F2" && one && chosen.length < 2) setAsked({ kind: "rename", entry: one });
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
  // The bar of what is selected ends, with the button that was pressed in it.
  useEffect(() => {
    if (selection.names.size === 0 && document.activeElement === document.body) document.querySelector<HTMLElement>("#main [role=grid]")?.focus({ preventScroll: true });
  }, [selection.names.size === 0]);
  const newText = async (name: string) => {
    if ((await writeText(organization, child(path, textName(name)), undefined, "", "orConflict")) === null)
      throw new Refusal({ number: 0, name: "EXISTS", sentence: "", english: "", parameters: [], retry: false });
  };
  const keys = (event: KeyboardEvent) => {
    if ((event.target as HTMLElement).closest("button, input, .menu")) return;
    const one = list[selection.at];
    if (event.key === "Enter" && one) open(one);
    else if (event.key === "Backspace" && names.length > 0) go(place(names.length - 1));
    else {
      const next = moved(selection, list, event, columns, Math.max(1, Math.floor((innerHeight - 200) / rowHeight)) * columns);
      if (next) choose(next);
      else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
        const now = Date.now();
        typed.current = { text: (now - typed.current.at < 800 ? typed.current.text : "") + event.key.toLowerCase(), at: now };
        const at = list.findIndex((entry) => entry.name.toLowerCase().startsWith(typed.current.text));
        if (at >= 0) choose(only(list, at));
      } else return;
    }
    event.preventDefault();
  };
  const click = (event: MouseEvent, at: number) => {
    if ((event.target as HTMLElement).closest("button, input, a")) return;
    choose(event.shiftKey ? extended(selection, list, at) : event.ctrlKey || event.metaKey ? toggled(selection, list, at) : only(list, at));
  };

  const choicesFor = (entries: readonly Entry[]): Choice[] => {
    const one = entries.length === 1 ? entries[0]! : null;
    return [
      ...(one ? [{ label: t("Open"), icon: iconOf(one), act: () => open(one) }] : []),
      { label: t("Download"), icon: Download, act: () => void download(organization, path, entries) },
      ...(one ? [pinOf(organization, child(path, one.name))
        ? { label: t("Keep offline no more"), icon: PinOff, act: () => void unpin(organization, child(path, one.name)).catch(tellRefusal) }
        : { label: t("Keep offline"), icon: Pin, act: () => void pinIt(organization, child(path, one.name), one.folder) }] : []),
      ...(one ? [{ label: t("Details and versions"), icon: Info, act: () => { setSelection(only(list, list.findIndex((entry) => entry.name === one.name))); showDetails(true); } }] : []),
      ...(one ? [{ label: t("Rename"), icon: Pencil, apart: true, disabled: !mayWrite, act: () => setAsked({ kind: "rename", entry: one }) }] : []),
      { label: t("Move…"), icon: FolderInput, disabled: !mayWrite, act: () => setAsked({ kind: "move", entries: [...entries] }) },
      { label: t("Copy…"), icon: Copy, act: () => setAsked({ kind: "copy", entries: [...entries] }) },
      { label: t("Remove"), icon: Trash, bad: true, apart: true, disabled: !mayWrite, act: () => void remove(organization, path, entries, changed).then(removed) },
    ];
  };
  const rightClick = (event: MouseEvent, at: number) => {
    event.preventDefault();
    const one = list[at];
    if (one && !selection.names.has(one.name)) setSelection(only(list, at));
    if (one) setMenu({ at: { x: event.clientX, y: event.clientY }, of: one.name });
  };

  const drag = (event: DragEvent, at: number) => {
    const one = list[at];
    if (!one || !event.dataTransfer) return;
    const dragged = selection.names.has(one.name) ? chosen : [one];
    event.dataTransfer.setData(DRAGGED, JSON.stringify(dragged.map((entry) => child(path, entry.name))));
    event.dataTransfer.effectAllowed = "move";
  };
  const dragOver = (event: DragEvent, into: string | null) => {
    const types = event.dataTransfer?.types ?? [];
    const isOurs = types.includes(DRAGGED);
    if (!mayWrite || !(types.includes("Files") || (isOurs && into !== null))) return;
    event.preventDefault();
    event.stopPropagation();
    setOver(into ?? path);
  };
  const drop = (event: DragEvent, into: string) => {
    event.preventDefault();
    event.stopPropagation();
    setOver(null);
    const data = event.dataTransfer;
    if (!data || !mayWrite) return;
    const ours = data.getData(DRAGGED);
    if (ours !== "") void move(organization, JSON.parse(ours) as string[], into, changed);
    else void dropped(data).then(({ files, folders }) => send(organization, into, files, folders, changed));
  };

  const menuFor = (name: string): readonly Entry[] => (selection.names.has(name) ? chosen : list.filter((one) => one.name === name).map(withDetails));

  const cell = (item: Item, at: number) => ({
    id: `item-${at}`, role: "row" as const, "aria-selected": selection.names.has(item.name), "aria-rowindex": at + 2, draggable: mayWrite,
    onClick: (event: MouseEvent) => click(event, at), onDblClick: () => open(item), onContextMenu: (event: MouseEvent) => rightClick(event, at),
    onDragStart: (event: DragEvent) => drag(event, at),
    ...(item.folder ? { onDragOver: (event: DragEvent) => dragOver(event, child(path, item.name)), onDrop: (event: DragEvent) => drop(event, child(path, item.name)) } : {}),
  });
  const box = (item: Item, at: number) => (
    <input type="checkbox" tabIndex={-1} aria-label={t("Select %s", shown(item.name))} checked={selection.names.has(item.name)} onChange={() => choose(toggled(selection, list, at))} />
  );
  const pinned = (item: Item) => isPinned(organization, child(path, item.name))
    && <span class="muted pinned" role="img" aria-label={t("Kept on this device")} title={t("Kept on this device")}><Icon of={Pin} size="s" /></span>;
  const link = (item: Item) => (
    <a href={address([...home, item.folder ? "w" : "f", workspace, ...names, item.name])} tabIndex={-1} title={shown(item.name)} draggable={false}><CutName parts={item.folder ? [shown(item.name), ""] : nameParts(item.name)} /></a>
  );
  const row = (at: number, top: number, slot: number) => {
    const item = withDetails(list[at]!);
    const time = item.details ? when(item.details.modified) : "";
    const much = item.details && !item.folder ? size(item.details.size) : "";
    const hasMenu = menu?.of === item.name && menu.at instanceof HTMLElement;
    const label = t("More about %s", shown(item.name));
    return (
      <div key={slot} {...cell(item, at)} style={{ transform: `translateY(${top}px)` }}
        class={`files-row ${selection.at === at ? "at" : ""} ${over === child(path, item.name) ? "into" : ""}`}>
        <span role="gridcell">{box(item, at)}</span>
        <div class="name" role="gridcell"><span class={`ico ${item.folder ? "dir" : ""}`}><Icon of={iconOf(item)} /></span>
          <div>{link(item)}{pinned(item)}<span class="sub cut">{[much, time].filter(Boolean).join(" · ")}</span></div></div>
        <span class="o cut" role="gridcell">{time}</span>
        <span class="o num" role="gridcell">{much}</span>
        <span role="gridcell"><button type="button" class="btn icon quiet more" aria-haspopup="menu" aria-expanded={hasMenu} aria-label={label} title={label}
          onClick={(event) => { event.stopPropagation(); setMenu(hasMenu ? null : { at: event.currentTarget, of: item.name }); }}><Icon of={Ellipsis} size="s" /></button></span>
      </div>
    );
  };
  const tiles = (line: number, top: number) => (
    <div key={line} class="files-tiles" role="presentation" ref={(one) => { if (one) { one.style.setProperty("--across", String(across)); one.style.transform = `translateY(${top}px)`; } }}>
      {list.slice(line * across, (line + 1) * across).map(withDetails).map((item, column) => {
        const at = line * across + column;
        return (
          <div key={item.name} {...cell(item, at)} class={`tilefile ${over === child(path, item.name) ? "into" : ""}`}>
            <span role="gridcell">{box(item, at)}</span>
            <span class={`th ${item.folder ? "dir" : ""}`} role="gridcell">{kindOf(item.name).shown === "image" && !item.folder
              ? <Thumbnail organization={organization} path={child(path, item.name)} name={item.name} bytes={item.details?.size} /> : <Icon of={iconOf(item)} size="l" />}</span>
            <div class="cap name" role="gridcell">{link(item)}{pinned(item)}<span class="muted small cut">{item.details ? (item.folder ? when(item.details.modified) : size(item.details.size)) : " "}</span></div>
          </div>
        );
      })}
    </div>
  );
  const column = (name: SortBy, label: string, more = "") => (
    <span role="columnheader" class={more} aria-sort={by.column === name ? (by.descending ? "descending" : "ascending") : "none"}>
      <button type="button" onClick={() => { if (name !== "name") void folder?.detailAll(); setBy({ column: name, descending: by.column === name ? !by.descending : name !== "name" }); }}>
        {label}{by.column === name && <Icon of={by.descending ? ArrowDown : ArrowUp} size="s" />}
      </button>
    </span>
  );
  const head = grid ? null : (
    <div class="files-head" role="row" aria-rowindex={1}>
      <span role="columnheader"><input type="checkbox" aria-label={t("Select all")} class={chosen.length > 0 && chosen.length < list.length ? "mixed" : ""}
        checked={list.length > 0 && chosen.length === list.length} onChange={() => choose(chosen.length === list.length ? noSelection : all(selection, list))} /></span>
      {column("name", t("Name"))}{column("modified", t("Changed"), "o")}{column("size", t("Size"), "o num")}<span role="columnheader"><span class="vh">{t("Actions")}</span></span>
    </div>
  );

  const problem = folder?.problem.value;
  return (
    <main class="main two fill" id="main" tabIndex={-1}>
      <div class={`grow col page tight ${over === path ? "dropping" : ""}`} onDragOver={(event) => dragOver(event, null)} onDragLeave={(event) => { if (event.target === event.currentTarget) setOver(null); }} onDrop={(event) => drop(event, path)}>
        {chosen.length > 0
          ? (
            <div class="toolbar selbar" role="toolbar" aria-label={t("What is selected")}>
              <b class="nw grow">{tn("%d selected", "%d selected", chosen.length)}</b>
              <div class="row g1">
                <Button kind="quiet" class="shrink" icon={Download} title={t("Download")} onClick={() => download(organization, path, chosen)}>{t("Download")}</Button>
                {chosen.length === 1 && <Button kind="quiet" class="shrink no-phone" icon={Pencil} title={t("Rename")} disabled={!mayWrite} onClick={() => setAsked({ kind: "rename", entry: chosen[0]! })}>{t("Rename")}</Button>}
                <Button kind="quiet" class="shrink" icon={FolderInput} title={t("Move")} disabled={!mayWrite} onClick={() => setAsked({ kind: "move", entries: chosen })}>{t("Move")}</Button>
                <Button kind="quiet" class="shrink" icon={Trash} title={t("Remove")} disabled={!mayWrite} onClick={() => remove(organization, path, chosen, changed).then(removed)}>{t("Remove")}</Button>
                <MenuButton label={t("More")} choices={() => choicesFor(chosen)}><Icon of={Ellipsis} size="s" /></MenuButton>
                <IconButton icon={X} label={t("Select nothing")} onClick={() => choose(noSelection)} />
              </div>
            </div>
          )
          : (
            <div class="toolbar">
              {mayWrite && <MenuButton class="btn primary" left choices={() => [
                { label: t("New folder"), icon: FolderPlus, act: () => setAsked({ kind: "folder" }) },
                { label: t("New text file"), icon: FilePlus, act: () => setAsked({ kind: "text" }) },
                { label: t("Upload files"), icon: Upload, act: () => void chooseFiles() },
                { label: t("Upload a folder"), icon: FolderUp, act: () => tree.current?.click() },
              ]}><Icon of={Plus} size="s" /><span>{t("New")}</span><Icon of={ChevronDown} size="s" /></MenuButton>}
              {mayWrite && <Button icon={Upload} class="no-phone" onClick={() => void chooseFiles()}>{t("Upload")}</Button>}
              <Button icon={UserPlus} class="shrink" title={t("Share")} onClick={() => setAsked({ kind: "share" })}>{t("Share")}</Button>
              <span class="grow" />
              <a class="btn quiet no-phone" title={t("Trash")} href={address([...home, "trash", workspace])}><Icon of={Trash} size="s" /><span>{t("Trash")}</span></a>
              <div class="seg" role="group" aria-label={t("View")}>
                <button type="button" aria-pressed={!grid} aria-label={t("Table")} title={t("Table")} onClick={() => showGrid(false)}><Icon of={Rows} size="s" /></button>
                <button type="button" aria-pressed={grid} aria-label={t("Tiles")} title={t("Tiles")} onClick={() => showGrid(true)}><Icon of={LayoutGrid} size="s" /></button>
              </div>
              <IconButton icon={Info} class="no-phone" label={t("Details")} aria-pressed={detailsShown.value} onClick={() => showDetails(!detailsShown.value)} />
            </div>
          )}
        {found?.archived && <Note>{t("This workspace is archived: it can be read, and nothing in it changes.")}</Note>}
        {problem
          ? <Note kind="bad" alert actions={<Button onClick={() => setAgain(again + 1)}>{t("Try again")}</Button>}>{sentenceOfError(problem)}</Note>
          : items === null
            ? <Skeleton rows={8} />
            : list.length === 0
              ? <div class="drop grow"><Empty icon={Upload} title={mayWrite ? isPhone ? t("No files yet") : t("Drop files or folders here") : t("This folder is empty")}
                  actions={mayWrite ? <Button icon={Upload} onClick={() => void chooseFiles()}>{t("Choose files")}</Button> : undefined}>
                  {mayWrite ? t("They are encrypted on this device before they leave it.") : t("You have the role Reader here.")}</Empty></div>
              : <List class="files" role="grid" tabIndex={0} aria-label={t("Files")} aria-rowcount={list.length + 1} aria-multiselectable="true"
                  aria-activedescendant={selection.at >= 0 ? `item-${selection.at}` : undefined} onKeyDown={keys}
                  count={grid ? Math.ceil(list.length / across) : list.length} height={rowHeight} at={grid ? Math.floor(selection.at / across) : selection.at} head={head}
                  row={grid ? tiles : row} wide={(width) => { setPixels(rem()); setAcross(Math.max(2, Math.floor(width / (TILE_WIDTH * rem())))); }}
                  seen={(from, to) => folder?.detail(list.slice(from * columns, to * columns).map((one) => one.place))} />}
        {mayWrite && chosen.length === 0 && <button type="button" class="btn primary fab only-phone" aria-label={t("Take a photo")} onClick={() => camera.current?.click()}><Icon of={Camera} /></button>}
        <input ref={camera} type="file" accept="image/*" capture="environment" hidden aria-hidden="true" tabIndex={-1} onChange={(event) => { photo(event.currentTarget.files); event.currentTarget.value = ""; }} />
        <input ref={files} type="file" multiple hidden aria-hidden="true" tabIndex={-1} onChange={(event) => { upload(event.currentTarget.files); event.currentTarget.value = ""; }} />
        <input ref={tree} type="file" multiple hidden aria-hidden="true" tabIndex={-1} {...{ webkitdirectory: true }} onChange={(event) => { upload(event.currentTarget.files); event.currentTarget.value = ""; }} />
      </div>
      {detailsShown.value && found && <Details organization={organization} workspace={found} folder={path} entry={chosen.length === 1 ? chosen[0]! : null} many={chosen.length} asked={false}
        close={() => showDetails(false)} share={() => setAsked({ kind: "share" })} changed={changed} />}
      {menu && <MenuList key={menu.of} at={menu.at} close={() => setMenu(null)} choices={choicesFor(menuFor(menu.of))} />}
      {asked?.kind === "folder" && <NameDialog title={t("New folder")} act={t("Create")} close={() => setAsked(null)} done={(name) => { setMade(name); changed(); }} run={(name) => organization.call("files.makeFolder", { path: child(path, name) })} />}
      {asked?.kind === "text" && <NameDialog title={t("New text file")} act={t("Create")} offered={`${t("New text")}.txt`} hint={t("With a name that ends in .md, headings and lists are shown as such.")} close={() => setAsked(null)}
        run={newText} done={(name) => { changed(); go(address([...home, "f", workspace, ...names, textName(name)], { edit: "1" })); }} />}
      {asked?.kind === "rename" && <NameDialog title={t("Rename")} act={t("Rename")} name={asked.entry.name} close={() => setAsked(null)} done={(name) => { setMade(name); changed(); }}
        run={(name) => organization.call("files.move", { from: child(path, asked.entry.name), to: child(path, name) })} />}
      {(asked?.kind === "move" || asked?.kind === "copy") && <Place organization={organization} from={path} entries={asked.entries} copy={asked.kind === "copy"} close={() => setAsked(null)} changed={() => { setSelection(noSelection); changed(); }} />}
      {asked?.kind === "share" && found && <Share organization={organization} workspace={found} close={() => setAsked(null)} />}
    </main>
  );
}
