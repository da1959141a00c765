/** What the bench's page measures, in the order that it is measured in. */
export const partNames = [
  "watching",
  "frame-by-frame",
  "reading",
  "peers",
  "merging",
  "siglip-large",
  "products",
  "quantised",
] as const;

export type PartName = (typeof partNames)[number];
