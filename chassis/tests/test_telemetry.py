"""Traces that lead from a request to what came of it, and logs that hold nothing personal."""

import json
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from nexa_chassis import telemetry
from nexa_chassis.logs import without_personal_data
from nexa_chassis.spans import JsonLines, Spans
from nexa_chassis.telemetry import current_traceparent, parse_traceparent, sampled, span

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def trace_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    spans = Spans()
    spans.record(SimpleSpanProcessor(JsonLines(tmp_path / "trace.jsonl")), 1.0, Resource({"service.name": "counting"}))
    monkeypatch.setattr(telemetry, "SPANS", spans)
    return tmp_path / "trace.jsonl"


def read(file: Path) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in file.read_bytes().splitlines()]


def test_a_span_continues_the_trace_it_is_handed(trace_file: Path) -> None:
    with span("outer", traceparent=f"00-{TRACE}-{SPAN}-01", kind="consumer", attributes={"n": 3}):
        handed_on = current_traceparent()
        with span("inner"):
            pass
    inner, outer = read(trace_file)
    assert (outer["trace"], outer["parent"], outer["kind"]) == (TRACE, SPAN, "consumer")
    assert (outer["service"], outer["attributes"]) == ("counting", {"n": 3})
    assert (inner["trace"], inner["parent"]) == (TRACE, outer["span"])
    assert handed_on == f"00-{TRACE}-{outer['span']}-01"
    assert current_traceparent() is None


def test_a_trace_that_is_not_sampled_goes_on_without_leaving_spans(trace_file: Path) -> None:
    with span("outer", traceparent=f"00-{TRACE}-{SPAN}-00"):
        assert (current_traceparent() or "").startswith(f"00-{TRACE}-")
        assert not sampled(current_traceparent())
    assert trace_file.read_bytes() == b""


def test_a_span_without_a_parent_begins_a_trace(trace_file: Path) -> None:
    with span("root"):
        assert sampled(current_traceparent())
    assert read(trace_file)[0]["parent"] is None


def test_a_failed_span_says_with_what_but_nothing_personal(trace_file: Path) -> None:
    with pytest.raises(ValueError, match="maria"), span("failing"):
        raise ValueError("no account of maria@example.com")
    assert read(trace_file)[0]["error"] == "ValueError: no account of <address>"


@pytest.mark.parametrize(
    "traceparent",
    [None, "", "rubbish", f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"ff-{TRACE}-{SPAN}-01",
     f"00-{'g' * 32}-{SPAN}-01", f"00_{TRACE}-{SPAN}-01"],
)  # fmt: skip
def test_what_is_no_traceparent_is_none(traceparent: str | None) -> None:
    assert parse_traceparent(traceparent) is None


def test_a_log_line_is_json_and_its_personal_data_masked() -> None:
    program = """
import logging, sys
from nexa_chassis.logs import configure_logs, log_request, logger, flush
configure_logs("counting", "INFO")
logger("part").info("mail.sent", to="Maria <maria@example.com>", count=3)
logging.getLogger("some.library").warning("cannot reach %s", "jonas@example.org")
log_request("counting", "GET", "/counters/{counter_id}", 200, 0.0012, "ab" * 16)
logger("part").debug("not.shown")
try:
    raise RuntimeError("row of eva@example.com")
except RuntimeError as error:
    logger("part").error("it.failed", exc_info=error)
flush()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["event"] for line in lines] == ["mail.sent", "cannot reach <address>", "request", "it.failed"]
    assert all(line["service"] == "counting" and line["level"] and line["at"] for line in lines)
    assert lines[0]["to"] == "Maria <<address>>"
    assert lines[2] | {"at": ""} == {
        "event": "request", "service": "counting", "level": "info", "at": "", "method": "GET",
        "route": "/counters/{counter_id}", "status": 200, "ms": 1.2, "trace": "ab" * 16,
    }  # fmt: skip
    assert "RuntimeError: row of <address>" in lines[3]["exception"]
    assert "@example" not in done.stdout


def test_row_values_that_an_error_quotes_are_left_out() -> None:
    error = "duplicate key\nDETAIL:  Key (name)=(Maria) already exists.\nHINT: none [parameters: {'name': 'Maria'}]"
    assert "Maria" not in without_personal_data(error)
    assert "HINT: none" in without_personal_data(error)


def test_a_library_that_repeats_itself_is_heard_once_in_a_while() -> None:
    program = """
import logging
from nexa_chassis.logs import configure_logs
configure_logs("counting", "INFO")
for attempt in range(9000):
    logging.getLogger("aiokafka.cluster").error("Unable to update metadata from %s", attempt)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert len(done.stdout.splitlines()) == 1
