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
import {
  in_order, network_of, set_weight, sizes_of, text_of_weights, weights_of_text,
} from "./network.js";
import { initial_weights } from "./random.js";
import {
  has_both_classes, number_or_former, read_address, samples_of, text_of_points, text_of_state,
} from "./settings.js";
import { begin_training, copy_of } from "./training.js";

const OWN_FRAME = { low: [-2.6, -2.6], high: [2.6, 2.6] };

const page_as_loaded = document.documentElement.outerHTML;
const root = document.querySelector(".playground");
const data = JSON.parse(document.querySelector("body > script[type='application/json']").textContent);
const find = selector => root.querySelector(selector);
const fields = find(".settings").elements;
const draw = make_drawer(
  document.querySelector("template").content.querySelector("svg"), data.template_layout,
  data.value_places);

let settings;
let X, y, frame;  // samples, and the rectangle around them
let start, training, shown;  // weights that training begins with; training; the update that is shown
let network, stepper;  // what is drawn, and what steps through it
const has_bias = () => settings.bias === 1;
const sizes = () => sizes_of(settings, X[0].length);

// ---- settings to training

// Training from its beginning, with the settings.
function begin() {
  ({ X, y } = samples_of(settings, data.data_sets));
  const own_weights = weights_of_text(settings.weights, sizes(), has_bias());
  if (!own_weights) settings.weights = "";
  const range = settings.range === "auto" ? "auto" : Number(settings.range);
  start = own_weights ?? initial_weights(settings.seed, sizes(), range, has_bias());
  training = begin_training(X, y, start, {
    loss: settings.loss, LR: settings.rate, alpha: settings.alpha, has_bias: has_bias(),
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
  if (made_shown() > 0 || settings.weights)
    settings.weights = text_of_weights(weights_shown(), has_bias());
}

// Begin again after a change. The stepper shows the first update, forward.
function restart() {
  stepper.state.phase = 0;
  begin();
  show_settings();
  stepper.show();
}

// ---- the network's drawing and maps

const maps = element("div", { class: "maps" });
let map_canvases = [];

function draw_network() {
  const former = network;
  const layers = data.layers[sizes().length];
  network = network_of(sizes(), has_bias(), layers, data.losses[settings.loss]);
  const key = sizes().join("-") + (network.has_bias ? "+" : "");
  if (former?.key !== key || former.loss !== network.loss) {
    const inputs = network.nodes.filter(([layer]) => layer === 0).map(([, name]) => name);
    find(".drawing").replaceChildren(draw(data.layouts[key], {
      titles: data.titles[sizes().length], inputs,
      label: `A ${sizes().join("-")} network, ${network.has_bias ? "with" : "no"} bias nodes`,
    }));
    for (const part of root.querySelectorAll(".drawing :is(.hit, text.value)"))
      part.addEventListener("click", event => edit_weight(part.dataset.edge, event.pointerType));
    make_maps();
    make_edge_list();
    stepper?.set_network();
  }
  network.key = key;
}

const hidden_names = () => network.nodes.slice(X[0].length, -1).map(([, name]) => name);

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
    return { hidden: S_postA.slice(0, -1).flat(), output, FE: output - y[row],
      loss: loss_of(output - y[row], S_preA.at(-1)[0], y[row], settings.loss) };
  });
  const n_right = results.filter(({ output }, row) => (output > 0.5) === (y[row] === 1)).length;
  const n_close = results.filter(({ output }) => Math.abs(output - 0.5) < 0.05).length;
  const { losses } = training;
  curve.show([[losses, { stroke: BLUE, "stroke-width": 2 }]]);
  curve_words.textContent = (losses.length
    ? `Loss of each epoch, up to epoch ${losses.length}: ${number(losses.at(-1))}. `
    : "The loss of each epoch, after the first one. ")
    + `Now ${n_right} of ${X.length} outputs are on the right side of 0.5`
    + `${n_close ? `, but ${n_close} within 0.05 of it` : ""}.`;
  if (find(".samples").open) fill(find(".samples .scroll"),
    ["row", ...X[0].map((_, n) => `x${n}`), "T", ...hidden_names(), "output", "FE", "loss"], 0,
    results.map(({ hidden, output, FE, loss }, row) =>
      [row, ...X[row], y[row], ...[...hidden, output, FE, loss].map(number)].map(String)));
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
  const text = text_of_state(settings, training.made(), state.phase);
  if (`#${text}` !== location.hash) history.replaceState(null, "", `#${text}`);
}

function open_address() {
  if (stepper?.state.timer) stepper.pause();
  const speeds = source.units.map(({ name }) => name);
  const state = location.hash.slice(1) || document.body.dataset.state || "";
  const asked = read_address(state, data, speeds);
  settings = asked.settings;
  begin();
  go_to(asked.made);
  stepper ??= step_through(root, source, settings.terms);
  stepper.state.phase = asked.phase;
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
const read_number = (name, text) => number_or_former(name, text, settings[name]);

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
  settings.points = text_of_points(points);
}
function change_points(points) {
  if (!has_both_classes(points)) return;  // as the estimator, training needs both
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
  const value = in_order(weights_shown(), has_bias())[Number(fields.namedItem("edge").value)];
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
  set_weight(changed, has_bias(), Number(fields.namedItem("edge").value), value);
  settings.weights = text_of_weights(changed, has_bias());
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
// As the file was before this script changed it, but with the state.
add_button("Save", "a file of this page in this state, which works offline", () => {
  const state = text_of_state(settings, training.made(), stepper.state.phase);
  const text = state.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const made = `<!doctype html>\n${page_as_loaded.replace(/<body[^>]*>/, () => `<body data-state="${text}">`)}`;
  const link = element("a", { download: "playground.html" });
  link.href = URL.createObjectURL(new Blob([made], { type: "text/html" }));
  link.click();
  URL.revokeObjectURL(link.href);
});
addEventListener("hashchange", open_address);
