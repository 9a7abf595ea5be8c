// SPDX-License-Identifier: AGPL-3.0-or-later
// How the page is built: into build/web, with names that change with the content alone, and without anything inline.
import { resolve } from "node:path";
import { defineConfig } from "vite";
import { catalogue } from "./build/catalogue";
import { pdfFiles } from "./build/pdf";

const root = resolve(__dirname, "../..");

export default defineConfig({
  base: "./",
  plugins: [catalogue(resolve(root, "po")), pdfFiles(resolve(__dirname, "node_modules/pdfjs-dist"))],
  resolve: { alias: { "@rpc": resolve(root, "build/gen/web/rpc.ts") } },
  esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
  build: {
    outDir: resolve(root, "build/web"),
    emptyOutDir: true,
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 600, // the editor, and what draws PDFs: fetched when they are first shown
    rollupOptions: {
      input: { index: resolve(__dirname, "index.html"), sw: resolve(__dirname, "src/worker/sw.ts") },
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
        // Few files: what most pages use is one; each page that is fetched later has its own.
        manualChunks: (id) => (/\/src\/(parts|state|host|words)\/|node_modules\/(@?preact|lucide-preact)/.test(id) ? "parts" : undefined),
      },
    },
  },
  test: { include: ["test/**/*.test.ts"], environment: "node", testTimeout: 20_000, pool: "threads" },
} as Parameters<typeof defineConfig>[0]);
