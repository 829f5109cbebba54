// The page: settings, what is trained with them, and what is shown of it. The state is in the
// address: `settings`, the number of updates and the phase.
import {
  BLUE, chart, element, figure, frame_of, grid, map_canvas, paint, surface,
} from "../../sklearn_mlp/_inspection/figures.js";
import { forward } from "../../sklearn_mlp/_inspection/forward.js";
import { fill, step_through } from "../../sklearn_mlp/_inspection/step_through.js";
import { number, short } from "../../sklearn_mlp/_inspection/words.js";
import { as_python, points_as_python } from "./as_python.js";
import { loss_of } from "./equations.js";
import { make_drawer } from "./layout.js";
import { initial_weights } from "./random.js";
import { begin_training, copy_of, in_order } from "./training.js";

const MOST_UPDATES = 2_000_000;  // that an address may ask for
const OWN_FRAME = { low: [-2.6, -2.6], high: [2.6, 2.6] };
const DEFAULTS = {
  data: "xor", noise: 0, hidden: 2, second: 0, bias: 1, range: "auto", seed: 4, rate: 2,
  loss: "squared_error", alpha: 0, points: "", weights: "", terms: "article", speed: "phase",
};
const LIMITS = {
  noise: [0, 5], hidden: [1, 8], second: [0, 8], bias: [0, 1], seed: [0, 9999], rate: [1e-3, 1e3],
  alpha: [0, 1e9],
};
const WHOLE = ["noise", "hidden", "second", "bias", "seed"];

const root = document.querySelector(".playground");
const data = JSON.parse(document.querySelector("body > script[type='application/json']").textContent);
const find = selector => root.querySelector(selector);
const fields = find(".settings").elements;
const draw = make_drawer(
  document.querySelector("template").content.querySelector("svg"), data.template_layout,
  data.value_places);

let settings = { ...DEFAULTS };
// Inputs and targets; the weights that training began with; training; what is drawn of it.
let X, y, start, training, network, shown, frame, stepper;
const sizes = () => [X[0].length, settings.hidden, ...(settings.second ? [settings.second] : []), 1];

// ---- settings to training

function samples_of_settings() {
  if (settings.data === "own") {
    const points = settings.points.split(";").map(point => point.split(",").map(Number));
    return { X: points.map(point => point.slice(0, 2)), y: points.map(point => point[2]) };
  }
  return data.data_sets[settings.data][settings.noise];
}

// The weights of the address, or null if they are drawn with the seed.
function weights_of_settings() {
  if (!settings.weights) return null;
  const numbers = settings.weights.split(",").map(Number);
  const drawn = initial_weights(0, sizes(), 1, false);
  let at = 0;
  const fill_in = row => row.map(() => {
    at += 1;
    return numbers[at - 1];
  });
  const filled = {
    coefs: drawn.coefs.map(rows => rows.map(fill_in)), intercepts: drawn.intercepts.map(fill_in),
  };
  return at === numbers.length && numbers.every(Number.isFinite) ? filled : null;
}

function set_weights({ coefs, intercepts }) {
  settings.weights = [...coefs.flat(2), ...intercepts.flat()].join(",");
}

// Training from its beginning, with the settings.
function begin() {
  ({ X, y } = samples_of_settings());
  const own_weights = weights_of_settings();
  if (!own_weights) settings.weights = "";
  const range = settings.range === "auto" ? "auto" : Number(settings.range);
  start = own_weights ?? initial_weights(settings.seed, sizes(), range, settings.bias === 1);
  training = begin_training(X, y, start, {
    loss: settings.loss, LR: settings.rate, alpha: settings.alpha, has_bias: settings.bias === 1,
  });
  shown = training.next();
  frame = settings.data === "own" ? OWN_FRAME : frame_of(X);
  draw_network();
}

function go_to(made) {
  training.go_to(made);
  shown = training.next();
}

// After the change, the update that is shown is made.
const made_shown = () => training.made() + (stepper.state.phase === 2 ? 1 : 0);
const weights_shown = () =>
  (stepper.state.phase === 2 ? shown.weights_after : shown.weights_before);

// What is changed in the midst of training goes on from the weights that are shown.
function keep_weights() {
  if (made_shown() > 0 || settings.weights) set_weights(weights_shown());
}

// Begin again after a change. The stepper shows the first update, forward.
function restart() {
  stepper.state.phase = 0;
  begin();
  show_settings();
  stepper.show();
}

// ---- the network's drawing and maps

function network_of_settings() {
  const all = sizes(), layers = data.layers[all.length], has_bias = settings.bias === 1;
  const nodes = all.flatMap((size, layer) => Array.from({ length: size }, (_, n) =>
    [layer, layer === 0 ? `x${n}` : layer === all.length - 1 ? "O" : `${layers[layer]}[${n}]`]));
  const in_layer = layer => [...nodes.keys()].filter(node => nodes[node][0] === layer);
  const edges = all.slice(1).flatMap((_, layer) =>
    [...in_layer(layer), ...(has_bias ? [-1] : [])].flatMap(from =>
      in_layer(layer + 1).map(to => [from, to])));
  return {
    nodes, edges, layers, has_bias, is_small: true, of: "1", loss: data.losses[settings.loss],
  };
}

const maps = element("div", { class: "maps" });
let map_canvases = [];

function draw_network() {
  const former = network;
  network = network_of_settings();
  const key = sizes().join("-") + (network.has_bias ? "+" : "");
  if (former?.key !== key || former.loss !== network.loss) {
    const inputs = network.nodes.filter(([layer]) => layer === 0).map(([, name]) => name);
    find(".drawing").replaceChildren(draw(data.layouts[key], {
      titles: data.titles[sizes().length], inputs,
      label: `A ${sizes().join("-")} network, ${network.has_bias ? "with" : "no"} bias nodes`,
    }));
    for (const hit of root.querySelectorAll(".drawing .hit"))
      hit.addEventListener("click", event => edit_weight(hit.dataset.edge, event.pointerType));
    make_maps();
    make_edge_list();
    stepper?.set_network();
  }
  network.key = key;
}

function make_maps() {
  maps.replaceChildren(element("h3", {}, "Each hidden node over the same square, blue above 0.5:"));
  map_canvases = network.layers.slice(1, -1).map((_, at) =>
    network.nodes.filter(([layer]) => layer === at + 1).map(([, name]) => {
      const canvas = map_canvas(`activation of ${name} over the plane of the inputs`);
      const cell = element("div");
      cell.append(canvas, element("span", {}, name));
      maps.append(cell);
      return canvas;
    }));
}

// ---- figures and tables

const plane = surface("output of the network over the plane of the inputs x0 and x1");
const plane_words = element("figcaption");
const curve = chart("loss of each epoch", short);
const curve_words = element("figcaption");
find(".side").append(figure(plane.canvas, plane_words), figure(curve.svg, curve_words),
  figure(maps, element("figcaption")));

function show_figures() {
  const { coefs, intercepts } = weights_shown();
  const others = shown.S_postA.slice(2, X[0].length);  // a third input is that of the sample
  const cells = grid(frame, x => forward([...x, ...others], coefs, intercepts).S_postA);
  plane.show(cells.map(layers => layers.at(-1)[0]), frame, others.length ? [] : X, y,
    shown.S_postA.slice(0, 2), shown.T);
  for (const [layer, canvases] of map_canvases.entries())
    for (const [node, canvas] of canvases.entries())
      paint(canvas, cells.map(layers => layers[layer][node]));
  plane_words.textContent = "Output over x0 (to the right) and x1 (up): blue above 0.5, orange "
    + `below. ${others.length ? `x2 is ${short(others[0])}, as in this sample. ` : ""}`
    + `${others.length ? "" : "Filled circles: T = 1. "}Large circle: this sample.`;

  const results = X.map((x, row) => {
    const { S_preA, S_postA } = forward(x, coefs, intercepts);
    const output = S_postA.at(-1)[0];
    return { output, FE: output - y[row],
      loss: loss_of(output - y[row], S_preA.at(-1)[0], y[row], settings.loss) };
  });
  const n_right = results.filter(({ output }, row) => (output > 0.5) === (y[row] === 1)).length;
  const { losses } = training;
  curve.show([[losses, { stroke: BLUE, "stroke-width": 2 }]]);
  curve_words.textContent = (losses.length
    ? `Loss of each epoch, up to epoch ${losses.length}: ${number(losses.at(-1))}. `
    : "The loss of each epoch, once there is one. ")
    + `Now ${n_right} of ${X.length} outputs are on the right side of 0.5.`;
  if (find(".samples").open) fill(find(".samples .scroll"),
    ["row", ...X[0].map((_, n) => `x${n}`), "T", "output", "FE", "loss"], 0,
    results.map(({ output, FE, loss }, row) =>
      [row, ...X[row], y[row], number(output), number(FE), number(loss)].map(String)));
}

function show_programs() {
  const { data_sets } = data;
  const program = settings.data === "own" ? points_as_python(X, y)
    : data_sets[settings.data][settings.noise].program;
  if (find(".data-program").open) find(".data-program pre").textContent = program;
  if (find(".program").open) find(".program pre").textContent =
    as_python(program, settings, X.length, made_shown(), settings.weights ? start : null);
}
for (const kind of [".samples", ".data-program", ".program"])
  find(kind).addEventListener("toggle", () => stepper.show());
fields.namedItem("data").form.addEventListener("submit", event => event.preventDefault());
find("button[name=copy]").addEventListener("click", () => {
  navigator.clipboard?.writeText(find(".program pre").textContent);
});

// ---- the state in the address

// A little later than the last change: browsers refuse hundreds of changes of an address in a minute.
let writing = null;
function write_address_soon(state) {
  clearTimeout(writing);
  writing = setTimeout(() => write_address(state), 300);
}
function write_address(state) {
  const parts = Object.entries(settings).filter(([key, value]) => value !== DEFAULTS[key]);
  if (training.made()) parts.push(["update", training.made()]);
  if (state.phase) parts.push(["phase", state.phase]);
  const text = parts.map(([key, value]) => `${key}=${value}`).join("&");
  if (`#${text}` !== location.hash) history.replaceState(null, "", `#${text}`);
}

// What an address says wrongly is as if it were not there.
function read_address() {
  const given = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  settings = { ...DEFAULTS };
  for (const [key, [least, most]] of Object.entries(LIMITS)) {
    const value = Number(given[key]);
    const is_valid = key in given && value >= least && value <= most
      && (!WHOLE.includes(key) || Number.isInteger(value));
    if (is_valid) settings[key] = value;
  }
  if (given.data in data.data_sets || given.data === "own") settings.data = given.data;
  if (given.loss in data.losses) settings.loss = given.loss;
  if (Number(given.range) > 0) settings.range = given.range;
  if (given.terms === "standard") settings.terms = "standard";
  if (source.units.some(({ name }) => name === given.speed)) settings.speed = given.speed;
  const points = (given.points ?? "").split(";").map(point => point.split(",").map(Number));
  const are_points = points.every(point => point.length === 3 && point.every(Number.isFinite));
  const targets = new Set(points.map(point => point[2]));
  if (are_points && targets.size === 2 && targets.has(0) && targets.has(1))
    settings.points = given.points;
  if (settings.data === "own" && !settings.points) settings.data = DEFAULTS.data;
  settings.weights = given.weights ?? "";
  const made = Number(given.update ?? 0), phase = Number(given.phase ?? 0);
  return {
    made: Number.isInteger(made) && made >= 0 && made <= MOST_UPDATES ? made : 0,
    phase: [0, 1, 2].includes(phase) ? phase : 0,
  };
}

function open_address() {
  const { made, phase } = read_address();
  if (stepper?.state.timer) stepper.pause();
  begin();
  go_to(made);
  stepper ??= step_through(root, source, settings.terms);
  stepper.state.phase = phase;
  stepper.set_terms(settings.terms);
  stepper.set_unit(settings.speed);
  show_settings();
  stepper.show();
}

// ---- the controls of the settings

function show_settings() {
  for (const name of ["data", "noise", "hidden", "second", "range", "seed", "rate", "loss", "alpha"])
    fields.namedItem(name).value = settings[name];
  fields.namedItem("bias").checked = settings.bias === 1;
  fields.namedItem("rate_slider").value = Math.round(10 * Math.log10(settings.rate));
  fields.namedItem("rate_slider").setAttribute("aria-valuetext", `learning rate ${settings.rate}`);
  fields.namedItem("noise_shown").value = data.noises[settings.noise];
  fields.namedItem("noise").setAttribute("aria-valuetext", data.noises[settings.noise]);
  fields.namedItem("noise").disabled = settings.data === "own";
  fields.namedItem("hidden_shown").value = settings.hidden;
  fields.namedItem("second_shown").value = settings.second;
  find(".own").hidden = settings.data !== "own";
  plane.canvas.style.cursor = settings.data === "own" ? "crosshair" : "";
}

function on(name, action, event = "change") {
  fields.namedItem(name).addEventListener(event, event => action(event.target.value));
}
// A number that is in its limits, or else what was there.
function read_number(name, text) {
  const [least, most] = LIMITS[name], value = Number(text);
  const is_valid = text !== "" && value >= least && value <= most
    && (!WHOLE.includes(name) || Number.isInteger(value));
  return is_valid ? value : settings[name];
}

// Other data or another network: training begins with new weights.
for (const name of ["noise", "hidden", "second", "seed"])
  on(name, text => {
    settings[name] = read_number(name, text);
    settings.weights = "";
    restart();
  }, name === "seed" ? "change" : "input");
on("range", text => {
  settings.range = text;
  settings.weights = "";
  restart();
});
fields.namedItem("bias").addEventListener("change", event => {
  settings.bias = event.target.checked ? 1 : 0;
  settings.weights = "";
  restart();
});
on("data", text => {
  if (text === "own" && settings.data !== "own") {
    const from = X[0].length === 2 ? { X, y } : data.data_sets.xor[0];
    set_points(from.X.map((x, row) => [...x.map(value => Number(value.toFixed(2))), from.y[row]]));
  }
  settings.data = text;
  settings.weights = "";
  restart();
});
// Another way of training goes on from the weights that are there.
function set_rate(rate) {
  keep_weights();
  settings.rate = rate;
  restart();
}
on("rate", text => set_rate(read_number("rate", text)));
on("rate_slider", text => set_rate(Number((10 ** (Number(text) / 10)).toPrecision(3))), "input");
on("loss", text => {
  keep_weights();
  settings.loss = text;
  restart();
});
on("alpha", text => {
  keep_weights();
  settings.alpha = read_number("alpha", text);
  restart();
});

// ---- own points

function set_points(points) {
  settings.points = points.map(point => point.join(",")).join(";");
}
function change_points(points) {
  if (new Set(points.map(point => point[2])).size < 2) return;  // both classes are needed
  keep_weights();
  set_points(points);
  restart();
}
const own_points = () => X.map((x, row) => [...x, y[row]]);
function add_point(x0, x1) {
  if (!Number.isFinite(x0) || !Number.isFinite(x1)) return;
  const place = [x0, x1].map(value => Number(value.toFixed(2)));
  change_points([...own_points(), [...place, Number(fields.namedItem("own_class").value)]]);
}
plane.canvas.addEventListener("click", event => {
  if (settings.data !== "own") return;
  const box = plane.canvas.getBoundingClientRect();
  const parts = [(event.clientX - box.left) / box.width, 1 - (event.clientY - box.top) / box.height];
  const place = parts.map((part, axis) =>
    frame.low[axis] + part * (frame.high[axis] - frame.low[axis]));
  const reach = 8 * (frame.high[0] - frame.low[0]) / box.width;
  const rest = own_points().filter(([x0, x1]) => Math.hypot(x0 - place[0], x1 - place[1]) > reach);
  if (rest.length < X.length) change_points(rest);
  else add_point(...place);
});
fields.namedItem("add").addEventListener("click", () =>
  add_point(...["own_x0", "own_x1"].map(name => Number(fields.namedItem(name).value))));
fields.namedItem("remove_last").addEventListener("click", () => change_points(own_points().slice(0, -1)));
fields.namedItem("few").addEventListener("click", () =>
  change_points([0, 1].map(target => own_points().find(point => point[2] === target))));

// ---- weights by hand

function make_edge_list() {
  const name = node => (node === -1 ? "bias" : network.nodes[node][1]);
  fields.namedItem("edge").replaceChildren(...network.edges.map(([from, to], edge) =>
    element("option", { value: edge }, `${name(from)} to ${name(to)}`)));
}
function show_weight() {
  const value = in_order(weights_shown(), network.has_bias)[Number(fields.namedItem("edge").value)];
  fields.namedItem("value").value = value;
}
function edit_weight(edge, pointer) {
  if (stepper.state.timer !== null) stepper.pause();
  fields.namedItem("edge").value = edge;
  show_weight();
  if (pointer === "touch") return;  // on a phone the keyboard would hide the drawing
  fields.namedItem("value").focus();
  fields.namedItem("value").select();
}
on("edge", show_weight);
on("value", text => {
  const value = Number(text);
  if (text === "" || !Number.isFinite(value)) return show_weight();
  const changed = copy_of(weights_shown());
  // The row and the place in it of the edge, in the order of `in_order`.
  const rows = changed.coefs.flatMap((coef, layer) =>
    [...coef, ...(network.has_bias ? [changed.intercepts[layer]] : [])]);
  let at = Number(fields.namedItem("edge").value);
  for (const row of rows) {
    if (at >= 0 && at < row.length) row[at] = value;
    at -= row.length;
  }
  set_weights(changed);
  restart();
});

// ---- steps

function epochs_on(by) {
  const made = training.made() / training.n;
  return (by > 0 ? Math.floor(made) : Math.ceil(made)) + by;
}
const source = {
  get network() { return network; },
  now: () => shown,
  units: [
    { name: "phase", text: "step by step", milliseconds: 1600 },
    { name: "update", text: "update by update", milliseconds: 250 },
    { name: "epoch", text: "epoch by epoch", milliseconds: 100, epochs: 1 },
    { name: "epochs", text: "10 epochs at a time", milliseconds: 100, epochs: 10 },
    { name: "many", text: "100 epochs at a time", milliseconds: 100, epochs: 100 },
  ],
  move(by, unit) {
    const { epochs } = this.units.find(({ name }) => name === unit);
    const target = epochs ? epochs_on(by * epochs) * training.n : training.made() + by;
    if (target < 0 && training.made() === 0) return false;
    go_to(Math.max(target, 0));
    return true;
  },
  restart: () => false,  // training has no end
  show(state) {
    settings.terms = state.terms;
    settings.speed = state.unit;
    show_figures();
    show_programs();
    if (document.activeElement !== fields.namedItem("value")) show_weight();
    if (state.timer === null) write_address_soon(state);
  },
};

open_address();
const place = find(".controls .place");
function add_button(text, title, action) {
  const button = element("button", { type: "button", title }, text);
  button.addEventListener("click", action);
  place.before(button);
}
function move(unit) {
  source.move(1, unit);
  stepper.show();
}
add_button("+1 update", "the next update, in the same phase", () => move("update"));
add_button("+1 epoch", "to the first update of the next epoch", () => move("epoch"));
add_button("Reset", "new weights from the seed, no updates", () => {
  if (stepper.state.timer !== null) stepper.pause();
  settings.weights = "";
  restart();
});
addEventListener("hashchange", open_address);
