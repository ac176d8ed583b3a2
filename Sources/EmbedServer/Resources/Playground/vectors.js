// What is computed from vectors: cosines, and the two directions in which they differ most.

/** The numbers of an embedding as it came in the answer; bits become 1 and -1, those that fill the last octet are left out. */
function decodeVector(embedding, format, dimensions) {
  if (format === "float") return embedding;
  if (format === "base64") {
    const octets = Uint8Array.from(atob(embedding), (character) => character.charCodeAt(0));
    const view = new DataView(octets.buffer);
    return Array.from({ length: octets.length / 4 }, (_, index) => view.getFloat32(4 * index, true));
  }
  const offset = format === "binary" ? 128 : 0;
  const bits = embedding.flatMap((octet) => {
    return [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (((octet + offset) >> bit) & 1 ? 1 : -1));
  });
  return bits.slice(0, dimensions);
}

function dot(a, b) {
  return a.reduce((sum, value, index) => sum + value * b[index], 0);
}

/** The cosines of all pairs: n rows of n. */
function cosines(vectors) {
  const lengths = vectors.map((vector) => Math.sqrt(dot(vector, vector)));
  return vectors.map((a, i) => vectors.map((b, j) => dot(a, b) / (lengths[i] * lengths[j] || 1)));
}

/**
 * Principal component analysis of n vectors, by way of the n by n matrix of their inner products.
 *
 * Returns the coordinates on the first two axes, and the share of the variance on each.
 */
function principalAxes(vectors) {
  const mean = vectors[0].map((_, k) => vectors.reduce((sum, vector) => sum + vector[k], 0) / vectors.length);
  const centred = vectors.map((vector) => vector.map((value, k) => value - mean[k]));
  const { values, columns } = eigen(centred.map((a) => centred.map((b) => dot(a, b))));
  const total = values.reduce((sum, value) => sum + Math.max(value, 0), 0);
  const order = values.map((_, index) => index).sort((a, b) => values[b] - values[a]);
  const axes = order.slice(0, 2).map((index) => {
    const length = Math.sqrt(Math.max(values[index], 0));
    const axis = columns[index].map((value) => value * length);
    // An axis has no sign of its own: the same vectors always give the same map.
    const longest = axis.reduce((a, b) => (Math.abs(b) > Math.abs(a) + 1e-9 ? b : a), 0);
    return axis.map((value) => (longest < 0 ? -value : value));
  });
  return {
    points: vectors.map((_, index) => ({ x: axes[0][index], y: axes[1][index] })),
    shares: order.slice(0, 2).map((index) => (total > 0 ? Math.max(values[index], 0) / total : 0)),
  };
}

/** Eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations in cyclic order. */
function eigen(matrix) {
  const size = matrix.length;
  const a = matrix.map((row) => [...row]);
  const columns = a.map((_, i) => a.map((_, j) => (i === j ? 1 : 0)));
  const tolerance = 1e-12 * a.reduce((sum, row, i) => sum + Math.abs(row[i]), 0);
  for (let sweep = 0; sweep < 50; sweep++) {
    let largest = 0;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        largest = Math.max(largest, Math.abs(a[p][q]));
        if (Math.abs(a[p][q]) <= tolerance) continue;
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const cosine = 1 / Math.sqrt(t * t + 1);
        const sine = t * cosine;
        for (let k = 0; k < size; k++) {
          [a[k][p], a[k][q]] = [cosine * a[k][p] - sine * a[k][q], sine * a[k][p] + cosine * a[k][q]];
        }
        for (let k = 0; k < size; k++) {
          [a[p][k], a[q][k]] = [cosine * a[p][k] - sine * a[q][k], sine * a[p][k] + cosine * a[q][k]];
          [columns[p][k], columns[q][k]] = [
            cosine * columns[p][k] - sine * columns[q][k], sine * columns[p][k] + cosine * columns[q][k],
          ];
        }
      }
    }
    if (largest <= tolerance) break;
  }
  return { values: a.map((row, i) => row[i]), columns };
}
