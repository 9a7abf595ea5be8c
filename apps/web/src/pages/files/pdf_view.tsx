// SPDX-License-Identifier: AGPL-3.0-or-later
// A PDF, drawn: pages as pictures with their text above them, to be selected and read aloud. Nothing in it acts: no script, no
// form, no link, no file of elsewhere. pdf.js reads it in a worker, and the pages in view are drawn.
import { ChevronDown, ChevronUp, ZoomIn, ZoomOut } from "lucide-preact";
import { getDocument, PDFWorker, TextLayer, type PDFDocumentProxy, type PDFPageProxy } from "pdfjs-dist";
import workerAddress from "pdfjs-dist/build/pdf.worker.min.mjs?url";
import { useEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "../../parts/button";
import { Note } from "../../parts/marks";
import { Skeleton } from "../../parts/skeleton";
import { t } from "../../words";

const PIXELS_MOST = 16 << 20; // of a page
/** A file may claim any number of pages: so many are shown, and those near the view alone are made, a group at a time. */
const PAGES_MOST = 5000;
const GROUP = 50;
const GAP = 16; // between pages, of the style sheet
const ZOOMS = [0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4];

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
}

let address: string | null = null;

function startWorker(): Worker {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  address ??= types ? types.createPolicy("zt-pdf", { createScriptURL: () => workerAddress }).createScriptURL("") : workerAddress;
  return new Worker(address, { type: "module", name: "zt-pdf" });
}

export function PdfPages({ name, content, fail }: { name: string; content: Uint8Array<ArrayBuffer>; fail: (sentence: string) => void }) {
  const [document, setDocument] = useState<PDFDocumentProxy | null>(null);
  const [first, setFirst] = useState<PDFPageProxy | null>(null);
  const [at, setAt] = useState(1);
  const [zoom, setZoom] = useState(1);
  const [wide, setWide] = useState(0);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const port = startWorker();
    port.onerror = () => fail(t("This PDF cannot be shown here."));
    const worker = PDFWorker.create({ port } as Parameters<typeof PDFWorker.create>[0]);
    const task = getDocument({
      data: content.slice(), worker, enableXfa: false, useWorkerFetch: false, disableWorkerRendering: true, canvasMaxAreaInBytes: 4 * PIXELS_MOST,
      maxImageSize: 4 * PIXELS_MOST, wasmUrl: new URL("./pdf/", globalThis.document.baseURI).href, verbosity: 0,
    } as Parameters<typeof getDocument>[0]);
    task.onPassword = () => {
      fail(t("This PDF asks for a password: download it to open it."));
      void task.destroy();
    };
    task.promise.then(async (found) => {
      setFirst(await found.getPage(1));
      setDocument(found);
    }).catch(() => fail(t("This PDF cannot be shown: it is damaged, or not a PDF.")));
    return () => {
      void task.destroy().catch(() => {}).finally(() => port.terminate());
    };
  }, []);
  useEffect(() => {
    const one = box.current;
    if (!one) return;
    const watch = new ResizeObserver(() => setWide(one.clientWidth));
    watch.observe(one);
    return () => watch.disconnect();
  }, [document]);
  if (!document || !first) return <Skeleton rows={8} />;
  const count = document.numPages;
  const shownPages = Math.min(count, PAGES_MOST);
  const own = first.getViewport({ scale: 1 });
  const fit = Math.min(1.6, Math.max(0.1, (wide - 2) / own.width));
  const go = (page: number) => {
    const place = box.current?.querySelector(`[data-page="${page}"]`) ?? box.current?.querySelector(`[data-group="${Math.floor((page - 1) / GROUP)}"]`);
    place?.scrollIntoView({ block: "start" });
  };
  const scrolled = () => {
    const top = box.current!.getBoundingClientRect().top + 80;
    let seen = 1;
    for (const one of box.current!.querySelectorAll<HTMLElement>("[data-page]")) {
      if (one.getBoundingClientRect().top > top) break;
      seen = Number(one.dataset.page);
    }
    setAt(seen);
  };
  const step = (by: number) => setZoom(ZOOMS[Math.max(0, Math.min(ZOOMS.length - 1, ZOOMS.indexOf(zoom) + by))]!);
  return (
    <div class="pdf">
      <div class="pdf-bar" role="toolbar" aria-label={t("Pages")}>
        <IconButton icon={ChevronUp} label={t("The page before")} disabled={at <= 1} onClick={() => go(at - 1)} />
        <span class="small nw" role="status">{t("Page %d of %d", at, count)}</span>
        <IconButton icon={ChevronDown} label={t("The next page")} disabled={at >= shownPages} onClick={() => go(at + 1)} />
        <IconButton icon={ZoomOut} label={t("Smaller")} disabled={zoom === ZOOMS[0]} onClick={() => step(-1)} />
        <span class="small nw num">{`${Math.round(zoom * 100)}%`}</span>
        <IconButton icon={ZoomIn} label={t("Larger")} disabled={zoom === ZOOMS.at(-1)} onClick={() => step(1)} />
      </div>
      <div class="pdf-pages" ref={box} tabIndex={0} role="document" aria-label={name} onScroll={scrolled}>
        {wide > 0 && Array.from({ length: Math.ceil(shownPages / GROUP) }, (_, group) => (
          <Group key={group} group={group} until={Math.min(shownPages, (group + 1) * GROUP)} document={document} count={count} scale={fit * zoom} like={own} />
        ))}
        {shownPages < count && <Note kind="acc">{t("The first %d pages are shown here. Download the file to see the others.", shownPages)}</Note>}
      </div>
    </div>
  );
}

interface Common {
  document: PDFDocumentProxy;
  count: number;
  scale: number;
  like: { width: number; height: number };
}

/** Some pages: their room, until they are near the view. */
function Group({ group, until, ...common }: Common & { group: number; until: number }) {
  const place = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(group === 0);
  const { scale, like } = common;
  const from = group * GROUP;
  useEffect(() => {
    const watch = new IntersectionObserver((seen) => setNear(seen.at(-1)!.isIntersecting), { root: place.current!.parentElement, rootMargin: "2000px" });
    watch.observe(place.current!);
    return () => watch.disconnect();
  }, []);
  useEffect(() => {
    const { style } = place.current!;
    style.minHeight = near ? "" : `${Math.floor((until - from) * (like.height * scale + GAP) - GAP)}px`;
  }, [near, until, scale, like.height]);
  return (
    <div ref={place} class="pdf-group" data-group={group}>
      {near && Array.from({ length: until - from }, (_, page) => <Page key={page} number={from + page + 1} {...common} />)}
    </div>
  );
}

interface PageProps extends Common {
  number: number;
}

/** A page: as large as the first one until it is near the view, then drawn. */
function Page({ document, number, count, scale, like }: PageProps) {
  const place = useRef<HTMLElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const text = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  const [page, setPage] = useState<PDFPageProxy | null>(null);
  useEffect(() => {
    const watch = new IntersectionObserver((seen) => setNear(seen.at(-1)!.isIntersecting), { root: place.current!.closest(".pdf-pages"), rootMargin: "600px" });
    watch.observe(place.current!);
    return () => watch.disconnect();
  }, []);
  useEffect(() => () => void page?.cleanup(), [page]);
  useEffect(() => {
    if (near && !page) void document.getPage(number).then(setPage, () => {});
  }, [near]);
  const size = page ? page.getViewport({ scale: 1 }) : like;
  useEffect(() => {
    if (!near || !page || !canvas.current || !text.current) return;
    const viewport = page.getViewport({ scale });
    const ratio = Math.min(devicePixelRatio || 1, Math.sqrt(PIXELS_MOST / (viewport.width * viewport.height)));
    const to = canvas.current;
    to.width = Math.floor(viewport.width * ratio);
    to.height = Math.floor(viewport.height * ratio);
    const drawing = page.render({ canvas: to, viewport: page.getViewport({ scale: scale * ratio }), annotationMode: 0 });
    drawing.promise.catch(() => {});
    text.current.replaceChildren();
    const layer = new TextLayer({ textContentSource: page.streamTextContent(), container: text.current, viewport });
    layer.render().catch(() => {});
    return () => {
      drawing.cancel();
      layer.cancel();
      to.width = to.height = 0;
    };
  }, [near, page, scale]);
  useEffect(() => {
    const one = place.current!;
    one.style.width = `${Math.floor(size.width * scale)}px`;
    one.style.height = `${Math.floor(size.height * scale)}px`;
    one.style.setProperty("--total-scale-factor", String(scale));
  }, [size.width, size.height, scale]);
  return (
    <section ref={place} class="pdf-page" data-page={number} aria-label={t("Page %d of %d", number, count)}>
      {near && <><canvas ref={canvas} aria-hidden="true" /><div ref={text} class="textLayer" /></>}
    </section>
  );
}
