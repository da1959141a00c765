// RWKV-6's recurrence for one token, and the norm and gate of what comes out. Per head, with the state S [N_k, N_v]:
//   o_j = Σ_i r_i (S_ij + u_i k_i v_j), S_ij ← w_i S_ij + k_i v_j, then y = GroupNorm(o) ⊙ silu(g).
// A workgroup a head; a thread has whole columns j, so that neighbours read neighbouring words of the state.
override HEAD: u32;             // N, head size
override BATCH_STRIDE: u32;     // f32 between k, v, r and g
override EPS: f32;

@group(0) @binding(0) var<storage, read> kvrg: array<f32>;          // [4, .., C]
@group(0) @binding(1) var<storage, read> decay: array<f32>;         // [C]: w
@group(0) @binding(2) var<storage, read> bonus: array<f32>;         // [C]: u
@group(0) @binding(3) var<storage, read> weight: array<f32>;        // [C]
@group(0) @binding(4) var<storage, read> bias: array<f32>;          // [C]
@group(0) @binding(5) var<storage, read_write> state: array<f32>;   // [H, N, N]
@group(0) @binding(6) var<storage, read_write> y: array<f32>;       // [C]

// Column j of the head that begins at channel `head`: leaves the state, returns o_j.
fn column(head: u32, j: u32) -> f32 {
  let v = kvrg[BATCH_STRIDE + head + j];
  var sum = 0.0;
  for (var i = head; i < head + HEAD; i++) {
    let cell = i * HEAD + j;
    let s = state[cell];
    let kv = kvrg[i] * v;
    sum += kvrg[2u * BATCH_STRIDE + i] * (s + bonus[i] * kv);
    state[cell] = decay[i] * s + kv;
  }
  return sum;
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let head = group.x * HEAD;
  var sum = 0.0;
  for (var j = lane; j < HEAD; j += LANES) {
    let o = column(head, j);
    y[head + j] = o;
    sum += o;
  }
  let mean = lane_sum(vec2f(sum), lane).x / f32(HEAD);
  var squares = 0.0;
  for (var j = lane; j < HEAD; j += LANES) {
    let d = y[head + j] - mean;
    squares += d * d;
  }
  let scale = inverseSqrt(lane_sum(vec2f(squares), lane).x / f32(HEAD) + EPS);
  for (var j = lane; j < HEAD; j += LANES) {
    let c = head + j;
    let g = kvrg[3u * BATCH_STRIDE + c];
    y[c] = ((y[c] - mean) * scale * weight[c] + bias[c]) * g / (1.0 + exp(-g));
  }
}
