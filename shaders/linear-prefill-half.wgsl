// Y = act(X · Wᵀ) for many rows in 16 bits: linear-prefill-blocked with its tiles, products and the sums over a tile of 16 along K in
// f16, all other sums in f32. A tile of x is divided by its largest value, so that none overflows.

var<workgroup> tile_x: array<vec4h, 8u * DEPTH * THREADS_T * SPLIT>;  // [part, k, t / 4]
var<workgroup> tile_w: array<vec4h, 8u * DEPTH * THREADS_N * SPLIT>;  // [part, k, n / 4]
var<workgroup> most: array<atomic<u32>, SPLIT>;                      // bits of the largest value of a tile of x
var<workgroup> spare: array<vec4f, (SPLIT - 1u) * THREADS_T * THREADS_N + 1u>;

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
  if (thread == 0u) { atomicStore(&most[part], 0u); }
  workgroupBarrier();
  for (var k0 = 0u; k0 < linear.quads; k0 += DEPTH * SPLIT) {
    let largest = max(max(abs(next_x[0]), abs(next_x[1])), max(abs(next_x[2]), abs(next_x[3])));
    atomicMax(&most[part], bitcast<u32>(max(max(largest.x, largest.y), max(largest.z, largest.w))));
    workgroupBarrier();
    let scale_x = bitcast<f32>(atomicLoad(&most[part]));
    let factor = select(1.0 / scale_x, 0.0, scale_x < 1e-30);
    if (loads_x) {
      let turned = factor * transpose(next_x);
      let at = from_x + 8u * THREADS_T * block + to;
      tile_x[at] = vec4h(turned[0]); tile_x[at + 2u * THREADS_T] = vec4h(turned[1]);
      tile_x[at + 4u * THREADS_T] = vec4h(turned[2]); tile_x[at + 6u * THREADS_T] = vec4h(turned[3]);
    }
    if (loads_w) {
      let turned = unpack_w(next_w, k_next);
      let at = from_w + 8u * THREADS_N * block + to;
      tile_w[at] = vec4h(turned[0]); tile_w[at + 2u * THREADS_N] = vec4h(turned[1]);
      tile_w[at + 4u * THREADS_N] = vec4h(turned[2]); tile_w[at + 6u * THREADS_N] = vec4h(turned[3]);
    }
    workgroupBarrier();
    k_next += DEPTH * SPLIT;
    next_x = fetch_x(rows_x, k_next);
    next_w = fetch_w(rows_w, k_next);
    if (thread == 0u) { atomicStore(&most[part], 0u); }
    var c0 = vec4h(); var d0 = vec4h();
    var c1 = vec4h(); var d1 = vec4h();
    var c2 = vec4h(); var d2 = vec4h();
    var c3 = vec4h(); var d3 = vec4h();
    var c4 = vec4h(); var d4 = vec4h();
    var c5 = vec4h(); var d5 = vec4h();
    var c6 = vec4h(); var d6 = vec4h();
    var c7 = vec4h(); var d7 = vec4h();
    for (var k = 0u; k < 4u * DEPTH; k++) {
      let x0 = tile_x[from_x + 2u * THREADS_T * k + row];
      let x1 = tile_x[from_x + 2u * THREADS_T * k + THREADS_T + row];
      let w0 = tile_w[from_w + 2u * THREADS_N * k + column];
      let w1 = tile_w[from_w + 2u * THREADS_N * k + THREADS_N + column];
      c0 = fma(vec4h(x0.x), w0, c0); d0 = fma(vec4h(x0.x), w1, d0);
      c1 = fma(vec4h(x0.y), w0, c1); d1 = fma(vec4h(x0.y), w1, d1);
      c2 = fma(vec4h(x0.z), w0, c2); d2 = fma(vec4h(x0.z), w1, d2);
      c3 = fma(vec4h(x0.w), w0, c3); d3 = fma(vec4h(x0.w), w1, d3);
      c4 = fma(vec4h(x1.x), w0, c4); d4 = fma(vec4h(x1.x), w1, d4);
      c5 = fma(vec4h(x1.y), w0, c5); d5 = fma(vec4h(x1.y), w1, d5);
      c6 = fma(vec4h(x1.z), w0, c6); d6 = fma(vec4h(x1.z), w1, d6);
      c7 = fma(vec4h(x1.w), w0, c7); d7 = fma(vec4h(x1.w), w1, d7);
    }
    a0 = fma(vec4f(scale_x), vec4f(c0), a0); b0 = fma(vec4f(scale_x), vec4f(d0), b0);
    a1 = fma(vec4f(scale_x), vec4f(c1), a1); b1 = fma(vec4f(scale_x), vec4f(d1), b1);
    a2 = fma(vec4f(scale_x), vec4f(c2), a2); b2 = fma(vec4f(scale_x), vec4f(d2), b2);
    a3 = fma(vec4f(scale_x), vec4f(c3), a3); b3 = fma(vec4f(scale_x), vec4f(d3), b3);
    a4 = fma(vec4f(scale_x), vec4f(c4), a4); b4 = fma(vec4f(scale_x), vec4f(d4), b4);
    a5 = fma(vec4f(scale_x), vec4f(c5), a5); b5 = fma(vec4f(scale_x), vec4f(d5), b5);
    a6 = fma(vec4f(scale_x), vec4f(c6), a6); b6 = fma(vec4f(scale_x), vec4f(d6), b6);
    a7 = fma(vec4f(scale_x), vec4f(c7), a7); b7 = fma(vec4f(scale_x), vec4f(d7), b7);
    workgroupBarrier();
  }

  var sums = array<vec4f, 16>(a0, b0, a1, b1, a2, b2, a3, b3, a4, b4, a5, b5, a6, b6, a7, b7);
  for (var i = 0u; i < 16u; i++) {
    if (SPLIT > 1u) {
      if (part > 0u) { spare[(part - 1u) * threads + thread] = sums[i]; }
      workgroupBarrier();
      if (part == 0u) {
        for (var other = 0u; other < SPLIT - 1u; other++) { sums[i] += spare[other * threads + thread]; }
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
