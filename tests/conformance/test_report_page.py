"""The page as text: what it says, and that nothing of a peer gets out of its place."""

import re
from collections.abc import Iterator

import pytest
from lxml import etree, html

import made_reports
from ocpp_core.conformance.reports import NO_CERTIFICATION, Report, as_page
from ocpp_core.conformance.verdicts import Outcome, Verdict

reports = pytest.mark.parametrize("report", made_reports.REPORTS.values(), ids=made_reports.REPORTS.keys())

#: All elements that a page has; none of them runs or loads anything.
ELEMENTS = frozenset(
    {"html", "head", "meta", "title", "style", "body", "a", "header", "main", "footer", "nav", "article"}
    | {
        "h1",
        "h2",
        "h3",
        "h4",
        "p",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "div",
        "span",
        "strong",
        "code",
        "pre",
    }
    | {"details", "summary", "fieldset", "legend", "label", "input"}
)
ATTRIBUTES = frozenset(
    {"lang", "charset", "http-equiv", "content", "name", "class", "href", "id", "tabindex", "open", "type"}
    | {"checked", "for", "aria-hidden", "aria-label"}
)


def read(report: Report) -> etree._Element:
    return html.document_fromstring(as_page(report))


def elements(root: etree._Element) -> Iterator[etree._Element]:
    return (each for each in root.iter() if isinstance(each.tag, str))


def text_of(element: etree._Element) -> str:
    return " ".join("".join(map(str, element.itertext())).split())


@reports
def test_nothing_is_in_it_that_runs_or_loads(report: Report) -> None:
    root = read(report)

    assert set() == {str(each.tag) for each in elements(root)} - ELEMENTS
    assert set() == {str(name) for each in elements(root) for name in each.attrib} - ATTRIBUTES
    assert [] == [link for link in map(str, root.xpath("//@href")) if not link.startswith("#")]
    assert "url(" not in as_page(report)
    assert "@import" not in as_page(report)


@reports
def test_what_is_not_printable_is_escaped(report: Report) -> None:
    text = as_page(report)

    assert [] == [line for line in text.split("\n") if not line.isprintable()]
    assert NO_CERTIFICATION in text


@reports
def test_what_peers_write_is_text(report: Report) -> None:
    text = as_page(report)

    assert "<script" not in text
    assert "<!--" not in text


def test_hostile_text_stands_where_it_belongs() -> None:
    root = read(made_reports.REPORTS["hostile"])
    payloads = [text_of(pre) for pre in root.iter("pre")]

    assert any("</pre><script>alert(1)</script>" in payload for payload in payloads)


@reports
def test_ids_are_unique_and_links_lead_to_them(report: Report) -> None:
    root = read(report)
    ids = list(map(str, root.xpath("//@id")))

    assert len(set(ids)) == len(ids)
    assert set() == {str(link)[1:] for link in root.xpath("//@href")} - set(ids)
    assert set(map(str, root.xpath("//label/@for"))) == set(map(str, root.xpath("//input/@id")))


@reports
def test_every_rule_and_every_finding_is_there(report: Report) -> None:
    root = read(report)
    listed = [text_of(each) for each in root.xpath("//ul[@class='rules']/li//code")]

    assert {outcome.rule.id for outcome in report.outcomes} == set(listed)
    assert sum(len(outcome.findings) for outcome in report.outcomes) == len(root.xpath("//article"))


def test_the_steps_of_a_sequence_say_who_said_what_to_whom() -> None:
    root = read(made_reports.report())
    steps = [text_of(each) for each in root.xpath("//article[1]//ol/li/details/summary")]

    assert [
        "Kit to CSMS: opened 0.000 s",
        "Kit to CSMS: CALL BootNotification 0.012 s",
        "CSMS to kit: CALLRESULT BootNotification here 0.034 s",
    ] == steps


def test_payloads_are_laid_out() -> None:
    root = read(made_reports.report())
    boot = root.xpath("//article[1]//ol/li[2]//pre")[0]

    assert (
        '[\n  2,\n  "1",\n  "BootNotification",\n  {\n    "reason": "PowerUp",\n    "chargingStation": {\n'
        '      "vendorName": "Example Energy",\n      "model": "Duo 22"\n    }\n  }\n]'
    ) == boot.text


def test_envelopes_are_laid_out() -> None:
    root = read(made_reports.REPORTS["SOAP"])
    steps = [text_of(each) for each in root.xpath("//article[3]//ol/li/details/summary")]
    payload = root.xpath("//article[3]//ol/li[2]//pre")[0].text or ""

    assert [
        "Kit to CSMS: request Heartbeat 0.000 s",
        "CSMS to kit: response Heartbeat (HTTP 200) 0.100 s",
        "CSMS to kit: response Heartbeat here 0.200 s",
    ] == steps
    assert "\n      <o:currentTime>yesterday</o:currentTime>\n" in payload


def test_what_is_known_and_not_seen_any_more_is_told() -> None:
    assert "Known, and not seen any more: boot.answered." in as_page(made_reports.REPORTS["a surprise"])


def test_a_list_of_findings_comes_before_many() -> None:
    assert [] == read(made_reports.report()).xpath("//nav")

    many = tuple(
        Outcome(made_reports.rule(f"boot.{number}"), Verdict.DEVIATING, findings=[made_reports.finding()])
        for number in range(4)
    )
    links = read(made_reports.report(many)).xpath("//nav//a/@href")

    assert [f"#boot.{number}-1" for number in range(4)] == links


def test_groups_with_deviations_are_open() -> None:
    root = read(made_reports.report())
    opened = {text_of(each) for each in root.xpath("//details[contains(@class, 'group')][@open]/summary/h3")}

    assert {"boot", "send"} == opened


def test_the_filter_has_a_rule_for_every_verdict() -> None:
    sheet = as_page(made_reports.report())
    filtered = set(re.findall(r"has\(#show-([\w-]+):not", sheet))

    assert {verdict.replace(" ", "-") for verdict in Verdict} == filtered
