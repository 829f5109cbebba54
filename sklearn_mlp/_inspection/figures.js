// What stands beside the drawing: curves, and maps over the plane of two inputs.
export const BLUE = "#2f81e0", ORANGE = "#cf6a17";
const SVG = "http://www.w3.org/2000/svg";
const MOST_POINTS = 400;  // of a curve

export function element(tag, attributes = {}, text = "") {
  const made = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

export function figure(content, caption) {
  const made = element("figure");
  made.append(content, caption);
  return made;
}

function svg_element(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

// A chart of one or two curves from 0 to their largest value. `show` draws [values, attributes] of
// each curve, and a line at the position `at` if it is a number.
export function chart(label, short) {
  const svg = svg_element("svg", { viewBox: "0 0 240 110", role: "img", "aria-label": label });
  function show(curves, at = null) {
    const finite = curves.flatMap(([values]) => values).filter(Number.isFinite);
    const highest = finite.reduce((a, b) => Math.max(a, b), 0) || 1;
    const length = Math.max(...curves.map(([values]) => values.length));
    const x_of = n => (44 + 190 * (length > 1 ? n / (length - 1) : 0.5)).toFixed(1);
    const y_of = value => (104 - 98 * Math.min(value / highest, 1)).toFixed(1);
    const every = Math.ceil(length / MOST_POINTS);
    svg.replaceChildren(...curves.map(([values, attributes]) => {
      const points = values.map((value, n) => [value, n])
        .filter(([value, n]) => Number.isFinite(value) && (n % every === 0 || n === length - 1))
        .map(([value, n]) => `${x_of(n)},${y_of(value)}`);
      // A curve of one point is a dot.
      if (points.length === 1) points.push(points[0]);
      return svg_element("polyline", {
        points: points.join(" "), fill: "none", "stroke-linecap": "round", ...attributes });
    }));
    if (at !== null) svg.append(svg_element("polyline", {
      points: `${x_of(at)},2 ${x_of(at)},108`, stroke: "currentColor", "stroke-width": 1 }));
    for (const [value, y] of [[highest, 14], [0, 104]]) {
      const text = svg_element("text", { x: 4, y, class: "small" });
      text.textContent = short(value);
      svg.append(text);
    }
  }
  return { svg, show };
}

const N = 44;  // cells of a map, in both directions

// The rectangle around points, with some room.
export function frame_of(points) {
  const all = [0, 1].map(axis => points.map(point => point[axis]));
  const low = all.map(values => Math.min(...values)), high = all.map(values => Math.max(...values));
  for (const axis of [0, 1]) {
    const room = 0.15 * (high[axis] - low[axis]) || 1;
    low[axis] -= room;
    high[axis] += room;
  }
  return { low, high };
}

// values_at([x, y]) for each cell, row by row from the top.
export function grid({ low, high }, values_at) {
  const value = (axis, part) => low[axis] + part * (high[axis] - low[axis]);
  return Array.from({ length: N * N }, (_, cell) => values_at([
    value(0, ((cell % N) + 0.5) / N), value(1, 1 - (Math.floor(cell / N) + 0.5) / N)]));
}

// Each cell of a canvas of N times N: blue where the value is above 0.5, orange below.
export function paint(canvas, values) {
  const colours = [ORANGE, BLUE].map(text =>
    [1, 3, 5].map(at => Number.parseInt(text.slice(at, at + 2), 16)));
  const context = canvas.getContext("2d"), image = context.createImageData(N, N);
  for (const [cell, value] of values.entries()) {
    const opacity = 0.08 + 1.3 * Math.abs(value - 0.5);
    image.data.set([...colours[value < 0.5 ? 0 : 1], 255 * Math.min(opacity, 1)], 4 * cell);
  }
  context.putImageData(image, 0, 0);
}

export function map_canvas(label) {
  return element("canvas", { width: N, height: N, role: "img", "aria-label": label, class: "map" });
}

// The output over the plane, with the samples. `show` takes the values of the cells, the points,
// their targets, and the point of this update with its target.
export function surface(label) {
  const canvas = element("canvas", { width: 264, height: 264, role: "img", "aria-label": label });
  const cells = map_canvas("");
  function show(values, { low, high }, points, targets, point, target) {
    paint(cells, values);
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(cells, 0, 0, canvas.width, canvas.height);
    context.strokeStyle = context.fillStyle = getComputedStyle(canvas).color;
    context.lineWidth = points.length > 40 ? 1.5 : 2;
    const draw = (place, is_filled, radius) => {
      const part = axis => (place[axis] - low[axis]) / (high[axis] - low[axis]);
      context.beginPath();
      context.arc(part(0) * canvas.width, (1 - part(1)) * canvas.height, radius, 0, 7);
      if (is_filled) context.fill();
      context.stroke();
    };
    for (const [n, place] of points.entries()) draw(place, targets[n], points.length > 40 ? 3 : 4);
    draw(point, target, 8);
  }
  return { canvas, show };
}
