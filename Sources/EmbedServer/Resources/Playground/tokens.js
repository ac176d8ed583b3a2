// How each text was cut into tokens.

/** Pieces shown of one text. */
const mostPieces = 400;

function showTokens(texts, explanation, cut) {
  const promptOctets = new TextEncoder().encode(explanation.prompt).length;
  $("tokens").replaceChildren(...explanation.inputs.map((input, index) => {
    const count = input.token_count;
    const notes = [
      make("span", { class: "count" }, `${count} ${count === 1 ? "token" : "tokens"}`),
      ...(cut.has(index) ? [make("span", { class: "flag" }, "cut")] : []),
      ...(input.refused ? [make("span", { class: "flag", title: input.refused }, "refused")] : []),
    ];
    const octets = new TextEncoder().encode(input.text ?? "");
    const pieces = input.tokens.slice(0, mostPieces).map((token) => makePiece(token, octets, promptOctets));
    const rest = count > mostPieces ? [make("span", { class: "hint" }, `… and ${count - mostPieces} more`)] : [];
    return make(
      "li",
      {},
      make("p", { class: "text" }, shorten(texts[index], 160)),
      make("p", { class: "notes" }, ...notes),
      make("div", { class: "pieces" }, ...pieces, ...rest),
    );
  }));
  const limit = explanation.maximum_tokens.toLocaleString("en");
  $("tokens-hint").textContent = `${explanation.total_tokens.toLocaleString("en")} in all; a text may have ${limit}.`;
}

/** One token: the part of the text that it stands for, or else its name in the vocabulary. */
function makePiece({ id, piece, special, start, stop }, octets, promptOctets) {
  const text = start === null ? piece : partOfText(octets.subarray(start, stop)) ?? piece;
  const isPrompt = !special && stop !== null && stop <= promptOctets;
  const kind = special ? "special" : isPrompt ? "prompt" : "plain";
  const note = special ? "\nspecial token" : isPrompt ? "\nfrom the prompt of the task" : "";
  return make("span", { class: `piece ${kind}`, title: `${piece}\nid ${id}${note}` }, text.replaceAll("\n", "↵"));
}

/** The text of octets; nothing if they are a part of a character, as those of one token can be. */
function partOfText(octets) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(octets) || null;
  } catch {
    return null;
  }
}
