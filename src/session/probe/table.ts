import type { ProbeReport } from "./report.ts";

/** A check in words and as a table in Markdown, for a report of a mistake. */
export function reportText(report: ProbeReport): string {
  return `${report.sentence}\n\n${table(report)}`;
}

function table({ language, pictures, settings, notices, cost }: ProbeReport): string {
  const nats = (value: number) => value.toFixed(3);
  const heard = `Words: ${nats(language.loss)} nats a token, ${nats(language.shuffledLoss)} in disorder (${language.tokens} tokens).`;
  const spent = `Cost: ${cost.frames} frames, ${cost.tokens} tokens, ${cost.seconds.toFixed(0)} s.`;
  if (!pictures) return [heard, spent].join("\n");
  const rows = settings.map((each) => {
    const difference = `${each.difference < 0 ? "" : "+"}${nats(each.difference)} ± ${nats(each.differenceError)}`;
    // On the worst pictures alone the loss itself says nothing.
    const isWhole = each.pictures === pictures.count;
    const loss = isWhole ? `${nats(each.loss)} ± ${nats(each.error)}` : "–";
    const value = `${each.value.replaceAll("|", "\\|")}${each.better ? " (better)" : ""}`;
    return `| ${each.field} | ${value} | ${each.top1 === null ? "–" : `${each.top1} of ${pictures.count}`} | ${loss} | ${difference}${isWhole ? "" : ` (on the worst ${each.pictures})`} |`;
  });
  return [
    heard,
    `Pictures: a picture takes ${nats(pictures.gain)} nats a token off its caption.`,
    "",
    "| setting | value | right captions | loss of the right captions | difference |",
    "|---|---|---|---|---|",
    `| as loaded | | ${pictures.top1} of ${pictures.count} | ${nats(pictures.loss)} ± ${nats(pictures.error)} | |`,
    ...rows,
    "",
    ...notices,
    spent,
  ].join("\n");
}
