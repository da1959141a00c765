// Layer normalisation x̂ of each row of x and RWKV's token shift of it in one:
// shifted[i, t] = x̂[t] + (x̂[t − 1] − x̂[t]) ⊙ mix[i], where x̂[−1] is the state's shift row.
// A workgroup a row, which normalises the row before as well instead of waiting for its workgroup.
override WIDTH: u32;           // C
override STRIDE: u32;          // C rounded up to 4: distance of two rows; the gap is zero and stays zero
override EPS: f32;
override MIXES: u32;           // how many
override BATCH: u32;           // rows that each mix has room for in shifted

@group(0) @binding(0) var<storage, read> x: array<f32>;               // [T, C]
@group(0) @binding(1) var<storage, read> weight: array<f32>;          // [C]
@group(0) @binding(2) var<storage, read> bias: array<f32>;            // [C]
@group(0) @binding(3) var<storage, read> shift: array<f32>;           // [C]
@group(0) @binding(4) var<storage, read> mix: array<f32>;             // [MIXES, C]
@group(0) @binding(5) var<storage, read_write> normed: array<f32>;    // [T, C]: x̂
@group(0) @binding(6) var<storage, read_write> shifted: array<f32>;   // [MIXES, BATCH, C]
@group(0) @binding(7) var<storage, read_write> carry: array<f32>;     // [C]: x̂[T − 1]
@group(0) @binding(8) var<uniform> rows: vec4u;                       // T in .x

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let t = group.x;
  let now = t * STRIDE;
  let before = max(t, 1u) * STRIDE - STRIDE; // at t = 0 any row: the state's is taken instead
  var sum = vec2f();
  for (var c = lane; c < WIDTH; c += LANES) { sum += vec2f(x[now + c], x[before + c]); }
  let mean = lane_sum(sum, lane) / f32(WIDTH);
  var squares = vec2f();
  for (var c = lane; c < WIDTH; c += LANES) {
    let d = vec2f(x[now + c], x[before + c]) - mean;
    squares += d * d;
  }
  let scale = inverseSqrt(lane_sum(squares, lane) / f32(WIDTH) + EPS);

  for (var c = lane; c < WIDTH; c += LANES) {
    let both = (vec2f(x[now + c], x[before + c]) - mean) * scale * weight[c] + bias[c];
    let last = select(both.y, shift[c], t == 0u);
    normed[now + c] = both.x;
    for (var i = 0u; i < MIXES; i++) {
      shifted[(i * BATCH + t) * STRIDE + c] = both.x + (last - both.x) * mix[i * STRIDE + c];
    }
    if (t == rows.x - 1u) { carry[c] = both.x; }
  }
}
