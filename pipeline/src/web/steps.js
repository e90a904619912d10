/** How far a document is, as a line of steps, and in words. */

import { clock, duration, el } from "./dom.js";
import { STAGES } from "./library.js";

export const STAGE_NAMES = {
  uploading: "Uploading", received: "Received", extracted: "Extracted",
  classified: "Classified", done: "Done",
};

/** What is being done after the stage that was reached. */
const WORK = {
  uploading: "Uploading", received: "Reading", extracted: "Classifying", classified: "Finishing",
};

const ENDS = { done: "Done", failed: "Failed", rejected: "Rejected", duplicate: "Duplicate" };

export function statusText({ status, stage }) {
  return ENDS[status] ?? WORK[stage] ?? "Working";
}

/** Why a document did not end as done; null when there is nothing to say. */
export function reasonText({ status, reason }) {
  if (status === "duplicate") return "The same content is here already.";
  return reason?.message ?? reason?.code ?? null;
}

/** Per stage `done`, `current`, `failed` or `todo`. */
export function stepStates({ status, stage, reason }) {
  const reached = STAGES.indexOf(stage);
  const next = status === "working" ? reached + (stage === "uploading" ? 0 : 1) : -1;
  const stuck = { failed: STAGES.indexOf(reason?.stage), rejected: STAGES.indexOf(reason?.stage) }[status];
  return STAGES.map((_, index) => {
    if (index === next) return "current";
    if (index === stuck || (stuck === -1 && index === reached + 1)) return "failed";
    return index <= reached ? "done" : "todo";
  });
}

const WORDS = { done: "reached", current: "in progress", failed: "failed", todo: "to come" };

/** The list of steps; `timed` shows when each was reached and how long it took. */
export function stepLine(record, timed = false) {
  const states = stepStates(record);
  const times = new Map((record.stages ?? []).map((entry) => [entry.stage, entry]));
  return el("ol", { class: timed ? "steps timed" : "steps", "aria-label": "Stages" },
    STAGES.map((stage, index) => el("li", { "data-step": stage, "data-state": states[index] },
      el("span", { class: "step-name" }, STAGE_NAMES[stage]),
      el("span", { class: "unseen" }, `: ${WORDS[states[index]]}`),
      timed ? stepTime(times.get(stage)) : null)));
}

function stepTime(entry) {
  if (!entry) return null;
  const took = duration(entry.ms);
  return el("span", { class: "step-time quiet" }, clock(entry.at), took && el("span", {}, took));
}
