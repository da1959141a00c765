import { useEffect, useRef, useState } from "react";

type DropTargetProps = { readonly onDrop: (data: DataTransfer) => void };

/** Keeps what is no file, a link above all, from being opened in place of the page; boxes for text take it. */
function refuse(event: DragEvent): void {
  if (event.target instanceof Element && event.target.closest("input, textarea")) return;
  event.preventDefault();
  if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
}

/** Makes the whole window take dropped files and folders, and shows so while one hovers. */
export function DropTarget({ onDrop }: DropTargetProps) {
  const [over, setOver] = useState(false);
  const drop = useRef(onDrop);
  drop.current = onDrop;

  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    /** Enter and leave come in pairs for every element on the way: over the window while more came in than went. */
    let depth = 0;
    const count = (change: number) => {
      depth = Math.max(0, depth + change);
      setOver(depth > 0);
    };
    const on = (type: "dragenter" | "dragover" | "dragleave" | "drop", handle: (event: DragEvent) => void) =>
      window.addEventListener(
        type,
        (event) => {
          if (!event.dataTransfer?.types.includes("Files")) return refuse(event);
          event.preventDefault();
          handle(event);
        },
        { signal },
      );
    on("dragenter", () => count(1));
    on("dragleave", () => count(-1));
    on("dragover", (event) => {
      if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    });
    on("drop", (event) => {
      count(-depth);
      if (event.dataTransfer) drop.current(event.dataTransfer);
    });
    return () => listening.abort();
  }, []);

  return (
    <div className="drop-overlay" data-over={over || undefined} aria-hidden="true">
      <p>Drop to watch</p>
      <small>It stays on this machine</small>
    </div>
  );
}
