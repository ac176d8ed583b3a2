// The request as a user would send it without this page. A key is named, never shown.

/** The request as a shell command. */
function curlCode(url, body, hasKey) {
  const quoted = JSON.stringify(body, null, 2).replaceAll("'", `'\\''`);
  return [
    `curl ${url}`,
    `-H 'Content-Type: application/json'`,
    ...(hasKey ? [`-H "Authorization: Bearer $EMBED_API_KEY"`] : []),
    `-d '${quoted}'`,
  ].join(" \\\n  ") + "\n";
}

/** The request as Python with OpenAI's library; what that has no argument for goes into `extra_body`. */
function pythonCode(baseURL, body, hasKey) {
  const { model, input, dimensions, embedding_type: format, ...rest } = body;
  const extra = { ...rest, ...(format && format !== "base64" ? { embedding_type: format } : {}) };
  const lines = [
    ...(hasKey ? ["import os", ""] : []),
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url=${python(baseURL)}, api_key=${hasKey ? 'os.environ["EMBED_API_KEY"]' : '"unused"'})`,
    "response = client.embeddings.create(",
    `    model=${python(model)},`,
    "    input=[",
    ...input.map((text) => `        ${python(text)},`),
    "    ],",
    ...(dimensions === undefined ? [] : [`    dimensions=${python(dimensions)},`]),
    ...(format === "base64" ? [`    encoding_format="base64",`] : []),
    ...(Object.keys(extra).length ? [`    extra_body=${python(extra)},`] : []),
    ")",
    "vectors = [item.embedding for item in response.data]",
  ];
  return lines.join("\n") + "\n";
}

/** A value as Python writes it; its strings take all of JSON's escapes. */
function python(value) {
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${python(member)}`).join(", ")}}`;
}
