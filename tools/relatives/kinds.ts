import { after, type Change, first, fromByte, inBox, isoBox, turned, without } from "./bytes.ts";

/** A file: how ffmpeg makes it (arguments before its path), and what is changed of it then. */
export type Relative = { readonly name: string; readonly args: readonly string[]; readonly change?: Change };

const moving = (seconds: number, size = "160x96") => `testsrc2=size=${size}:rate=10:duration=${seconds}`;
const lavfi = (source: string) => ["-f", "lavfi", "-i", source];
const tone = (seconds: number) => lavfi(`sine=frequency=440:sample_rate=16000:duration=${seconds}`);
const x264 = (params = "") =>
  `-c:v libx264 -threads 1 -g 10 -x264-params keyint=10:min-keyint=10:scenecut=0${params && `:${params}`}`.split(" ");
const aac = ["-c:a", "aac", "-b:a", "16k"];
const flags = (...names: string[]) => ["-movflags", `+${names.join("+")}`];
const fragments = ["frag_every_frame", "empty_moov", "default_base_moof"];

const plain = [...lavfi(moving(2)), ...x264()];
const sounding = [...lavfi(moving(2)), ...tone(2), ...x264(), ...aac];

/** Counts that their boxes cannot hold: box, bytes behind its type, the files that have it. */
function* wrongCounts(): Generator<Relative> {
  const whole = ["stts 4", "ctts 4", "stss 4", "stsc 4", "stco 4", "stsz 8", "stsd 4", "dref 4", "elst 4", "sgpd 12"];
  const pieces = ["trun 4", "tfra 12", "trex 4"];
  for (const value of [0xffffffff, 79_000_000, 1_000_000]) {
    for (const [places, args, kind] of [
      [whole, sounding, "whole"],
      [pieces, [...sounding, ...flags("frag_keyframe", "empty_moov")], "pieces"],
    ] as const) {
      for (const place of places) {
        const [type = "", offset = 0] = place.split(" ");
        yield { name: `count-${kind}-${type}-${value}.mp4`, args, change: inBox(type, Number(offset), value) };
      }
    }
  }
}

/** Fragments of all kinds that ffmpeg writes. */
function* fragmented(): Generator<Relative> {
  const kinds = [
    fragments,
    ["frag_keyframe", "empty_moov"],
    ["frag_keyframe"],
    ["frag_keyframe", "delay_moov"],
    ["frag_keyframe", "separate_moof", "empty_moov"],
    ["frag_keyframe", "empty_moov", "omit_tfhd_offset"],
    ["frag_keyframe", "empty_moov", "negative_cts_offsets"],
    ["frag_keyframe", "empty_moov", "skip_trailer"],
    ["cmaf"],
    ["dash", "global_sidx"],
    ["frag_keyframe", "faststart"],
    ["isml", "frag_keyframe"],
  ];
  for (const [i, names] of kinds.entries()) {
    for (const bFrames of [0, 3]) {
      const args = [...lavfi(moving(2)), ...tone(2), ...x264(`bframes=${bFrames}`), ...aac, ...flags(...names)];
      yield { name: `fragments-${i}-${names.join("-")}-${bFrames}.mp4`, args };
    }
  }
  const many = [...lavfi("color=gray:size=16x16:rate=30:duration=60"), ...x264("bframes=0"), ...flags(...fragments)];
  yield { name: "fragments-1800.mp4", args: many };
  yield { name: "fragments-vp9.mp4", args: [...lavfi(moving(2)), "-c:v", "libvpx-vp9", ...flags(...fragments)] };
  yield { name: "fragments-1000-bytes.mp4", args: [...plain, ...flags("empty_moov"), "-frag_size", "1000"] };
  yield { name: "fragments.mov", args: [...plain, ...flags("frag_keyframe", "empty_moov")] };
}

/** Structures of H.264 that browsers' decoders take in different ways. */
function* structures(): Generator<Relative> {
  const settings = [
    ...[
      "bframes=1",
      "bframes=7:b-adapt=0",
      "b-pyramid=none",
      "b-pyramid=strict",
      "ref=1:bframes=2",
      "ref=16:bframes=7",
    ],
    ...["open-gop=1", "open-gop=1:bframes=7:b-adapt=0", "weightp=2:weightb=1", "cabac=0", "cabac=0:8x8dct=0:bframes=0"],
    ...["slices=4", "intra-refresh=1", "intra-refresh=1:bframes=3", "tff=1", "bff=1", "fake-interlaced=1", "keyint=1"],
    ...["nal-hrd=vbr:vbv-maxrate=500:vbv-bufsize=500", "constrained-intra=1", "bluray-compat=1", "aud=1", "lossless=1"],
  ];
  for (const [i, setting] of settings.entries()) {
    for (const container of ["mp4", "mkv", "ts"]) {
      const args = [...lavfi(moving(2)), ..."-c:v libx264 -threads 1 -g 10 -x264-params".split(" "), setting];
      yield { name: `structure-${i}-${setting.replaceAll(/[=:]/g, "_")}.${container}`, args };
    }
  }
}

/** What recorders of browsers and of phones write. */
function* recorders(): Generator<Relative> {
  for (const codec of ["libvpx", "libvpx-vp9", "libaom-av1 -cpu-used 8", "libx264 -threads 1"]) {
    const encoder = ["-c:v", ...codec.split(" "), "-b:v", "200k"];
    const name = codec.replaceAll(/[ -].*/g, codec.includes("vp9") ? "9" : "");
    const from = [...lavfi(moving(2)), ...encoder];
    if (name !== "libaom") yield { name: `recorder-${name}-live.mkv`, args: [...from, "-live", "1", "-f", "matroska"] };
    yield { name: `recorder-${name}-clusters.mkv`, args: [...from, "-cluster_time_limit", "300"] };
    yield { name: `recorder-${name}-cues-first.mkv`, args: [...from, "-reserve_index_space", "4000"] };
    if (name === "libvpx") continue;
    yield { name: `recorder-${name}.mp4`, args: from };
    yield { name: `recorder-${name}-hybrid.mp4`, args: [...from, ...flags("frag_keyframe", "empty_moov")] };
    if (name === "libvpx9") {
      yield { name: "recorder-vp9-no-level.mp4", args: from, change: inBox("vpcC", 4, 0x0000_8000) };
      yield { name: "recorder-vp9-no-vpcc.mp4", args: from, change: without("vpcC") };
    }
  }
}

/** Something in front of the file, or behind it. */
function* prefaces(): Generator<Relative> {
  const emsg = Buffer.concat([Buffer.alloc(4), Buffer.from("urn:x\0\0"), Buffer.alloc(16)]);
  const fronts: [string, Buffer][] = [
    ["emsg", isoBox("emsg", emsg)],
    ["uuid", isoBox("uuid", Buffer.alloc(40, 7))],
    ["prft", isoBox("prft", Buffer.alloc(20, 1))],
    ["free", isoBox("free", Buffer.alloc(5000))],
    ["skip", isoBox("skip", Buffer.alloc(3))],
    ["wide", isoBox("wide", Buffer.alloc(0))],
    ["pnot", isoBox("pnot", Buffer.alloc(12))],
    ["unknown", isoBox("xyz1", Buffer.alloc(100, 9))],
    ["id3", Buffer.concat([Buffer.from("ID3\x04\0\0\0\0\0\x0a", "latin1"), Buffer.alloc(10)])],
    ["zeros", Buffer.alloc(300)],
    ["text", Buffer.from("\r\n\r\n")],
  ];
  for (const [what, front] of fronts) yield { name: `front-${what}.mp4`, args: plain, change: after(front) };
  yield {
    name: "front-emsg-fragments.mp4",
    args: [...plain, ...flags(...fragments)],
    change: after(isoBox("emsg", emsg)),
  };
  yield { name: "front-junk.ts", args: plain, change: after(Buffer.alloc(777, 0x33)) };
  const behind =
    (bytes: Buffer): Change =>
    (file) =>
      Buffer.concat([file, bytes]);
  for (const container of ["mp4", "mkv", "ts"]) {
    yield { name: `behind-zeros.${container}`, args: plain, change: behind(Buffer.alloc(4096)) };
    yield { name: `behind-junk.${container}`, args: plain, change: behind(Buffer.alloc(4096, 0x5a)) };
  }
}

/** Turned and mirrored; wide and high pixels; cut off at the sides. */
function* geometry(): Generator<Relative> {
  const turns = { "0": [1, 0, 0, 1], "90": [0, 1, -1, 0], "180": [-1, 0, 0, -1], "270": [0, -1, 1, 0] } as const;
  for (const [degrees, [a, b, c, d]] of Object.entries(turns)) {
    for (const container of ["mp4", "mov"]) {
      yield { name: `turn-${degrees}.${container}`, args: plain, change: turned(a, b, c, d) };
    }
  }
  for (const shape of ["2", "1/2", "4/3", "16/11", "3/4", "1000/999"]) {
    for (const container of ["mp4", "mkv", "ts"]) {
      const args = [...lavfi(`${moving(1)},setsar=${shape}`), ...x264()];
      yield { name: `pixels-${shape.replace("/", "-")}.${container}`, args };
    }
  }
  for (const crop of ["left=2", "left=30:crop_right=2", "top=4", "top=2:crop_left=8:crop_bottom=6", "right=10"]) {
    for (const container of ["mp4", "mkv", "ts"]) {
      const args = [...lavfi(moving(1)), ...x264(), "-bsf:v", `h264_metadata=crop_${crop}`];
      yield { name: `cut-${crop.replaceAll(/[=:]/g, "_")}.${container}`, args };
    }
  }
  for (const size of ["97x65", "16x16", "8x8", "34x18", "1918x1078"]) {
    yield { name: `size-${size}.mp4`, args: [...lavfi(`${moving(0.5, size)},format=yuv444p`), ...x264()] };
  }
}

/** Sound that is longer, shorter, earlier or later than the picture; further tracks. */
function* tracks(): Generator<Relative> {
  for (const container of ["mp4", "mkv", "ts"]) {
    for (const seconds of [0.5, 3, 7]) {
      const args = [...lavfi(moving(2)), ...tone(seconds), ...x264(), ...aac];
      yield { name: `sound-${seconds}.${container}`, args };
    }
    for (const offset of [0.7, -0.7]) {
      const args = [...lavfi(moving(2)), "-itsoffset", String(offset), ...tone(2), ...x264(), ...aac];
      yield { name: `sound-at-${offset}.${container}`, args };
      const video = ["-itsoffset", String(offset), ...lavfi(moving(2)), ...tone(2), ...x264(), ...aac];
      yield { name: `picture-at-${offset}.${container}`, args: video };
    }
  }
  const two = (container: string, ...more: string[]): Relative => ({
    name: `tracks-${more.join("").replaceAll(/[^a-z0-9]/g, "")}.${container}`,
    args: [...lavfi(moving(0.2, "320x180")), ...lavfi(moving(2)), "-map", "0:v", "-map", "1:v", ...x264(), ...more],
  });
  yield two("mp4");
  yield two("mkv");
  yield two("mp4", "-c:v:0", "mjpeg");
  yield two("mkv", "-c:v:0", "mjpeg");
  yield two("mp4", "-c:v:0", "png", "-disposition:v:0", "attached_pic");
}

/** Cut off at the end, or at the beginning. */
function* cuts(): Generator<Relative> {
  for (const part of [0.35, 0.6, 0.9]) {
    for (const [container, ...more] of [
      ["mkv"],
      ["ts"],
      ["mp4", ...flags("faststart")],
      ["frag.mp4", ...flags(...fragments)],
    ]) {
      yield { name: `end-${part}.${container}`, args: [...sounding, ...more], change: first(part) };
    }
    yield { name: `end-${part}.webm`, args: [...lavfi(moving(2)), "-c:v", "libvpx"], change: first(part) };
  }
  for (const bytes of [1, 100, 188, 1000, 188 * 20 + 5, 188 * 60]) {
    yield { name: `begin-${bytes}.ts`, args: plain, change: fromByte(bytes) };
  }
  for (const seconds of [0.35, 0.95, 1.2]) {
    for (const container of ["mp4", "mkv", "ts", "mov"]) {
      yield { name: `edit-${seconds}.${container}`, args: ["-ss", String(seconds), "-i", "CLIP", "-c", "copy"] };
    }
  }
}

/** Colours by all their names, in all forms that are decoded. */
function* colours(): Generator<Relative> {
  const codecs = { h264: "libx264 -threads 1", vp9: "libvpx-vp9", av1: "libaom-av1 -cpu-used 8" };
  for (const matrix of ["bt709", "smpte170m", "bt2020nc", "smpte240m", "fcc"]) {
    for (const range of ["tv", "pc"]) {
      for (const [codec, encoder] of Object.entries(codecs)) {
        const source = `${moving(0.6)},format=gbrp,scale=out_color_matrix=${matrix.replace("nc", "")}:out_range=${range},format=yuv420p`;
        const tags = ["-colorspace", matrix, "-color_range", range, "-color_primaries", "bt709", "-color_trc", "bt709"];
        const container = codec === "h264" ? "mkv" : "mp4";
        const args = [...lavfi(source), "-c:v", ...encoder.split(" "), ...tags];
        yield { name: `colours-${codec}-${matrix}-${range}.${container}`, args };
      }
    }
  }
  const formats = ["yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le", "gray"];
  for (const format of formats) {
    yield { name: `form-h264-${format}.mp4`, args: [...lavfi(moving(0.6)), ...x264(), "-pix_fmt", format] };
  }
  for (const format of ["yuv422p", "yuv444p", "yuv440p", "gbrp", "yuv420p10le", "yuv444p12le"]) {
    yield { name: `form-vp9-${format}.webm`, args: [...lavfi(moving(0.6)), "-c:v", "libvpx-vp9", "-pix_fmt", format] };
  }
}

/** A clock that runs out, or begins elsewhere; a stream in packets of 192 bytes. */
function* clocks(): Generator<Relative> {
  for (const offset of [0, 95_442.5, 95_443.7, 20]) {
    yield { name: `clock-${offset}.ts`, args: [...plain, "-output_ts_offset", String(offset)] };
  }
  yield { name: "clock-m2ts.m2ts", args: [...sounding, "-mpegts_m2ts_mode", "1"] };
  yield { name: "clock-padded.ts", args: [...plain, "-muxrate", "2000k"] };
  const twice = (file: Buffer) => Buffer.concat([file, file]);
  for (const container of ["ts", "mkv"]) yield { name: `joined.${container}`, args: sounding, change: twice };
  const gap: Change = (file) =>
    Buffer.concat([file.subarray(0, 188 * 40), Buffer.alloc(999, 0x33), file.subarray(188 * 40)]);
  yield { name: "joined-gap.ts", args: plain, change: gap };
  for (const [i, expression] of ["N*N/40", "N+mod(N,3)/3", "N*4", "N/3"].entries()) {
    const source = `${moving(2)},settb=1/1000,setpts='(${expression})/10/TB'`;
    for (const container of ["mp4", "mkv", "ts"]) {
      const args = [...lavfi(source), "-fps_mode", "vfr", "-enc_time_base", "1/1000", ...x264()];
      yield { name: `times-${i}.${container}`, args };
    }
  }
}

/** All files. CLIP among the arguments stands for the path of a short H.264 clip with B-frames. */
export function* relatives(): Generator<Relative> {
  yield* wrongCounts();
  yield* fragmented();
  yield* structures();
  yield* recorders();
  yield* prefaces();
  yield* geometry();
  yield* tracks();
  yield* cuts();
  yield* colours();
  yield* clocks();
}
