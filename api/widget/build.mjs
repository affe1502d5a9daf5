// `npm run build [FILE]` writes the bundle: one classic script, the same bytes on every machine.
import { readFile } from "node:fs/promises";
import { build, transform } from "esbuild";

const cssAsText = {
  name: "css-as-text",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const sheet = await readFile(path, "utf8");
      const { code } = await transform(sheet, { loader: "css", minify: true, legalComments: "none" });
      return { contents: code, loader: "text" };
    });
  },
};

await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: ["src/main.ts"],
  outfile: process.argv[2] ?? "../static/quoteline.js",
  plugins: [cssAsText],
  bundle: true,
  format: "iife",
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "eof",
  logLevel: "warning",
});
