"""Traces: a real server sends them to a real OTLP receiver, and sends and imports nothing unless it is told to."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx
import pytest
from collector import Collector, Span, collecting
from opentelemetry.semconv.attributes import (
    client_attributes,
    error_attributes,
    http_attributes,
    network_attributes,
    service_attributes,
    url_attributes,
)
from service import COMMAND, Server, environment, serving

import pressmark
from pressmark_service.settings import SettingsError, read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARKER = "Kaesong-sentence-that-nobody-may-keep"
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
# Sent at once rather than every five seconds; nothing in between, as a proxy would be.
PROMPT = {"OTEL_BSP_SCHEDULE_DELAY": "20", "NO_PROXY": "127.0.0.1"}
PROBES = (
    *("/healthz", "/readyz", "/health", "/v2/health/live", "/v2/health/ready"),
    *("/text-embeddings/health", "/label-studio/health"),
)
WITHOUT_EXTRA = (
    "import sys; sys.modules |= dict.fromkeys(('opentelemetry.sdk', 'opentelemetry.exporter'));"
    "from pressmark.cli import main; sys.exit(main())"
)

# As tools do that instrument a program from outside; each span is sent before its request ends.
PROVIDER_SET_UP = """
import sys
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from pressmark.cli import main
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint="{url}")))
trace.set_tracer_provider(provider)
sys.exit(main())
"""


@pytest.fixture(scope="module")
def collector() -> Iterator[Collector]:
    with collecting() as one:
        yield one


@pytest.fixture(scope="module")
def traced(collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("traced") / "log"
    with serving(log, "--traces-url", f"{collector.url}/v1/traces", variables=PROMPT) as server:
        yield server


def ask(server: Server, method: str, path: str, **sent: Any) -> str:
    """Send a request; return its id."""
    mine = uuid4().hex
    headers = sent.pop("headers", {}) | {"X-Request-ID": mine}
    httpx.request(method, server.url + path, headers=headers, trust_env=False, **sent)
    return mine


def line_of(server: Server, request_id: str) -> dict[str, Any]:
    httpx.get(server.url + "/healthz", trust_env=False)  # the line is written before the next request is looked at
    (line,) = [line for line in server.lines() if line.get("request_id") == request_id]
    return line


def test_request_becomes_a_span_with_the_conventions_names(traced: Server, collector: Collector) -> None:
    mine = ask(traced, "POST", "/v1/classify", json={"paragraphs": ["The army drilled.", "가을걷이"]})
    span = collector.span_of(mine)
    assert (span.name, span.kind, span.parent_id) == ("POST /v1/classify", "SPAN_KIND_SERVER", "")
    assert span.nanoseconds > 0
    assert span.attributes == {
        http_attributes.HTTP_REQUEST_METHOD: "POST",
        http_attributes.HTTP_ROUTE: "/v1/classify",
        http_attributes.HTTP_RESPONSE_STATUS_CODE: 200,
        url_attributes.URL_SCHEME: "http",
        network_attributes.NETWORK_PROTOCOL_VERSION: "1.1",
        client_attributes.CLIENT_ADDRESS: "127.0.0.1",
        "pressmark.request_id": mine,
        "pressmark.articles": 1,
        "pressmark.paragraphs": 2,
        "pressmark.characters": 21,
    }


def test_spans_arrive_where_the_url_says(traced: Server, collector: Collector) -> None:
    collector.span_of(ask(traced, "GET", "/v1/model"))
    assert set(collector.paths) == {"/v1/traces"}


def test_resource_tells_service_and_model(traced: Server, collector: Collector) -> None:
    resource = collector.span_of(ask(traced, "GET", "/v1/model")).resource
    model = httpx.get(traced.url + "/v1/model", trust_env=False).json()
    assert resource[service_attributes.SERVICE_NAME] == "pressmark"
    assert resource[service_attributes.SERVICE_VERSION] == pressmark.__version__
    assert resource["pressmark.model.version"] == model["version"]
    assert resource["pressmark.model.sha256"] == model["sha256"]


def test_callers_trace_goes_on(traced: Server, collector: Collector) -> None:
    sent = {"traceparent": f"00-{TRACE}-{CALLER}-01", "tracestate": "desk=7"}
    mine = ask(traced, "POST", "/classify", json={"text": "a"}, headers=sent)
    span = collector.span_of(mine)
    assert (span.trace_id, span.parent_id, span.trace_state) == (TRACE, CALLER, "desk=7")
    assert span.span_id != CALLER


def test_caller_that_does_not_sample_gets_no_span_but_its_trace_in_the_log(
    traced: Server, collector: Collector
) -> None:
    mine = ask(traced, "POST", "/classify", json={"text": "a"}, headers={"traceparent": f"00-{TRACE}-{CALLER}-00"})
    collector.span_of(ask(traced, "GET", "/v1/model"))  # later, and there
    assert mine not in {span.attributes["pressmark.request_id"] for span in collector.spans}
    assert line_of(traced, mine)["trace_id"] == TRACE


@pytest.mark.parametrize("given", ["", "00-abc-def-01", f"00-{'0' * 32}-{CALLER}-01", "ä"])
def test_broken_caller_is_no_caller(traced: Server, collector: Collector, given: str) -> None:
    mine = ask(traced, "POST", "/classify", json={"text": "a"}, headers={"traceparent": given.encode()})
    assert collector.span_of(mine).parent_id == ""


def test_line_of_the_log_names_the_span(traced: Server, collector: Collector) -> None:
    mine = ask(traced, "POST", "/classify", json={"text": "a"})
    span = collector.span_of(mine)
    line = line_of(traced, mine)
    assert (line["trace_id"], line["span_id"]) == (span.trace_id, span.span_id)


def test_problem_is_told_and_a_clients_mistake_is_no_error(traced: Server, collector: Collector) -> None:
    span = collector.span_of(ask(traced, "POST", "/classify", json={}))
    assert span.attributes[http_attributes.HTTP_RESPONSE_STATUS_CODE] == 422
    assert span.attributes["pressmark.problem"] == "invalid-request"
    assert error_attributes.ERROR_TYPE not in span.attributes
    assert span.status == 0


def test_fault_of_the_service_is_an_error(collector: Collector, tmp_path: Path) -> None:
    flags = ("--traces-url", f"{collector.url}/v1/traces", "--deadline", "0.001")
    with serving(tmp_path / "log", *flags, variables=PROMPT) as late:
        paragraphs = ["The army drilled again and again. " * 50] * 300
        span = collector.span_of(ask(late, "POST", "/classify", json={"paragraphs": paragraphs}))
    assert span.attributes[http_attributes.HTTP_RESPONSE_STATUS_CODE] == 504
    assert span.attributes[error_attributes.ERROR_TYPE] == "deadline-passed"
    assert span.status == 2


def test_path_that_does_not_exist_is_not_told(traced: Server, collector: Collector) -> None:
    span = collector.span_of(ask(traced, "PROPFIND", f"/{MARKER}"))
    assert (span.name, span.attributes[http_attributes.HTTP_REQUEST_METHOD]) == ("_OTHER", "_OTHER")
    assert http_attributes.HTTP_ROUTE not in span.attributes


def test_probes_and_readings_have_no_span(traced: Server, collector: Collector) -> None:
    mine = {ask(traced, "GET", path) for path in (*PROBES, "/metrics")}
    collector.span_of(ask(traced, "GET", "/v1/model"))
    assert not mine & {span.attributes["pressmark.request_id"] for span in collector.spans}


def test_submitted_text_is_in_no_span(traced: Server, collector: Collector) -> None:
    for sent in (
        {"json": {"text": MARKER, "evidence": 3}},
        {"json": {"texts": MARKER}},
        {"content": MARKER.encode(), "headers": {"Content-Type": MARKER}},
        {"json": {"text": MARKER}, "params": {"q": MARKER}, "headers": {"User-Agent": MARKER, "Cookie": MARKER}},
    ):
        collector.span_of(ask(traced, "POST", "/v1/classify", **sent))
    collector.span_of(ask(traced, "GET", f"/v2/models/{MARKER}"))
    assert MARKER.encode() not in collector.raw
    assert all(span.events == 0 for span in collector.spans)


def test_workers_send_theirs(collector: Collector, tmp_path: Path) -> None:
    flags = ("--traces-url", f"{collector.url}/v1/traces", "--workers", "2")
    with serving(tmp_path / "log", *flags, variables=PROMPT) as server:
        spans = [collector.span_of(ask(server, "POST", "/classify", json={"text": "a"})) for _ in range(4)]
    assert len({span.span_id for span in spans}) == 4


def test_last_spans_are_sent_at_a_stop(collector: Collector, tmp_path: Path) -> None:
    flags = ("--traces-url", f"{collector.url}/v1/traces", "--drain-delay", "0")
    with serving(tmp_path / "log", *flags, variables={"NO_PROXY": "127.0.0.1"}) as server:
        mine = ask(server, "GET", "/v1/model")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        assert collector.span_of(mine).name == "GET /v1/model"


def test_collector_that_is_gone_keeps_nobody_from_an_answer_or_a_stop(tmp_path: Path) -> None:
    flags = ("--traces-url", "http://127.0.0.1:9/v1/traces", "--drain-delay", "0")
    with serving(tmp_path / "log", *flags, variables=PROMPT) as server:
        answer = httpx.post(server.url + "/classify", json={"text": "a"}, trust_env=False)
        server.process.send_signal(signal.SIGTERM)
        assert (answer.status_code, server.process.wait(20)) == (200, 0)


def test_usual_variable_turns_them_on(collector: Collector, tmp_path: Path) -> None:
    told = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_SERVICE_NAME": "desk",
        "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=test",
    }
    with serving(tmp_path / "log", variables=PROMPT | told) as server:
        span: Span = collector.span_of(ask(server, "GET", "/v1/model"))
    assert (span.resource["service.name"], span.resource["deployment.environment.name"]) == ("desk", "test")


def test_framework_adds_no_spans_of_its_own_where_somebody_set_up_a_provider(tmp_path: Path) -> None:
    """They would tell paths, refused values and messages of exceptions."""
    with collecting() as alone:
        program = PROVIDER_SET_UP.format(url=f"{alone.url}/v1/traces")
        with serving(tmp_path / "log", program=(sys.executable, "-c", program, "serve"), variables=PROMPT) as server:
            httpx.get(f"{server.url}/v2/models/{MARKER}", trust_env=False)
            httpx.get(server.url + "/v1/model", trust_env=False)
        assert [span.name for span in alone.spans] == []


GIVEN = {
    "nothing": ({}, ""),
    "for all signals": ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/"}, "http://c:4318/v1/traces"),
    "for traces": (
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t/x"},
        "http://t/x",
    ),
    "ours wins": (
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "PRESSMARK_TRACES_URL": "http://ours/"},
        "http://ours/",
    ),
    "turned off": ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_SDK_DISABLED": "true"}, ""),
    "no exporter": ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318", "OTEL_TRACES_EXPORTER": "none"}, ""),
}


@pytest.mark.parametrize("case", GIVEN)
def test_variables_say_where_they_go(case: str) -> None:
    variables, url = GIVEN[case]
    assert read_settings([], variables).traces_url == url


def test_url_of_another_kind_is_refused() -> None:
    with pytest.raises(SettingsError, match="--traces-url must be like http://"):
        read_settings(["--traces-url", "collector:4317"], {})


@pytest.mark.parametrize("workers", ["1", "2"])
def test_missing_extra_is_one_line_that_says_what_to_do(workers: str) -> None:
    command = [sys.executable, "-c", WITHOUT_EXTRA, "serve", "--port", "0", "--workers", workers]
    command += ["--traces-url", "http://127.0.0.1:9/v1/traces"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False, timeout=30)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert len(ended.stderr.splitlines()) == 1
    assert "pip install 'pressmark[service,traces]'" in ended.stderr


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("variable", "value"), [("OTEL_BSP_MAX_QUEUE_SIZE", "0"), ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "-1")]
)
def test_what_opentelemetry_refuses_is_told_in_one_line_at_the_start(variable: str, value: str, workers: str) -> None:
    command = [COMMAND, "serve", "--port", "0", "--workers", workers, "--traces-url", "http://127.0.0.1:9/v1/traces"]
    variables = environment(**{variable: value})
    ended = subprocess.run(command, capture_output=True, text=True, env=variables, check=False, timeout=30)
    assert (ended.returncode, ended.stdout) == (1, "")
    lines = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == 1
    assert lines[0].startswith("pressmark serve: traces cannot be set up, see your OTEL_* variables: ")


def test_without_it_everything_else_serves(tmp_path: Path) -> None:
    with serving(tmp_path / "log", program=(sys.executable, "-c", WITHOUT_EXTRA, "serve")) as server:
        mine = ask(server, "POST", "/classify", json={"text": "a"}, headers={"traceparent": f"00-{TRACE}-{CALLER}-01"})
        ask(server, "GET", "/healthz")
        assert "trace_id" not in line_of(server, mine)


def test_nothing_of_it_is_imported_where_it_is_off() -> None:
    program = (
        "import sys, pressmark_service.server\n"
        "from pressmark_service.app import create_app\n"
        "from pressmark_service.settings import Settings\n"
        "create_app(Settings()).build_middleware_stack()\n"
        # Of the API alone, since FastAPI imports it.
        "heavy = ('opentelemetry.sdk', 'opentelemetry.exporter', 'pressmark_service.traces', 'google.protobuf')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_help_tells_of_it() -> None:
    told = subprocess.run([COMMAND, "serve", "--help"], capture_output=True, text=True, check=False).stdout
    assert "PRESSMARK_TRACES_URL" in told
