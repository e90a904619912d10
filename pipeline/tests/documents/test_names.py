from hypothesis import given
from hypothesis import strategies as st

from documents.names import file_name


def test_a_path_leaves_its_last_part() -> None:
    assert file_name("../../etc/a b.pdf") == "a b.pdf"
    assert file_name("a ${filename}.pdf") == "a filename.pdf"
    assert file_name("C:\\scans\\Müller 😀.pdf ") == "Müller 😀.pdf"


def test_what_names_no_file_is_refused() -> None:
    for given_name in (
        None,
        5,
        ["a.pdf"],
        "",
        " ",
        "/",
        "a\nb.pdf",
        "a\0.pdf",
        "\ud800.pdf",
        "ä" * 128,
    ):
        assert file_name(given_name) is None, given_name


@given(st.text())
def test_a_name_has_no_folder_and_is_encodable(text: str) -> None:
    name = file_name(text)
    assert name is None or ("/" not in name and 0 < len(name.encode()) <= 255)
