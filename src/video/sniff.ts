/** What a file is, judged by its first bytes. */
export type FileKind =
  | { readonly kind: "isobmff" | "matroska" | "mpeg-ts" }
  | { readonly kind: "still-image" | "moving-image"; readonly mimeType: string }
  /** A container with video that browsers have no reader for. */
  | { readonly kind: "foreign-video"; readonly name: string }
  | { readonly kind: "audio"; readonly name: string }
  | { readonly kind: "unknown" };

/** How many bytes from the start of the file `sniff` wants. */
export const sniffByteLength = 4096;

const isoBoxes = new Set(["ftyp", "moov", "mdat", "free", "skip", "wide", "pnot", "styp", "moof", "sidx"]);

/** Boxes that recorders and streams put in front of the one that says what the file is. */
const isoPreface = new Set(["emsg", "uuid", "prft", "free", "skip", "wide", "junk", "pdin", "styp"]);

/** Tells what a file is by its first bytes (`sniffByteLength` of them, or all there are), whatever its name. */
export function sniff(bytes: Uint8Array): FileKind {
  const text = (start: number, end: number) => latin1(bytes.subarray(start, end));
  if (text(4, 8) === "ftyp") return sniffBrand(text(8, 12), text(16, 64));
  if (bytes.length >= 8 && (isoBoxes.has(text(4, 8)) || hasPreface(bytes))) return { kind: "isobmff" };
  if (startsWith(bytes, [0x1a, 0x45, 0xdf, 0xa3])) return { kind: "matroska" };
  return sniffImage(bytes) ?? sniffForeign(bytes) ?? { kind: transportStart(bytes) >= 0 ? "mpeg-ts" : "unknown" };
}

/** Boxes of a preface one after another, up to one that belongs to MP4 or to where the bytes end. */
function hasPreface(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; ; at += view.getUint32(at)) {
    if (at + 8 > bytes.length) return at > 0 && bytes.length === sniffByteLength;
    const type = latin1(bytes.subarray(at + 4, at + 8));
    if (isoBoxes.has(type) && at > 0) return true;
    if (!isoPreface.has(type) || view.getUint32(at) < 8) return false;
  }
}

function sniffBrand(major: string, compatible: string): FileKind {
  if (major === "avis" || (major === "avif" && compatible.includes("avis"))) {
    return { kind: "moving-image", mimeType: "image/avif" };
  }
  if (major === "avif") return { kind: "still-image", mimeType: "image/avif" };
  if (["heic", "heix", "mif1"].includes(major)) return { kind: "still-image", mimeType: "image/heic" };
  return { kind: "isobmff" };
}

function sniffImage(bytes: Uint8Array): FileKind | null {
  const head = latin1(bytes);
  if (/^GIF8[79]a/.test(head)) return { kind: "moving-image", mimeType: "image/gif" };
  if (head.startsWith("\x89PNG\r\n\x1a\n")) {
    const moves = (head.split("IDAT")[0] as string).includes("acTL");
    return { kind: moves ? "moving-image" : "still-image", mimeType: "image/png" };
  }
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return { kind: "still-image", mimeType: "image/jpeg" };
  if (head.startsWith("RIFF") && head.slice(8, 12) === "WEBP") {
    const moves = head.slice(12, 16) === "VP8X" && ((bytes[20] ?? 0) & 2) !== 0;
    return { kind: moves ? "moving-image" : "still-image", mimeType: "image/webp" };
  }
  if (head.startsWith("BM") && bytes.length > 26 && head.slice(6, 10) === "\0\0\0\0") {
    return { kind: "still-image", mimeType: "image/bmp" };
  }
  return null;
}

function sniffForeign(bytes: Uint8Array): FileKind | null {
  const head = latin1(bytes);
  const riff = head.startsWith("RIFF") ? head.slice(8, 12) : "";
  if (riff === "AVI ") return { kind: "foreign-video", name: "AVI" };
  if (riff === "WAVE") return { kind: "audio", name: "WAV" };
  if (head.startsWith("FLV\x01")) return { kind: "foreign-video", name: "FLV" };
  if (startsWith(bytes, [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11])) {
    return { kind: "foreign-video", name: "WMV (Windows Media)" };
  }
  if (startsWith(bytes, [0, 0, 1, 0xba])) return { kind: "foreign-video", name: "MPEG program stream" };
  if (startsWith(bytes, [0, 0, 1, 0xb3])) return { kind: "foreign-video", name: "raw MPEG video" };
  if (head.startsWith("DKIF")) return { kind: "foreign-video", name: "IVF" };
  const unit = startsWith(bytes, [0, 0, 0, 1]) ? bytes[4] : startsWith(bytes, [0, 0, 1]) ? bytes[3] : undefined;
  if (unit === 0x67 || unit === 0x27 || unit === 0x09) return { kind: "foreign-video", name: "raw H.264" };
  if (unit === 0x40 || unit === 0x42 || unit === 0x46) return { kind: "foreign-video", name: "raw HEVC (H.265)" };
  if (head.startsWith(".RMF")) return { kind: "foreign-video", name: "RealMedia" };
  if (startsWith(bytes, [6, 14, 43, 52])) return { kind: "foreign-video", name: "MXF" };
  if (head.startsWith("OggS")) {
    return head.includes("theora") ? { kind: "foreign-video", name: "Ogg Theora" } : { kind: "audio", name: "Ogg" };
  }
  if (head.startsWith("ID3") || head.startsWith("fLaC")) {
    return { kind: "audio", name: head.startsWith("fLaC") ? "FLAC" : "MP3" };
  }
  // An MPEG audio frame: eleven sync bits, then a layer, a bitrate and a sampling rate that exist.
  const [a = 0, b = 0, c = 0] = bytes;
  if (a === 0xff && (b & 0xe6) === 0xe2 && (c & 0xf0) !== 0xf0 && (c & 0x0c) !== 0x0c && (c & 0xf0) !== 0) {
    return { kind: "audio", name: "MP3" };
  }
  if (a === 0xff && (b & 0xf6) === 0xf0) return { kind: "audio", name: "AAC" };
  return null;
}

/** Where the first whole packet of a transport stream begins, which may have been cut out of a longer one, or have something before it; -1 where it is none. */
export function transportStart(bytes: Uint8Array): number {
  const isSynced = (first: number, step: number, packets: number) => {
    if (bytes.length < first + 3 * step) return false;
    for (let at = first; at < Math.min(bytes.length, first + packets * step); at += step)
      if (bytes[at] !== 0x47) return false;
    return true;
  };
  if (isSynced(0, 188, 5) || isSynced(4, 192, 5)) return 0;
  // In the middle of a packet a lone sync byte says little: more of them must follow.
  for (let at = 1; bytes.length >= at + 9 * 192; at++) {
    if (isSynced(at, 188, 10) || isSynced(at + 4, 192, 10)) return at;
  }
  return -1;
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((value, i) => bytes[i] === value);
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
