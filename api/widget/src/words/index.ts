import { ar } from "./ar";
import { de } from "./de";
import { en, type Words } from "./en";
import { es } from "./es";
import { fr } from "./fr";

const LANGUAGES = new Map(Object.entries({ ar, de, en, es, fr }));

/** The words of one language, with the figures and dates written as that language writes them. */
export interface Language {
  tag: string;
  words: Words;
  percent(share: number): string;
  seconds(count: number): string;
  day(iso: string): string;
}

/** The language of a BCP 47 tag; English where there are no words in it. */
export function language(tag: string): Language {
  const known = LANGUAGES.get(tag.toLowerCase().split("-")[0] ?? "");
  const locale = known && Intl.DateTimeFormat.supportedLocalesOf([tag]).length ? tag : "en";
  const percents = new Intl.NumberFormat(locale, { style: "percent" });
  const days = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeZone: "UTC" });
  const unit = (name: string) => new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "long" });
  const [seconds, minutes] = [unit("second"), unit("minute")];
  return {
    tag: locale,
    words: known ?? en,
    percent: (share) => percents.format(share),
    seconds: (count) => (count < 120 ? seconds.format(count) : minutes.format(Math.ceil(count / 60))),
    day: (iso) => (Number.isNaN(Date.parse(iso)) ? iso : days.format(new Date(iso))),
  };
}

export type { Words };
