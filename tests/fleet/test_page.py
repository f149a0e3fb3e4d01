"""The HTML report in a real browser: it filters, unfolds, stays inside the screen, and asks the network for nothing."""

import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from cifix.fleet.job import Mode, State
from cifix.fleet.report import page
from cifix.fleet.report.document import document
from tests.fleet.browser import browser, missing
from tests.fleet.test_report import EVIL, FINDING, LEFT, PATCH, ROWS, RUN, row

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

OTHER = {**LEFT, "rule": "lazy-init", "path": "a/very/long/path/" * 12, "message": "word" * 60}
LONG = row("owner/long", State.PLANNED, {**RUN, "findings": [FINDING, OTHER]})
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module", params=SIZES)
def shown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    folder = tmp_path_factory.mktemp("page")
    file = folder / "fleet.html"
    file.write_text(page.document(document([*ROWS, LONG], Mode.APPLY, f"cifix/{EVIL}")), "utf-8")
    with browser(folder / "profile", *SIZES[request.param]) as chrome:
        chrome.get(file.as_uri())
        yield chrome


def choose(chrome: Chrome, *, name: str = "", rule: str = "all", state: str = "all") -> list[str | None]:
    """Fill in the form; the names of the repositories that are left, as long as its count says the same."""
    field = chrome.find_element(By.NAME, "name_")
    field.clear()
    field.send_keys(name)
    Select(chrome.find_element(By.NAME, "rule")).select_by_visible_text(rule)
    Select(chrome.find_element(By.NAME, "state")).select_by_visible_text(state)
    left = [one.get_attribute("data-name") for one in rows(chrome) if one.is_displayed()]
    assert chrome.find_element(By.TAG_NAME, "output").text == f"{len(left)} of {len(rows(chrome))}"
    return left


def rows(chrome: Chrome) -> list[Any]:
    return chrome.find_elements(By.TAG_NAME, "details")


def logged(chrome: Chrome, kind: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = chrome.get_log(kind)  # type: ignore[no-untyped-call]
    return found


def unfold(chrome: Chrome) -> None:
    chrome.find_element(By.NAME, "unfold").click()


def test_rows_are_filtered_by_rule_state_and_name(shown: Chrome) -> None:
    assert len(choose(shown)) == 6
    assert choose(shown, state="failed") == ["failed"]
    assert choose(shown, rule="lazy-init") == ["owner/long"]
    assert len(choose(shown, rule="upgrade-artifacts")) == 3
    assert choose(shown, rule="upgrade-artifacts", state="left") == ["left"]
    assert choose(shown, name="LONG") == ["owner/long"]
    assert choose(shown, name="nothing") == []
    assert len(choose(shown)) == 6


def test_diffs_open_and_close(shown: Chrome) -> None:
    choose(shown, name="owner/long")
    (long,) = [one for one in rows(shown) if one.is_displayed()]
    diff = long.find_element(By.TAG_NAME, "pre")
    assert not diff.is_displayed()
    long.find_element(By.TAG_NAME, "summary").click()
    assert diff.is_displayed()
    lines = shown.execute_script("return [...arguments[0].children].map(one => one.textContent)", diff)
    assert len(lines) == PATCH.count(b"\n")
    assert lines[:2] == ["diff --git a/x b/x\n", "--- a/x\n"]
    unfold(shown)
    assert not diff.is_displayed()
    choose(shown)
    unfold(shown)
    assert all(one.get_attribute("open") for one in rows(shown))
    unfold(shown)


def test_nothing_is_asked_of_the_network_and_no_stranger_runs(shown: Chrome) -> None:
    choose(shown)
    unfold(shown)
    assert shown.execute_script("return performance.getEntriesByType('resource').length") == 0
    asked = [json.loads(one["message"])["message"] for one in logged(shown, "performance")]
    sent = [one["params"]["request"]["url"] for one in asked if one["method"] == "Network.requestWillBeSent"]
    assert not {url.partition(":")[0] for url in sent} - {"file", "data", "chrome", "chrome-untrusted"}  # its own pages
    assert [one["message"] for one in logged(shown, "browser")] == []
    violated = """
        const done = arguments[0];
        document.addEventListener("securitypolicyviolation", event => done(event.effectiveDirective), {once: true});
        const image = document.createElement("img");
        image.src = "https://example.org/x.png";
        document.body.append(image);
    """
    assert shown.execute_async_script(violated) == "img-src"
    shown.execute_script("document.querySelector('img').remove()")
    logged(shown, "browser")
    unfold(shown)


def test_nothing_stands_out_of_the_screen(shown: Chrome) -> None:
    choose(shown)
    unfold(shown)
    width, inside = shown.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert width <= inside
    for one in shown.find_elements(By.CSS_SELECTOR, "h1, form *, summary, li, pre"):
        box = one.rect
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= inside, one.get_attribute("outerHTML")
    unfold(shown)


def test_a_picture_of_it_shows_text_on_a_plain_ground(shown: Chrome) -> None:
    choose(shown)
    shown.execute_script("scrollTo(0, 0)")
    width, height, colours = counted(shown.get_screenshot_as_png())
    assert (width, height) in SIZES.values()
    total = sum(colours.values())
    assert len(colours) > 20
    assert max(colours.values()) < 0.95 * total
    assert len([one for one, number in colours.items() if number > 0.05 * total]) >= 2  # page and cards


def counted(picture: bytes) -> tuple[int, int, dict[bytes, int]]:
    """The size of a PNG of 8 bits and three or four channels, and how many pixels have each colour."""
    width, height, depth, kind = struct.unpack(">IIBB", picture[16:26])
    assert (depth, kind) in ((8, 2), (8, 6))
    step, data, place = {2: 3, 6: 4}[kind], b"", 8
    while place < len(picture):
        (size,) = struct.unpack(">I", picture[place : place + 4])
        if picture[place + 4 : place + 8] == b"IDAT":
            data += picture[place + 8 : place + 8 + size]
        place += size + 12
    colours: dict[bytes, int] = {}
    raw, above = zlib.decompress(data), bytearray(width * step)
    for number in range(height):
        start = number * (width * step + 1)
        above = unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + width * step]), above, step)
        for pixel in range(0, width * step, step * 4):  # every fourth is enough
            colour = bytes(above[pixel : pixel + 3])
            colours[colour] = colours.get(colour, 0) + 1
    return width, height, colours


def unfiltered(kind: int, line: bytearray, above: bytearray, step: int) -> bytearray:
    """A line of a PNG as it is to be seen, by the five filters of its specification."""
    for place in range(len(line)):
        left = line[place - step] if place >= step else 0
        corner = above[place - step] if place >= step else 0
        guesses = (0, left, above[place], (left + above[place]) // 2, paeth(left, above[place], corner))
        line[place] = (line[place] + guesses[kind]) % 256
    return line


def paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda one: abs(guess - one))
