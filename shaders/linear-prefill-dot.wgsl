// Y = act(X · Wᵀ) for many rows and weights in int8 or int4, as whole numbers: 8 × 4 outputs a thread in named variables, groups of 32
// along K in workgroup memory, x rounded to 8 bits as it is brought there. A workgroup has SPLIT parts as in linear-prefill-blocked.
override THREADS_T: u32 = 4u;   // threads along T, of 8 rows each
override THREADS_N: u32 = 16u;  // and along N, of 4 columns each
override SPLIT: u32 = 1u;

var<workgroup> tile_x: array<vec4u, 16u * THREADS_T * SPLIT>;   // [part, low or high, t]
var<workgroup> tile_w: array<vec4u, 8u * THREADS_N * SPLIT>;    // [part, low or high, n]
var<workgroup> scales_x: array<f32, 8u * THREADS_T * SPLIT>;
var<workgroup> scales_w: array<f32, 4u * THREADS_N * SPLIT>;
var<workgroup> spare: array<vec4f, (SPLIT - 1u) * THREADS_T * THREADS_N + 1u>;

@compute @workgroup_size(THREADS_T * THREADS_N * SPLIT)
fn main(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) index: u32) {
  let batch = id.z;
  let threads = THREADS_T * THREADS_N;
  let part = index / threads;
  let thread = index % threads;
  let size_t = 8u * THREADS_T;
  let size_n = 4u * THREADS_N;
  let first_t = id.y * size_t;
  let first_n = id.x * size_n;
  let column = thread % THREADS_N;
  let row = thread / THREADS_N;

  var a0 = vec4f();
  var a1 = vec4f();
  var a2 = vec4f();
  var a3 = vec4f();
  var a4 = vec4f();
  var a5 = vec4f();
  var a6 = vec4f();
  var a7 = vec4f();
  for (var group0 = 0u; group0 < linear.quads / 8u; group0 += SPLIT) {
    let group = min(group0 + part, linear.quads / 8u - 1u);
    let live = group == group0 + part;
    for (var t = thread; t < size_t; t += threads) {
      let packed = pack32(input_row(batch, first_t + t) + 8u * group);
      tile_x[2u * part * size_t + t] = packed.low;
      tile_x[(2u * part + 1u) * size_t + t] = packed.high;
      scales_x[part * size_t + t] = select(0.0, packed.scale, live);
    }
    for (var n = thread; n < size_n; n += threads) {
      let packed = weights32(weight_row(batch, first_n + n), group);
      tile_w[2u * part * size_n + n] = packed.low;
      tile_w[(2u * part + 1u) * size_n + n] = packed.high;
      scales_w[part * size_n + n] = packed.scale;
    }
    workgroupBarrier();
    var s0 = vec4i();
    var s1 = vec4i();
    var s2 = vec4i();
    var s3 = vec4i();
    var s4 = vec4i();
    var s5 = vec4i();
    var s6 = vec4i();
    var s7 = vec4i();
    for (var half = 2u * part; half < 2u * part + 2u; half++) {
      let at = half * size_n + column;
      let w0 = tile_w[at]; let w1 = tile_w[at + THREADS_N];
      let w2 = tile_w[at + 2u * THREADS_N]; let w3 = tile_w[at + 3u * THREADS_N];
      let from_x = half * size_t + row;
      let x0 = tile_x[from_x + 0u * THREADS_T];
      s0 += vec4i(dot16(x0, w0), dot16(x0, w1), dot16(x0, w2), dot16(x0, w3));
      let x1 = tile_x[from_x + 1u * THREADS_T];
      s1 += vec4i(dot16(x1, w0), dot16(x1, w1), dot16(x1, w2), dot16(x1, w3));
      let x2 = tile_x[from_x + 2u * THREADS_T];
      s2 += vec4i(dot16(x2, w0), dot16(x2, w1), dot16(x2, w2), dot16(x2, w3));
      let x3 = tile_x[from_x + 3u * THREADS_T];
      s3 += vec4i(dot16(x3, w0), dot16(x3, w1), dot16(x3, w2), dot16(x3, w3));
      let x4 = tile_x[from_x + 4u * THREADS_T];
      s4 += vec4i(dot16(x4, w0), dot16(x4, w1), dot16(x4, w2), dot16(x4, w3));
      let x5 = tile_x[from_x + 5u * THREADS_T];
      s5 += vec4i(dot16(x5, w0), dot16(x5, w1), dot16(x5, w2), dot16(x5, w3));
      let x6 = tile_x[from_x + 6u * THREADS_T];
      s6 += vec4i(dot16(x6, w0), dot16(x6, w1), dot16(x6, w2), dot16(x6, w3));
      let x7 = tile_x[from_x + 7u * THREADS_T];
      s7 += vec4i(dot16(x7, w0), dot16(x7, w1), dot16(x7, w2), dot16(x7, w3));
    }
    let at = part * size_n + column;
    let scale_w = vec4f(scales_w[at], scales_w[at + THREADS_N], scales_w[at + 2u * THREADS_N], scales_w[at + 3u * THREADS_N]);
    let first_x = part * size_t + row;
    a0 = fma(scales_x[first_x + 0u * THREADS_T] * scale_w, vec4f(s0), a0);
    a1 = fma(scales_x[first_x + 1u * THREADS_T] * scale_w, vec4f(s1), a1);
    a2 = fma(scales_x[first_x + 2u * THREADS_T] * scale_w, vec4f(s2), a2);
    a3 = fma(scales_x[first_x + 3u * THREADS_T] * scale_w, vec4f(s3), a3);
    a4 = fma(scales_x[first_x + 4u * THREADS_T] * scale_w, vec4f(s4), a4);
    a5 = fma(scales_x[first_x + 5u * THREADS_T] * scale_w, vec4f(s5), a5);
    a6 = fma(scales_x[first_x + 6u * THREADS_T] * scale_w, vec4f(s6), a6);
    a7 = fma(scales_x[first_x + 7u * THREADS_T] * scale_w, vec4f(s7), a7);
    workgroupBarrier();
  }

  var sums = array<vec4f, 8>(a0, a1, a2, a3, a4, a5, a6, a7);
  for (var i = 0u; i < 8u; i++) {
    if (SPLIT > 1u) {
      if (part > 0u) { spare[(part - 1u) * threads + thread] = sums[i]; }
      workgroupBarrier();
      if (part == 0u) {
        for (var other = 0u; other < SPLIT - 1u; other++) { sums[i] += spare[other * threads + thread]; }
      }
      workgroupBarrier();
    }
    let t = first_t + row + i * THREADS_T;
    if (part == 0u && t < rows.x) {
      for (var j = 0u; j < 4u; j++) { store(batch, t, first_n + column + j * THREADS_N, sums[i][j]); }
    }
  }
}
