"""GET, PUT and DELETE of articles, and their list."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.api_client import assert_problem, put, serving

TEXT = "The old ferry sank near Morlo on a cold day."


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    with serving(tmp_path) as client:
        yield client


def test_put_says_what_became_of_the_article(client: TestClient) -> None:
    outcomes = [client.put("/v1/articles/a", json={"text": text}) for text in (TEXT, TEXT, TEXT + " Then it rained.")]
    assert [response.status_code for response in outcomes] == [201, 200, 200]
    assert [response.json()["status"] for response in outcomes] == ["added", "unchanged", "changed"]
    assert outcomes[0].json() == {"id": "a", "status": "added", "passages": 1, "removed": []}


def test_an_article_reads_as_it_was_put(client: TestClient) -> None:
    put(
        client,
        "a",
        TEXT,
        title="A loss",
        url="https://example.org/a",
        source="Courier",
        published="2020-10-21",
        language="en",
    )
    body = client.get("/v1/articles/a").json()
    assert body.pop("sha256")
    assert body == {
        "id": "a",
        "title": "A loss",
        "url": "https://example.org/a",
        "source": "Courier",
        "published": "2020-10-21",
        "language": "en",
        "links": {"article": "/v1/articles/a", "view": "/articles/a"},
        "text": f"A loss\n\n{TEXT}",
        "removed": [],
    }


def test_html_and_markdown_become_text(client: TestClient) -> None:
    client.put("/v1/articles/h", json={"html": f"<h1>A loss</h1><p>{TEXT}</p><script>alert(1)</script>"})
    client.put("/v1/articles/m", json={"markdown": f"# A loss\n\n{TEXT.replace('old', '**old**')}"})
    for id in ("h", "m"):
        body = client.get(f"/v1/articles/{id}").json()
        assert TEXT in body["text"]
        assert "alert" not in body["text"]


def test_what_cleaning_removed_is_said_and_kept(client: TestClient) -> None:
    text = f"A loss\n\n{TEXT}\n\nCopyright 2020 Courier. All rights reserved."
    put_body = client.put("/v1/articles/a", json={"text": text}).json()
    article = client.get("/v1/articles/a").json()
    assert [part["text"] for part in put_body["removed"]] == ["Copyright 2020 Courier. All rights reserved."]
    assert article["removed"] == put_body["removed"]
    assert "Copyright" not in article["text"]


def test_delete_removes_once(client: TestClient) -> None:
    put(client, "a", TEXT)
    response = client.delete("/v1/articles/a")
    assert (response.status_code, response.content) == (204, b"")
    assert_problem(client.delete("/v1/articles/a"), 404, "article_not_found")
    assert_problem(client.get("/v1/articles/a"), 404, "article_not_found")


def test_an_article_that_is_still_the_same_is_not_sent_again(client: TestClient) -> None:
    put(client, "a", TEXT)
    first = client.get("/v1/articles/a")
    etag = first.headers["etag"]
    assert etag == f'"{first.json()["sha256"]}"'
    for header in (etag, f'"x", W/{etag}', "*"):
        again = client.get("/v1/articles/a", headers={"If-None-Match": header})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    put(client, "a", TEXT + " Then it rained.")
    assert client.get("/v1/articles/a", headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize("id", ["news/2020/a", "../up", "a b", "naïve-ñ", "100%", "a?b#c", "a&b=c", "日本"])
def test_an_id_of_any_letters_is_found_by_its_link(client: TestClient, id: str) -> None:
    from api.links import article_link

    response = client.put(article_link(id), json={"text": TEXT})
    assert (response.status_code, response.json()["id"]) == (201, id)
    links = client.get(article_link(id)).json()["links"]
    assert client.get(links["article"]).json()["id"] == id
    assert client.get(links["view"]).status_code == 200
    assert client.delete(links["article"]).status_code == 204


@pytest.mark.parametrize("path", ["%ED%A0%80", "%FF", "a%00b", "", "x" * 501])
def test_an_id_that_is_no_text_is_a_422(client: TestClient, path: str) -> None:
    response = client.put(f"/v1/articles/{path}", json={"text": TEXT})
    assert assert_problem(response, 422, "invalid_request")["errors"][0]["pointer"] == "path:id"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#"),
        ({"text": TEXT, "html": "<p>x</p>"}, "#"),
        ({"text": None}, "#"),
        ({"text": ""}, "#/text"),
        ({"text": TEXT, "url": "javascript:alert(1)"}, "#/url"),
        ({"text": TEXT, "url": "ftp://example.org/"}, "#/url"),
        ({"text": TEXT, "url": "https://example.org/a b"}, "#/url"),
        ({"text": TEXT, "published": "yesterday"}, "#/published"),
        ({"text": TEXT, "published": 1603238400}, "#/published"),
        ({"text": TEXT, "language": "<b>"}, "#/language"),
        ({"text": TEXT, "title": "x\0"}, "#/title"),
        ({"text": TEXT, "id": "b"}, "#"),
        ([], "#"),
    ],
)
def test_an_article_that_cannot_be_taken_is_a_422(client: TestClient, body: object, pointer: str) -> None:
    (error,) = assert_problem(client.put("/v1/articles/a", json=body), 422, "invalid_request")["errors"]
    assert error["pointer"] == pointer
    assert client.get("/v1/articles/a").status_code == 404


def test_an_article_without_words_is_refused(client: TestClient) -> None:
    assert_problem(client.put("/v1/articles/a", json={"text": " \n "}), 422, "refused")


def test_the_list_leads_from_page_to_page(client: TestClient) -> None:
    ids = ["a", "b", "c", "d", "e"]
    for id in ids:
        put(client, id, TEXT)
    seen, url = [], "/v1/articles?limit=2"
    sizes = []
    while url:
        response = client.get(url)
        page = response.json()
        seen += [article["id"] for article in page["articles"]]
        sizes.append(len(page["articles"]))
        url = response.links.get("next", {}).get("url", "")
        assert bool(url) == (page["next"] is not None)
    assert (seen, sizes) == (ids, [2, 2, 1])


def test_the_list_keeps_its_filters_over_pages(client: TestClient) -> None:
    for number in range(6):
        put(client, f"a{number}", TEXT, source=("Courier", "R&D")[number % 2], published=f"2020-0{number + 1}-01")
    query = {"source": "R&D", "published_gte": "2020-03-01", "limit": 1}
    first = client.get("/v1/articles", params=query)
    second = client.get(first.links["next"]["url"])
    assert [r.json()["articles"][0]["id"] for r in (first, second)] == ["a3", "a5"]
    assert second.json()["next"] is None
    assert client.get("/v1/articles?published_lt=2020-03-01").json()["articles"][-1]["id"] == "a1"
    assert client.get("/v1/articles?language=fr").json() == {"articles": [], "next": None}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=%21", "cursor=_w==", "published_gte=2020", "z=1"]
)
def test_a_list_that_cannot_be_made_is_a_422(client: TestClient, query: str) -> None:
    (error,) = assert_problem(client.get(f"/v1/articles?{query}"), 422, "invalid_request")["errors"]
    assert error["pointer"].startswith("query")


def test_an_article_is_replaced_only_if_it_is_the_one_that_was_read(client: TestClient) -> None:
    made = client.put("/v1/articles/a", json={"text": TEXT}, headers={"If-None-Match": "*"})
    assert (made.status_code, made.headers["etag"]) == (201, client.get("/v1/articles/a").headers["etag"])
    tag = made.headers["etag"]
    new = {"text": TEXT + " It rained."}
    for headers in ({"If-None-Match": "*"}, {"If-Match": '"x"'}, {"If-Match": f"W/{tag}"}, {"If-None-Match": tag}):
        assert_problem(client.put("/v1/articles/a", json=new, headers=headers), 412, "precondition_failed")
        assert client.get("/v1/articles/a").headers["etag"] == tag
    assert client.put("/v1/articles/a", json=new, headers={"If-Match": f'"x", {tag}'}).json()["status"] == "changed"
    assert_problem(client.put("/v1/articles/b", json=new, headers={"If-Match": "*"}), 412, "precondition_failed")
    assert client.get("/v1/articles/b").status_code == 404


def test_an_article_is_deleted_only_if_it_is_the_one_that_was_read(client: TestClient) -> None:
    put(client, "a", TEXT)
    tag = client.get("/v1/articles/a").headers["etag"]
    response = client.delete("/v1/articles/a", headers={"If-Match": '"x"'})
    assert_problem(response, 412, "precondition_failed")
    assert client.delete("/v1/articles/a", headers={"If-Match": tag}).status_code == 204


def test_a_search_finds_passages_with_their_scores(client: TestClient) -> None:
    put(client, "a", TEXT, source="Courier")
    put(client, "b", "It rained.", source="Tribune")
    body = client.post("/v1/search", json={"query": "old ferry", "top_k": 1}).json()
    (passage,) = body["passages"]
    assert (passage["article"]["id"], passage["text"]) == ("a", TEXT[passage["start"] : passage["end"]])
    assert passage["score"] > 0
    assert (body["matching"], body["index"]["articles"]) == (2, 2)
    filtered = client.post("/v1/search", json={"query": "old ferry", "filters": {"source": ["Tribune"]}}).json()
    assert [passage["article"]["id"] for passage in filtered["passages"]] == ["b"]
    assert filtered["matching"] == 1
    assert body["corrected_query"] is None
    misspelt = client.post("/v1/search", json={"query": "old ferry raiend"}).json()
    assert misspelt["corrected_query"] == "old ferry rained"
