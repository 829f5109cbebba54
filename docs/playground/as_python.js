// The program that trains the same weights with MLPLogisticClassifier.
const matrix = rows => `np.array([${rows.map(row => `[${row.join(", ")}]`).join(", ")}])`;
const vector = row => `np.array([${row.join(", ")}])`;
const list = texts => `[\n    ${texts.join(",\n    ")},\n]`;

export function points_as_python(X, y) {
  return `import numpy as np\n\nX = np.array(${list(X.map(x => `[${x.join(", ")}]`))})\n`
    + `y = np.array([${y.join(", ")}])\n`;
}

// settings: as in the address; n: samples; made: updates; weights: where training began, if those
// are not drawn with the seed.
export function as_python(data_program, settings, n, made, weights) {
  const is_whole = made > 0 && made % n === 0;
  const lines = [];
  if (!data_program.includes("import numpy")) lines.push("import numpy as np");
  lines.push(data_program.trimEnd(), "");
  lines.push(`from sklearn_mlp import MLPLogisticClassifier${is_whole ? "" : ", trace_training"}`);
  lines.push("",
    "model = MLPLogisticClassifier(",
    `    (${[settings.hidden, ...(settings.second ? [settings.second] : [])].join(", ")},),`,
    `    learning_rate_init=${settings.rate},`,
    '    learning_rate="constant",',
    `    loss="${settings.loss}",`,
    `    alpha=${settings.alpha},`,
    `    fit_intercept=${settings.bias ? "True" : "False"},`,
    `    init_range=${settings.range === "auto" ? '"auto"' : settings.range},`,
    "    shuffle=False,",
    `    max_iter=${Math.max(1, Math.ceil(made / n))},`,
    "    n_iter_no_change=np.inf,",
    `    random_state=${settings.seed},`,
    ")");
  let start = "";
  if (weights) {
    lines.push(`coefs_init = ${list(weights.coefs.map(matrix))}`,
      `intercepts_init = ${list(weights.intercepts.map(vector))}`);
    lines.push("start = {\"coefs_init\": coefs_init, \"intercepts_init\": intercepts_init}");
    start = ", **start";
  }
  if (is_whole) lines.push(
    `model.fit(X, y${start})`,
    "coefs, intercepts = model.coefs_, model.intercepts_");
  else if (made === 0) lines.push(
    "# No update has been made: the weights before the first one.",
    `(first,) = trace_training(model, X, y, updates=[1]${start})`,
    "coefs, intercepts = first.before");
  else lines.push(
    `# Update ${made} is in the middle of an epoch: the weights after this update.`,
    `(last,) = trace_training(model, X, y, updates=[${made}]${start})`,
    "coefs, intercepts = last.after");
  lines.push("print(coefs, intercepts)", "");
  return lines.join("\n");
}
