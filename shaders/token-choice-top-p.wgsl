// Top-p sampling where the logits are. The nucleus is every token at least as likely as a threshold: the largest
// threshold whose nucleus holds a share ≥ p. Among them, in order of their ids, the first whose cumulative share passes a
// random number is taken. The threshold is found by bisecting the logits' bits, which sort like the logits. One workgroup.
override VOCAB: u32;
override SLOTS: u32;            // room in tokens
override THREADS: u32 = 256u;

@group(0) @binding(0) var<storage, read> logits: array<f32>;            // [V]
@group(0) @binding(1) var<storage, read_write> tokens: array<u32>;      // [1 + SLOTS]: how many so far, then the tokens
@group(0) @binding(2) var<storage, read_write> next: array<u32>;        // [1]: input of the next step
@group(0) @binding(3) var<storage, read> randoms: array<f32>;           // [SLOTS] in [0, 1)
@group(0) @binding(4) var<uniform> settings: vec4f;                     // 1 / temperature, p

var<workgroup> parts: array<f32, THREADS>;

// Maps floats to integers of the same order.
fn sortable(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  return select(bits | 0x80000000u, ~bits, bits >= 0x80000000u);
}

// Unnormalised share of the tokens from `threshold` up; leaves each thread's part in parts.
fn mass(range: vec2u, threshold: u32, largest: f32, thread: u32) -> f32 {
  var part = 0.0;
  for (var i = range.x; i < range.y; i++) {
    if (sortable(logits[i]) >= threshold) { part += exp((logits[i] - largest) * settings.x); }
  }
  workgroupBarrier();
  parts[thread] = part;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < THREADS; i++) { sum += parts[i]; }
  return sum;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) thread: u32) {
  let each = (VOCAB + THREADS - 1u) / THREADS;
  let range = min(vec2u(thread * each, (thread + 1u) * each), vec2u(VOCAB));
  var largest = -3.0e38;
  for (var i = range.x; i < range.y; i++) { largest = max(largest, logits[i]); }
  parts[thread] = largest;
  workgroupBarrier();
  for (var i = 0u; i < THREADS; i++) { largest = max(largest, parts[i]); }

  let wanted = mass(range, 0u, largest, thread) * settings.y;
  var threshold = 0u; // the nucleus of `threshold` is always large enough
  for (var bit = 0u; bit < 32u; bit++) {
    let higher = threshold | (0x80000000u >> bit);
    if (mass(range, higher, largest, thread) >= wanted) { threshold = higher; }
  }
  // At p = 0, or when rounding leaves nothing, the most likely token alone remains.
  threshold = min(threshold, sortable(largest));
  let share = mass(range, threshold, largest, thread);
  if (thread > 0u) { return; }

  let count = tokens[0];
  var left = randoms[min(count, SLOTS - 1u)] * share;
  var part = 0u; // the one that the random number falls into; the last that is not empty when rounding leads past all
  var inside = 0.0;
  for (var i = 0u; i < THREADS; i++) {
    if (parts[i] == 0.0) { continue; }
    part = i;
    inside = left;
    if (left < parts[i]) { break; }
    left -= parts[i];
  }
  var choice = 0u;
  for (var i = min(part * each, VOCAB); i < min((part + 1u) * each, VOCAB); i++) {
    if (sortable(logits[i]) < threshold) { continue; }
    choice = i;
    inside -= exp((logits[i] - largest) * settings.x);
    if (inside < 0.0) { break; }
  }
  if (count < SLOTS) { tokens[1u + count] = choice; }
  tokens[0] = count + 1u;
  next[0] = choice;
}
