// The most likely token, chosen where the logits are; ties go to the lowest id. One workgroup.
override VOCAB: u32;
override SLOTS: u32;            // room in tokens
override THREADS: u32 = 256u;

@group(0) @binding(0) var<storage, read> logits: array<f32>;            // [V]
@group(0) @binding(1) var<storage, read_write> tokens: array<u32>;      // [1 + SLOTS]: how many so far, then the tokens
@group(0) @binding(2) var<storage, read_write> next: array<u32>;        // [1]: input of the next step

var<workgroup> values: array<f32, THREADS>;
var<workgroup> places: array<u32, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) thread: u32) {
  var place = thread;
  var largest = -3.0e38;
  for (var i = thread; i < VOCAB; i += THREADS) {
    if (logits[i] > largest) { largest = logits[i]; place = i; }
  }
  values[thread] = largest;
  places[thread] = place;
  workgroupBarrier();
  if (thread > 0u) { return; }
  for (var i = 1u; i < min(THREADS, VOCAB); i++) {
    if (values[i] > largest || (values[i] == largest && places[i] < place)) {
      largest = values[i];
      place = places[i];
    }
  }
  let count = tokens[0];
  if (count < SLOTS) { tokens[1u + count] = place; }
  tokens[0] = count + 1u;
  next[0] = place;
}
