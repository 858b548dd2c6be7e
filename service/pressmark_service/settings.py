"""Every setting of the service: one frozen object, made once from flags over environment over defaults."""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass, field, fields
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from dataclasses import Field

PREFIX = "PRESSMARK_"
_RATE = re.compile(r"([1-9][0-9]{0,8}) ?/ ?(second|minute|hour|day)")
# Each request is remembered until it no longer counts: at this number 1.4 MB for a key.
_MOST_REMEMBERED = 10_000
# As browsers write it: other spellings would never be met with.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")


class SettingsError(ValueError):
    """A setting cannot be used; the message is one line that names it."""


def _setting(default: object, told: str, *, low: float = 0, high: float = 0, flag: str = "") -> Any:  # noqa: ANN401 - takes the type of the annotation, like dataclasses.field itself
    return field(default=default, metadata={"told": told, "low": low, "high": high, "flag": flag})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the service was told; each field is a flag of ``pressmark serve`` and a variable."""

    host: str = _setting("127.0.0.1", "address to listen on; 0.0.0.0 for every one")
    port: int = _setting(8000, "port to listen on; 0 takes a free one", high=65535)
    workers: int = _setting(1, "processes that serve; more than one per core gains nothing", low=1, high=64)
    # No judgement keeps the loop for a second; a machine that swaps may.
    worker_timeout: float = _setting(
        30.0,
        "seconds without a sign of life, or behind on a reload, after which one of several workers is replaced",
        low=1,
        high=10**6,
    )
    model_dir: Path | None = _setting(  # noqa: RUF009 - only the annotation is not immutable to ruff
        None, "folder of a released model; the bundled one if not given", flag="--model"
    )
    # Fifty long articles in UTF-8 Korean; small enough that even hostile JSON of this size, which takes
    # some seventy times its bytes while it is read, stays within a container of 256 MB.
    body_bytes: int = _setting(1024 * 1024, "largest request body, in bytes", low=1024, high=2**30)
    # The longest real article seen has 155.
    paragraphs: int = _setting(2_000, "most paragraphs in an article", low=1, high=10**6)
    # The longest real paragraph seen has 4,236.
    paragraph_characters: int = _setting(20_000, "most characters in a paragraph", low=1, high=10**8)
    articles: int = _setting(256, "most articles in a batch", low=1, high=10**6)
    # What a body of the largest size holds where paragraphs are as short as headlines; each takes over a
    # kilobyte while it is judged and answered.
    batch_paragraphs: int = _setting(20_000, "most paragraphs in a batch, over all its articles", low=1, high=10**7)
    evidence_terms: int = _setting(50, "most terms of evidence a paragraph can be asked for", high=10**4)
    # Some three milliseconds of judging, measured; a thread costs a tenth of one, and probes stay quick.
    inline_bytes: int = _setting(
        16_384, "largest body that is judged without a worker thread, in bytes; with evidence half", high=2**30
    )
    # At 64 connections that each send one request after another nobody is turned away.
    requests: int = _setting(
        128, "most requests in work and waiting in a worker; beyond that it answers 429", low=1, high=10**6
    )
    # Each keeps a connection and some hundred kilobytes; what their lines hold is limited apart.
    streams: int = _setting(32, "most streams open at once in a worker; beyond that it answers 429", low=1, high=10**6)
    reading_bytes: int = _setting(
        16 * 1024 * 1024,
        "most bytes of bodies being read or waiting in a worker, at once, and of lines of streams as many",
        low=2**20,
        high=2**40,
    )
    # Some more than the largest answer, evidence of everything, so that no one client shuts out the others.
    unread_bytes: int = _setting(
        8 * 1024 * 1024,
        "most bytes of answers that clients of a worker have yet to read; beyond that it answers 429",
        low=2**20,
        high=2**40,
    )
    # Below the drain timeout, so that what is in work at a stop is answered.
    deadline: float = _setting(
        20.0, "seconds until a request that has arrived must be answered, else 504", low=0.001, high=3600
    )
    # Gateways commonly keep theirs for 60 seconds, and ask into a closed one where the service lets go first.
    keep_alive: float = _setting(75.0, "seconds that a connection is kept for another request", low=0.1, high=3600)
    head_bytes: int = _setting(16_384, "largest request line and headers together, in bytes", low=1024, high=2**20)
    head_timeout: float = _setting(10.0, "seconds for request line and headers to arrive", low=0.1, high=3600)
    body_timeout: float = _setting(30.0, "seconds for a body to arrive", low=0.1, high=3600)
    body_rate: int = _setting(
        1024, "bytes a second, on average, that a body must arrive with after its grace", low=1, high=2**30
    )
    body_grace: float = _setting(5.0, "seconds before the rate of a body counts", low=0.1, high=3600)
    open_inference: bool = _setting(default=True, told="answer the Open Inference Protocol under /v2")
    # The one is asked for by the platform that starts the service; the others only where somebody wants them.
    text_embeddings: bool = _setting(
        default=False, told="answer as text-embeddings-inference does under /text-embeddings"
    )
    label_studio: bool = _setting(default=False, told="answer as a Label Studio ML backend under /label-studio")
    stream_silence: float = _setting(
        300.0, "seconds that a stream may go without anything being sent", low=0.1, high=10**6
    )
    answer_timeout: float = _setting(30.0, "seconds that a client may leave an answer unread", low=0.1, high=3600)
    drain_delay: float = _setting(
        1.0, "seconds between the signal to stop, when readiness ends, and the end of accepting", high=3600
    )
    drain_timeout: float = _setting(25.0, "seconds that requests in work are given to finish", low=0.1, high=3600)
    key_file: Path | None = _setting(  # noqa: RUF009 - only the annotation is not immutable to ruff
        None, "file of keys; if given, all but probes, documentation and the page needs one"
    )
    open_metrics: bool = _setting(default=True, told="/metrics needs no key")
    rate_limit: str = _setting("", "most requests of one key to one worker, like 600/minute; none if not given")
    cors_origins: str = _setting("", "web origins that may ask from a browser, by commas; none if not given")
    trusted_proxies: str = _setting(
        "", "addresses or networks of proxies whose X-Forwarded-For and -Proto count, by commas; none if not given"
    )
    metrics: bool = _setting(default=True, told="figures for Prometheus at /metrics")
    traces_url: str = _setting(
        "",
        "where traces go by OTLP over HTTP, like http://collector:4318/v1/traces; needs the extra `traces`; "
        "OTEL_EXPORTER_OTLP_ENDPOINT counts, too; none if not given",
    )
    access_log: bool = _setting(default=True, told="one JSON line for each request on standard error")


def read_settings(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Return the settings that the flags and the environment give; raise SettingsError on a bad value.

    A variable that is set but empty counts as not given: compose files pass those.
    """
    flags = vars(build_parser().parse_args(argv))
    values: dict[str, object] = {}
    for setting in fields(Settings):
        variable = variable_of(setting)
        if flags[setting.name] is not None:
            values[setting.name] = _read(setting, flag_of(setting), flags[setting.name])
        elif environ.get(variable):
            values[setting.name] = _read(setting, variable, environ[variable])
    values.setdefault("traces_url", _usual_traces_url(environ))
    settings = Settings(**values)  # type: ignore[arg-type] # each was read by the kind of its field
    _check_together(settings)
    return settings


def _usual_traces_url(environ: Mapping[str, str]) -> str:
    """Return where OpenTelemetry's own variables send traces, if they do."""
    if environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or environ.get("OTEL_TRACES_EXPORTER") == "none":
        return ""
    for_all = environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").rstrip("/")
    return environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or (for_all and for_all + "/v1/traces")


def _check_together(settings: Settings) -> None:
    if settings.traces_url and not re.match("https?://[^/]", settings.traces_url):
        raise SettingsError(f"--traces-url must be like http://collector:4318/v1/traces, not {settings.traces_url!r}")
    if settings.rate_limit:
        _check_rate(settings.rate_limit)
    if settings.trusted_proxies != "*":
        for proxy in _parts(settings.trusted_proxies):
            _check_proxy(proxy)
    for origin in _parts(settings.cors_origins):
        if origin != "*" and not _ORIGIN.fullmatch(origin):
            raise SettingsError(f"--cors-origins must be like https://desk.example, by commas, or *, not {origin!r}")
    if settings.rate_limit and settings.key_file is None:
        raise SettingsError("--rate-limit counts by key, so it needs --key-file")


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _check_rate(rate: str) -> None:
    found = _RATE.fullmatch(rate)
    if found is None:
        raise SettingsError(f"--rate-limit must be like 600/minute, not {rate!r}")
    if int(found[1]) > _MOST_REMEMBERED:
        told = f"--rate-limit counts to {_MOST_REMEMBERED} at most, so give fewer for a shorter time than {rate!r}"
        raise SettingsError(told)


def _check_proxy(proxy: str) -> None:
    try:
        ip_network(proxy) if "/" in proxy else ip_address(proxy)
    except ValueError:
        pass
    else:
        return
    try:
        meant = ip_network(proxy, strict=False)
    except ValueError:
        told = f"--trusted-proxies must be addresses or networks like 10.0.0.0/8, by commas, or *, not {proxy!r}"
    else:
        told = f"--trusted-proxies must be the network {meant} or an address of it, not {proxy!r}"
    raise SettingsError(told)


def settings_or_exit(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Return the settings, or leave with one line on standard error and exit code 2."""
    try:
        return read_settings(argv, environ)
    except SettingsError as wrong:
        _refuse(str(wrong))


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        _refuse(message)


def _refuse(message: str) -> NoReturn:
    sys.stderr.write(f"pressmark serve: {message}\n")
    raise SystemExit(2)


def build_parser() -> argparse.ArgumentParser:
    """Return the command line of ``pressmark serve``, which documents each setting."""
    parser = _Parser(
        prog="pressmark serve",
        description="Serve the classifier over HTTP. A flag wins over its variable.",
        allow_abbrev=False,
    )
    for setting in fields(Settings):
        default = "" if setting.default in {None, ""} else f", default {_shown(setting.default)}"
        parser.add_argument(
            flag_of(setting),
            dest=setting.name,
            metavar="VALUE",
            help=f"{setting.metadata['told']} ({variable_of(setting)}{default})",
        )
    return parser


def flag_of(setting: Field[Any]) -> str:
    """Return the flag that gives a setting."""
    return setting.metadata["flag"] or "--" + setting.name.replace("_", "-")


def variable_of(setting: Field[Any]) -> str:
    """Return the environment variable that gives a setting."""
    return PREFIX + setting.name.upper()


def _shown(value: object) -> str:
    return ("off", "on")[value] if isinstance(value, bool) else str(value)


def _read(setting: Field[Any], source: str, text: str) -> object:
    kind = type(setting.default)
    if kind is bool:
        return _read_switch(source, text)
    if kind in {int, float}:
        return _read_number(setting, source, text)
    return Path(text) if setting.default is None else text


def _read_switch(source: str, text: str) -> bool:
    if text.lower() in {"on", "true", "yes", "1"}:
        return True
    if text.lower() in {"off", "false", "no", "0"}:
        return False
    raise SettingsError(f"{source} must be on or off, not {text!r}")


def _read_number(setting: Field[Any], source: str, text: str) -> float:
    kind: Any = type(setting.default)
    low, high = setting.metadata["low"], setting.metadata["high"]
    try:
        value: float = kind(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        name = "a whole number" if kind is int else "a number"
        raise SettingsError(f"{source} must be {name} from {low} to {high}, not {text!r}")
    return value
