import pytest

from orders.order_file import LINE_MAXIMUM, FileError, OrderFileReader


def read(path):
    """Return the header and the records of a file."""
    with OrderFileReader(path) as file:
        return file.header(), [tuple(record) for record in file]


def refusal_of(path):
    with pytest.raises(FileError) as refused:
        read(path)
    return str(refused.value)


def test_records_know_the_line_they_begin_on(order_file):
    path = order_file('1,"two', 'lines",3', "", "4,5,6")

    assert read(path) == (
        ["number", "placed_at", "total"],
        [(2, ["1", "two\nlines", "3"]), (5, ["4", "5", "6"])],
    )


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_every_end_of_line_is_read_with_or_without_a_byte_order_mark(order_file, mark, end):
    content = mark + end.join([b"number,placed_at,total", b'"A ""1""",b,c'])

    assert read(order_file(content=content)) == (
        ["number", "placed_at", "total"],
        [(2, ['A "1"', "b", "c"])],
    )


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\n\n"])
def test_an_empty_file_is_refused(order_file, content):
    assert refusal_of(order_file(content=content)).startswith("the file is empty")


def test_a_file_without_header_is_refused(order_file):
    path = order_file(header="536368,2010-12-01 08:34:00,14.85")

    assert refusal_of(path).startswith("no header; the first line must name the columns")


def test_a_file_separated_by_semicolons_has_no_header(order_file):
    assert "separated by commas" in refusal_of(order_file(header="number;placed_at;total"))


@pytest.mark.parametrize("missing", ["number", "placed_at", "total"])
def test_a_file_without_a_required_column_is_refused(order_file, missing):
    names = {"number", "placed_at", "total", "customer"} - {missing}

    assert refusal_of(order_file(header=",".join(names))) == f"column missing: {missing}"


def test_a_column_named_twice_is_refused(order_file):
    path = order_file(header="number,placed_at,total,total")

    assert refusal_of(path) == "column named twice: total"


@pytest.mark.parametrize("bad", [b"\xff", b"M\xfcller", b"\xed\xa0\x80", b"\xe2\x82"])
def test_a_line_that_is_not_utf_8_is_refused_with_its_number(order_file, bad):
    content = b"number,placed_at,total\n1,2,3\n" + bad

    assert refusal_of(order_file(content=content)).startswith("line 3: not UTF-8")


def test_utf_16_is_refused(order_file):
    content = "number,placed_at,total\n".encode("utf-16")

    assert refusal_of(order_file(content=content)).startswith("line 1: not UTF-8")


@pytest.mark.parametrize("cut", ['"', '"Smith', '"Smith, ""Bob"" ', '"Smith\n', '"a\nb\n'])
def test_a_quote_that_the_end_of_the_file_leaves_open_is_refused(order_file, cut):
    content = f"number,placed_at,total\n1,2,3\n4,5,{cut}".encode()

    assert refusal_of(order_file(content=content)) == ("line 3: a quote is opened and never closed")


def test_a_quote_that_swallows_the_following_lines_is_refused(order_file):
    path = order_file('1,2,"three', "4,5,6", '7,8,"nine"')

    assert refusal_of(path) == "line 2: a quote is opened and never closed"


def test_a_quote_left_open_at_the_head_of_a_long_file_is_refused_early(order_file):
    path = order_file('1,2,"three', *["4,5,6"] * 50_000)

    assert refusal_of(path) == "line 2: a quote is opened and never closed"


def test_a_quote_left_open_in_the_header_is_refused(order_file):
    path = order_file("1,2,3", header='number,placed_at,"total')

    assert refusal_of(path) == "line 1: a quote is opened and never closed"


def test_a_misplaced_quote_harms_its_own_line_alone(order_file):
    path = order_file('1,2,"three" or so', "4,5,6", '7,8,"nine"s')

    assert read(path)[1] == [(2, None), (3, ["4", "5", "6"]), (4, None)]


def test_a_line_without_end_is_refused_before_it_fills_memory(order_file):
    path = order_file("1,2," + "3" * LINE_MAXIMUM)

    assert refusal_of(path) == "line 2: longer than 100,000 characters"
