/**
 * Whether a still picture's file ends before the picture does. Browsers disagree on such pictures: some refuse them, some show
 * what there is of them. Judged by what ends each kind of file; kinds that are not known here count as whole.
 */
export function isPictureCut(bytes: Uint8Array, mimeType: string): boolean {
  switch (mimeType) {
    case "image/png":
      return !hasPngEnd(bytes);
    case "image/jpeg":
      return !hasJpegEnd(bytes);
    case "image/webp":
      return bytes.length < 12 || viewOf(bytes).getUint32(4, true) + 8 > bytes.length;
    default:
      return false;
  }
}

/** Whether the chunks go on to IEND. */
function hasPngEnd(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  for (let at = 8; at + 8 <= bytes.length; at += 12 + view.getUint32(at)) {
    if (view.getUint32(at + 4) === 0x49454e44) return true;
  }
  return false;
}

/** Whether the marker that ends a JPEG follows the beginning of its first scan; thumbnails before that have one of their own. */
function hasJpegEnd(bytes: Uint8Array): boolean {
  const view = viewOf(bytes);
  for (let at = 2; at + 4 <= bytes.length; ) {
    const marker = view.getUint16(at);
    if (marker >> 8 !== 0xff) return true; // not what this reader knows: the decoder decides
    if (marker === 0xffda) return hasMarker(bytes, at, 0xd9);
    // Fill bytes, and markers without a length.
    if (marker === 0xffff) at += 1;
    else if (marker === 0xff01 || (marker >= 0xffd0 && marker <= 0xffd7)) at += 2;
    else at += 2 + view.getUint16(at + 2);
  }
  return false;
}

function hasMarker(bytes: Uint8Array, from: number, marker: number): boolean {
  for (let at = bytes.indexOf(0xff, from); at >= 0 && at + 1 < bytes.length; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === marker) return true;
  }
  return false;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
