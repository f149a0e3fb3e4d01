// Probes in CPython 3.15 built for WebAssembly, which the npm package `pyodide` carries from version 315 on.
//
//     node python315.mjs FOLDER < jobs.json
//
// FOLDER is the unpacked package. The jobs are a JSON list of [root, code]; each code runs in an interpreter of its
// own with `root` first on sys.path, and what it prints is followed by a line of three dashes.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

const [folder] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(resolve(folder, "pyodide.mjs")).href);
const snapshot = (await loadPyodide({ _makeSnapshot: true })).makeMemorySnapshot();

const probe = `
import sys
sys.path.insert(0, "/tree")
sys.dont_write_bytecode = True
try:
    exec(code, {"__name__": "probe"})
except BaseException as exc:
    print(type(exc).__name__, exc)
sys.stdout.flush()
`;

for (const [root, code] of JSON.parse(readFileSync(0, "utf8"))) {
  const lines = [];
  const python = await loadPyodide({ _loadSnapshot: snapshot, stdout: (line) => lines.push(line) });
  python.FS.mkdir("/tree");
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, "/tree");
  python.runPython(probe, { globals: python.toPy({ code }) });
  process.stdout.write(lines.map((line) => `${line}\n`).join("") + "---\n");
}
