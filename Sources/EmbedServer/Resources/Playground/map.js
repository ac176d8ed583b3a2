// The vectors in two dimensions.

const radius = 10;

function showMap(texts, similarity, { points, shares }) {
  const container = $("map");
  const width = container.clientWidth;
  const height = Math.round(Math.max(260, Math.min(420, width * 0.6)));
  const place = fit(points, width, height);
  const svg = makeSVG("svg", {
    width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-labelledby": "map-title",
  });
  container.replaceChildren(svg);

  const boxes = place.map(({ x, y }) => ({ left: x - radius, right: x + radius, top: y - radius, bottom: y + radius }));
  place.forEach((point, index) => {
    [40, 18].some((length) => addLabel(svg, point, shorten(texts[index], length), boxes, { width, height }));
  });
  const marks = place.map(({ x, y }, index) => {
    const mark = makeSVG(
      "g",
      { role: "img", "aria-label": `${index + 1}: ${shorten(texts[index], 120)}`, transform: `translate(${x} ${y})` },
      makeSVG("circle", { r: radius }),
      makeSVG("text", { class: "number", "text-anchor": "middle", dy: "0.35em" }, `${index + 1}`),
    );
    svg.append(mark);
    return mark;
  });
  explore(marks, texts.map((text, index) => {
    const nearest = nearestTo(index, similarity);
    const note = nearest < 0 ? "" : `\nnearest: ${nearest + 1}, ${sign(similarity[index][nearest].toFixed(2))}`;
    return `${index + 1}  ${shorten(text, 120)}${note}`;
  }), 1);
  const [first, second] = shares.map((share) => `${Math.round(100 * share)} %`);
  $("map-hint").textContent = `The first two principal components, which hold ${first} and ${second} of the variance.`;
}

/** Centres points in the frame, with one scale for both directions: distances stay true to each other. */
function fit(points, width, height) {
  const margin = 2 * radius + 8;
  const middle = (values) => (Math.min(...values) + Math.max(...values)) / 2;
  const range = (values) => Math.max(...values) - Math.min(...values) || 1e-9;
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const scale = Math.min((width - 2 * margin) / range(xs), (height - 2 * margin) / range(ys));
  // Equal vectors would be blown up from rounding errors.
  const safe = range(xs) < 1e-6 ? 0 : scale;
  return points.map(({ x, y }) => ({
    x: Math.round(width / 2 + (x - middle(xs)) * safe),
    y: Math.round(height / 2 - (y - middle(ys)) * safe),
  }));
}

/** Writes a text beside its point where it covers nothing; false if there is no such place. */
function addLabel(svg, { x, y }, text, boxes, frame) {
  const label = makeSVG("text", { class: "label", "aria-hidden": "true" }, text);
  svg.append(label);
  const length = label.getComputedTextLength();
  const gap = radius + 5;
  const half = 8;
  const places = [
    { left: x + gap, top: y - half }, { left: x - gap - length, top: y - half },
    { left: x - length / 2, top: y - gap - 2 * half }, { left: x - length / 2, top: y + gap },
  ];
  for (const { left, top } of places) {
    const box = { left, top, right: left + length, bottom: top + 2 * half };
    const isInside = left >= 0 && top >= 0 && box.right <= frame.width && box.bottom <= frame.height;
    const isFree = boxes.every((other) => {
      return box.right < other.left || other.right < box.left || box.bottom < other.top || other.bottom < box.top;
    });
    if (!isInside || !isFree) continue;
    boxes.push(box);
    label.setAttribute("x", left);
    label.setAttribute("y", top + half);
    label.setAttribute("dy", "0.35em");
    return true;
  }
  label.remove();
  return false;
}

function nearestTo(index, similarity) {
  return similarity[index].reduce((best, value, other) => {
    return other !== index && (best < 0 || value > similarity[index][best]) ? other : best;
  }, -1);
}
