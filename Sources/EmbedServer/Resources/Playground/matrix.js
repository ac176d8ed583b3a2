// The cosines of all pairs as a table with coloured cells.

/** Beyond this many texts cells are squares without a number, which the tip still tells. */
const mostNumbers = 16;

function showMatrix(texts, similarity) {
  const isDense = texts.length > mostNumbers;
  const numbers = texts.map((text, index) => {
    return make("th", { scope: "col" }, `${index + 1}`, make("span", { class: "unseen" }, ` ${shorten(text, 60)}`));
  });
  const rows = texts.map((text, row) => {
    const name = make("th", { scope: "row" }, make("span", {}, `${row + 1}`), shorten(text, 60));
    const cells = similarity[row].map((value) => make("td", {}, make("span", {}, sign(value.toFixed(2)))));
    return make("tr", {}, name, ...cells);
  });
  const table = make(
    "table",
    { role: "grid", "aria-labelledby": "matrix-title", "aria-readonly": "true", class: isDense ? "dense" : "" },
    make("thead", {}, make("tr", {}, make("td"), ...numbers)),
    make("tbody", {}, ...rows),
  );
  $("matrix").replaceChildren(table);
  const cells = [...table.querySelectorAll("tbody td")];
  const tips = similarity.flatMap((values, row) => values.map((value, column) => {
    const names = [...new Set([row, column])].map((index) => `${index + 1}  ${shorten(texts[index], 120)}`);
    return [sign(value.toFixed(4)), ...names].join("\n");
  }));
  explore(cells, tips, texts.length);
  colourMatrix(cells, similarity.flat());
  $("matrix-hint").textContent = nearestPair(texts, similarity);
}

/** Colours cells by the scale of the theme, with letters that stand out from it. */
function colourMatrix(cells, values) {
  const style = getComputedStyle(document.documentElement);
  const [low, zero, high] = ["--low", "--zero", "--high"].map((name) => {
    return style.getPropertyValue(name).match(/[\d.]+/g).slice(0, 3).map(Number);
  });
  cells.forEach((cell, index) => {
    const end = values[index] < 0 ? low : high;
    const share = Math.min(Math.abs(values[index]), 1);
    const colour = zero.map((from, channel) => Math.round(from + (end[channel] - from) * share));
    cell.style.backgroundColor = `rgb(${colour.join(" ")})`;
    // White down to a contrast of 4.5, black from there on, which then has more (WCAG 2.2, contrast ratio).
    cell.style.color = 1.05 / (luminance(colour) + 0.05) >= 4.5 ? "#fff" : "#000";
  });
}

/** The relative luminance of a colour in sRGB (WCAG 2.2). */
function luminance(colour) {
  const [red, green, blue] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function nearestPair(texts, similarity) {
  if (texts.length < 2) return "One text is like itself. Add another.";
  let [first, second] = [0, 1];
  for (let row = 0; row < texts.length; row++) {
    for (let column = row + 1; column < texts.length; column++) {
      if (similarity[row][column] > similarity[first][second]) [first, second] = [row, column];
    }
  }
  return `Nearest to each other: ${first + 1} and ${second + 1}, ${sign(similarity[first][second].toFixed(2))}.`;
}

/** A number with a minus as long as a plus; zero has none. */
function sign(text) {
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text.replace("-", "−");
}
