// Steps through the updates of a TrainingTrace. The numbers are those of the trace; the script only
// multiplies what flows along an edge, and evaluates the decision surface.
for (const root of document.querySelectorAll(".sklearn-mlp-training:not([data-ready])")) {
  root.dataset.ready = "";
  const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
  const { nodes, edges, updates, surface } = data;
  const n_inputs = nodes.filter(([layer]) => layer === 0).length;
  const output = nodes.length - 1;
  const BLUE = "#2f81e0", ORANGE = "#cf6a17";
  const PHASES = ["forward", "backward", "change"];
  const state = { at: 0, phase: 0, terms: data.terms, timer: null, chosen: null };

  // ---- numbers

  function number(value) {
    if (value === null) return "not finite";
    value += 0;
    const size = Math.abs(value);
    if (size === 0 || (size >= 1e-3 && size < 1e6)) return value.toFixed(6);
    return value.toExponential(4).replace(/e([+-])(\d)$/, "e$10$2");
  }
  function short(value) {
    if (value === null) return "?";
    const size = Math.abs(value);
    if (size === 0) return "0";
    if (!(size >= 5e-4 && size < 999.5)) return value.toExponential(0).replace("e+", "e");
    return value.toFixed(size < 0.1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0);
  }
  const factor = value => (value < 0 ? `(${number(value)})` : number(value));
  const now = () => updates[state.at];
  const preactivation = node => now().S_preA[node - n_inputs];
  const error = node => now().error[node - n_inputs];
  const signal = node => (node === -1 ? 1 : now().S_postA[node]);
  const derivative = node => signal(node) * (1 - signal(node));
  const gradient = edge => signal(edges[edge][0]) * error(edges[edge][1]);
  const name = node => (node === -1 ? "bias" : nodes[node][1]);

  // ---- words

  // Article, standard, and what it means.
  const TERMS = {
    S_preA: ["S_preA", "preactivation", "sum of the inputs of a node times their weights"],
    S_postA: ["S_postA", "activation", "what a node passes on: f(S_preA)"],
    f: ["f", "logistic function", "1 / (1 + exp(-x)), between 0 and 1"],
    f_prime: ["f'(S_preA)", "derivative",
      "slope of f there, f * (1 - f): how much S_postA grows for a small growth of S_preA"],
    T: ["T", "target", `what the output should be: 1 for class ${data.of}, else 0`],
    FE: ["FE", "final error", "output minus target"],
    S_ERROR: ["S_ERROR", "delta of the output",
      "error signal of the output node, O: how the loss changes with its S_preA; "
      + data.loss.error_signal_meaning],
    error: ["error signal", "delta",
      "how the loss changes with the S_preA of a node: what flows back"],
    gradient: ["gradient", "gradient",
      "how the loss changes with a weight: its input times the error signal it leads to"],
    LR: ["LR", "learning rate", "how far a weight moves against its gradient"],
    loss: ["loss", "loss", `what training makes small: ${data.loss.meaning}`],
    epoch: ["epoch", "epoch", "one pass over all samples"],
    ...(data.has_bias && {
      bias: ["bias", "bias", "a node that is always 1; it shifts the sums of the next layer"] }),
    node: [name(n_inputs), name(n_inputs), "a hidden node; they are counted from 0, from the top"],
    power: ["4e-5", "4e-5", "4 · 10^-5 = 0.00004"],
  };
  const term = key => TERMS[key][state.terms === "article" ? 0 : 1];

  function inputs_of(node) {
    return edges.map((edge, number) => [edge, number]).filter(([[, to]]) => to === node);
  }
  function sum_of(terms) {
    return terms.length <= 5 && data.is_small
      ? terms.join(" + ") : `${terms.slice(0, 3).join(" + ")} + …`;
  }
  function about_node(node) {
    if (nodes[node][0] === 0) return `${name(node)} is an input: ${number(signal(node))}.`;
    if (state.phase === 0) {
      const terms = inputs_of(node).map(([[from], edge]) =>
        `${number(signal(from))} · ${factor(now().weights[edge])}`);
      return `${name(node)}: ${term("S_preA")} = ${sum_of(terms)} = ${number(preactivation(node))}. `
        + `${term("S_postA")} = 1 / (1 + exp(-${factor(preactivation(node))})) = `
        + `${number(signal(node))}.`;
    }
    if (node === output) return about_output();
    const terms = edges.map((edge, number) => [edge, number]).filter(([[from]]) => from === node)
      .map(([[, to], edge]) => `${factor(now().weights[edge])} · ${factor(error(to))}`);
    return `${name(node)}: ${term("error")} = weight · ${term("error")} of the next node · `
      + `${term("f_prime")} = ${terms.length > 1 ? `(${sum_of(terms)})` : terms[0]} · `
      + `${number(derivative(node))} = ${number(error(node))}.`;
  }
  function about_output() {
    const u = now(), formula = data.loss.error_signal;
    // The terms and the values of what the formula names.
    const quantities = {
      FE: [term("FE"), factor(u.FE)],
      "f'(S_preA,O)": [term("f_prime"), number(derivative(output))],
    };
    const written = which => formula.replace(/FE|f'\(S_preA,O\)/g, name => quantities[name][which])
      .replaceAll("*", "·");
    const steps = [term("S_ERROR"), written(0)];
    if (!(formula in quantities)) steps.push(written(1));  // one quantity is the result itself
    return `${term("FE")} = ${number(signal(output))} - ${u.T} = ${number(u.FE)}. `
      + `${[...steps, number(u.S_ERROR)].join(" = ")}.`;
  }
  function about_edge(edge) {
    const [from, to] = edges[edge], u = now(), weight = u.weights[edge];
    const way = `${name(from)} to ${name(to)}`;
    if (state.phase === 0)
      return `${way}: the weight is ${number(weight)}. It carries ${number(signal(from))} · `
        + `${factor(weight)} = ${number(signal(from) * weight)}.`;
    if (state.phase === 1)
      return `${way}: ${term("gradient")} = input · ${term("error")} of ${name(to)} = `
        + `${number(signal(from))} · ${factor(error(to))} = ${number(gradient(edge))}.`;
    const shrunk = u.shrink !== 1 && from !== -1
      ? `${number(u.shrink)} · ${factor(weight)}` : number(weight);
    const rate = u.step === 1 ? number(u.LR) : `${number(u.LR)} · ${number(u.step)}`;
    return `${way}: weight after = weight - ${term("LR")} · ${term("gradient")} = ${shrunk} - `
      + `${rate} · ${factor(gradient(edge))} = ${number(u.after[edge])}.`;
  }
  function largest_hidden() {
    const hidden = now().error.slice(0, -1).map(Math.abs);
    return n_inputs + hidden.indexOf(Math.max(...hidden));
  }
  function about_drawing() {
    return [
      `Numbers in the circles: ${term("S_postA")}. On the lines: weights.`,
      `Numbers in the circles: ${term("error")}s (of an input, its value). On the lines: `
      + `${term("gradient")}s.`,
      `Numbers in the circles: ${term("S_postA")} before the change. On the lines: weights after `
      + "the change.",
    ][state.phase];
  }
  function sentences() {
    const u = now();
    const inputs = nodes.slice(0, n_inputs).map((_, node) =>
      `${name(node)} = ${short(signal(node))}`).slice(0, 4).join(", ") + (n_inputs > 4 ? ", …" : "");
    if (state.phase === 0) return [
      `Forward. The sample is row ${u.row}, of class ${u.label}: ${inputs}. Each node adds up its `
      + `inputs times their weights (${term("S_preA")}) and passes on f of the sum `
      + `(${term("S_postA")}), a number between 0 and 1.`,
      `The output is ${number(signal(output))}. It should be ${term("T")} = ${u.T}.`];
    const sizes = edges.map((_, edge) => Math.abs(gradient(edge)));
    const largest = sizes.indexOf(Math.max(...sizes));
    if (state.phase === 1) return [
      `Backward. How wrong is the output, and which weights are to blame? ${about_output()}`,
      `From there the ${term("error")} flows back through the weights; each hidden node multiplies `
      + `it by its own ${term("f_prime")}. ${about_node(largest_hidden())}`,
      `The ${term("gradient")} of a weight is the signal that went in through it, times the `
      + `${term("error")} of the node that it leads to. ${about_edge(largest)}`];
    return [
      `Change. Every weight moves against its ${term("gradient")}, by ${term("LR")} = `
      + `${Number(u.LR.toPrecision(6))} times as much. For instance, ${about_edge(largest)}`,
      `The loss of this sample was ${number(u.loss)}. After the change, the output for it is `
      + `${number(u.S_postA_after)}.`];
  }

  // ---- drawing

  const drawing = root.querySelector(".drawing svg");
  const lines = [...drawing.querySelectorAll("line.edge")];
  const values = [...drawing.querySelectorAll("text.value")];
  const groups = [...drawing.querySelectorAll("g.node")];

  function show() {
    const u = now(), phase = state.phase;
    const of_edges = phase === 1 ? edges.map((_, edge) => gradient(edge))
      : phase === 2 ? u.after : u.weights;
    const largest = {};
    edges.forEach(([, to], edge) => {
      const layer = nodes[to][0];
      largest[layer] = Math.max(largest[layer] || 0, Math.abs(of_edges[edge]));
    });
    lines.forEach((line, edge) => {
      const layer = nodes[edges[edge][1]][0];
      const size = largest[layer] ? Math.min(Math.abs(of_edges[edge]) / largest[layer], 1) : 0;
      line.setAttribute("stroke", of_edges[edge] < 0 ? ORANGE : BLUE);
      line.setAttribute("stroke-width", (0.5 + 3.5 * size).toFixed(2));
      line.setAttribute("stroke-opacity", (0.45 + 0.55 * size).toFixed(2));
      line.classList.toggle("chosen", state.chosen === line);
      line.querySelector("title").textContent = about_edge(edge);
    });
    for (const value of values) value.textContent = short(of_edges[value.dataset.edge]);
    groups.forEach((group, node) => {
      const layer = nodes[node][0];
      group.querySelector("text").textContent =
        short(phase === 1 && layer > 0 ? error(node) : signal(node));
      group.querySelector("title").textContent = about_node(node);
      group.setAttribute("aria-label", about_node(node));
      group.classList.toggle("chosen", state.chosen === group);
    });
    const short_terms = state.terms === "article" ? ["T", "FE"] : ["target", "error"];
    drawing.querySelector("text.target").textContent = `${short_terms[0]} = ${u.T}`;
    drawing.querySelector("text.error").textContent =
      phase === 0 ? "" : `${short_terms[1]} = ${short(u.FE)}`;
    drawing.classList.toggle("flows", state.timer !== null && phase < 2);
    drawing.classList.toggle("backward", phase === 1);

    slider.value = state.at;
    place.textContent = `Update ${u.number}, epoch ${u.epoch}`;
    slider.setAttribute("aria-valuetext", place.textContent);
    for (const [at, button] of phases.entries()) button.setAttribute("aria-pressed", at === phase);
    play.textContent = state.timer === null ? "Play" : "Pause";
    const shown = state.chosen === null ? sentences()
      : [state.chosen.dataset.node ? about_node(+state.chosen.dataset.node)
        : about_edge(+state.chosen.dataset.edge)];
    root.querySelector(".shown").textContent = about_drawing();
    words.replaceChildren(...shown.map(text => element("p", {}, text)));
    show_table();
    show_losses();
    show_surface();
  }

  function element(tag, attributes = {}, text = "") {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    return made;
  }

  // ---- controls

  const controls = root.querySelector(".controls"), words = root.querySelector(".words");
  const back = element("button", { type: "button", title: "one step back" }, "◀");
  const play = element("button", { type: "button" }, "Play");
  const next = element("button", { type: "button", title: "one step on" }, "▶");
  const slider = element("input", {
    type: "range", min: 0, max: updates.length - 1, step: 1, value: 0, "aria-label": "update",
  });
  const place = element("span", { class: "place" });
  const speed = element("select", { "aria-label": "speed" });
  speed.append(element("option", { value: "phase" }, "step by step"),
    element("option", { value: "update" }, "update by update"));
  const phases = ["1 Forward", "2 Backward", "3 Change"].map((text, at) => {
    const button = element("button", { type: "button" }, text);
    button.addEventListener("click", () => { state.phase = at; show(); });
    return button;
  });
  const terms = element("select", { "aria-label": "names of the quantities" });
  terms.append(element("option", { value: "article" }, "the article's names"),
    element("option", { value: "standard" }, "standard names"));
  terms.value = state.terms;
  const more = element("div", { class: "controls" });
  controls.append(back, play, next, slider, place);
  more.append(...phases, speed, terms);
  controls.after(more);

  function step(by) {
    const unit = speed.value === "phase" ? 1 : PHASES.length;
    const last = updates.length * PHASES.length - 1;
    const at = state.at * PHASES.length + state.phase + by * unit;
    if (at > last || at < 0) return false;
    [state.at, state.phase] = [Math.floor(at / PHASES.length), at % PHASES.length];
    show();
    return true;
  }
  function pause() {
    clearInterval(state.timer);
    state.timer = null;
    show();
  }
  play.addEventListener("click", () => {
    if (state.timer !== null) return pause();
    if (state.at === updates.length - 1) [state.at, state.phase] = [0, 0];
    state.chosen = null;
    const tick = () => { if (!root.isConnected || !step(1)) pause(); };
    state.timer = setInterval(tick, speed.value === "phase" ? 1600 : 250);
    show();
  });
  back.addEventListener("click", () => step(-1));
  next.addEventListener("click", () => step(1));
  slider.addEventListener("input", () => { state.at = +slider.value; show(); });
  speed.addEventListener("change", () => { if (state.timer !== null) pause(); });
  terms.addEventListener("change", () => { state.terms = terms.value; show_legend(); show(); });
  for (const part of [...lines, ...groups]) {
    if (part.dataset.node) {
      part.setAttribute("tabindex", 0);
      part.setAttribute("role", "img");
    }
    const choose = () => { state.chosen = part; show(); };
    const leave = () => { if (state.chosen === part) { state.chosen = null; show(); } };
    part.addEventListener("pointerenter", choose);
    part.addEventListener("pointerleave", leave);
    part.addEventListener("focus", choose);
    part.addEventListener("blur", leave);
  }

  // ---- legend and table

  function show_legend() {
    const list = element("dl");
    for (const [article, standard, meaning] of Object.values(TERMS)) {
      const [first, second] = state.terms === "article" ? [article, standard] : [standard, article];
      list.append(element("dt", {}, first),
        element("dd", {}, (second === first ? "" : `${second}: `) + meaning));
    }
    const legend = root.querySelector(".legend");
    legend.querySelector("dl")?.remove();
    legend.append(list);
  }
  const table = root.querySelector(".weights");
  table.addEventListener("toggle", () => show());
  function show_table() {
    if (!table.open) return;
    const made = element("table"), head = element("tr"), body = element("tbody");
    for (const text of ["from", "to", "input", term("error"), term("gradient"), "before", "after"])
      head.append(element("th", {}, text));
    edges.forEach(([from, to], edge) => {
      const row = element("tr");
      row.append(element("td", { class: "name", title: name(from) }, name(from)),
        element("td", { class: "name" }, name(to)));
      for (const value of [signal(from), error(to), gradient(edge), now().weights[edge],
        now().after[edge]]) row.append(element("td", {}, number(value)));
      body.append(row);
    });
    const top = element("thead");
    top.append(head);
    made.append(top, body);
    table.querySelector(".scroll").replaceChildren(made);
  }

  // ---- loss, and decision surface

  const side = root.querySelector(".side");
  const SVG = "http://www.w3.org/2000/svg";
  function figure(content, caption) {
    const made = element("figure");
    made.append(content, caption);
    side.append(made);
  }
  function curve(points, attributes) {
    const made = document.createElementNS(SVG, "polyline");
    made.setAttribute("points", points.map(p => p.map(v => v.toFixed(1)).join(",")).join(" "));
    for (const [key, value] of Object.entries({ fill: "none", ...attributes }))
      made.setAttribute(key, value);
    return made;
  }
  const losses = document.createElementNS(SVG, "svg");
  losses.setAttribute("viewBox", "0 0 240 110");
  losses.setAttribute("role", "img");
  losses.setAttribute("aria-label", "loss of each update, and their mean so far");
  const highest = Math.max(...updates.map(u => u.loss)) || 1;
  const at_x = n => 36 + 198 * (updates.length > 1 ? n / (updates.length - 1) : 0.5);
  const at_y = loss => 104 - 98 * Math.min(loss / highest, 1);
  const marker = curve([[0, 0]], { stroke: "currentColor", "stroke-width": 1 });
  const axis = [[highest, 14], [0, 104]].map(([loss, y]) => {
    const label = document.createElementNS(SVG, "text");
    for (const [key, value] of Object.entries({ x: 4, y, class: "small" }))
      label.setAttribute(key, value);
    label.textContent = short(loss);
    return label;
  });
  losses.append(
    ...axis, curve(updates.map((u, n) => [at_x(n), at_y(u.loss)]),
      { stroke: "currentColor", "stroke-opacity": 0.4 }),
    curve(updates.map((u, n) => [at_x(n), at_y(u.mean)]), { stroke: BLUE, "stroke-width": 2.5 }),
    marker);
  const loss_words = element("figcaption");
  figure(losses, loss_words);
  function show_losses() {
    marker.setAttribute("points", `${at_x(state.at).toFixed(1)},2 ${at_x(state.at).toFixed(1)},108`);
    loss_words.textContent = `Loss ${number(now().loss)} (thin line). Mean of the updates `
      + `shown so far ${number(now().mean)} (blue line).`;
  }

  const N = 44;
  const canvas = surface && element("canvas", {
    width: 264, height: 264, role: "img",
    "aria-label": "output of the network over the plane of its two inputs",
  });
  let low, high;
  if (surface) {
    const all = [0, 1].map(axis => surface.points.map(point => point[axis]));
    low = all.map(values => Math.min(...values));
    high = all.map(values => Math.max(...values));
    for (const axis of [0, 1]) {
      const room = 0.15 * (high[axis] - low[axis]) || 1;
      low[axis] -= room;
      high[axis] += room;
    }
    figure(canvas, element("figcaption", {},
      `Output over ${name(0)} (to the right) and ${name(1)} (up): blue above 0.5, orange below. `
      + "Filled circles: T = 1. Large circle: this sample."));
  }
  function output_at(weights, x) {
    let at = 0;
    for (let layer = 1; layer < surface.sizes.length; layer++) {
      const fan_in = x.length, fan_out = surface.sizes[layer], next = [];
      for (let j = 0; j < fan_out; j++) {
        let sum = weights[at + fan_in * fan_out + j];
        for (let i = 0; i < fan_in; i++) sum += x[i] * weights[at + i * fan_out + j];
        next.push(1 / (1 + Math.exp(-sum)));
      }
      at += (fan_in + 1) * fan_out;
      x = next;
    }
    return x[0];
  }
  function show_surface() {
    if (!surface) return;
    // After the change, these are the weights of the next update, if none is between them.
    const following = updates[state.at + 1];
    const is_next = following && following.number === now().number + 1;
    const changed = is_next ? following.all : following ? now().all : surface.last;
    const weights = state.phase === 2 ? changed : now().all;
    const context = canvas.getContext("2d"), cell = canvas.width / N;
    context.clearRect(0, 0, canvas.width, canvas.height);
    const value = (axis, part) => low[axis] + part * (high[axis] - low[axis]);
    for (let row = 0; row < N; row++)
      for (let column = 0; column < N; column++) {
        const x = [value(0, (column + 0.5) / N), value(1, 1 - (row + 0.5) / N)];
        const output = output_at(weights, x);
        context.globalAlpha = 0.08 + 1.3 * Math.abs(output - 0.5);
        context.fillStyle = output < 0.5 ? ORANGE : BLUE;
        context.fillRect(column * cell, row * cell, cell, cell);
      }
    context.globalAlpha = 1;
    context.strokeStyle = context.fillStyle = getComputedStyle(root).color;
    const draw = (point, target, radius) => {
      context.beginPath();
      const part = axis => (point[axis] - low[axis]) / (high[axis] - low[axis]);
      context.arc(part(0) * canvas.width, (1 - part(1)) * canvas.height, radius, 0, 7);
      context.lineWidth = 2;
      if (target) context.fill();
      context.stroke();
    };
    for (const [n, point] of surface.points.entries()) draw(point, surface.targets[n], 4);
    draw(now().S_postA.slice(0, 2), now().T, 8);
  }

  show_legend();
  show();
}
