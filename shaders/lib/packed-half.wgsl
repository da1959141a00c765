// Products of 32 inputs and weights in 16 bits: inputs over the largest of them, so that none overflows, and sums of eight products,
// the rest in f32. Where weights are whole numbers they are made f16 by writing them into 1024's last bits. `input` is the shader's.
struct Packed {
  a: vec4h, b: vec4h, c: vec4h, d: vec4h,
  e: vec4h, f: vec4h, g: vec4h, h: vec4h,
  scale: f32,
}

// Rows of other widths have no whole groups.
fn packs() -> bool { return format() != F32 && linear.quads % 8u == 0u; }

fn pack32(at: u32) -> Packed {
  let a = input(at); let b = input(at + 1u); let c = input(at + 2u); let d = input(at + 3u);
  let e = input(at + 4u); let f = input(at + 5u); let g = input(at + 6u); let h = input(at + 7u);
  let most = largest(max(max(max(abs(a), abs(b)), max(abs(c), abs(d))), max(max(abs(e), abs(f)), max(abs(g), abs(h)))));
  let factor = select(1.0 / most, 0.0, most < 1e-30);
  let ab = turn(a * factor, b * factor);
  let cd = turn(c * factor, d * factor);
  let ef = turn(e * factor, f * factor);
  let gh = turn(g * factor, h * factor);
  return Packed(ab[0], ab[1], cd[0], cd[1], ef[0], ef[1], gh[0], gh[1], most);
}

fn largest(values: vec4f) -> f32 { return max(max(values.x, values.y), max(values.z, values.w)); }

// Eight inputs in the order in which `weights8` has the weights.
fn turn(a: vec4f, b: vec4f) -> array<vec4h, 2> {
  if (format() == INT4) { return array<vec4h, 2>(vec4h(vec4f(a.x, b.x, a.y, b.y)), vec4h(vec4f(a.z, b.z, a.w, b.w))); }
  if (format() == INT8) { return array<vec4h, 2>(vec4h(a.xzyw), vec4h(b.xzyw)); }
  return array<vec4h, 2>(vec4h(a), vec4h(b));
}

// Eight weights from 8·index on, counted from the first of w.
fn weights8(index: u32) -> array<vec4h, 2> {
  if (format() == INT4) {
    let packed = word(index / 2u)[index % 2u];
    return array<vec4h, 2>(
      halves(small(vec2u(packed, packed >> 4u), 0x000f000fu)) - vec4h(1032.0),
      halves(small(vec2u(packed >> 8u, packed >> 12u), 0x000f000fu)) - vec4h(1032.0),
    );
  }
  if (format() == INT8) {
    let packed = word(index) ^ vec2u(0x80808080u);
    return array<vec4h, 2>(
      halves(small(vec2u(packed.x, packed.x >> 8u), 0x00ff00ffu)) - vec4h(1152.0),
      halves(small(vec2u(packed.y, packed.y >> 8u), 0x00ff00ffu)) - vec4h(1152.0),
    );
  }
  return array<vec4h, 2>(halves(word(2u * index)), halves(word(2u * index + 1u)));
}

// Four f16 in two words; Firefox has no bitcast to f16.
fn halves(words: vec2u) -> vec4h { return vec4h(vec4f(unpack2x16float(words.x), unpack2x16float(words.y))); }

// 1024 and what the mask leaves of each half.
fn small(words: vec2u, mask: u32) -> vec2u { return (words & vec2u(mask)) | vec2u(0x64006400u); }

fn product32(row: u32, group: u32, inputs: Packed) -> f32 {
  let at = 4u * (row * (linear.quads / 8u) + group);
  let ab = weights8(at);
  let cd = weights8(at + 1u);
  let ef = weights8(at + 2u);
  let gh = weights8(at + 3u);
  var sum = inputs.a * ab[0];
  sum = fma(inputs.b, ab[1], sum);
  sum = fma(inputs.c, cd[0], sum);
  sum = fma(inputs.d, cd[1], sum);
  sum = fma(inputs.e, ef[0], sum);
  sum = fma(inputs.f, ef[1], sum);
  sum = fma(inputs.g, gh[0], sum);
  sum = fma(inputs.h, gh[1], sum);
  var factor = inputs.scale;
  if (format() == INT8 || format() == INT4) { factor *= scale(row, group); }
  return factor * dot(vec4f(sum), vec4f(1.0));
}
