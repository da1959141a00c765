import type { Figure, Report, Task } from "./task.ts";

/** Lines of a task's table: a row for each of the paper's, with standard errors, and the paper's figures for AuroraLong beside. */
export function formatTable(task: Task, report: Report): string[] {
  const { columns, rows, notes } = report;
  const shown = rows.map(({ name, n, figures }) => {
    const paper = task.paper[name]?.find((figure) => figure !== null);
    return [
      name,
      String(n),
      ...columns.map((_, i) => formatFigure(figures[i] ?? null)),
      paper === undefined || paper === null ? "-" : paper.toFixed(1),
    ];
  });
  const table = [[task.title, "n", ...columns, "paper"], ...shown];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = table.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
  );
  return [...lines, ...notes];
}

function formatFigure(figure: Figure | null): string {
  if (figure === null) return "-";
  const error = figure.error === null ? "" : ` ± ${figure.error.toFixed(1).padStart(4)}`;
  return `${figure.value.toFixed(1)}${error}`;
}
