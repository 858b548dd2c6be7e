"""Settings: flags over environment over defaults, each documented, and bad ones told in one line."""

from __future__ import annotations

import subprocess
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest
from service import COMMAND, environment

from pressmark_service.settings import Settings, SettingsError, flag_of, read_settings, variable_of


def serve(*flags: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "serve", *flags],
        capture_output=True,
        text=True,
        env=environment(**variables),
        check=False,
        timeout=30,
    )


def test_nothing_given_is_the_defaults() -> None:
    assert read_settings([], {}) == Settings()


def test_variable_wins_over_default() -> None:
    assert read_settings([], {"PRESSMARK_PORT": "9000"}).port == 9000


def test_flag_wins_over_variable() -> None:
    assert read_settings(["--port", "9001"], {"PRESSMARK_PORT": "9000"}).port == 9001


def test_empty_variable_is_not_given() -> None:
    assert read_settings([], {"PRESSMARK_PORT": "", "PRESSMARK_MODEL_DIR": ""}) == Settings()


def test_names_that_others_script_against_stay() -> None:
    flags = ["--host", "::1", "--port", "1", "--model", "there"]
    variables = {"PRESSMARK_HOST": "::1", "PRESSMARK_PORT": "1", "PRESSMARK_MODEL_DIR": "there"}
    expected = Settings(host="::1", port=1, model_dir=Path("there"))
    assert read_settings(flags, {}) == expected
    assert read_settings([], variables) == expected


@pytest.mark.parametrize(("text", "value"), [("on", True), ("1", True), ("TRUE", True), ("off", False), ("no", False)])
def test_switches_are_read(text: str, value: bool) -> None:  # noqa: FBT001 - the value under test
    assert read_settings(["--access-log", text], {}).access_log is value


BAD = [
    ("--port", "PRESSMARK_PORT", "high"),
    ("--port", "PRESSMARK_PORT", "-1"),
    ("--port", "PRESSMARK_PORT", "65536"),
    ("--port", "PRESSMARK_PORT", "80.5"),
    ("--body-bytes", "PRESSMARK_BODY_BYTES", "0"),
    ("--drain-delay", "PRESSMARK_DRAIN_DELAY", "nan"),
    ("--drain-delay", "PRESSMARK_DRAIN_DELAY", "inf"),
    ("--access-log", "PRESSMARK_ACCESS_LOG", "maybe"),
]


@pytest.mark.parametrize(("flag", "variable", "text"), BAD)
def test_bad_flag_is_named(flag: str, variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"^{flag} must be .* not '{text}'$"):
        read_settings([f"{flag}={text}"], {variable: "1"})


@pytest.mark.parametrize(("flag", "variable", "text"), BAD)
def test_bad_variable_is_named(flag: str, variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable} must be .* not '{text}'$"):
        read_settings([], {variable: text})
    assert flag


@pytest.mark.parametrize(
    ("flag", "text", "told"),
    [
        ("--trusted-proxies", "10.0.0.1/8", "must be the network 10.0.0.0/8 or an address of it, not '10.0.0.1/8'"),
        ("--trusted-proxies", "10.0.0.1, 10.0.0.0/33", "must be addresses or networks .*, not '10.0.0.0/33'"),
        ("--trusted-proxies", "banana", "must be addresses or networks .*, not 'banana'"),
        ("--trusted-proxies", "10.0.0.1,*", r"must be addresses or networks .*, not '\*'"),
        ("--cors-origins", "desk.example", "must be like https://desk.example, .*, not 'desk.example'"),
        ("--cors-origins", "https://a.example, https://b.example/", "must be .*, not 'https://b.example/'"),
        ("--cors-origins", "https://Desk.example", "must be .*, not 'https://Desk.example'"),
        ("--rate-limit", "10001/hour", "counts to 10000 at most, so give fewer for a shorter time than '10001/hour'"),
        ("--rate-limit", "often", "must be like 600/minute, not 'often'"),
    ],
)
def test_what_would_never_count_is_refused(flag: str, text: str, told: str) -> None:
    with pytest.raises(SettingsError, match=f"^{flag} {told}$"):
        read_settings([flag, text, "--key-file", "keys"], {})


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        ("--trusted-proxies", "10.0.0.1, 10.0.0.0/8,2001:db8::/32,::1,"),
        ("--trusted-proxies", "*"),
        ("--cors-origins", "https://desk.example, http://127.0.0.1:8080,http://[::1]:3000,chrome-extension://abc"),
        ("--cors-origins", "*"),
        ("--rate-limit", "10000/second"),
    ],
)
def test_what_counts_is_taken(flag: str, text: str) -> None:
    assert text in repr(read_settings([flag, text, "--key-file", "keys"], {}))


def test_settings_do_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


@pytest.mark.parametrize("flags", [["--port", "high"], ["--prot", "80"], ["--port"], ["80"]], ids=" ".join)
def test_bad_command_line_is_one_line_and_exit_code_2(flags: list[str]) -> None:
    ended = serve(*flags)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stderr.startswith("pressmark serve: ")


def test_bad_variable_is_one_line_and_exit_code_2() -> None:
    ended = serve(PRESSMARK_PORT="high")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "pressmark serve: PRESSMARK_PORT must be a whole number from 0 to 65535, not 'high'\n"


def test_help_documents_every_setting() -> None:
    told = " ".join(serve("--help").stdout.split())
    for setting in fields(Settings):
        assert f"{flag_of(setting)} " in told
        assert variable_of(setting) in told
        if type(setting.default) in {int, float}:
            assert f"{variable_of(setting)}, default {setting.default})" in told
