/** The attributes that say what is asked, checked when they are used. */

import { Failure } from "./failure";
import type { AskRequest } from "./types";

export interface Options {
  topK: number | null;
  minConfidence: number | null;
  filters: unknown;
}

/** A JSON attribute; text that is no JSON stays text, to be told of when it is used. */
export const json = {
  fromAttribute(value: string | null): unknown {
    try {
      return value === null ? null : JSON.parse(value);
    } catch {
      return value;
    }
  },
};

/** The body of POST /v1/ask; throws a Failure of kind "setup" rather than ask something wider than was meant. */
export function request(question: string, { topK, minConfidence, filters }: Options): AskRequest {
  if (filters !== null && (typeof filters !== "object" || Array.isArray(filters))) {
    throw new Failure("setup", "The attribute filters is no JSON object.");
  }
  for (const [name, value] of Object.entries({ "top-k": topK, "min-confidence": minConfidence })) {
    if (value !== null && !Number.isFinite(value)) throw new Failure("setup", `The attribute ${name} is no number.`);
  }
  return {
    question,
    ...(topK === null ? {} : { top_k: topK }),
    ...(minConfidence === null ? {} : { min_confidence: minConfidence }),
    ...(filters === null ? {} : { filters }),
  };
}

/** The suggested questions; none when the attribute is no list. */
export function examples(suggestions: unknown): string[] {
  if (Array.isArray(suggestions)) return suggestions.map(String);
  if (suggestions !== null) console.warn("quoteline: the attribute suggestions is no JSON list; it is left out.");
  return [];
}
