// What the kernels of linear-prefill-blocked bring to their tiles: four rows of x and of w, of four along K.
override THREADS_T: u32 = 8u;   // threads along T, of 8 rows each, at least 8
override THREADS_N: u32 = 8u;   // and along N, of 8 columns each, likewise
override SPLIT: u32 = 1u;
const DEPTH = 4u;               // of a tile along K, in quads

fn fetch_x(row: vec4u, k: u32) -> mat4x4f {
  let inside = min(k, linear.quads - 1u);
  return mat4x4f(x[row.x + inside], x[row.y + inside], x[row.z + inside], x[row.w + inside]);
}

fn fetch_w(row: vec4u, k: u32) -> array<vec4u, 4> {
  let inside = min(k, linear.quads - 1u);
  return array<vec4u, 4>(fetch4(row.x, inside), fetch4(row.y, inside), fetch4(row.z, inside), fetch4(row.w, inside));
}

// Zeros past the end of K.
fn unpack_w(words: array<vec4u, 4>, k: u32) -> mat4x4f {
  let inside = select(0.0, 1.0, k < linear.quads);
  return inside * transpose(mat4x4f(unpack4(words[0], k), unpack4(words[1], k), unpack4(words[2], k), unpack4(words[3], k)));
}

