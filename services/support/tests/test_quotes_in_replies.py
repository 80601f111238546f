"""What a customer wrote in answer to a mail of ours is taken; the mail, and the line above that says whose it is, are not."""

import time

import pytest

from nexa_support.intake.message import read_mail
from nexa_support.intake.quoting import LONGEST_LINE, REPLY_MARK, without_quote

from .hostile_mails import html, mail

SAID = "It works now, thanks.\n\nThe second list is still empty:"
OURS = f"{REPLY_MARK}\n\nHi Sarah,\n\nGood news! The CSV export issue has been fixed."
ADDRESS = "support+T-7K3QX2M9AB@nexa.example"
INTRODUCTIONS = {
    "en, Gmail, wrapped": f"On Wed, Nov 26, 2025 at 10:00 AM Nexa CRM <{ADDRESS}>\nwrote:",
    "en, wrapped before the name": f"On Wed, 26 Nov 2025 at 10:00,\nNexa CRM <{ADDRESS}> wrote:",
    "en, Apple": "On 26 Nov 2025, at 10:00, Nexa CRM <crm@nexa.example> wrote:",
    "en, Thunderbird": "On 11/26/25 10:00, Nexa CRM wrote:",
    "de, Thunderbird": "Am 26.11.25 um 10:00 schrieb Nexa CRM:",
    "de, Gmail": f"Am Mi., 26. Nov. 2025 um 10:00 Uhr schrieb Nexa CRM <\n{ADDRESS}>:",
    "de, Gmail on a phone": "Nexa CRM <crm@nexa.example> schrieb am Mi., 26. Nov. 2025, 10:00:",
    "fr, Gmail": "Le mer. 26 nov. 2025 à 10:00, Nexa CRM <crm@nexa.example> a écrit\xa0:",
    "fr, Thunderbird": "Le 26/11/2025 à 10:00, Nexa CRM a écrit :",
    "es, Gmail": f"El mié, 26 nov 2025 a las 10:00, Nexa CRM (<{ADDRESS}>)\nescribió:",
    "it": "Il giorno mer 26 nov 2025 alle ore 10:00 Nexa CRM <crm@nexa.example> ha\nscritto:",
    "nl": "Op wo 26 nov 2025 om 10:00 schreef Nexa CRM <crm@nexa.example>:",
    "pt": "Em qua., 26 de nov. de 2025 às 10:00, Nexa CRM <crm@nexa.example> escreveu:",
    "sv": "Den ons 26 nov. 2025 kl 10:00 skrev Nexa CRM <crm@nexa.example>:",
    "pl": "śr., 26 lis 2025 o 10:00 Nexa CRM <crm@nexa.example> napisał(a):",
    "en, Outlook": "-----Original Message-----\nFrom: Nexa CRM <crm@nexa.example>\nSent: Wednesday, November 26, 2025 10:00\n"
    "To: Sarah Miller <sarah.miller@acme.example>\nSubject: [T-7K3QX2M9AB] Fixed: Export",
    "en, Outlook on a phone": "________________________________\nFrom: Nexa CRM <crm@nexa.example>\n"
    "Sent: Wednesday, November 26, 2025 10:00\nTo: Sarah\nSubject: Fixed",
    "de, Outlook": "*Von:* Nexa CRM <crm@nexa.example>\n*Gesendet:* Mittwoch, 26. November 2025 10:00\n*An:* Sarah\n"
    "*Betreff:* Fixed",
    "fr, Outlook": "De : Nexa CRM <crm@nexa.example>\nEnvoyé : mercredi 26 novembre 2025 10:00\nÀ : Sarah\nObjet : Fixed",
    "es, Outlook": "De: Nexa CRM <crm@nexa.example>\nEnviado el: miércoles, 26 de noviembre de 2025 10:00\nPara: Sarah\n"
    "Asunto: Fixed",
    "nothing but a rule": "-----Ursprüngliche Nachricht-----",
}


def quoted(text: str) -> str:
    return "\n".join(f"> {each}".rstrip() for each in text.split("\n"))


@pytest.mark.parametrize("introduction", INTRODUCTIONS.values(), ids=INTRODUCTIONS.keys())
def test_only_what_the_customer_wrote_is_left_of_an_answer(introduction: str) -> None:
    for quote in (f"{introduction}\n{OURS}", f"{introduction}\n\n{quoted(OURS)}", quoted(f"{introduction}\n\n{OURS}")):
        text = f"{SAID}\n\n{quote}\n"
        assert without_quote(text).strip() == SAID, text
        assert read_mail(mail(body=text.encode())).text == SAID, text


def test_an_answer_below_the_quote_is_taken_without_what_introduces_it() -> None:
    for introduction in (*INTRODUCTIONS.values(), "On Monday support wrote:"):
        below = f"{introduction}\n{quoted(OURS)}\n\nStill fails\n{quoted('Thank you')}\nfor every list\n"
        assert without_quote(below).split() == ["Still", "fails", "for", "every", "list"], introduction


@pytest.mark.parametrize(
    "said",
    [
        "The log of 10:00 on 26.11.2025 is this:",
        "On Wednesday my boss wrote:",
        "The export of 2025 says it wrote 10 lines",
        "From: the first page\nand then nothing",
        "Date: 2025-11-26\nSubject: none",
        "To: nobody",
        "It fails -- since 10:00 -- for every list",
        "x" * (LONGEST_LINE + 1) + " wrote 10:00:",
    ],
)
def test_what_only_looks_a_little_like_an_introduction_is_kept(said: str) -> None:
    assert without_quote(f"It fails.\n{said}\n\n{OURS}").strip() == f"It fails.\n{said}"


def test_one_introduction_is_taken_away_and_what_stands_above_it_is_not() -> None:
    line = INTRODUCTIONS["en, Apple"]
    assert without_quote(f"I forward this:\n{line}\nBoo\n\n{line}\n{OURS}").strip() == f"I forward this:\n{line}\nBoo"


def test_where_nothing_was_written_above_the_mark_all_is_kept() -> None:
    assert without_quote(f"{REPLY_MARK}\nold\nStill fails") == f"{REPLY_MARK}\nold\nStill fails"
    alone = f"{INTRODUCTIONS['en, Apple']}\n{OURS}\n\nStill fails"
    assert without_quote(alone) == alone
    assert without_quote("On 26 Nov 2025, at 10:00, Nexa CRM wrote:\n> no mark") == (
        "On 26 Nov 2025, at 10:00, Nexa CRM wrote:\n> no mark"
    )


def test_html_of_a_mail_program_is_read_the_same_way() -> None:
    written = (
        "<div dir='ltr'>It works now</div><br><div class='gmail_quote'><div>Le mer. 26 nov. 2025 à 10:00, Nexa CRM"
        " &lt;<a href='mailto:crm@nexa.example'>crm@nexa.example</a>&gt; a écrit&nbsp;:<br></div>"
        f"<blockquote><p>{REPLY_MARK}</p><p>Good news!</p></blockquote></div>"
    )
    assert read_mail(html(written)).text == "It works now"


@pytest.mark.parametrize(
    "above",
    [
        "On 10:00 wrote" * 200_000,
        "From: x\n" * 300_000,
        ">" * 2_000_000,
        "-" * 2_000_000 + "x",
        "-" * LONGEST_LINE,
        "-" * (LONGEST_LINE - 1) + "x",
        "\n" * 2_000_000,
    ],
    ids=lambda above: f"{len(above)} of {above[0]!r}",
)
def test_a_hostile_text_above_the_mark_takes_no_time(above: str) -> None:
    began = time.perf_counter()
    without_quote(f"{above}\n{OURS}")
    assert time.perf_counter() - began < 2
