// What RWKV-7's recurrence reads besides r, from the products of the shifted inputs:
//   w = exp(−0.606531 σ(w0 + w₊)), a = σ(a0 + a₊), v ← v + (v_first − v) ⊙ σ(v0 + v₊),
//   κ = k ⊙ k_k, of length 1 in each head, β = κ ⊙ a, k ← k ⊙ (1 + (a − 1) ⊙ k_a).
// A workgroup a head and row.
override HEAD: u32;             // N, head size
override STRIDE: u32;           // C rounded up to 4
override BATCH: u32;            // rows that each part of inputs and raised has room for
override FIRST: bool;           // the first layer, whose v is v_first

const DECAY = -0.606531;        // −exp(−½), rounded as in BlinkDL's release

@group(0) @binding(0) var<storage, read_write> inputs: array<f32>;  // [6, BATCH, C]: r, k, v; then also w, κ, β
@group(0) @binding(1) var<storage, read> raised: array<f32>;        // [3, BATCH, C]: v₊, a₊, w₊
@group(0) @binding(2) var<storage, read> params: array<f32>;        // [5, C]: w0, a0, k_k, k_a, v0
@group(0) @binding(3) var<storage, read_write> v_first: array<f32>; // [T, C]

fn sigmoid(x: f32) -> f32 { return 1.0 / (1.0 + exp(-x)); }

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let channel = group.x * HEAD;
  let part = BATCH * STRIDE;
  var squares = 0.0;
  for (var c = channel + lane; c < channel + HEAD; c += LANES) {
    let kappa = inputs[part + group.y * STRIDE + c] * params[2u * STRIDE + c];
    squares += kappa * kappa;
  }
  let scale = 1.0 / max(sqrt(lane_sum(vec2f(squares), lane).x), 1e-12);

  for (var c = channel + lane; c < channel + HEAD; c += LANES) {
    let at = group.y * STRIDE + c;
    let k = inputs[part + at];
    let v = inputs[2u * part + at];
    let a = sigmoid(params[STRIDE + c] + raised[part + at]);
    let kappa = k * params[2u * STRIDE + c] * scale;
    if (FIRST) {
      v_first[at] = v;
    } else {
      inputs[2u * part + at] = v + (v_first[at] - v) * sigmoid(params[4u * STRIDE + c] + raised[at]);
    }
    inputs[part + at] = k * (1.0 + (a - 1.0) * params[3u * STRIDE + c]);
    inputs[3u * part + at] = exp(DECAY * sigmoid(params[c] + raised[2u * part + at]));
    inputs[4u * part + at] = kappa;
    inputs[5u * part + at] = kappa * a;
  }
}
