// The numbers and words of a page that steps through updates: what each quantity is called, and how
// each number is computed.
export function number(value) {
  if (!Number.isFinite(value)) return "not finite";
  const size = Math.abs(value);
  if (size === 0) return "0.000000";  // no minus before zero
  if (size >= 1e-3 && size < 1e6) return value.toFixed(6);
  return value.toExponential(4).replace(/e([+-])(\d)$/, "e$10$2");
}

export function short(value) {
  if (!Number.isFinite(value)) return "?";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (!(size >= 5e-4 && size < 999.5)) return value.toExponential(0).replace("e+", "e");
  return value.toFixed(size < 0.1 ? 3 : size < 10 ? 2 : size < 100 ? 1 : 0);
}

const factor = value => (value < 0 ? `(${number(value)})` : number(value));

// Words about the update `now()` of a network, in the phase and with the names of `state`.
//
// network.nodes: layer and name of each node; network.edges: the numbers of the nodes at both ends,
// -1 for a bias node; network.layers: names of the layers.
export function make_words(network, state, now) {
  const { nodes, edges, layers, loss } = network;
  const n_inputs = nodes.filter(([layer]) => layer === 0).length;
  const output = nodes.length - 1;

  const layer_of = node => nodes[node][0];
  const preactivation = node => now().S_preA[node - n_inputs];
  const error = node => now().error[node - n_inputs];
  const signal = node => (node === -1 ? 1 : now().S_postA[node]);
  const derivative = node => signal(node) * (1 - signal(node));
  const gradient = edge => signal(edges[edge][0]) * error(edges[edge][1]);
  const name = node => (node === -1 ? "bias" : nodes[node][1]);
  const is_before_output = node => layer_of(node) === layers.length - 2;
  // ItoH, HtoO
  const matrix = edge => {
    const layer = layer_of(edges[edge][1]);
    return `${layers[layer - 1]}to${layers[layer]}`;
  };

  // Article, standard, and what it means.
  const TERMS = {
    S_preA: ["S_preA", "preactivation", "sum of the inputs of a node times their weights"],
    S_postA: ["S_postA", "activation", "what a node passes on: f(S_preA)"],
    f: ["f", "logistic function", "1 / (1 + exp(-x)), between 0 and 1"],
    f_prime: ["f'(S_preA)", "derivative",
      "slope of f there, f * (1 - f): how much S_postA grows for a small growth of S_preA"],
    T: ["T", "target", `what the output should be: 1 for class ${network.of}, else 0`],
    FE: ["FE", "final error", "output minus target"],
    S_ERROR: ["S_ERROR", "delta of the output",
      "error signal of the output node, O: how the loss changes with its S_preA; "
      + loss.error_signal_meaning],
    error: ["error signal", "delta",
      "how the loss changes with the S_preA of a node: what flows back"],
    gradient: ["gradient", "gradient",
      "how the loss changes with a weight: what flows into it, times the error signal of the node "
      + "it leads to"],
    LR: ["LR", "learning rate", "a weight changes by -LR * gradient"],
    loss: ["loss", "loss", `what training minimizes: ${loss.meaning}`],
    epoch: ["epoch", "epoch", "one pass over all samples"],
    ...Object.fromEntries(layers.slice(1).map((layer, number) => {
      const matrix = `${layers[number]}to${layer}`;
      return [matrix, [matrix, `weights of layer ${number + 1}`,
        `the weights from ${layers[number]} to ${layer} (I: inputs, H: hidden nodes, O: output)`]];
    })),
    ...(network.has_bias && {
      bias: ["bias", "bias", "a node that is always 1; it shifts the sums of the next layer"] }),
    node: [name(n_inputs), name(n_inputs), "a hidden node; they are counted from 0, from the top"],
    power: ["4e-5", "4e-5", "4 · 10^-5 = 0.00004"],
  };
  const is_article = () => state.terms === "article";
  const term = key => TERMS[key][is_article() ? 0 : 1];

  function sum_of(terms) {
    return terms.length <= 5 && network.is_small
      ? terms.join(" + ") : `${terms.slice(0, 3).join(" + ")} + …`;
  }
  function edges_with(is_wanted) {
    return [...edges.keys()].filter(edge => is_wanted(...edges[edge]));
  }

  // S_ERROR * weight_HtoO * f'(S_preA,H): the names of the factors, and their values, of a node of
  // the last hidden layer.
  function factors_of(node) {
    const layer = layers[layer_of(node)];
    const [edge] = edges_with((from, to) => from === node && to === output);
    return {
      names: is_article() ? ["S_ERROR", `weight_${layer}toO`, `f'(S_preA,${layer})`]
        : [term("S_ERROR"), "weight", term("f_prime")],
      values: [now().S_ERROR, now().weights[edge], derivative(node)],
    };
  }
  function name_of_input(edge) {
    const [from, to] = edges[edge];
    if (from === -1) return "1 (bias)";
    if (layer_of(to) === 1) return "input";
    return is_article() ? `S_postA,${layers[layer_of(from)]}` : term("S_postA");
  }
  function formula_of_gradient(edge) {
    const [from, to] = edges[edge];
    let names = [`${term("error")} of ${name(to)}`], values = [error(to)];
    if (to === output) names = [term("S_ERROR")];
    else if (is_before_output(to)) ({ names, values } = factors_of(to));
    return `${[...names, name_of_input(edge)].join(" · ")} = `
      + `${[...values, signal(from)].map(factor).join(" · ")} = ${number(gradient(edge))}`;
  }

  function about_node(node) {
    if (layer_of(node) === 0) return `${name(node)} is an input: ${number(signal(node))}.`;
    if (state.phase === 0) {
      const terms = edges_with((_, to) => to === node).map(edge =>
        `${number(signal(edges[edge][0]))} · ${factor(now().weights[edge])}`);
      return `${name(node)}: ${term("S_preA")} = ${sum_of(terms)} = ${number(preactivation(node))}. `
        + `${term("S_postA")} = 1 / (1 + exp(-${factor(preactivation(node))})) = `
        + `${number(signal(node))}.`;
    }
    if (node === output) return about_output();
    const slope = `${term("f_prime")} = ${number(signal(node))} · (1 - ${number(signal(node))}) = `
      + `${number(derivative(node))}`;
    if (is_before_output(node)) {
      const { names, values } = factors_of(node);
      return `${name(node)}: ${term("error")} = ${names.join(" · ")} = `
        + `${values.map(factor).join(" · ")} = ${number(error(node))}, with ${slope}.`;
    }
    const terms = edges_with(from => from === node)
      .map(edge => `${factor(now().weights[edge])} · ${factor(error(edges[edge][1]))}`);
    return `${name(node)}: ${term("error")} = sum of weight · ${term("error")} over the next nodes, `
      + `times ${term("f_prime")} = ${terms.length > 1 ? `(${sum_of(terms)})` : terms[0]} · `
      + `${number(derivative(node))} = ${number(error(node))}, with ${slope}.`;
  }
  function about_output() {
    const u = now(), formula = loss.error_signal;
    // The terms and the values of what the formula names.
    const quantities = {
      FE: [term("FE"), factor(u.FE)],
      "f'(S_preA,O)": [is_article() ? "f'(S_preA,O)" : term("f_prime"), number(derivative(output))],
    };
    const written = which => formula.replace(/FE|f'\(S_preA,O\)/g, name => quantities[name][which])
      .replaceAll("*", "·");
    const steps = [term("S_ERROR"), written(0)];
    if (!(formula in quantities)) steps.push(written(1));  // one quantity is the result itself
    return `${term("FE")} = ${number(signal(output))} - ${u.T} = ${number(u.FE)}. `
      + `${[...steps, number(u.S_ERROR)].join(" = ")}.`;
  }
  function about_bias(layer) {
    const weights = edges_with((from, to) => from === -1 && layer_of(to) === layer + 1);
    const shown = [now().weights, weights.map(gradient), now().after][state.phase];
    const what = ["weight", term("gradient"), "weight after the change"][state.phase];
    const values = weights.map((edge, n) =>
      `${number(shown[state.phase === 1 ? n : edge])} to ${name(edges[edge][1])}`);
    const rest = values.length > 5 ? ", …" : "";
    return `Bias node: always 1. Its ${what}: ${values.slice(0, 5).join(", ")}${rest}.`;
  }
  function about_edge(edge) {
    const [from, to] = edges[edge], u = now(), weight = u.weights[edge];
    const way = `${name(from)} to ${name(to)} (${matrix(edge)})`;
    if (state.phase === 0)
      return `${way}: the weight is ${number(weight)}. It carries ${number(signal(from))} · `
        + `${factor(weight)} = ${number(signal(from) * weight)}.`;
    if (state.phase === 1) return `${way}: ${term("gradient")} = ${formula_of_gradient(edge)}.`;
    const is_shrunk = u.shrink !== 1 && from !== -1;
    const rate = u.step === 1 ? number(u.LR) : `${number(u.LR)} · ${number(u.step)}`;
    return `${way}: before ${number(weight)}, after ${number(u.after[edge])} = `
      + `${is_shrunk ? "shrink · " : ""}before - ${term("LR")} · ${term("gradient")} = `
      + `${is_shrunk ? `${number(u.shrink)} · ` : ""}${factor(weight)} - `
      + `${rate} · ${factor(gradient(edge))}.`;
  }
  function about_drawing() {
    return [
      `Numbers in the circles: ${term("S_postA")}. On the lines: weights.`,
      `Numbers in the circles: ${term("error")}s (for an input: its value). On the lines: `
      + `${term("gradient")}s.`,
      `Numbers in the circles: ${term("S_postA")} before the change. On the lines: weights after `
      + "the change.",
    ][state.phase];
  }
  // The edge with the largest gradient among some; that of a bias node only if the others have none.
  function largest_edge(is_wanted) {
    const size = edge => Math.abs(gradient(edge));
    const largest_of = candidates => candidates.reduce((a, b) => (size(b) > size(a) ? b : a));
    const largest = largest_of(edges_with((from, to) => from !== -1 && is_wanted(to)));
    return size(largest) > 0 ? largest : largest_of(edges_with((_, to) => is_wanted(to)));
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
    const to_output = largest_edge(to => to === output);
    const to_hidden = largest_edge(is_before_output);
    if (state.phase === 1) return [
      `Backward. How wrong is the output, and which weights are to blame? ${about_output()}`,
      `The ${term("gradient")} of a weight is the signal that flows into it, times the `
      + `${term("error")} of the node that it leads to. ${about_edge(to_output)}`,
      `The ${term("error")} flows back through the weights; each hidden node multiplies it by its `
      + `own ${term("f_prime")}. ${about_edge(to_hidden)}`];
    const shrink = u.shrink === 1 ? "" : ` Before that, alpha shrinks the weight by the factor `
      + `${number(u.shrink)} (except the weights of bias nodes).`;
    return [
      `Change. Every weight changes by -${term("LR")} · ${term("gradient")}, with ${term("LR")} = `
      + `${Number(u.LR.toPrecision(6))}.${shrink} ${about_edge(to_output)} ${about_edge(to_hidden)}`,
      `For this sample, the output was ${number(signal(output))} before the change and is `
      + `${number(u.S_postA_after)} after it; ${term("T")} = ${u.T}. The loss was `
      + `${number(u.loss)} and is ${number(u.loss_after)}.`];
  }
  return {
    TERMS, n_inputs, output, term, name, matrix, signal, error, gradient, preactivation, derivative,
    about_node, about_edge, about_bias, about_drawing, sentences,
  };
}
