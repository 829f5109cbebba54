// Steps through updates of the weights: the drawing, its phases, the words and the tables.
//
// The updates come from a source, which is either a recorded list or training itself:
//   source.network      nodes, edges, layers and words of the network, see words.js
//   source.now()        the update that is shown
//   source.move(by, unit)   goes on (by = 1) or back (-1) by a unit; false if there is nothing there
//   source.restart()    from the end to the beginning, before playing
//   source.units        name, words and milliseconds while playing of each unit; the first is "phase"
//   source.show(state)  shows what stands beside the drawing
import { BLUE, element, ORANGE } from "./figures.js";
import { make_words, number, short } from "./words.js";

const N_PHASES = 3;

export function step_through(root, source, first_terms) {
  const state = { phase: 0, terms: first_terms, timer: null, chosen: null };
  const now = () => source.now();
  const find = selector => root.querySelector(selector);
  let network, words, drawing, lines, values, groups, biases;

  // ---- drawing

  // Take over another network; its drawing is already in the page.
  function set_network() {
    network = source.network;
    words = make_words(network, state, now);
    drawing = find(".drawing svg");
    drawing.setAttribute("role", "group");  // an image has no parts to go to
    const all = selector => [...drawing.querySelectorAll(selector)];
    [lines, values] = [all("line.edge"), all("text.value")];
    [groups, biases] = [all("g.node"), all("g.bias")];
    state.chosen = null;
    for (const part of [...groups, ...biases]) {
      part.setAttribute("tabindex", 0);
      part.setAttribute("role", "img");
      part.addEventListener("focus", () => choose(part));
      part.addEventListener("blur", () => leave(part));
    }
    const hits = all(".hit");
    // A value is its line's: other lines may run below it.
    const pointed = [...values.map(value => [value, hits[value.dataset.edge]]),
      ...[...hits, ...groups, ...biases].map(part => [part, part])];
    for (const [part, chosen] of pointed) {
      part.addEventListener("pointerenter", () => choose(chosen));
      // A finger that is lifted leaves the words there, until it touches something else.
      part.addEventListener("pointerleave", event => {
        if (event.pointerType !== "touch") leave(chosen);
      });
    }
    drawing.addEventListener("pointerdown", event => {
      if (event.target === drawing) choose(null);
    });
    show_legend();
  }
  function choose(part) {
    state.chosen = part;
    show();
  }
  function leave(part) {
    if (state.chosen !== part) return;
    state.chosen = null;
    show();
  }

  function about(part) {
    if (part.classList.contains("node")) return words.about_node(Number(part.dataset.node));
    if (part.classList.contains("bias")) return words.about_bias(biases.indexOf(part));
    return words.about_edge(Number(part.dataset.edge));
  }
  // The tooltip and the label of a node or line, and whether it stands out.
  function describe(part) {
    const text = about(part);
    part.querySelector("title").textContent = text;
    part.setAttribute("aria-label", text);
    part.classList.toggle("chosen", state.chosen === part);
  }
  function show_drawing() {
    const u = now(), phase = state.phase, { nodes, edges } = network;
    const of_edges = [u.weights, edges.map((_, edge) => words.gradient(edge)), u.after][phase];
    const largest = {};
    for (const [edge, [, to]] of edges.entries()) {
      const layer = nodes[to][0];
      largest[layer] = Math.max(largest[layer] || 0, Math.abs(of_edges[edge]));
    }
    for (const [edge, line] of lines.entries()) {
      const layer = nodes[edges[edge][1]][0];
      const size = largest[layer] ? Math.min(Math.abs(of_edges[edge]) / largest[layer], 1) : 0;
      line.setAttribute("stroke", of_edges[edge] < 0 ? ORANGE : BLUE);
      line.setAttribute("stroke-width", (0.5 + 3.5 * size).toFixed(2));
      line.setAttribute("stroke-opacity", (0.45 + 0.55 * size).toFixed(2));
      line.classList.toggle("chosen", state.chosen === line.nextElementSibling);
      describe(line.nextElementSibling);
    }
    for (const value of values) {
      value.textContent = short(of_edges[value.dataset.edge]);
      const line = lines[value.dataset.edge];
      value.classList.toggle("chosen", state.chosen === line.nextElementSibling);
    }
    for (const [node, group] of groups.entries()) {
      const is_error = phase === 1 && nodes[node][0] > 0;
      group.querySelector("text").textContent =
        short(is_error ? words.error(node) : words.signal(node));
      describe(group);
    }
    biases.forEach(describe);
    const [target, error] = state.terms === "article" ? ["T", "FE"] : ["target", "error"];
    drawing.querySelector("text.target").textContent = `${target} = ${u.T}`;
    drawing.querySelector("text.error").textContent = phase === 0 ? "" : `${error} = ${short(u.FE)}`;
    const is_slow = state.timer !== null && unit().milliseconds >= 250;
    drawing.classList.toggle("flows", is_slow && phase < 2);
    drawing.classList.toggle("backward", phase === 1);
  }

  function show() {
    const u = now();
    show_drawing();
    place.textContent = `Update ${u.number}, epoch ${u.epoch}`;
    for (const [at, button] of phases.entries())
      button.setAttribute("aria-pressed", at === state.phase);
    play.textContent = state.timer === null ? "Play" : "Pause";
    find(".shown").textContent = words.about_drawing();
    const texts = state.chosen === null ? words.sentences() : [about(state.chosen)];
    find(".words").setAttribute("aria-live", state.timer === null ? "polite" : "off");
    find(".words").replaceChildren(...texts.map(text => element("p", {}, text)));
    show_tables();
    source.show({ ...state, unit: speed.value });
  }

  // ---- controls

  const back = element("button", { type: "button", title: "one step back" }, "◀");
  const play = element("button", { type: "button", class: "play" }, "Play");
  const next = element("button", { type: "button", title: "one step on" }, "▶");
  back.setAttribute("aria-label", "one step back");
  next.setAttribute("aria-label", "one step on");
  const place = element("span", { class: "place" });
  const speed = element("select", { "aria-label": "length of a step" });
  speed.append(...source.units.map(({ name, text }) => element("option", { value: name }, text)));
  const unit = () => source.units.find(({ name }) => name === speed.value);
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
  find(".controls").append(back, play, next, place);
  more.append(...phases, speed, terms);
  find(".controls").after(more);

  function step(by) {
    const phase = state.phase + by;
    const is_within = speed.value === "phase" && phase >= 0 && phase < N_PHASES;
    if (!is_within && !source.move(by, speed.value === "phase" ? "update" : speed.value))
      return false;
    if (speed.value === "phase") state.phase = (phase + N_PHASES) % N_PHASES;
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
    if (source.restart()) state.phase = 0;
    state.chosen = null;
    const tick = () => { if (!root.isConnected || !step(1)) pause(); };
    state.timer = setInterval(tick, unit().milliseconds);
    show();
  });
  back.addEventListener("click", () => step(-1));
  next.addEventListener("click", () => step(1));
  speed.addEventListener("change", pause);
  function set_terms(name) {
    terms.value = state.terms = name;
    show_legend();
  }
  function set_unit(name) {
    speed.value = name;
  }
  terms.addEventListener("change", () => { set_terms(terms.value); show(); });

  // ---- legend and tables

  function show_legend() {
    const list = element("dl");
    for (const [article, standard, meaning] of Object.values(words.TERMS)) {
      const [first, second] = state.terms === "article" ? [article, standard] : [standard, article];
      list.append(element("dt", {}, first),
        element("dd", {}, (second === first ? "" : `${second}: `) + meaning));
    }
    find(".legend dl")?.remove();
    find(".legend").append(list);
  }
  for (const kind of [".weights", ".nodes"]) find(kind).addEventListener("toggle", () => show());
  function show_tables() {
    const { term, name, matrix, signal, error, gradient, preactivation, derivative } = words;
    const u = now(), { nodes, edges } = network;
    if (find(".weights").open) fill(find(".weights .scroll"),
      ["from", "to", "matrix", "input", term("error"), term("gradient"), "before", "after"], 3,
      edges.map(([from, to], edge) => [name(from), name(to), matrix(edge),
        ...[signal(from), error(to), gradient(edge), u.weights[edge], u.after[edge]].map(number)]));
    if (find(".nodes").open) fill(find(".nodes .scroll"),
      ["node", term("S_preA"), term("S_postA"), term("f_prime"), term("error")], 1,
      nodes.map(([layer], node) => [name(node), ...(layer === 0
        ? ["", number(signal(node)), "", ""]
        : [preactivation(node), signal(node), derivative(node), error(node)].map(number))]));
  }

  set_network();
  return { state, set_network, set_terms, set_unit, show, pause };
}

// A table of texts, of which the first `n_names` columns are names.
export function fill(place, heads, n_names, rows) {
  const cells = (tag, texts) => texts.map((text, column) =>
    element(tag, column < n_names ? { class: "name", title: text } : {}, text));
  const row_of = (tag, texts) => {
    const row = element("tr");
    row.append(...cells(tag, texts));
    return row;
  };
  const table = element("table"), head = element("thead"), body = element("tbody");
  head.append(row_of("th", heads));
  body.append(...rows.map(texts => row_of("td", texts)));
  table.append(head, body);
  place.replaceChildren(table);
}
