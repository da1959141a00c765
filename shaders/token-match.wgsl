// ToMe's bipartite soft matching: for each token at an even position (A), the most similar one at an odd position (B) of
// the same frame, by the cosine of their metric. Ties go to the lowest B; zero vectors have similarity 0 with everything.
override WIDTH: u32; // d / 4, rounded up: rows end in zeros

const ROWS = 8u;   // tokens of A in a workgroup
const SLICES = 8u; // threads that share one token of A, each with every eighth token of B
const NOTHING = -3.0e38;

@group(0) @binding(0) var<storage, read> metric: array<vec4f>;         // [F, T, d]
@group(0) @binding(1) var<storage, read_write> best: array<f32>;       // [F, ceil(T / 2)]
@group(0) @binding(2) var<storage, read_write> nearest: array<u32>;    // [F, ceil(T / 2)], index in B
@group(0) @binding(3) var<uniform> step: Step;

var<workgroup> slice_best: array<f32, ROWS * SLICES>;
var<workgroup> slice_nearest: array<u32, ROWS * SLICES>;

fn inverse_norm(squares: f32) -> f32 {
  return select(0.0, 1.0 / sqrt(squares), squares > 0.0);
}

@compute @workgroup_size(ROWS, SLICES)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u) {
  let rows = (step.tokens + 1u) / 2u;
  let columns = step.tokens / 2u;
  let a = group.x * ROWS + local.x;
  let frame = group.y * step.tokens;
  // Threads past the last row repeat it, so that all reach the barrier.
  let left = (frame + 2u * min(a, rows - 1u)) * WIDTH;
  var left_squares = 0.0;
  for (var c = 0u; c < WIDTH; c++) { left_squares += dot(metric[left + c], metric[left + c]); }

  var most = NOTHING;
  var at = 0u;
  for (var b = local.y; b < columns; b += SLICES) {
    let right = (frame + 2u * b + 1u) * WIDTH;
    var product = 0.0;
    var right_squares = 0.0;
    for (var c = 0u; c < WIDTH; c++) {
      let value = metric[right + c];
      product += dot(metric[left + c], value);
      right_squares += dot(value, value);
    }
    let similarity = product * inverse_norm(left_squares) * inverse_norm(right_squares);
    if (similarity > most) { most = similarity; at = b; }
  }
  let slot = local.x * SLICES + local.y;
  slice_best[slot] = most;
  slice_nearest[slot] = at;
  workgroupBarrier();
  if (local.y != 0u || a >= rows) { return; }

  for (var i = slot + 1u; i < slot + SLICES; i++) {
    let other = slice_best[i];
    if (other > most || (other == most && slice_nearest[i] < at)) { most = other; at = slice_nearest[i]; }
  }
  let out = group.y * rows + a;
  best[out] = select(most, NOTHING, step.protect_first == 1u && a == 0u);
  nearest[out] = at;
}
