// @ts-check
/** A short, soft sound of two notes, made here: nothing is loaded for it. */

const NOTES_HERTZ = [660, 880];
const NOTE_SECONDS = 0.16;
const LOUDNESS = 0.07; // of 1: heard beside work, and no alarm

/** Sound once. A browser lets a page be heard only after it was used; before that, this does nothing. */
export function ring() {
  if (!("AudioContext" in globalThis) || navigator.userActivation?.hasBeenActive === false) return;
  const context = new AudioContext();
  NOTES_HERTZ.forEach((hertz, index) => {
    const start = context.currentTime + index * NOTE_SECONDS;
    const end = start + NOTE_SECONDS * 1.5;
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, start);
    gain.gain.linearRampToValueAtTime(LOUDNESS, start + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, end);
    const note = new OscillatorNode(context, { type: "sine", frequency: hertz });
    note.connect(gain).connect(context.destination);
    note.start(start);
    note.stop(end);
    if (index === NOTES_HERTZ.length - 1) note.onended = () => void context.close();
  });
}
