// The form, the requests, and what becomes of their answers.

const mostTexts = 50;
/** The page may lie below a prefix, with or without a slash at its end. */
const base = new URL(location.pathname.replace(/\/*$/, "/"), location.origin);
let models = [];
/** What the last answer showed; drawn again when the theme or the width changes. */
let shown = null;

/** Sends a request; returns the answer, or throws what the server says is wrong. */
async function ask(path, body) {
  const headers = { "Content-Type": "application/json" };
  if ($("key").value) headers.Authorization = `Bearer ${$("key").value}`;
  let response, text;
  try {
    response = await fetch(new URL(path, base), body ? { method: "POST", headers, body: JSON.stringify(body) } : {});
    text = await response.text();
  } catch {
    throw new Refusal("The server cannot be reached.", {});
  }
  let answer = {};
  try {
    answer = JSON.parse(text);
  } catch {
    // A proxy in between may answer in HTML.
  }
  if (!response.ok) throw new Refusal(answer.detail ?? response.statusText, answer, response.status);
  return { answer, text, fields: response.headers };
}

class Refusal extends Error {
  constructor(message, { code, error, request_id: id }, status) {
    super(message);
    Object.assign(this, { code, parameter: error?.param, id, status });
  }
}

// The form.

async function loadModels() {
  try {
    models = (await ask("v1/models")).answer.data;
  } catch (error) {
    // While models are loaded.
    $("status").textContent = error.message;
    setTimeout(loadModels, 1000);
    return;
  }
  $("status").textContent = "";
  $("model").replaceChildren(...models.map((model) => make("option", {}, model.id)));
  $("submit").disabled = false;
  describeModel();
}

function describeModel() {
  const model = models.find(({ id }) => id === $("model").value);
  const limit = model.context_length.toLocaleString("en");
  $("model-hint").textContent = `Up to ${limit} tokens a text`;
  $("about").replaceChildren(make("b", {}, model.id), ` ${model.description}`);
  const chosen = $("task").value;
  const tasks = model.tasks.map((task) => make("option", {}, task));
  const all = make("option", { value: "" }, model.tasks.length ? "the model’s own" : "same for all");
  $("task").replaceChildren(all, ...tasks);
  $("task").value = model.tasks.includes(chosen) ? chosen : "";
  $("dimensions").placeholder = model.max_output_length;
  $("dimensions-hint").textContent = `${model.supports_dimensions ? "1 to " : "only "}${model.max_output_length}`;
}

function readTexts() {
  const isByLine = $("separator").value === "line";
  const parts = $("input").value.split(isByLine ? /\r?\n/ : /(?:\r?\n[ \t]*){2,}/);
  return parts.map((part) => (isByLine ? part : part.trim())).filter((part) => part.trim());
}

function describeTexts() {
  $("input-hint").textContent = `${readTexts().length} of at most ${mostTexts}`;
}

/** The body of the request: what was left alone in the form is not sent. */
function readBody(input) {
  const body = { model: $("model").value, input };
  if ($("task").value) body.task = $("task").value;
  const dimensions = $("dimensions").value.trim();
  if (dimensions) body.dimensions = /^\d+$/.test(dimensions) ? Number(dimensions) : dimensions;
  if ($("embedding_type").value !== "float") body.embedding_type = $("embedding_type").value;
  if ($("truncate").checked) body.truncate = true;
  return body;
}

// The answer.

async function embed() {
  const texts = readTexts();
  const body = readBody(texts);
  setBusy(true);
  $("welcome").hidden = true;
  try {
    checkCount(texts.length);
    showCode(body);
    const start = performance.now();
    const reply = await ask("v1/embeddings", body);
    const elapsed = performance.now() - start;
    const explanation = await explain(body);
    const cut = cutTexts(reply.fields.get("x-embed-truncated"));
    const format = body.embedding_type ?? "float";
    const vectors = reply.answer.data.map((item) => decodeVector(item.embedding, format, body.dimensions));
    hideError();
    $("results").hidden = false;
    showFacts(body, reply, explanation, cut, elapsed);
    shown = { texts, similarity: cosines(vectors), axes: texts.length > 2 ? principalAxes(vectors) : null };
    showPictures();
    showExplanation(texts, explanation, cut);
    showAnswer(reply.text);
    const tokens = reply.answer.usage.total_tokens;
    $("status").textContent = `${count(texts.length, "text")}, ${count(tokens, "token")}, ${milliseconds(elapsed)}`;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    shown = null;
    $("results").hidden = true;
    $("code").hidden = !error.status;
    showError(error, texts);
    showExplanation(texts, error.status ? await explain(body) : null, new Set());
    showAnswer("");
  } finally {
    setBusy(false);
  }
  // On a phone what was asked for lies below the form.
  if ($("answer").getBoundingClientRect().top > 0.7 * innerHeight) $("answer").scrollIntoView();
}

function checkCount(count) {
  const message =
    count === 0
      ? "Enter a text first."
      : `This page takes up to ${mostTexts} texts at once, and these are ${count}. The API takes more.`;
  if (count === 0 || count > mostTexts) throw new Refusal(message, { error: { param: "input" } });
}

/** What the server says of the tokens; nothing where it refuses the whole request. */
async function explain(body) {
  try {
    return (await ask("v1/explain", body)).answer;
  } catch {
    return null;
  }
}

function setBusy(isBusy) {
  $("submit").disabled = isBusy;
  $("answer").setAttribute("aria-busy", isBusy);
  if (isBusy) $("status").textContent = "Embedding …";
}

function count(number, noun) {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

function milliseconds(number) {
  return `${number.toFixed(number < 100 ? 1 : 0)} ms`;
}

/** The places in `x-embed-truncated`, such as `3; inputs=0,2-3`. */
function cutTexts(field) {
  const places = new Set();
  for (const [, first, last = first] of (field ?? "").matchAll(/[=,](\d+)(?:-(\d+))?/g)) {
    for (let place = Number(first); place <= Number(last); place++) places.add(place);
  }
  return places;
}

function showFacts(body, { answer, fields }, explanation, cut, elapsed) {
  const timing = Object.fromEntries(
    [...(fields.get("server-timing") ?? "").matchAll(/(\w+);dur=([\d.]+)/g)].map(([, name, value]) => [name, Number(value)]),
  );
  const facts = [
    ["Texts", answer.data.length],
    ["Tokens", answer.usage.total_tokens.toLocaleString("en")],
    ["Round trip", milliseconds(elapsed)],
    ["Computed", timing.compute === undefined ? "–" : milliseconds(timing.compute)],
    ["Waited", timing.queue === undefined ? "–" : milliseconds(timing.queue)],
    ["From cache", fields.get("x-cache-hits") ?? "–"],
    ["Cut", cut.size ? [...cut].map((index) => index + 1).join(", ") : "none"],
  ];
  if (explanation) {
    const { task, task_source: source, adapter, prompt, dimensions, compute } = explanation;
    facts.push(
      ["Vectors", `${dimensions} × ${body.embedding_type ?? "float"}`],
      ["Task", task ? `${task} (${source === "request" ? "asked for" : `from the ${source}`})` : "same for all"],
      ...(adapter ? [["Adapter", adapter]] : []),
      ...(prompt ? [["Prompt", JSON.stringify(prompt)]] : []),
      ["Engine", `${compute.weights}, ${compute.kernels}, ${count(compute.threads, "thread")}`],
    );
  }
  $("facts").replaceChildren(...facts.map(([name, value]) => {
    return make("div", {}, make("dt", {}, name), make("dd", {}, `${value}`));
  }));
}

function showPictures() {
  if (!shown) return;
  const { texts, similarity, axes } = shown;
  showMatrix(texts, similarity);
  if (axes) return showMap(texts, similarity, axes);
  $("map").replaceChildren();
  $("map-hint").textContent = "Three texts make a map.";
}

function showExplanation(texts, explanation, cut) {
  $("tokens-section").hidden = !explanation;
  if (explanation) showTokens(texts, explanation, cut);
}

function showCode(body) {
  const hasKey = $("key").value !== "";
  $("code").hidden = false;
  $("code-hint").hidden = !hasKey;
  $("curl").textContent = curlCode(new URL("v1/embeddings", base), body, hasKey);
  $("python").textContent = pythonCode(`${new URL("v1", base)}`, body, hasKey);
}

/** The answer as it came; of a long one the beginning, since the button copies all of it. */
function showAnswer(text) {
  const most = 600;
  $("json").textContent = text.length > most ? `${text.slice(0, most)} …` : text;
  copies.json = text;
  for (const element of [$("json-title"), $("json").parentElement]) element.hidden = text === "";
}

// Errors.

function showError(error, texts) {
  hideError();
  $("status").textContent = "";
  const index = error.parameter?.match(/^input\[(\d+)\]/)?.[1];
  const item = index === undefined ? null : make("p", {}, `Text ${Number(index) + 1}: “${shorten(texts[index], 120)}”`);
  const facts = [error.status, error.code, error.id && `request ${error.id}`].filter(Boolean).join(" · ");
  $("error").append(make("p", { class: "message" }, error.message), ...(item ? [item] : []), make("p", { class: "hint" }, facts));
  $("error").hidden = false;
  // The fields of the form have the names of the members of the request.
  const field = $(error.status === 401 ? "key" : error.parameter?.split("[")[0] ?? "");
  field?.setAttribute("aria-invalid", "true");
}

function hideError() {
  $("error").replaceChildren();
  $("error").hidden = true;
  for (const field of $("form").querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
}

// Copying.

/** What buttons copy that is longer than what is shown. */
const copies = {};

async function copy(button) {
  const source = $(button.dataset.copy);
  const text = copies[button.dataset.copy] ?? source.textContent;
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
  } else {
    // Over plain http from another machine browsers have no clipboard to offer, but this.
    const area = make("textarea", { class: "unseen" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  button.textContent = "Copied";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

// The theme: that of the system until somebody chooses.

const darkSystem = matchMedia("(prefers-color-scheme: dark)");

function setTheme(name) {
  if (name) document.documentElement.dataset.theme = name;
  const isDark = (name ?? document.documentElement.dataset.theme ?? (darkSystem.matches ? "dark" : "light")) === "dark";
  $("theme").setAttribute("aria-label", isDark ? "Switch to the light theme" : "Switch to the dark theme");
  $("theme").onclick = () => {
    const next = isDark ? "light" : "dark";
    localStorage.setItem("theme", next);
    setTheme(next);
  };
  showPictures();
}

setTheme(localStorage.getItem("theme"));
darkSystem.addEventListener("change", () => setTheme());
// The tip of what was tapped does not move with the page.
addEventListener("touchmove", hideTip, { passive: true });
let width = innerWidth;
addEventListener("resize", () => {
  // Phones resize by height alone when their bars come and go.
  if (innerWidth === width) return;
  width = innerWidth;
  showPictures();
});
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  embed();
});
$("form").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || $("submit").disabled) return;
  $("form").requestSubmit($("submit"));
});
$("input").addEventListener("input", describeTexts);
$("separator").addEventListener("change", describeTexts);
$("model").addEventListener("change", describeModel);
for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", () => copy(button));
$("submit").disabled = true;
describeTexts();
loadModels();
