// SPDX-License-Identifier: AGPL-3.0-or-later
// A file as it is: images, text, sound and film. What a file says about itself is never run: an image is drawn, text is shown as
// text, and the rest is for download.
import { ArrowLeftRight, ChevronLeft, ChevronRight, Clock, Download, Info, Pencil, RotateCcw } from "lucide-preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button, IconButton } from "../../parts/button";
import { Empty, Note } from "../../parts/marks";
import { Icon } from "../../parts/icon";
import { later } from "../../parts/later";
import { Skeleton } from "../../parts/skeleton";
import { passes } from "../../state/away";
import { saveFile } from "../../state/download";
import { draftOf } from "../../state/drafts";
import { Folder, sorted, type Item } from "../../state/folder";
import { sentenceOfError, tell } from "../../state/notices";
import type { Organization } from "../../state/organization";
import { pathOf } from "../../state/paths";
import { address, go, route } from "../../state/route";
import { detailsShown, showDetails } from "../../state/settings";
import { shownAddress, wholeFile } from "../../state/streams";
import { language, t } from "../../words";
import { shown, size, when } from "../../words/format";
import { useStatus, useTrail } from "../trail";
import { Details, useVersions } from "./details";
import { changes } from "./diff";
import { kindOf } from "./kinds";

const Edit = later(() => import("./edit").then((room) => room.Edit));
const Markdown = later(() => import("./markdown_view").then((room) => room.Markdown));
const PdfPages = later(() => import("./pdf_view").then((room) => room.PdfPages));
const Share = later(() => import("./share").then((room) => room.Share));
const TEXT_LIMIT = 2 << 20;
const EDIT_LIMIT = 1 << 20;
const IMAGE_LIMIT = 64 << 20;
const PDF_LIMIT = 128 << 20;

export function Preview({ organization, workspace, names }: { organization: Organization; workspace: string; names: readonly string[] }) {
  const found = organization.workspaceOf(workspace);
  const name = names.at(-1) ?? "";
  const above = names.slice(0, -1);
  const folderPath = pathOf(workspace, above);
  const path = pathOf(workspace, names);
  const home = ["o", organization.key];
  const asked = route.value.query.get("version");
  const version = asked === null ? undefined : Number(asked);
  const [folder] = useState(() => new Folder(organization, folderPath));
  const [share, setShare] = useState(false);
  const [source, setSource] = useState(false);
  const [edits, setEdits] = useState(() => version === undefined && (route.value.query.has("edit") || draftOf(organization.key, path) !== undefined));
  const [again, setAgain] = useState(0);
  const [compares, setCompares] = useState(false);
  useTrail([
    { name: t("Workspaces"), to: address(home) },
    { name: shown(found?.name ?? "…"), to: address([...home, "w", workspace]) },
    ...above.map((one, at) => ({ name: shown(one), to: address([...home, "w", workspace, ...above.slice(0, at + 1)]) })),
    { name: shown(name) },
  ]);
  useEffect(() => {
    void folder.read();
    return () => folder.end();
  }, []);
  const files = sorted((folder.items.value ?? []).filter((one) => !one.folder), "name", false, language());
  const at = files.findIndex((one) => one.name === name);
  const item: Item = files[at] ?? { name, folder: false, place: 0 };
  const isMarkdown = /\.(md|markdown)$/i.test(name);
  const mayEdit = kindOf(name).shown === "text" && version === undefined && found !== undefined && found.role !== "reader" && !found.archived && item.details !== undefined && item.details.size <= EDIT_LIMIT;
  useStatus(item.details ? size(item.details.size) : "");
  const step = (by: number) => {
    const next = files[at + by];
    if (next) go(address([...home, "f", workspace, ...above, next.name]), true);
  };
  useEffect(() => {
    const keys = (event: KeyboardEvent) => {
      if ((event.target as HTMLElement).closest("input, textarea, select, video, audio, dialog, .menu, .code")) return;
      if (event.key === "ArrowLeft") step(-1);
      else if (event.key === "ArrowRight") step(1);
      else if (event.key === "Escape") go(address([...home, "w", workspace, ...above], { at: name }));
    };
    addEventListener("keydown", keys);
    return () => removeEventListener("keydown", keys);
  });
  return (
    <main class="main two fill" id="main" tabIndex={-1}>
      <div class="grow col preview">
        {version !== undefined && <OldVersion organization={organization} path={path} version={version} name={name} compares={compares} compare={kindOf(name).shown === "text" ? setCompares : undefined} />}
        <div class="toolbar preview-bar">
          <IconButton icon={ChevronLeft} label={t("The file before")} keys="←" disabled={at <= 0} onClick={() => step(-1)} />
          <IconButton icon={ChevronRight} label={t("The next file")} keys="→" disabled={at < 0 || at >= files.length - 1} onClick={() => step(1)} />
          <span class="muted small grow cut">{at >= 0 ? t("%d of %d", at + 1, files.length) : ""}</span>
          {isMarkdown && !edits && !(compares && version !== undefined) && <div class="seg" role="group" aria-label={t("View")}>
            <button type="button" aria-pressed={!source} onClick={() => setSource(false)}>{t("Read")}</button>
            <button type="button" aria-pressed={source} onClick={() => setSource(true)}>{t("Source")}</button></div>}
          {mayEdit && !edits && <Button class="shrink" icon={Pencil} title={t("Edit")} onClick={() => setEdits(true)}>{t("Edit")}</Button>}
          <Button class="shrink" icon={Download} title={t("Download")} onClick={() => saveFile(organization, path, name, item.details?.size ?? 0, version)}>{t("Download")}</Button>
          <IconButton icon={Info} label={t("Details")} aria-pressed={detailsShown.value} onClick={() => showDetails(!detailsShown.value)} />
        </div>
        <div class="desk"><Content key={`${path} ${version ?? ""} ${again}`} organization={organization} path={path} name={name} version={version} bytes={item.details?.size ?? 0}
          source={source} compares={compares && version !== undefined} edits={edits ? { close: () => { setEdits(false); setAgain(again + 1); document.getElementById("main")?.focus(); }, saved: () => { organization.changedFiles(workspace); void folder.read(); } } : null} /></div>
      </div>
      {detailsShown.value && found && folder.items.value && <Details organization={organization} workspace={found} folder={folderPath} entry={item} many={1} asked={false} close={() => showDetails(false)} share={() => setShare(true)} changed={() => organization.changedFiles(workspace)} />}
      {share && found && <Share organization={organization} workspace={found} close={() => setShare(false)} />}
    </main>
  );
}

interface OldVersionProps {
  organization: Organization;
  path: string;
  version: number;
  name: string;
  compares: boolean;
  compare?: (on: boolean) => void;
}

function OldVersion({ organization, path, version, name, compares, compare }: OldVersionProps) {
  const { versions } = useVersions(organization, path, version);
  const one = versions?.find((each) => each.version === version);
  const restore = async () => {
    await organization.call("files.restore", { path, version });
    tell(t("“%s” is again as it was %s", shown(name), one ? when(one.time) : ""));
    organization.changedFiles(path.slice(0, path.indexOf(":")));
    go(location.hash.split("?")[0]!);
  };
  return (
    <div class="note acc center strip" role="status"><Icon of={Clock} />
      <p class="grow">{one ? t("Version of %s, by %s.", when(one.time), shown(organization.nameOf(one.author))) : t("An older version.")}</p>
      {compare && <Button icon={ArrowLeftRight} aria-pressed={compares} onClick={() => compare(!compares)}>{t("Compare with the newest")}</Button>}
      <a class="btn" href={location.hash.split("?")[0]}>{t("The newest")}</a>
      <Button kind="primary" icon={RotateCcw} onClick={restore}>{t("Restore")}</Button></div>
  );
}

interface ContentProps {
  organization: Organization;
  path: string;
  name: string;
  version: number | undefined;
  bytes: number;
  source: boolean;
  compares: boolean;
  edits: { close: () => void; saved: () => void } | null;
}

function Content(props: ContentProps) {
  switch (kindOf(props.name).shown) {
    case "image": return <Picture {...props} />;
    case "text": return <Text {...props} />;
    case "pdf": return <Pdf {...props} />;
    case "audio":
    case "video": return <Media {...props} />;
    case "none": return <NoPreview {...props} />;
  }
}

function NoPreview({ organization, path, name, version, bytes }: ContentProps) {
  return (
    <Empty icon={kindOf(name).icon} title={t("No preview of this kind of file")} actions={<Button kind="primary" icon={Download} onClick={() => saveFile(organization, path, name, bytes, version)}>{t("Download")}</Button>}>
      {t("Download it, and open it with a program that you trust.")}</Empty>
  );
}

/** The content of a file that is not large; "large", or the problem. */
function useContent({ organization, path, version }: ContentProps, limit: number, opened?: (version: number) => void): Uint8Array<ArrayBuffer> | "large" | { problem: unknown } | null {
  const [content, setContent] = useState<Uint8Array<ArrayBuffer> | "large" | { problem: unknown } | null>(null);
  useEffect(() => {
    let ended = false;
    const load = async (): Promise<void> => {
      try {
        const bytes = await wholeFile(organization, path, limit, version, opened);
        if (!ended) setContent(bytes ?? "large");
      } catch (problem) {
        if (ended) return;
        setContent({ problem });
        if (!passes(problem)) return;
        // What is not kept on this device is there once the server is back.
        organization.lost();
        if (await organization.back(() => ended)) await load();
      }
    };
    void load();
    return () => { ended = true; };
  }, []);
  return content;
}

function Picture(props: ContentProps) {
  const content = useContent(props, IMAGE_LIMIT);
  const [url, setUrl] = useState("");
  const [broken, setBroken] = useState(false);
  useEffect(() => {
    if (!(content instanceof Uint8Array)) return;
    const made = URL.createObjectURL(new Blob([content], { type: kindOf(props.name).type }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [content]);
  if (content === "large" || broken) return <NoPreview {...props} />;
  if (content !== null && !(content instanceof Uint8Array)) return <Note kind="bad" alert>{sentenceOfError(content.problem)}</Note>;
  return url === "" ? <Skeleton rows={3} /> : <img src={url} alt={shown(props.name)} onError={() => setBroken(true)} />;
}

function Pdf(props: ContentProps) {
  const content = useContent(props, PDF_LIMIT);
  const [problem, setProblem] = useState("");
  if (content === "large") return <NoPreview {...props} />;
  if (content === null) return <Skeleton rows={8} />;
  if (!(content instanceof Uint8Array)) return <Note kind="bad" alert>{sentenceOfError(content.problem)}</Note>;
  if (problem !== "") return <div class="col g4"><Note kind="warn" alert>{problem}</Note><NoPreview {...props} /></div>;
  return <PdfPages name={shown(props.name)} content={content} fail={setProblem} />;
}

/** Whether CONTENT is UTF-8: what is not would be another text once it is saved. */
function isText(content: Uint8Array): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(content);
    return true;
  } catch {
    return false;
  }
}

function Text(props: ContentProps) {
  // What is edited is the version that was read, whatever the folder says by now.
  const read = useRef(0);
  const content = useContent(props, TEXT_LIMIT, (version) => { read.current = version; });
  if (content === "large") return <NoPreview {...props} />;
  if (content === null) return <Skeleton rows={8} />;
  if (!(content instanceof Uint8Array)) return <Note kind="bad" alert>{sentenceOfError(content.problem)}</Note>;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(content);
  if (text.includes("\u0000") || (props.edits && !isText(content))) return <NoPreview {...props} />;
  if (props.compares) return <Compare {...props} text={text} />;
  if (props.edits) return <Edit organization={props.organization} path={props.path} text={text} version={read.current} {...props.edits} />;
  if (/\.(md|markdown)$/i.test(props.name) && !props.source) return <article class="paper md" tabIndex={0} aria-label={shown(props.name)} dir="auto"><Markdown text={text} /></article>;
  return <article class="paper" tabIndex={0} aria-label={shown(props.name)}><pre dir="auto">{text}</pre></article>;
}

/** The older text against the newest: what was removed since, and what was added. */
function Compare(props: ContentProps & { text: string }) {
  const content = useContent({ ...props, version: undefined }, TEXT_LIMIT);
  if (content === null) return <Skeleton rows={8} />;
  if (!(content instanceof Uint8Array)) return <Note kind="bad" alert>{content === "large" ? t("The newest version is too large to compare.") : sentenceOfError(content.problem)}</Note>;
  const list = changes(props.text, new TextDecoder().decode(content));
  if (!list) return <Note>{t("The two versions have too little in common to compare them line by line.")}</Note>;
  if (list.every((one) => one.kind === "same")) return <Note>{t("The two versions are the same.")}</Note>;
  return (
    <article class="paper diff" tabIndex={0} aria-label={t("What changed since")}><pre dir="auto">{list.map((one, at) => {
      const lines = `${one.lines.join("\n")}\n`;
      return one.kind === "added" ? <ins key={at}>{lines}</ins> : one.kind === "removed" ? <del key={at}>{lines}</del> : <span key={at}>{lines}</span>;
    })}</pre></article>
  );
}

function Media(props: ContentProps) {
  const { organization, path, name, version } = props;
  const [url, setUrl] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);
  const kind = kindOf(name);
  useEffect(() => {
    let end: (() => void) | null = null;
    let ended = false;
    shownAddress(organization, path, name, kind.type, version).then((found) => {
      if (ended) found?.end();
      else if (found === null) setFailed(true);
      else {
        end = found.end;
        setUrl(found.address);
      }
    }, () => setFailed(true));
    return () => {
      ended = true;
      end?.();
    };
  }, []);
  if (failed) return <NoPreview {...props} />;
  if (url === null) return <Skeleton rows={3} />;
  return kind.shown === "video"
    ? <video src={url} controls preload="metadata" aria-label={shown(name)} onError={() => setFailed(true)} />
    : <audio src={url} controls preload="metadata" aria-label={shown(name)} onError={() => setFailed(true)} />;
}

