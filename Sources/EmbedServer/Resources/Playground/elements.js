// Makes elements, and lets keyboard, mouse and finger look at many small ones.

const $ = (id) => document.getElementById(id);

/** Makes an element of HTML; children that are strings become text, never markup. */
function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** The same for SVG. */
function makeSVG(name, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** At most `length` characters, none of them cut in half. */
function shorten(text, length) {
  const characters = [...text.replace(/\s+/g, " ").trim()];
  return characters.length > length ? characters.slice(0, length - 1).join("") + "…" : characters.join("");
}

/**
 * Shows what `tips` says of an item while it is pointed at or has the focus.
 *
 * All items together are one stop of the Tab key; arrow keys go on from there, `columns` items a row.
 */
function explore(items, tips, columns) {
  const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  items.forEach((item, index) => {
    item.setAttribute("tabindex", index === 0 ? 0 : -1);
    item.addEventListener("pointerenter", () => showTip(item, tips[index]));
    item.addEventListener("pointerleave", hideTip);
    item.addEventListener("blur", hideTip);
    item.addEventListener("focus", () => {
      for (const other of items) other.setAttribute("tabindex", other === item ? 0 : -1);
      showTip(item, tips[index]);
    });
    item.addEventListener("keydown", (event) => {
      if (event.key === "Escape") hideTip();
      const target = items[index + (move[event.key] ?? NaN)];
      if (!target) return;
      event.preventDefault();
      target.focus();
    });
  });
}

function showTip(item, text) {
  const tip = $("tip");
  tip.textContent = text;
  tip.hidden = false;
  const place = item.getBoundingClientRect();
  const left = place.left + place.width / 2 - tip.offsetWidth / 2;
  const above = place.top - tip.offsetHeight - 8;
  tip.style.left = `${Math.max(8, Math.min(left, document.documentElement.clientWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${above > 8 ? above : place.bottom + 8}px`;
}

function hideTip() {
  $("tip").hidden = true;
}
