"""POST /v1/classify: an article in, its marked paragraphs out."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

DRILL = "The army unit held a live-fire drill."
FARM = "The cooperative farm finished its rice harvest."


def classify(client: httpx.Client, **body: Any) -> dict[str, Any]:
    answer = client.post("/v1/classify", json=body)
    assert answer.status_code == 200, answer.text
    marked: dict[str, Any] = answer.json()
    return marked


def test_marks_each_paragraph_of_an_article(client: httpx.Client) -> None:
    marked = classify(client, text=f"{DRILL}\n{FARM}")
    assert [paragraph["category"] for paragraph in marked["paragraphs"]] == ["military", "economy"]


def test_marks_korean(client: httpx.Client) -> None:
    marked = classify(client, text="조선인민군 포병부대에서 실탄사격훈련을 진행하였다.")
    assert marked["paragraphs"][0]["category"] == "military"


def test_locates_paragraphs_by_code_points_of_the_text_as_sent(client: httpx.Client) -> None:
    text = f"\u3000😀 {DRILL}\r\n\r\n  {FARM}\u00a0\n"
    marked = classify(client, text=text)
    located = [text[paragraph["start"] : paragraph["end"]] for paragraph in marked["paragraphs"]]
    assert located == [f"😀 {DRILL}", FARM]


@pytest.mark.parametrize("body", [{"text": f"{DRILL}\n{FARM}"}, {"text": FARM, "evidence": 3}, {"paragraphs": [DRILL]}])
def test_answers_as_documented(
    client: httpx.Client, conforms: Callable[[Any, str], None], body: dict[str, Any]
) -> None:
    conforms(classify(client, **body), "ArticleAnswer")


def test_scores_are_probabilities_of_all_classes(client: httpx.Client) -> None:
    scores = classify(client, text=DRILL)["paragraphs"][0]["scores"]
    assert set(scores) == {"military", "economy", "ideology", "industry", "other"}
    assert isclose(sum(scores.values()), 1, abs_tol=1e-9)


def test_confidence_is_the_score_of_the_category(client: httpx.Client) -> None:
    paragraph = classify(client, text=DRILL)["paragraphs"][0]
    assert paragraph["confidence"] == paragraph["scores"][paragraph["category"]]


def test_short_path_is_the_same_operation(client: httpx.Client) -> None:
    body = {"text": DRILL, "evidence": 2}
    assert client.post("/classify", json=body).content == client.post("/v1/classify", json=body).content


@pytest.mark.parametrize("path", ["/classify", "/v1/classify"])
def test_plain_text_is_the_article(client: httpx.Client, path: str) -> None:
    text = f"{DRILL}\n{FARM}"
    plain = client.post(path, content=text.encode(), headers={"Content-Type": "text/plain"})
    assert plain.json() == classify(client, text=text)


def test_plain_text_keeps_a_byte_order_mark_in_the_count(client: httpx.Client) -> None:
    sent = "\ufeff" + DRILL
    answer = client.post("/classify", content=sent.encode(), headers={"Content-Type": "text/plain"})
    paragraph = answer.json()["paragraphs"][0]
    assert sent[paragraph["start"] : paragraph["end"]].strip("\ufeff") == DRILL
    assert paragraph["end"] == len(sent)


def test_paragraphs_are_one_article_in_order(client: httpx.Client) -> None:
    marked = classify(client, paragraphs=[DRILL, FARM])
    assert [(one["index"], one["start"], one["end"]) for one in marked["paragraphs"]] == [
        (0, 0, len(DRILL)),
        (1, 0, len(FARM)),
    ]


def test_gives_back_the_ids_that_came(client: httpx.Client) -> None:
    marked = classify(client, paragraphs=[{"id": "a/1", "text": DRILL}, FARM, {"text": FARM}, {"id": "", "text": FARM}])
    assert [one.get("id", "none came") for one in marked["paragraphs"]] == [
        "a/1",
        "none came",
        "none came",
        "",
    ]


def test_context_lets_neighbours_help(client: httpx.Client) -> None:
    paragraphs = [DRILL, "It was a success.", DRILL]
    helped = classify(client, paragraphs=paragraphs)["paragraphs"][1]
    alone = classify(client, paragraphs=paragraphs, context=False)["paragraphs"][1]
    assert helped["scores"]["military"] > alone["scores"]["military"]


def test_context_false_judges_as_if_alone(client: httpx.Client) -> None:
    together = classify(client, paragraphs=[DRILL, FARM], context=False)["paragraphs"][1]
    assert together["scores"] == classify(client, paragraphs=[FARM])["paragraphs"][0]["scores"]


@pytest.mark.parametrize(
    ("split", "count"),
    [("auto", 2), ("line", 3), ("blank_line", 2), ("none", 1)],
    ids=str,
)
def test_splits_as_asked(client: httpx.Client, split: str, count: int) -> None:
    marked = classify(client, text=f"{DRILL}\n{DRILL}\n\n{FARM}", split=split)
    assert len(marked["paragraphs"]) == count


def test_evidence_adds_up(client: httpx.Client) -> None:
    evidence = classify(client, text=f"{FARM}\n{DRILL}", evidence=4)["paragraphs"][1]["evidence"]
    parts = [term["weight"] for term in evidence["terms"]]
    total = sum(parts) + evidence["remainder"] + evidence["context"] + evidence["intercept"]
    assert isclose(total, evidence["margin"], abs_tol=1e-9)
    assert 0 < len(parts) <= 4


def test_evidence_is_found_in_the_text(client: httpx.Client) -> None:
    text = f"😀 {FARM}\n{DRILL} The DRILL was a success."
    evidence = classify(client, text=text, evidence=50)["paragraphs"][1]["evidence"]
    found = {text[start:end] for term in evidence["terms"] for start, end in term["spans"]}
    assert {"drill", "DRILL"} <= found
    assert all(one in text.split("\n")[1] for one in found)


def test_evidence_is_left_out_unless_asked(client: httpx.Client) -> None:
    assert "evidence" not in classify(client, text=DRILL)["paragraphs"][0]


def test_candidates_are_null_if_not_wanted(client: httpx.Client) -> None:
    assert classify(client, text=DRILL, candidates=False)["paragraphs"][0]["candidates"] is None


@pytest.mark.parametrize("body", [{"text": ""}, {"text": " \n\n\t"}, {"paragraphs": []}])
def test_empty_article_has_no_paragraphs(client: httpx.Client, body: dict[str, Any]) -> None:
    marked = classify(client, **body)
    assert marked["paragraphs"] == []
    assert marked["summary"]["dominant"] is None


def test_empty_plain_text_is_an_empty_article(client: httpx.Client) -> None:
    answer = client.post("/classify", content=b"", headers={"Content-Type": "text/plain"})
    assert answer.json()["paragraphs"] == []


def test_unknown_language_gets_no_category_and_says_why(client: httpx.Client) -> None:
    paragraph = classify(client, text="zzqqx vvrrk wwoopl jjkkq")["paragraphs"][0]
    assert (paragraph["category"], paragraph["reason"]) == (None, "unfamiliar")


def test_blank_paragraph_keeps_its_place(client: httpx.Client) -> None:
    marked = classify(client, paragraphs=[DRILL, "  ", FARM])
    assert [one["reason"] for one in marked["paragraphs"]] == [None, "empty", None]


def test_summary_tells_shares_by_characters(client: httpx.Client) -> None:
    summary = classify(client, text=f"{DRILL}\n{FARM}")["summary"]
    assert summary["shares"]["military"] == len(DRILL) / len(DRILL + FARM)
    assert (summary["dominant"], summary["paragraphs"], summary["abstained"]) == ("economy", 2, 0)


def test_same_request_same_bytes(client: httpx.Client) -> None:
    body = {"text": f"{DRILL}\n{FARM}", "evidence": 5}
    assert client.post("/v1/classify", json=body).content == client.post("/v1/classify", json=body).content


def test_answer_names_the_model(client: httpx.Client) -> None:
    told = client.get("/v1/model").json()
    model = classify(client, text=DRILL)["model"]
    assert model == {name: told[name] for name in ("name", "version", "sha256")}


def test_large_requests_are_judged_like_small_ones(client: httpx.Client) -> None:
    many = classify(client, paragraphs=[DRILL] * 1500, context=False)
    one = classify(client, paragraphs=[DRILL], context=False)
    assert many["paragraphs"][-1]["scores"] == pytest.approx(one["paragraphs"][0]["scores"], abs=1e-12)


def test_text_that_looks_like_members_is_only_text(client: httpx.Client) -> None:
    text = 'He said "text": "paragraphs" : and then ":" again.'
    assert classify(client, text=text)["paragraphs"][0]["end"] == len(text)


def test_nul_and_other_controls_are_text(client: httpx.Client) -> None:
    text = f"{DRILL}\x00\x1b[31m"
    assert classify(client, text=text)["paragraphs"][0]["end"] == len(text)


@pytest.mark.parametrize("path", ["/v1/classify", "/v1/classify/batch"])
def test_whole_number_may_be_written_with_a_point(client: httpx.Client, path: str) -> None:
    sent = (
        {"text": "The army drilled.", "evidence": 2.0} if path == "/v1/classify" else {"articles": [7], "evidence": 2.0}
    )
    assert client.post(path, json=sent).status_code == 200
