// Y = act(X · Wᵀ) for many rows on graphics cards: 8 × 8 outputs a thread in named variables, tiles of 16 along K in workgroup memory,
// turned so that a thread reads four rows or columns at once. A workgroup has SPLIT parts, each with every SPLIT-th tile along K, which
// add up in the end: more threads to wait for memory where there are few rows.

var<workgroup> tile_x: array<vec4f, 8u * DEPTH * THREADS_T * SPLIT>;  // [part, k, t / 4]
var<workgroup> tile_w: array<vec4f, 8u * DEPTH * THREADS_N * SPLIT>;  // [part, k, n / 4]

@compute @workgroup_size(THREADS_T * THREADS_N * SPLIT)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) index: u32) {
  let batch = group.z;
  let threads = THREADS_T * THREADS_N;
  let part = index / threads;
  let thread = index % threads;
  let first_t = group.y * 8u * THREADS_T;
  let first_n = group.x * 8u * THREADS_N;
  let from_x = part * 8u * DEPTH * THREADS_T;
  let from_w = part * 8u * DEPTH * THREADS_N;
  let column = thread % THREADS_N;
  let row = thread / THREADS_N;

  var a0 = vec4f(); var b0 = vec4f();
  var a1 = vec4f(); var b1 = vec4f();
  var a2 = vec4f(); var b2 = vec4f();
  var a3 = vec4f(); var b3 = vec4f();
  var a4 = vec4f(); var b4 = vec4f();
  var a5 = vec4f(); var b5 = vec4f();
  var a6 = vec4f(); var b6 = vec4f();
  var a7 = vec4f(); var b7 = vec4f();
  // What a thread brings to the tiles: four rows of x and of w, of four along K. The next are fetched while these are multiplied.
  let block = thread % DEPTH;      // neighbours fetch along a row
  let to = thread / DEPTH;
  let loads_x = to < 2u * THREADS_T;
  let loads_w = to < 2u * THREADS_N;
  let rows_x = vec4u(input_row(batch, first_t + 4u * to), input_row(batch, first_t + 4u * to + 1u),
    input_row(batch, first_t + 4u * to + 2u), input_row(batch, first_t + 4u * to + 3u));
  let rows_w = weight_rows(batch, first_n + 4u * to);
  var k_next = part * DEPTH + block;
  var next_x = fetch_x(rows_x, k_next);
  var next_w = fetch_w(rows_w, k_next);
  for (var k0 = 0u; k0 < linear.quads; k0 += DEPTH * SPLIT) {
    if (loads_x) {
      let turned = transpose(next_x);
      let at = from_x + 8u * THREADS_T * block + to;
      tile_x[at] = turned[0]; tile_x[at + 2u * THREADS_T] = turned[1];
      tile_x[at + 4u * THREADS_T] = turned[2]; tile_x[at + 6u * THREADS_T] = turned[3];
    }
    if (loads_w) {
      let turned = unpack_w(next_w, k_next);
      let at = from_w + 8u * THREADS_N * block + to;
      tile_w[at] = turned[0]; tile_w[at + 2u * THREADS_N] = turned[1];
      tile_w[at + 4u * THREADS_N] = turned[2]; tile_w[at + 6u * THREADS_N] = turned[3];
    }
    workgroupBarrier();
    k_next += DEPTH * SPLIT;
    next_x = fetch_x(rows_x, k_next);
    next_w = fetch_w(rows_w, k_next);
    for (var k = 0u; k < 4u * DEPTH; k++) {
      let x0 = tile_x[from_x + 2u * THREADS_T * k + row];
      let x1 = tile_x[from_x + 2u * THREADS_T * k + THREADS_T + row];
      let w0 = tile_w[from_w + 2u * THREADS_N * k + column];
      let w1 = tile_w[from_w + 2u * THREADS_N * k + THREADS_N + column];
      a0 = fma(vec4f(x0.x), w0, a0); b0 = fma(vec4f(x0.x), w1, b0);
      a1 = fma(vec4f(x0.y), w0, a1); b1 = fma(vec4f(x0.y), w1, b1);
      a2 = fma(vec4f(x0.z), w0, a2); b2 = fma(vec4f(x0.z), w1, b2);
      a3 = fma(vec4f(x0.w), w0, a3); b3 = fma(vec4f(x0.w), w1, b3);
      a4 = fma(vec4f(x1.x), w0, a4); b4 = fma(vec4f(x1.x), w1, b4);
      a5 = fma(vec4f(x1.y), w0, a5); b5 = fma(vec4f(x1.y), w1, b5);
      a6 = fma(vec4f(x1.z), w0, a6); b6 = fma(vec4f(x1.z), w1, b6);
      a7 = fma(vec4f(x1.w), w0, a7); b7 = fma(vec4f(x1.w), w1, b7);
    }
    workgroupBarrier();
  }

  var sums = array<vec4f, 16>(a0, b0, a1, b1, a2, b2, a3, b3, a4, b4, a5, b5, a6, b6, a7, b7);
  for (var i = 0u; i < 16u; i++) {
    if (SPLIT > 1u) {
      if (part > 0u) { tile_x[(part - 1u) * threads + thread] = sums[i]; }
      workgroupBarrier();
      if (part == 0u) {
        for (var other = 0u; other < SPLIT - 1u; other++) { sums[i] += tile_x[other * threads + thread]; }
      }
      workgroupBarrier();
    }
    let t = first_t + 4u * row + i / 2u % 4u + i / 8u * 4u * THREADS_T;
    if (part == 0u && t < rows.x) {
      let n = first_n + 4u * column + i % 2u * 4u * THREADS_N;
      for (var j = 0u; j < 4u; j++) { store(batch, t, n + j, sums[i][j]); }
    }
  }
}
