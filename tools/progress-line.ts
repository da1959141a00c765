/** One line on the terminal that is written over; nothing where the output goes to a file. */
export function createProgressLine(): { show(text: string): void; clear(): void } {
  let shownMs = Number.NEGATIVE_INFINITY;
  const { stderr } = process;
  return {
    show(text) {
      const now = performance.now();
      if (!stderr.isTTY || now - shownMs < 200) return;
      shownMs = now;
      stderr.write(`\r\x1b[K${text}`);
    },
    clear() {
      if (stderr.isTTY) stderr.write("\r\x1b[K");
    },
  };
}
