import { Icon } from "./Icon.tsx";

type PickerProps = { readonly onPick: (files: readonly File[]) => void; readonly quiet?: boolean };

/** The file picker, for one or several: a real file input that looks like a button, so that keyboards and screen readers find what they know. */
export function Picker({ onPick, quiet = false }: PickerProps) {
  return (
    <label className={quiet ? "button picker" : "button button-primary picker"}>
      <input
        type="file"
        multiple
        className="visually-hidden"
        aria-label="Choose a video"
        accept="video/*,.mkv,.ts,.mov,.webm,.mp4,.m4v,.avi,image/gif,image/webp,image/avif"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          if (files.length > 0) onPick(files);
          event.currentTarget.value = "";
        }}
      />
      <Icon name={quiet ? "plus" : "film"} />
      Choose a video
    </label>
  );
}
