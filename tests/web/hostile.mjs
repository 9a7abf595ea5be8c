// SPDX-License-Identifier: AGPL-3.0-or-later
// Files that try to run: each would set window.pwned, open a dialog or ask another host, if a page let it.
import { deflateSync } from "node:zlib";

/** A PDF of PAGES, each a line of text; SCRIPT runs where a reader runs scripts of documents. */
export function pdf(pages, script = "") {
  const objects = [];
  const add = (text) => objects.push(text);
  const count = pages.length;
  const action = script === "" ? "" : ` /OpenAction << /S /JavaScript /JS (${script}) >> /AA << /WC << /S /JavaScript /JS (${script}) >> >>`;
  add(`<< /Type /Catalog /Pages 2 0 R${action} >>`);
  add(`<< /Type /Pages /Count ${count} /Kids [${pages.map((_, at) => `${4 + 3 * at} 0 R`).join(" ")}] >>`);
  add("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
  pages.forEach((line, at) => {
    const content = `0.11 0.31 0.8 rg 72 640 200 60 re f 0 g BT /F1 24 Tf 72 720 Td (${line}) Tj ET`;
    const link = script === "" ? "" : `<< /Type /Annot /Subtype /Link /Rect [72 640 272 700] /A << /S /URI /URI (javascript:window.pwned=1) >> /AA << /E << /S /JavaScript /JS (${script}) >> >> >>`;
    add(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> /Contents ${5 + 3 * at} 0 R /Annots ${6 + 3 * at} 0 R >>`);
    add(`<< /Length ${content.length} >>\nstream\n${content}\nendstream`);
    add(`[${link}]`);
  });
  let text = "%PDF-1.7\n";
  const places = objects.map((body, at) => {
    const place = text.length;
    text += `${at + 1} 0 obj\n${body}\nendobj\n`;
    return place;
  });
  const table = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("")}`;
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(text, "latin1");
}

/** A PDF of a few kilobytes that has COUNT pages, of which all but one are the same object. */
export function pagesWithoutEnd(count) {
  const objects = { 1: "<</Type/Catalog/Pages 2 0 R>>", 2: `<</Type/Pages/Count ${count}/Kids[${"3 0 R ".repeat(count - 1)}4 0 R]>>`,
    3: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>", 4: "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>" };
  let head = "", body = "";
  for (const [number, text] of Object.entries(objects)) { head += `${number} ${body.length} `; body += `${text} `; }
  const flat = deflateSync(Buffer.from(head + body), { level: 9 }), parts = [Buffer.from("%PDF-1.5\n")], places = {};
  let at = parts[0].length;
  const put = (number, dict, data) => {
    const bytes = Buffer.concat([Buffer.from(`${number} 0 obj\n${dict}\nstream\n`), data, Buffer.from("\nendstream\nendobj\n")]);
    places[number] = at; at += bytes.length; parts.push(bytes);
  };
  put(5, `<</Type/ObjStm/N 4/First ${head.length}/Filter/FlateDecode/Length ${flat.length}>>`, flat);
  const row = (kind, a, b) => { const r = Buffer.alloc(7); r[0] = kind; r.writeUInt32BE(a, 1); r.writeUInt16BE(b, 5); return r; };
  const table = Buffer.concat([row(0, 0, 65535), row(2, 5, 0), row(2, 5, 1), row(2, 5, 2), row(2, 5, 3), row(1, places[5], 0), row(1, at, 0)]);
  put(6, `<</Type/XRef/Size 7/W[1 4 2]/Root 1 0 R/Length ${table.length}>>`, table);
  return Buffer.concat([...parts, Buffer.from(`startxref\n${places[6]}\n%%EOF\n`)]);
}

const tag = "<img src=x onerror=window.pwned=1>";
const run = "<script>window.pwned=1</script>";

/** Names and contents, by the kind of preview that they are after. */
export const hostile = {
  name: `${tag}.txt`,
  folder: `${tag}${"\u202e"}gnp`,
  files: [
    { name: `${tag}.html`, mimeType: "text/html", buffer: Buffer.from(`<!doctype html>${run}${tag}<iframe src="javascript:parent.pwned=1"></iframe>`) },
    { name: "picture.svg", mimeType: "image/svg+xml", buffer: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" onload="window.pwned=1">${run}<foreignObject>${tag}</foreignObject></svg>`) },
    { name: "notes.md", mimeType: "text/markdown", buffer: Buffer.from(`# ${run}\n\n[x](javascript:window.pwned=1) [y](data:text/html,${run}) ![z](http://127.0.0.1:9/seen) ${tag}\n\n<a href="javascript:window.pwned=1">z</a>\n\n| ${tag} |\n| - |\n| ${run} |\n`) },
    { name: "script.pdf", mimeType: "application/pdf", buffer: pdf(["It says nothing else"], "this.pwned = 1; app.alert\\(1\\); this.getURL\\('http://127.0.0.1:9/seen'\\)") },
    { name: "not a.pdf", mimeType: "application/pdf", buffer: Buffer.from(`${run}${tag}`) },
    { name: "photo.png", mimeType: "image/png", buffer: Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg">${run}</svg>`) },
    { name: "song.mp3", mimeType: "audio/mpeg", buffer: Buffer.from(run.repeat(50)) },
    { name: "code.js", mimeType: "text/javascript", buffer: Buffer.from("window.pwned = 1; alert(1);\n") },
  ],
};
