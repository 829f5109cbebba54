// The settings, and the text of them that is the page's address: name=value&name=value.
export const DEFAULTS = {
  data: "xor", noise: 0, hidden: 2, second: 0, bias: 1, range: "auto", seed: 4, rate: 2,
  loss: "squared_error", alpha: 0, points: "", weights: "", terms: "article", speed: "phase",
};
const LIMITS = {
  noise: [0, 5], hidden: [1, 8], second: [0, 8], bias: [0, 1], seed: [0, 9999], rate: [1e-3, 1e3],
  alpha: [0, 1e9],
};
const WHOLE = ["noise", "hidden", "second", "bias", "seed"];
const MOST_UPDATES = 2_000_000;  // that an address may ask for

// The number that a text says if it is in the limits of a setting, or else the former one.
export function number_or_former(name, text, former) {
  const [least, most] = LIMITS[name], value = Number(text);
  const is_valid = text !== "" && value >= least && value <= most
    && (!WHOLE.includes(name) || Number.isInteger(value));
  return is_valid ? value : former;
}

// Own points, "x0,x1,T;x0,x1,T": rows of three numbers, or null if it is none of that or only one class.
function points_of_text(text) {
  const points = text.split(";").map(point => point.split(",").map(Number));
  const are_points = points.every(point =>
    point.length === 3 && point.every(Number.isFinite) && [0, 1].includes(point[2]));
  return are_points && has_both_classes(points) ? points : null;
}
export function text_of_points(points) {
  return points.map(point => point.join(",")).join(";");
}
export function has_both_classes(points) {
  return new Set(points.map(point => point[2])).size === 2;
}

// X and y.
export function samples_of(settings, data_sets) {
  if (settings.data !== "own") return data_sets[settings.data][settings.noise];
  const points = points_of_text(settings.points);
  return { X: points.map(point => point.slice(0, 2)), y: points.map(point => point[2]) };
}

// The settings, the number of updates and the phase that an address asks for. What it says wrongly
// is as if it were not there.
export function read_address(text, data, speeds) {
  const given = Object.fromEntries(new URLSearchParams(text));
  const settings = { ...DEFAULTS };
  for (const name of Object.keys(LIMITS))
    settings[name] = number_or_former(name, given[name] ?? "", settings[name]);
  const allowed = {
    data: [...Object.keys(data.data_sets), "own"], loss: Object.keys(data.losses),
    terms: ["article", "standard"], speed: speeds,
  };
  for (const [name, values] of Object.entries(allowed))
    if (values.includes(given[name])) settings[name] = given[name];
  if (Number(given.range) > 0 && Number(given.range) < 1e6) settings.range = given.range;
  if (points_of_text(given.points ?? "")) settings.points = given.points;
  if (settings.data === "own" && !settings.points) settings.data = DEFAULTS.data;
  settings.weights = given.weights ?? "";
  const made = Number(given.update), phase = Number(given.phase);
  return {
    settings,
    made: Number.isInteger(made) && made >= 0 && made <= MOST_UPDATES ? made : 0,
    phase: [0, 1, 2].includes(phase) ? phase : 0,
  };
}

export function text_of_state(settings, made, phase) {
  const parts = Object.entries(settings).filter(([name, value]) => value !== DEFAULTS[name]);
  if (made) parts.push(["update", made]);
  if (phase) parts.push(["phase", phase]);
  return parts.map(([name, value]) => `${name}=${value}`).join("&");
}
