"""Logs as JSON, one object a line, on standard error. No question, no key and no address stands in them."""

import json
import logging
from datetime import UTC, datetime

FIELDS = ("request_id", "method", "route", "status", "ms", "key", "question")


class JsonLines(logging.Formatter):
    """`time`, `level`, `logger`, `message`, those of FIELDS that a record has, and `error` with its stack."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {field: value for field in FIELDS if (value := getattr(record, field, None)) is not None}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line)


def install() -> None:
    """Sends all logs to standard error: this service's from INFO on, others' from WARNING on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler])
    logging.getLogger("api").setLevel(logging.INFO)
