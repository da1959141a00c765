// What RWKV-7's recurrence reads besides r, from the products of the shifted inputs and their low-rank factors:
//   w = exp(−0.606531 σ(w0 + dw·W2)), a = σ(a0 + da·A2), v ← v + (v_first − v) ⊙ σ(v0 + dv·V2),
//   κ = k ⊙ k_k, of length 1 in each head, β = κ ⊙ a, k ← k ⊙ (1 + (a − 1) ⊙ k_a).
// A workgroup makes four rows of one head.
override HEAD: u32;             // N, head size
override STRIDE: u32;           // C rounded up to 4
override BATCH: u32;            // rows that each of the inputs and of dv and da has room for
override V_RANK: u32;           // 0 in the first layer, whose v is v_first
override A_RANK: u32;
override W_RANK: u32;
override RANK_STRIDE: u32;      // distance of two rows of dv and da

const ROWS = 4u;
const DECAY = -0.606531;        // −exp(−½), rounded as in BlinkDL's release

@group(0) @binding(0) var<storage, read_write> inputs: array<f32>;  // [6, BATCH, C]: r, k, v; then also w, κ, β
@group(0) @binding(1) var<storage, read> ranks: array<f32>;         // [2, BATCH, D]: dv, da; only da in the first layer
@group(0) @binding(2) var<storage, read> decay_ranks: array<f32>;   // [T, W_RANK]: dw
@group(0) @binding(3) var<storage, read> up: array<f32>;            // [V_RANK + A_RANK + W_RANK, C]: V2, A2, W2
@group(0) @binding(4) var<storage, read> params: array<f32>;        // [5, C]: w0, a0, k_k, k_a, v0
@group(0) @binding(5) var<storage, read_write> v_first: array<f32>; // [T, C]
@group(0) @binding(6) var<uniform> rows: vec4u;                     // T in .x

fn sigmoid(x: vec4f) -> vec4f { return 1.0 / (1.0 + exp(-x)); }

// An input for four rows of one channel; `at` holds their places in the first input.
fn load(input: u32, at: vec4u) -> vec4f {
  let i = input * BATCH * STRIDE + at;
  return vec4f(inputs[i.x], inputs[i.y], inputs[i.z], inputs[i.w]);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let channel = group.x * HEAD;
  let first = group.y * ROWS;
  let count = min(ROWS, rows.x - first);
  let t = min(first + vec4u(0u, 1u, 2u, 3u), vec4u(rows.x - 1u)); // rows past the end repeat the last one

  var squares = vec4f();
  for (var c = channel + lane; c < channel + HEAD; c += LANES) {
    let kappa = load(1u, t * STRIDE + c) * params[2u * STRIDE + c];
    squares += kappa * kappa;
  }
  let length = sqrt(vec4f(lane_sum(squares.xy, lane), lane_sum(squares.zw, lane)));
  let scale = 1.0 / max(length, vec4f(1e-12));

  for (var c = channel + lane; c < channel + HEAD; c += LANES) {
    var w = vec4f(params[c]);
    for (var d = 0u; d < W_RANK; d++) {
      let at = t * ((W_RANK + 3u) / 4u * 4u) + d;
      w += vec4f(decay_ranks[at.x], decay_ranks[at.y], decay_ranks[at.z], decay_ranks[at.w]) *
        up[(V_RANK + A_RANK + d) * STRIDE + c];
    }
    var a = vec4f(params[STRIDE + c]);
    for (var d = 0u; d < A_RANK; d++) {
      let at = (select(0u, BATCH, V_RANK > 0u) + t) * RANK_STRIDE + d;
      a += vec4f(ranks[at.x], ranks[at.y], ranks[at.z], ranks[at.w]) * up[(V_RANK + d) * STRIDE + c];
    }
    a = sigmoid(a);
    let at = t * STRIDE + c;
    var v = load(2u, at);
    if (V_RANK > 0u) {
      var mix = vec4f(params[4u * STRIDE + c]);
      for (var d = 0u; d < V_RANK; d++) {
        let low = t * RANK_STRIDE + d;
        mix += vec4f(ranks[low.x], ranks[low.y], ranks[low.z], ranks[low.w]) * up[d * STRIDE + c];
      }
      v += (vec4f(v_first[at.x], v_first[at.y], v_first[at.z], v_first[at.w]) - v) * sigmoid(mix);
    }
    let k = load(1u, at);
    let kappa = k * params[2u * STRIDE + c] * scale;
    let keys = k * (1.0 + (a - 1.0) * params[3u * STRIDE + c]);
    let decay = exp(DECAY * sigmoid(w));
    for (var row = 0u; row < count; row++) {
      let i = (first + row) * STRIDE + c;
      inputs[BATCH * STRIDE + i] = keys[row];
      inputs[2u * BATCH * STRIDE + i] = v[row];
      inputs[3u * BATCH * STRIDE + i] = decay[row];
      inputs[4u * BATCH * STRIDE + i] = kappa[row];
      inputs[5u * BATCH * STRIDE + i] = kappa[row] * a[row];
      if (V_RANK == 0u) { v_first[i] = v[row]; }
    }
  }
}
