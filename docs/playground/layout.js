// Draws a network of any size from the parts of one that Python has drawn (trace_html.svg), at the
// places that Python has computed (trace_html.Drawing).

// Places [x, y] of nodes, bias nodes, edges (both ends) and values, as Drawing has them.
function places_of({ xs, ys, biases, values }, value_places) {
  const nodes = ys.map((column, layer) => column.map(y => [xs[layer], y]));
  const bias_nodes = biases.map((y, layer) => [xs[layer], y]);
  const edges = nodes.slice(0, -1).flatMap((starts, layer) =>
    [...starts, ...bias_nodes.slice(layer, layer + 1)].flatMap(start =>
      nodes[layer + 1].map(end => [start, end])));
  const on_edges = [...values].map((letter, edge) => [letter, edge])
    .filter(([letter]) => letter !== ".")
    .map(([letter, edge]) => {
      const part = value_places[letter.charCodeAt(0) - 97];
      const [[x0, y0], [x1, y1]] = edges[edge];
      return { edge, place: [x0 + part * (x1 - x0), y0 + part * (y1 - y0)] };
    });
  return { nodes, bias_nodes, edges, on_edges };
}

// template: the drawing by Python; its layout: template_layout
export function make_drawer(template, template_layout, value_places) {
  const former = places_of(template_layout, value_places);
  const find = selector => template.querySelector(selector);
  function moved(selector, [x, y], [x0, y0]) {
    const copy = find(selector).cloneNode(true);
    copy.setAttribute("transform", `translate(${x - x0} ${y - y0})`);
    return copy;
  }
  const first_node = former.nodes[0][0], first_bias = former.bias_nodes[0];
  const first_value = former.on_edges[0].place, last_node = former.nodes.at(-1)[0];

  return function draw(layout, { titles, inputs, label }) {
    const { width, height, least, xs } = layout;
    const { nodes, bias_nodes, edges, on_edges } = places_of(layout, value_places);
    const svg = template.cloneNode(false);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("style", `--width:${width}px;--least:${least}px`);
    svg.setAttribute("aria-label", label);

    const mask = find("mask").cloneNode(false), ground = find("mask > rect").cloneNode();
    for (const part of [mask, ground]) {
      part.setAttribute("width", width);
      part.setAttribute("height", height);
    }
    const holes = find("mask > g").cloneNode(false);
    holes.append(
      ...nodes.flat().map(place => moved("mask circle", place, first_node)),
      ...bias_nodes.map(place => moved(".under-bias", place, first_bias)),
      ...on_edges.map(({ place }) => moved(".under-value", place, first_value)));
    mask.append(ground, holes);

    const lines = find("g[mask]").cloneNode(false);
    for (const [edge, [[x1, y1], [x2, y2]]] of edges.entries()) {
      const line = find("line.edge").cloneNode(), hit = find(".hit").cloneNode(true);
      for (const [key, value] of Object.entries({ x1, y1, x2, y2 })) line.setAttribute(key, value);
      hit.setAttribute("d", `M${x1},${y1}L${x2},${y2}`);
      for (const part of [line, hit]) part.dataset.edge = edge;
      lines.append(line, hit);
    }
    svg.append(mask, lines);

    let number = 0;
    for (const [layer, column] of nodes.entries()) {
      const title = moved(".title", [xs[layer], 0], [template_layout.xs[0], 0]);
      title.textContent = titles[layer];
      svg.append(title);
      for (const [row, place] of column.entries()) {
        const node = moved("g.node", place, first_node);
        node.dataset.node = number;
        number += 1;
        svg.append(node);
        if (layer === 0) {
          const name = moved(".name-of-input", place, first_node);
          name.textContent = inputs[row];
          svg.append(name);
        }
      }
      if (layer < bias_nodes.length) svg.append(moved("g.bias", bias_nodes[layer], first_bias));
    }
    svg.append(...[".target", ".error"].map(kind => moved(kind, nodes.at(-1)[0], last_node)),
      moved(".key", [0, height], [0, template_layout.height]));
    for (const { edge, place } of on_edges) {
      const value = moved("text.value", place, first_value);
      value.dataset.edge = edge;
      svg.append(value);
    }
    return svg;
  };
}
