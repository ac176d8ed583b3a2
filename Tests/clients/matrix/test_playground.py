"""The playground in Chromium, which is kept from every machine but this one."""

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

import refusals
from embed_server import MODEL, Server
from reference import NANO, SMALL, TASKS, difference, floats

TEXTS = ["a cat sleeps on the sofa", "a kitten naps on the couch", "the invoice is overdue"]
# What a shell, Python, JSON and HTML each have a special reading of.
NASTY = ["it's \"quoted\" \\ $HOME `id` %s", "</script><img src=x onerror=alert(1)>", "{a: 'é', b: \u2028 🦊}\t\\n"]
# Where set, screenshots are kept in this folder.
SHOTS = os.environ.get("EMBED_PLAYGROUND_SHOTS")


@pytest.fixture(scope="module")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        )
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium):
    """Opens the page of a server; at the end no page may have asked another server, or have had an error of its own."""
    contexts, requests, errors, origins = [], [], [], set()

    def open_page(server, path="/", width=1280, **options):
        context = chromium.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        origins.add(f"http://127.0.0.1:{server.port}")
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda request: requests.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(f"http://127.0.0.1:{server.port}{path}")
        wait_for_models(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert {origin(url) for url in requests if not url.startswith("data:")} <= origins
    # Chromium writes a line of its own for every answer that is an error.
    assert [error for error in errors if not error.startswith("Failed to load resource")] == []


def origin(url):
    return "/".join(url.split("/")[:3])


def wait_for_models(page):
    page.locator("#model option").first.wait_for(state="attached")


def fill(page, texts, model=MODEL, separator="line", **members):
    page.select_option("#separator", separator)
    page.fill("#input", ("\n" if separator == "line" else "\n\n").join(texts))
    page.select_option("#model", model)
    for name, value in members.items():
        field = page.locator(f"#{name}")
        if name == "truncate":
            field.set_checked(value)
        elif name == "dimensions":
            field.fill(str(value))
        else:
            field.select_option(value)


def embed(page, texts, **members):
    """Fills the form, and waits for the pictures."""
    fill(page, texts, **members)
    page.click("#submit")
    # The pictures before stay until the answer is there.
    page.wait_for_selector("#submit:not([disabled])")
    page.wait_for_selector("#results:visible")


def refuse(page, texts, **members):
    """Fills the form, and waits for what is wrong."""
    fill(page, texts, **members)
    page.click("#submit")
    # What was wrong before stays until the answer is there.
    page.wait_for_selector("#submit:not([disabled])")
    page.wait_for_selector("#error:visible")
    return page.inner_text("#error")


def number(text):
    return float(text.replace("−", "-"))


def matrix(page):
    rows = page.locator("#matrix tbody tr").all()
    return numpy.array([[number(text) for text in row.locator("td").all_text_contents()] for row in rows])


def cosines(vectors):
    vectors = numpy.array(vectors, dtype=float)
    vectors /= numpy.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors @ vectors.T


def points(page):
    moves = page.locator("#map g").evaluate_all("marks => marks.map((mark) => mark.getAttribute('transform'))")
    return numpy.array([[float(part) for part in re.findall(r"-?[\d.]+", move)] for move in moves])


def distances(points):
    return numpy.linalg.norm(points[:, None] - points[None], axis=-1)


def shoot(page, name):
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_the_matrix_has_the_cosines_of_the_vectors(visit, all_models, plain):
    page = visit(all_models)
    embed(page, TEXTS)
    expected = cosines(plain(TEXTS))
    assert numpy.abs(matrix(page) - expected).max() <= 0.005 + 1e-6
    cell = page.locator("#matrix tbody td").nth(1)
    cell.hover()
    value, first, second = page.inner_text("#tip").split("\n")
    assert number(value) == pytest.approx(expected[0, 1], abs=6e-5)
    assert TEXTS[0] in first and TEXTS[1] in second
    assert page.inner_text("#matrix-hint").startswith("Nearest to each other: 1 and 2")
    assert page.inner_text("#status").startswith("3 texts, ")


def test_the_map_has_the_principal_components(visit, all_models, plain):
    texts = [*TEXTS, "unpaid bills", "ein Hund bellt", "numbers 1 2 3"]
    page = visit(all_models)
    embed(page, texts)
    vectors = numpy.array(plain(texts))
    centred = vectors - vectors.mean(axis=0)
    left, values, _ = numpy.linalg.svd(centred, full_matrices=False)
    expected = distances(left[:, :2] * values[:2])
    got = distances(points(page))
    scale = (got * expected).sum() / (expected**2).sum()
    # Points lie on whole pixels.
    assert numpy.abs(got - scale * expected).max() < 2
    shares = [round(100 * share) for share in (values**2 / (values**2).sum())[:2]]
    assert f"hold {shares[0]} % and {shares[1]} %" in page.inner_text("#map-hint")


def test_equal_texts_and_few_texts(visit, all_models):
    page = visit(all_models)
    embed(page, ["same"] * 4)
    assert distances(points(page)).max() == 0
    embed(page, TEXTS[:1])
    assert matrix(page).tolist() == [[1]]
    assert page.locator("#map g").count() == 0


def test_the_tokens_are_those_of_explain(visit, all_models):
    page = visit(all_models)
    texts = ["Hello wörld", "sofa"]
    embed(page, texts, model=NANO, task="retrieval.query")
    body = {"model": NANO, "input": texts, "task": "retrieval.query"}
    answer = all_models.request("POST", "/v1/explain", body)[2]
    for item, expected in zip(page.locator("#tokens li").all(), answer["inputs"], strict=True):
        titles = item.locator(".piece").evaluate_all("pieces => pieces.map((piece) => piece.title)")
        assert [title.split("\n")[:2] for title in titles] == [
            [token["piece"], f"id {token['id']}"] for token in expected["tokens"]
        ]
        assert "".join(item.locator(".prompt, .plain").all_text_contents()) == expected["text"]
        assert item.locator(".count").inner_text() == f"{expected['token_count']} tokens"
    assert "Query: " in page.inner_text("#facts")


@pytest.mark.parametrize("format", ["float", "base64", "binary", "ubinary"])
def test_formats_and_code(visit, all_models, plain, format):
    page = visit(all_models)
    members = {} if format == "float" else {"embedding_type": format}
    options = {"model": NANO, "task": "clustering", "dimensions": 12}
    embed(page, NASTY, **options, **members)
    assert page.locator("img").count() == 0
    floating = numpy.array(plain(NASTY, task="clustering", dimensions=12, model=NANO), dtype="f4")
    expected = floating if "binary" not in format else numpy.where(floating > 0, 1, -1)
    assert numpy.abs(matrix(page) - cosines(expected)).max() <= 0.005 + 1e-6

    def same(vectors):
        if format == "base64":
            return difference([floats(vector) for vector in vectors], floating) == 0
        if format == "float":
            return difference(vectors, floating) == 0
        bits = numpy.packbits(floating > 0, axis=1).astype(int)
        return numpy.array_equal(vectors, bits if format == "ubinary" else bits - 128)

    curl = subprocess.run(["bash", "-c", page.text_content("#curl")], capture_output=True, check=True, timeout=60)
    assert same([item["embedding"] for item in json.loads(curl.stdout)["data"]])
    python = page.text_content("#python") + "import json\nprint(json.dumps(vectors))\n"
    ran = subprocess.run([sys.executable, "-c", python], capture_output=True, timeout=60)
    assert ran.returncode == 0, ran.stderr.decode()
    assert same(json.loads(ran.stdout))


def test_copying(visit, all_models):
    page = visit(all_models, permissions=["clipboard-read", "clipboard-write"])
    embed(page, TEXTS)
    for name in ("curl", "python"):
        page.click(f"[data-copy={name}]")
        page.wait_for_selector(f"[data-copy={name}]:has-text('Copied')")
        assert page.evaluate("navigator.clipboard.readText()") == page.text_content(f"#{name}")
    page.click("[data-copy=json]")
    page.wait_for_selector("[data-copy=json]:has-text('Copied')")
    answer = json.loads(page.evaluate("navigator.clipboard.readText()"))
    assert len(answer["data"]) == 3


def test_refusals_have_the_words_of_the_server(visit, all_models):
    page = visit(all_models)
    shown = refuse(page, TEXTS, model=NANO, dimensions=4096)
    assert refusals.TOO_MANY_DIMENSIONS in shown and "422 · VALIDATION_ERROR" in shown
    assert page.get_attribute("#dimensions", "aria-invalid") == "true"
    shown = refuse(page, TEXTS, model=NANO, dimensions="many")
    assert "dimensions" in all_models.embed({"model": NANO, "input": "a", "dimensions": "many"})[2]["error"]["param"]
    assert all_models.embed({"model": NANO, "input": "a", "dimensions": "many"})[2]["detail"] in shown
    shown = refuse(page, ["fine", refusals.LONG.strip()], dimensions="")
    assert refusals.TOO_LONG in shown and "Text 2: “word word" in shown
    assert page.locator("#tokens li").nth(1).locator(".flag").inner_text() == "refused"
    embed(page, ["fine", refusals.LONG.strip()], truncate=True)
    assert page.locator("#error:visible, [aria-invalid]").count() == 0
    assert page.locator("#tokens li").nth(1).locator(".flag").inner_text() == "cut"
    assert re.search(r"Cut\s+2\b", page.inner_text("#facts"))


def test_what_the_page_itself_refuses(visit, all_models):
    page = visit(all_models)
    assert "Enter a text" in refuse(page, [" ", ""])
    assert "up to 50 texts" in refuse(page, [f"text {index}" for index in range(51)])
    embed(page, [f"text {index}" for index in range(50)])
    assert matrix(page).shape == (50, 50)
    shoot(page, "fifty-texts")


def test_paragraphs(visit, all_models, plain):
    page = visit(all_models)
    texts = ["one\ntwo", "three", "four"]
    embed(page, texts, separator="paragraph")
    assert numpy.abs(matrix(page) - cosines(plain(texts))).max() <= 0.005 + 1e-6


def test_a_key_is_sent_and_never_shown(visit, tmp_path):
    file = tmp_path / "config.json"
    file.write_text(json.dumps({"auth": {"apiKeys": ["very-secret"]}}))
    server = Server("--config", str(file))
    try:
        page = visit(server)
        assert "Authentication required" in refuse(page, TEXTS)
        assert page.get_attribute("#key", "aria-invalid") == "true"
        page.fill("#key", "very-secret")
        embed(page, TEXTS)
        assert "very-secret" not in page.content()
        assert page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])") == '[{},{},""]'
        environment = {**os.environ, "EMBED_API_KEY": "very-secret"}
        for command in (["bash", "-c", page.text_content("#curl")], [sys.executable, "-c", page.text_content("#python")]):
            ran = subprocess.run(command, capture_output=True, env=environment, timeout=60)
            assert ran.returncode == 0 and b"AUTH" not in ran.stdout, ran.stderr.decode()
    finally:
        server.kill()


def test_below_a_prefix(visit, all_models, chromium):
    page = visit(all_models)
    page.route(
        "**/some/prefix**",
        lambda route: route.continue_(url=route.request.url.replace("/some/prefix", "", 1)),
    )
    for path in ("/some/prefix", "/some/prefix/"):
        page.goto(f"http://127.0.0.1:{all_models.port}{path}")
        embed(page, TEXTS)
        assert f":{all_models.port}/some/prefix/v1/embeddings" in page.text_content("#curl")
        assert page.url.endswith(path)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_looks(visit, all_models, theme, width):
    """No rule of axe is broken, among them those for names, roles and contrast, and nothing sticks out on a phone."""
    page = visit(all_models, width=width, color_scheme=theme)
    shoot(page, f"{theme}-{width}-first")

    def check():
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        report = Axe().run(page)
        assert report.violations_count == 0, report.generate_report()

    check()
    page.click("#submit")
    # The pictures before stay until the answer is there.
    page.wait_for_selector("#submit:not([disabled])")
    page.wait_for_selector("#results:visible")
    check()
    shoot(page, f"{theme}-{width}")
    refuse(page, ["fine", refusals.LONG.strip()])
    check()
    shoot(page, f"{theme}-{width}-refused")


def test_the_theme_can_be_chosen(visit, all_models):
    page = visit(all_models, color_scheme="light")
    embed(page, TEXTS)

    def colours():
        cell = page.locator("#matrix tbody td").first
        return page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor"), cell.evaluate(
            "cell => cell.style.backgroundColor"
        )

    light = colours()
    page.get_by_role("button", name="Switch to the dark theme").click()
    dark = colours()
    assert light[0] != dark[0] and light[1] != dark[1]
    page.reload()
    wait_for_models(page)
    assert page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor") == dark[0]


def test_the_keyboard_is_enough(visit, all_models):
    page = visit(all_models)
    page.focus("#input")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#results:visible")
    page.locator("#matrix tbody td").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    row, column = page.evaluate("[document.activeElement.parentElement.rowIndex, document.activeElement.cellIndex]")
    assert (row, column) == (2, 2)
    assert page.inner_text("#tip").startswith("1.0000")
    page.keyboard.press("Escape")
    assert page.locator("#tip:visible").count() == 0
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("1: A cat")
