// How likely a token is after each row: score[t] = logits[t][targets[t]] − log Σ exp(logits[t]). A workgroup a row.
override VOCAB: u32;
override STRIDE: u32;           // distance of two rows of logits
override THREADS: u32 = 256u;

@group(0) @binding(0) var<storage, read> logits: array<f32>;            // [T, V]
@group(0) @binding(1) var<storage, read> targets: array<u32>;           // [T]
@group(0) @binding(2) var<storage, read_write> scores: array<f32>;      // [T]

var<workgroup> largest: array<f32, THREADS>;
var<workgroup> sums: array<f32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let start = group.x * STRIDE;
  var most = -3.0e38;
  for (var i = thread; i < VOCAB; i += THREADS) { most = max(most, logits[start + i]); }
  var sum = 0.0;
  for (var i = thread; i < VOCAB; i += THREADS) { sum += exp(logits[start + i] - most); }
  largest[thread] = most;
  sums[thread] = sum;
  workgroupBarrier();
  if (thread > 0u) { return; }
  var all = most;
  for (var i = 1u; i < min(THREADS, VOCAB); i++) { all = max(all, largest[i]); }
  var total = 0.0;
  for (var i = 0u; i < min(THREADS, VOCAB); i++) { total += sums[i] * exp(largest[i] - all); }
  scores[group.x] = logits[start + targets[group.x]] - all - log(total);
}
