// SPDX-License-Identifier: AGPL-3.0-or-later
// What pdf.js fetches while it draws: its decoders of scanned pictures, as they are, in the folder pdf/.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

export function pdfFiles(library: string): Plugin {
  return {
    name: "zt-pdf",
    apply: "build",
    generateBundle() {
      for (const name of ["jbig2.wasm", "openjpeg.wasm"]) this.emitFile({ type: "asset", fileName: `pdf/${name}`, source: readFileSync(join(library, "wasm", name)) });
    },
  };
}
