import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { Icon } from "../parts/Icon.tsx";
import { useSnapshot } from "../parts/use-snapshot.ts";
import { defaultSettings, limits, type Settings, type SettingsStore, watchOptions } from "./settings.ts";
import "./settings.css";

type SettingsDialogProps = {
  readonly settings: SettingsStore;
  /** Sampling of the model in use; null while there is none. */
  readonly modelFps: number | null;
  /** Whether the model in use can read speech between frames. */
  readonly readsSpeech: boolean;
  /** Watches the video anew; null where there is none. */
  readonly onWatchAgain: (() => void) | null;
};

/** A button, and the drawer it opens: how the page watches, answers and looks. */
export function SettingsDialog({ settings, modelFps, readsSpeech, onWatchAgain }: SettingsDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const now = useSnapshot(settings);
  const [watchedWith, setWatchedWith] = useState(now);
  const changed = JSON.stringify(watchOptions(now)) !== JSON.stringify(watchOptions(watchedWith));

  function open() {
    setWatchedWith(settings.snapshot);
    dialog.current?.showModal();
  }

  const close = () => dialog.current?.close();
  return (
    <>
      <button type="button" className="button button-ghost" onClick={open}>
        <Icon name="settings" /> <span className="button-words">Settings</span>
      </button>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: a click beside the drawer closes it; by key, Escape does. */}
      <dialog
        ref={dialog}
        className="details settings"
        aria-labelledby="settings-title"
        onClick={(event) => {
          if (event.target === event.currentTarget) close();
        }}
      >
        <div className="details-body">
          <header>
            <h2 id="settings-title">Settings</h2>
            <button type="button" className="button button-small" onClick={() => settings.change(defaultSettings)}>
              Reset
            </button>
            <button type="button" className="button button-ghost" aria-label="Close" onClick={close}>
              <Icon name="close" />
            </button>
          </header>
          <WatchingSettings now={now} change={settings.change} modelFps={modelFps} readsSpeech={readsSpeech}>
            {onWatchAgain && changed && (
              <button
                type="button"
                className="button button-small"
                onClick={() => {
                  onWatchAgain();
                  close();
                }}
              >
                <Icon name="again" /> Watch this video again
              </button>
            )}
          </WatchingSettings>
          <AnswerSettings now={now} change={settings.change} />
          <LookSettings now={now} change={settings.change} />
          <p className="details-privacy">Settings stay in this browser.</p>
        </div>
      </dialog>
    </>
  );
}

type GroupProps = { readonly now: Settings; readonly change: SettingsStore["change"] };

function WatchingSettings({
  now,
  change,
  modelFps,
  readsSpeech,
  children,
}: GroupProps & Pick<SettingsDialogProps, "modelFps" | "readsSpeech"> & { readonly children: ReactNode }) {
  const trained = modelFps === null ? "as the model was trained" : `as the model was trained: ${modelFps}`;
  return (
    <section className="settings-group">
      <h3>Watching, from the next video on</h3>
      <NumberField
        name="Frames a second"
        hint={`Empty: ${trained}.`}
        value={now.fps}
        bounds={limits.fps}
        step="any"
        onChange={(fps) => change({ fps })}
      />
      <NumberField
        name="Room for looking again, in GiB"
        hint="Past it, what is kept of the oldest frames is thinned out evenly."
        value={now.keepGib}
        bounds={limits.keepGib}
        step="any"
        onChange={(keepGib) => change({ keepGib: keepGib ?? defaultSettings.keepGib })}
      />
      <label className="settings-check">
        <input type="checkbox" checked={now.notes} onChange={(event) => change({ notes: event.target.checked })} />
        Take notes while watching
      </label>
      {now.notes && (
        <NumberField
          name="A note at least every so many seconds"
          hint="Each scene gets one; a longer scene gets several."
          value={now.noteSeconds}
          bounds={limits.noteSeconds}
          step="any"
          onChange={(noteSeconds) => change({ noteSeconds: noteSeconds ?? defaultSettings.noteSeconds })}
        />
      )}
      {readsSpeech && (
        <div className="settings-field">
          <label className="settings-check">
            <input
              type="checkbox"
              checked={now.speech}
              aria-describedby="settings-speech-hint"
              onChange={(event) => change({ speech: event.target.checked })}
            />
            Read what is said into the memory
          </label>
          <p id="settings-speech-hint">
            Answers then know it too. The model was not trained so. Frames wait until what was said before them is
            heard.
          </p>
        </div>
      )}
      {children}
    </section>
  );
}

function AnswerSettings({ now, change }: GroupProps) {
  return (
    <section className="settings-group">
      <h3>Answers, from the next question on</h3>
      <NumberField
        name="Longest answer, in tokens"
        hint="A token is about three quarters of a word."
        value={now.maxTokens}
        bounds={limits.maxTokens}
        step="1"
        onChange={(maxTokens) => change({ maxTokens: maxTokens ?? defaultSettings.maxTokens })}
      />
      <NumberField
        name="Temperature"
        hint="0: the likeliest answer, always the same. Higher: more varied, less sure."
        value={now.temperature}
        bounds={limits.temperature}
        step="0.1"
        onChange={(temperature) => change({ temperature: temperature ?? defaultSettings.temperature })}
      />
    </section>
  );
}

function LookSettings({ now, change }: GroupProps) {
  const themes = [
    ["system", "As the system"],
    ["light", "Light"],
    ["dark", "Dark"],
  ] as const;
  return (
    <section className="settings-group">
      <h3>Look</h3>
      <fieldset className="settings-field">
        <legend>Theme</legend>
        <div className="segments">
          {themes.map(([theme, name]) => (
            <label key={theme}>
              <input type="radio" name="theme" checked={now.theme === theme} onChange={() => change({ theme })} />
              {name}
            </label>
          ))}
        </div>
      </fieldset>
      <label className="settings-check">
        <input
          type="checkbox"
          checked={now.motion === "reduced"}
          onChange={(event) => change({ motion: event.target.checked ? "reduced" : "system" })}
        />
        Reduce motion
      </label>
    </section>
  );
}

type NumberFieldProps = {
  readonly name: string;
  readonly hint: string;
  /** Null shows an empty field. */
  readonly value: number | null;
  readonly bounds: readonly [least: number, most: number];
  readonly step: string;
  /** Told of each number within the bounds, and of null for an emptied field. */
  readonly onChange: (value: number | null) => void;
};

/** A number to type; what is out of bounds is said so, and not taken. */
function NumberField({ name, hint, value, bounds: [least, most], step, onChange }: NumberFieldProps) {
  const id = useId();
  const [text, setText] = useState(value === null ? "" : String(value));
  const [wrong, setWrong] = useState(false);
  useEffect(() => {
    setText((before) => (before !== "" && Number(before) === value ? before : value === null ? "" : String(value)));
    setWrong(false);
  }, [value]);

  function type(next: string) {
    setText(next);
    const number = Number(next);
    const fine = next === "" || (Number.isFinite(number) && number >= least && number <= most);
    setWrong(!fine);
    if (fine) onChange(next === "" ? null : number);
  }

  return (
    <div className="settings-field">
      <label htmlFor={id}>{name}</label>
      <input
        id={id}
        type="number"
        inputMode="decimal"
        min={least}
        max={most}
        step={step}
        value={text}
        aria-invalid={wrong}
        aria-describedby={`${id}-hint`}
        onChange={(event) => type(event.target.value)}
      />
      <p id={`${id}-hint`} data-wrong={wrong || undefined}>
        {wrong ? `A number from ${least} to ${most}.` : hint}
      </p>
    </div>
  );
}
