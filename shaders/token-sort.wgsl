// One frame per workgroup: picks the R most similar tokens of A to merge away, orders what is left, [unmerged A…, B…]
// sorted by size, and follows every patch to its new token.
override PATCHES: u32; // N
override THREADS: u32 = 64u;

const DROPPED = 0xffffu;
const NONE = 0xffffffffu;

@group(0) @binding(0) var<storage, read> best: array<f32>;              // [F, A]
@group(0) @binding(1) var<storage, read> nearest: array<u32>;           // [F, A]
@group(0) @binding(2) var<storage, read> size_in: array<f32>;           // [F, T]
@group(0) @binding(3) var<storage, read_write> size_out: array<f32>;    // [F, M]
@group(0) @binding(4) var<storage, read_write> kept: array<u32>;        // [F, M] token that a new one continues
@group(0) @binding(5) var<storage, read_write> next: array<u32>;        // [F, T] next token merged into the same, or NONE
@group(0) @binding(6) var<storage, read_write> owners: array<u32>;      // [F, N]
// What threads tell each other. Not workgroup memory: SwiftShader compiles the zeroing of each element, which takes seconds.
@group(0) @binding(7) var<storage, read_write> scratch: array<u32>;     // [F, A + T + 2 M], in four parts, see main
@group(0) @binding(8) var<uniform> step: Step;

fn comes_before(i: u32, size_i: f32, j: u32, size_j: f32) -> bool {
  if (step.protect_first == 1u && (i == 0u || j == 0u)) { return i < j; }
  if (step.order == 0u || size_i == size_j) { return i < j; }
  return (step.order == 1u) == (size_i < size_j);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let T = step.tokens;
  let R = step.removed;
  let A = (T + 1u) / 2u;
  let M = T - R;
  let frame = group.x;
  let rank = frame * (A + T + 2u * M); // [A] place in the order of similarity, 0 for the most similar
  let start = rank + A;                // [T] new index of each token, before sorting
  let size = start + T;                // [M] f32, by index before sorting
  let place = size + M;                // [M] index after sorting, by index before
  for (var a = lane; a < A; a += THREADS) {
    let mine = best[frame * A + a];
    var count = 0u;
    for (var other = 0u; other < A; other++) {
      let theirs = best[frame * A + other];
      count += u32(theirs > mine || (theirs == mine && other < a));
    }
    scratch[rank + a] = count;
  }
  storageBarrier();

  for (var t = lane; t < T; t += THREADS) {
    let half = t / 2u;
    if (t % 2u == 0u && scratch[rank + half] < R) {
      scratch[start + t] = A - R + nearest[frame * A + half];
      continue;
    }
    var total = size_in[frame * T + t];
    var index = 0u;
    var link = t;
    if (t % 2u == 0u) {
      for (var a = 0u; a < half; a++) { index += u32(scratch[rank + a] >= R); }
    } else {
      index = A - R + half;
      for (var a = 0u; a < A; a++) {
        if (scratch[rank + a] >= R || nearest[frame * A + a] != half) { continue; }
        total += size_in[frame * T + 2u * a];
        next[frame * T + link] = 2u * a;
        link = 2u * a;
      }
    }
    next[frame * T + link] = NONE;
    scratch[start + t] = index;
    scratch[size + index] = bitcast<u32>(total);
  }
  storageBarrier();

  for (var i = lane; i < M; i += THREADS) {
    let mine = bitcast<f32>(scratch[size + i]);
    var count = 0u;
    for (var other = 0u; other < M; other++) {
      count += u32(comes_before(other, bitcast<f32>(scratch[size + other]), i, mine));
    }
    scratch[place + i] = count;
    size_out[frame * M + count] = mine;
  }
  storageBarrier();

  for (var t = lane; t < T; t += THREADS) {
    if (t % 2u == 1u || scratch[rank + t / 2u] >= R) { kept[frame * M + scratch[place + scratch[start + t]]] = t; }
  }
  for (var n = lane; n < PATCHES; n += THREADS) {
    var t = n;
    if (step.first == 0u) { t = owners[frame * PATCHES + n]; }
    let to = scratch[place + scratch[start + t]];
    owners[frame * PATCHES + n] = select(to, select(to - 1u, DROPPED, to == 0u), step.drop == 1u);
  }
}
