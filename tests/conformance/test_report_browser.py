"""The page in a real browser: it is quiet, works with a keyboard, and can be read by everybody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

import browser
import made_reports
import node
from ocpp_core.conformance.reports import as_page

#: A phone and a desk.
SIZES = {"phone": (390, 844), "desk": (1280, 900)}
SCHEMES = ("light", "dark")

sizes = pytest.mark.parametrize("size", SIZES.values(), ids=SIZES.keys())
schemes = pytest.mark.parametrize("scheme", SCHEMES)
names = pytest.mark.parametrize("name", made_reports.REPORTS)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[browser.Page]:
    with browser.opened(tmp_path_factory.mktemp("chromium")) as opened:
        yield opened


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    for name, report in made_reports.REPORTS.items():
        (folder / f"{name}.html").write_text(as_page(report), encoding="utf-8")
    return folder


@names
@sizes
def test_it_logs_nothing_asks_for_nothing_and_fits(
    page: browser.Page, folder: Path, name: str, size: tuple[int, int]
) -> None:
    page.resize(*size)
    page.open(folder / f"{name}.html")
    page.value("document.querySelectorAll('details').forEach(each => each.open = true)")

    assert size[0] >= page.value("document.documentElement.scrollWidth")
    assert [] == page.complaints()


def test_a_script_that_got_into_it_would_not_run(page: browser.Page, folder: Path, tmp_path: Path) -> None:
    """And this test would see it: the browser complains of it."""
    text = (folder / "clean.html").read_text(encoding="utf-8")
    spoilt = tmp_path / "spoilt.html"
    spoilt.write_text(
        text.replace("</main>", "<script>document.title = 'ran'</script></main>"), encoding="utf-8"
    )
    page.open(spoilt)

    assert "ran" != page.value("document.title")
    assert page.complaints()


#: The least contrast of any text with what lies behind it, and where; as WCAG 2.2 reckons it.
CONTRAST = """(() => {
  const parts = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => {
    const [r, g, b] = parts(colour).map(one => one / 255).map(
      one => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if (parts(colour)[3] !== 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  let least = [99, ''];
  for (const element of document.querySelectorAll('body *')) {
    if (![...element.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    const [one, other] = [light(getComputedStyle(element).color), light(behind(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (contrast < least[0]) least = [contrast, element.outerHTML.slice(0, 80)];
  }
  return least;
})()"""


@schemes
@pytest.mark.parametrize("name", ["every verdict", "hostile"])
def test_text_stands_out(page: browser.Page, folder: Path, name: str, scheme: str) -> None:
    page.prefer(scheme)
    page.open(folder / f"{name}.html")
    page.value("document.querySelectorAll('details').forEach(each => each.open = true)")
    least, where = page.value(CONTRAST)

    assert 4.5 <= least, where


def test_dark_is_dark(page: browser.Page, folder: Path) -> None:
    colours = []
    for scheme in SCHEMES:
        page.prefer(scheme)
        page.open(folder / "clean.html")
        colours.append(page.value("getComputedStyle(document.body).backgroundColor"))

    assert ["rgb(246, 247, 249)", "rgb(20, 23, 27)"] == colours


@sizes
@schemes
def test_axe_finds_nothing(page: browser.Page, folder: Path, size: tuple[int, int], scheme: str) -> None:
    """The rules for accessibility that most tools go by, where npm installs them."""
    axe = node.installed("axe-core") / "axe-core" / "axe.min.js"
    page.resize(*size)
    page.prefer(scheme)
    for name in ("every verdict", "hostile", "nothing"):
        page.open(folder / f"{name}.html")
        page.value("document.querySelectorAll('details').forEach(each => each.open = true)")
        page.value(axe.read_text(encoding="utf-8") + "; 0")
        found = page.value(
            "axe.run().then(told => told.violations.map(one => [one.id, one.nodes.map(node => node.html)]))"
        )

        assert [] == found, name


FOCUSED = "document.activeElement.outerHTML.slice(0, 200)"


def test_it_works_with_a_keyboard(page: browser.Page, folder: Path) -> None:
    """Tab goes through everything that can be worked, in order; each shows that it has the focus."""
    page.resize(*SIZES["desk"])
    page.open(folder / "every verdict.html")
    reached = []
    for _ in range(40):
        page.press("Tab")
        if page.value("document.activeElement === document.body"):
            break
        reached.append(page.value("document.activeElement.dataset.place = document.activeElement.tagName"))
        style = page.value("getComputedStyle(document.activeElement).outlineStyle")

        assert "none" != style, page.value(FOCUSED)
    workable = page.value(
        "[...document.querySelectorAll('a, summary, input')].filter(one => one.checkVisibility())"
        ".map(one => one.tagName)"
    )

    assert workable == reached


def test_enter_unfolds_a_payload_and_leads_to_a_finding(page: browser.Page, folder: Path) -> None:
    page.open(folder / "every verdict.html")
    page.press("Tab")
    page.press("Enter")

    assert "#findings" == page.value("location.hash")

    page.press("Tab")

    assert "opened 0.000 s" == page.value("document.activeElement.innerText").split("\n")[-1]
    assert False is page.value("document.activeElement.parentElement.open")

    page.press("Enter")

    assert True is page.value("document.activeElement.parentElement.open")


def test_the_space_bar_takes_a_verdict_out(page: browser.Page, folder: Path) -> None:
    shown = (
        "[...document.querySelectorAll('.rules > li')].filter(one => one.checkVisibility()).map("
        "one => one.className)"
    )
    page.open(folder / "every verdict.html")
    page.value("document.querySelectorAll('details').forEach(each => each.open = true)")

    everything = ["deviating", "deviating", "inconclusive", "conforming", "not-applicable", "broken"]
    assert everything == page.value(shown)

    page.value("document.getElementById('show-deviating').focus()")
    page.press(" ")

    assert everything[2:] == page.value(shown)

    page.value("document.getElementById('show-not-applicable').focus()")
    page.press(" ")

    assert ["inconclusive", "conforming", "broken"] == page.value(shown)
    assert ["boot", "send"] == page.value(
        "[...document.querySelectorAll('.group')].filter(one => one.checkVisibility()).map("
        "one => one.querySelector('h3').innerText)"
    )
