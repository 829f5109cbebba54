// Steps through the updates of a TrainingTrace. The numbers are those of the trace; the scripts only
// multiply what flows along an edge, and evaluate the decision surface.
import { BLUE, chart, element, figure, frame_of, grid, surface } from "./figures.js";
import { forward } from "./forward.js";
import { step_through } from "./step_through.js";
import { number, short } from "./words.js";

// coefs and intercepts, from all weights layer by layer, those of the bias node last.
function weights_of(flat, sizes) {
  const coefs = [], intercepts = [];
  let at = 0;
  const take = count => {
    at += count;
    return flat.slice(at - count, at);
  };
  for (const [layer, fan_out] of sizes.slice(1).entries()) {
    coefs.push(Array.from({ length: sizes[layer] }, () => take(fan_out)));
    intercepts.push(take(fan_out));
  }
  return { coefs, intercepts };
}

function show_trace(root) {
  const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const { updates } = data, side = root.querySelector(".side");
  let at = 0;
  const now = () => updates[at];
  const last = updates.length - 1;

  const slider = element("input", {
    type: "range", min: 0, max: last, step: 1, value: 0, "aria-label": "update",
  });
  const losses = chart("loss of each update, and the mean loss so far", short);
  const loss_words = element("figcaption");
  side.append(figure(losses.svg, loss_words));
  const plane = data.surface
    && surface("output of the network over the plane of its two inputs");
  if (plane) side.append(figure(plane.canvas, element("figcaption", {},
    `Output over ${data.nodes[0][1]} (to the right) and ${data.nodes[1][1]} (up): blue above 0.5, `
    + "orange below. Filled circles: T = 1. Large circle: this sample.")));

  function show_surface(state) {
    const { points, targets, sizes, last } = data.surface;
    // After the change, these are the weights of the next update, if none is between them.
    const following = updates[at + 1];
    const is_next = following && following.number === now().number + 1;
    const changed = is_next ? following.all : following ? now().all : last;
    const { coefs, intercepts } = weights_of(state.phase === 2 ? changed : now().all, sizes);
    const frame = frame_of(points);
    const values = grid(frame, x => forward(x, coefs, intercepts).S_postA.at(-1)[0]);
    plane.show(values, frame, points, targets, now().S_postA.slice(0, 2), now().T);
  }

  const source = {
    network: data,
    now,
    units: [
      { name: "phase", text: "step by step", milliseconds: 1600 },
      { name: "update", text: "update by update", milliseconds: 250 },
    ],
    move(by) {
      if (at + by < 0 || at + by > last) return false;
      at += by;
      return true;
    },
    restart() {
      if (at < last) return false;
      at = 0;
      return true;
    },
    show(state) {
      slider.value = at;
      slider.setAttribute("aria-valuetext", `Update ${now().number}, epoch ${now().epoch}`);
      losses.show([
        [updates.map(u => u.loss), { stroke: "currentColor", "stroke-opacity": 0.4 }],
        [updates.map(u => u.mean), { stroke: BLUE, "stroke-width": 2.5 }],
      ], at);
      loss_words.textContent = `Loss ${number(now().loss)} (thin line). Mean loss of the updates `
        + `shown so far: ${number(now().mean)} (blue line).`;
      if (plane) show_surface(state);
    },
  };
  const stepper = step_through(root, source, data.terms);
  root.querySelector(".controls .place").before(slider);
  slider.addEventListener("input", () => { at = Number(slider.value); stepper.show(); });
  stepper.show();
}

for (const root of document.querySelectorAll(".sklearn-mlp-training:not([data-ready])")) {
  root.dataset.ready = "";
  show_trace(root);
}
