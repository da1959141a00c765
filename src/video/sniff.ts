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

/** Tells what a file is by its first bytes (`sniffByteLength` of them, or all there are), whatever its name. */
export function sniff(bytes: Uint8Array): FileKind {
  const text = (start: number, end: number) => latin1(bytes.subarray(start, end));
  if (text(4, 8) === "ftyp") return sniffBrand(text(8, 12), text(16, 64));
  if (bytes.length >= 8 && isoBoxes.has(text(4, 8))) return { kind: "isobmff" };
  if (startsWith(bytes, [0x1a, 0x45, 0xdf, 0xa3])) return { kind: "matroska" };
  return sniffImage(bytes) ?? sniffForeign(bytes) ?? { kind: isTransportStream(bytes) ? "mpeg-ts" : "unknown" };
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

/** Sync bytes 188 apart; Blu-ray's form has four bytes of time code before each packet. */
function isTransportStream(bytes: Uint8Array): boolean {
  const everySync = (first: number, step: number) => {
    if (bytes.length < first + 3 * step) return false;
    for (let at = first; at < Math.min(bytes.length, first + 5 * step); at += step)
      if (bytes[at] !== 0x47) return false;
    return true;
  };
  return everySync(0, 188) || everySync(4, 192);
}

function startsWith(bytes: Uint8Array, prefix: readonly number[]): boolean {
  return prefix.every((value, i) => bytes[i] === value);
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
