const counts = new Intl.NumberFormat("en");

/** `1234` as "1,234". */
export function formatCount(count: number): string {
  return counts.format(count);
}

/** Bytes in decimal units with two or three digits: "312 KB", "8.6 MB". */
export function formatBytes(bytes: number): string {
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

/** A position in a video as a clock shows it: "0:04", "12:34", "1:02:03"; with its tenths where it has some: "0:04.5". */
export function formatClock(seconds: number): string {
  const allTenths = Math.max(0, Math.round(seconds * 10));
  const [whole, tenths] = [Math.floor(allTenths / 10), allTenths % 10];
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const tail = String(s).padStart(2, "0") + (tenths > 0 ? `.${tenths}` : "");
  return h > 0 ? `${h}:${String(m).padStart(2, "0")}:${tail}` : `${m}:${tail}`;
}

/** A length of time in words: "4 s", "3 min 20 s", "1 h 4 min". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (h > 0) return m > 0 ? `${h} h ${m} min` : `${h} h`;
  return s > 0 ? `${m} min ${s} s` : `${m} min`;
}

/** A short wait: "84 ms", "1.1 s". */
export function formatWait(milliseconds: number): string {
  return milliseconds < 999.5 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** The name that people know for a codec string such as "avc1.640015"; unknown ones as they are. */
export function formatCodec(codec: string): string {
  const names = {
    avc: "H.264",
    hvc: "HEVC",
    hev: "HEVC",
    vp8: "VP8",
    vp08: "VP8",
    vp9: "VP9",
    vp09: "VP9",
    av01: "AV1",
  };
  const known = Object.entries(names).find(([prefix]) => codec.toLowerCase().startsWith(prefix));
  return known ? known[1] : codec;
}

/** A rate with the digits that matter: "0.4", "7.8", "42". */
export function formatRate(perSecond: number): string {
  return perSecond < 9.95 ? perSecond.toFixed(1) : formatCount(Math.round(perSecond));
}

/** A model's size in numbers: "4.3 M", "551 M", "1.9 B". */
export function formatParameters(count: number): string {
  const [value, unit] = count >= 999_500_000 ? [count / 1e9, "B"] : [count / 1e6, "M"];
  return `${value.toFixed(value < 9.95 ? 1 : 0)} ${unit}`;
}

const dates = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });

/** A day, from milliseconds since 1970: "Nov 23, 2026". */
export function formatDate(milliseconds: number): string {
  return dates.format(milliseconds);
}

const moments = new Intl.DateTimeFormat("en", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hour12: false,
});

/** A minute of these days, from milliseconds since 1970: "Nov 23, 08:05". */
export function formatMoment(milliseconds: number): string {
  return moments.format(milliseconds);
}
