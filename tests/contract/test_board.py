"""The figures that processes keep together: added up, and taken over by who comes after."""

from __future__ import annotations

import os

import pytest

from pressmark_service.board import Board


def in_another_process(board: Board, slot: int, amount: float) -> None:
    pid = os.fork()
    if not pid:
        ledger = board.take(slot)
        ledger.series(("first",))[0] += amount
        ledger.series(("second", "label"))[3] += amount
        ledger.write_note({"who": slot})
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0


def test_ledgers_of_several_processes_are_added_up() -> None:
    board = Board(2)
    in_another_process(board, 0, 1)
    in_another_process(board, 1, 2.5)
    totals = board.totals()
    assert totals["first",][0] == 3.5
    assert totals["second", "label"][3] == 3.5


def test_process_goes_on_with_the_ledger_of_the_one_before() -> None:
    board = Board()
    for _ in range(3):
        in_another_process(board, 0, 1)
    assert board.totals()["first",][0] == 3
    assert [key for key, _ in board.ledgers[0].read()] == [("first",), ("second", "label")]


def test_last_note_is_read() -> None:
    board = Board()
    for text in ("one", "two", "three"):
        board.ledgers[0].write_note({"text": text})
    assert board.notes() == [{"text": "three"}]


def test_too_long_a_note_is_refused_and_the_one_before_stays() -> None:
    board = Board()
    board.ledgers[0].write_note({"text": "short"})
    with pytest.raises(ValueError, match="too long"):
        board.ledgers[0].write_note({"text": "a" * 5000})
    assert board.notes() == [{"text": "short"}]


def test_full_ledger_loses_new_series_and_keeps_the_old() -> None:
    ledger = Board().ledgers[0]
    for at in range(2000):
        ledger.series((str(at),))[0] += 1
    assert sum(numbers[0] for _, numbers in ledger.read()) == 1024
