/** The shapes of /v1 that the widget reads and writes; the service's /openapi.json is the contract. */

export interface ArticleRef {
  id: string;
  title: string;
  source: string | null;
  published: string | null;
  language: string | null;
}

/** `prefix + exact + suffix` is a slice of the article: the quote is shown from it and never searched for again. */
export interface Citation {
  article: ArticleRef;
  exact: string;
  prefix: string;
  suffix: string;
  links: { view: string; source: string | null };
}

export interface Quote {
  text: string;
  confidence: number;
  citations: Citation[];
}

export type Reason = "low_confidence" | "no_relevant_passage" | "filters_match_nothing" | "empty_index";

interface Asked {
  id: string;
  question: string;
  corrected_question?: string | null;
}

export interface Answered extends Asked {
  status: "answered";
  answer: Quote;
  alternatives: Quote[];
}

export interface Declined extends Asked {
  status: "no_answer";
  no_answer: { reason: Reason; see_also: Citation[] };
}

export type Answer = Answered | Declined;

export interface AskRequest {
  question: string;
  top_k?: number;
  min_confidence?: number;
  filters?: object;
}

export type Rating = "up" | "down";

export interface Feedback {
  answer_id: string;
  rating: Rating;
  reason?: string;
  comment?: string;
}

/** RFC 9457. */
export interface Problem {
  detail: string;
  code: string;
  request_id: string;
  errors: { detail: string }[];
}
