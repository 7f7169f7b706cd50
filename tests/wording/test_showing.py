"""What is stored in English is shown in the language of who reads it."""

from datetime import timedelta

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from orders.rejections import shown_reason
from scheduling import problems, tasks
from scheduling.cadence import CrontabCadence, InvalidCadence
from scheduling.periodic import Unreadable, refuse_haste
from wording.sentences import SENTENCES, Sentence
from wording.showing import shown

GREETING = Sentence("%(who)s greets %(whom)s, says %(who)s")


@pytest.fixture
def german():
    with override("de"):
        yield


@pytest.mark.parametrize(
    ("crontab", "says"),
    [
        ("0 0 31 2 *", "Tag des Monats: Tag 31 kommt in diesen Monaten nie: Februar; "),
        ("1,,2 * * * *", "Minute: zwischen zwei Kommas fehlt etwas; "),
        (
            "0 0 * * foo",
            "Wochentag: 'foo' ist kein Name dafür; verwenden Sie 0 bis 7 oder sun bis sat",
        ),
        ("31 2", "Crontab: 2 Felder; "),
    ],
)
def test_a_refused_crontab_is_explained_in_german(german, crontab, says):
    with pytest.raises(InvalidCadence) as refusal:
        CrontabCadence.parse(crontab, "UTC")

    assert shown(str(refusal.value)).startswith(says)


def test_what_is_raised_and_stored_is_english_in_any_language(german):
    with pytest.raises(Unreadable, match="crontab: fires too often; leave 120 seconds between"):
        refuse_haste(CrontabCadence.parse("* * * * *", "UTC"), timedelta(seconds=120))


def test_a_word_of_the_catalogue_is_translated_only_where_one_stands(german):
    assert shown(tasks.GIVEN_UP(state="suspended")) == (
        "Der Mandant war gesperrt, nachdem dieser Termin genommen war."
    )
    assert "„suspended“" in shown(problems.UNKNOWN_TASK(task="suspended", tasks="a, b"))


def test_what_django_says_of_a_parameter_is_shown_in_german(german):
    said = "kwargs: days: Ensure this value is greater than or equal to 1."

    assert shown(said) == "Parameter: Tage: Dieser Wert muss größer oder gleich 1 sein."


def test_each_cell_of_a_rejected_line_is_explained(german):
    reason = (
        "total: 'x' is not an amount; write one such as 12.50; currency: 'e' is not a currency;"
    )

    assert shown_reason(f"{reason} write three capitals such as EUR") == (
        "total: 'x' ist kein Betrag; schreiben Sie ihn wie 12.50; "
        "currency: 'e' ist keine Währung; schreiben Sie drei Großbuchstaben, etwa EUR"
    )


@pytest.mark.parametrize("text", [None, "", "ZeroDivisionError: division by zero", "x" * 5000])
def test_what_is_no_sentence_of_ours_is_shown_as_it_is(german, text):
    assert shown(text) == text


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.english)
def test_in_english_every_sentence_is_shown_as_it_is_stored(sentence):
    text = sentence(**dict.fromkeys(sentence.values_in(sentence.english) or (), "7"))

    assert shown(text) == text


@given(st.text(max_size=50))
def test_whatever_fills_a_sentence_comes_out_again(filling):
    text = GREETING(who=filling, whom="Ann")

    assert GREETING.values_in(text) is not None
    assert shown(text) == text


@pytest.mark.parametrize("piece", ["a: ", " is no choice; use x or ", "'", " greets "])
def test_whatever_somebody_writes_is_shown_at_once(german, piece):
    assert len(shown(piece * (1000 // len(piece)))) > 500


def test_a_text_that_contradicts_itself_is_no_such_sentence():
    assert GREETING.values_in("Bob greets Ann, says Eve") is None
