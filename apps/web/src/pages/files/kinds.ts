// SPDX-License-Identifier: AGPL-3.0-or-later
// What a file is by the ending of its name: its icon, and how it is previewed.
import { File, FileArchive, FileCode, FileImage, FileMusic, FilePlay, FileSpreadsheet, FileText, Folder } from "lucide-preact";
import type { Entry } from "@rpc";
import type { IconKind } from "../../parts/icon";

export type Shown = "image" | "text" | "pdf" | "audio" | "video" | "none";

const kinds: Record<string, { icon: IconKind; shown: Shown; type: string }> = {};

function add(icon: IconKind, shown: Shown, types: Record<string, string>): void {
  for (const [ending, type] of Object.entries(types)) kinds[ending] = { icon, shown, type };
}

// SVG is not among the images: it may carry script, and is shown as text.
add(FileImage, "image", { png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", webp: "image/webp", avif: "image/avif", bmp: "image/bmp" });
add(FilePlay, "video", { mp4: "video/mp4", m4v: "video/mp4", webm: "video/webm", mov: "video/mp4", ogv: "video/ogg" });
add(FileMusic, "audio", { mp3: "audio/mpeg", m4a: "audio/mp4", ogg: "audio/ogg", oga: "audio/ogg", opus: "audio/ogg", wav: "audio/wav", flac: "audio/flac" });
add(FileText, "text", { txt: "text/plain", md: "text/plain", markdown: "text/plain", log: "text/plain", csv: "text/plain", tsv: "text/plain" });
add(FileCode, "text", Object.fromEntries(["c", "h", "js", "ts", "tsx", "css", "html", "htm", "xml", "svg", "json", "yaml", "yml", "toml", "ini", "conf", "sh", "py", "rs", "go", "java", "sql", "tex", "patch", "diff"].map((ending) => [ending, "text/plain"])));
add(FileText, "pdf", { pdf: "application/pdf" });
add(FileText, "none", { odt: "application/octet-stream", doc: "application/octet-stream", docx: "application/octet-stream", rtf: "application/octet-stream" });
add(FileSpreadsheet, "none", { ods: "application/octet-stream", xls: "application/octet-stream", xlsx: "application/octet-stream" });
add(FileArchive, "none", { zip: "application/zip", gz: "application/gzip", xz: "application/octet-stream", tar: "application/octet-stream", "7z": "application/octet-stream", zst: "application/octet-stream" });

const other = { icon: File, shown: "none" as Shown, type: "application/octet-stream" };

export function kindOf(name: string): { icon: IconKind; shown: Shown; type: string } {
  const dot = name.lastIndexOf(".");
  const ending = dot < 0 ? "" : name.slice(dot + 1).toLowerCase();
  return Object.hasOwn(kinds, ending) ? kinds[ending]! : other;
}

export function iconOf(entry: Pick<Entry, "name" | "folder">): IconKind {
  return entry.folder ? Folder : kindOf(entry.name).icon;
}

/** NAME as that of a text: with an ending where it has none of a text. */
export function textName(name: string): string {
  return kindOf(name).shown === "text" ? name : `${name}.txt`;
}
