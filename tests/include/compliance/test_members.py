"""Who is named where."""

import pytest

from include.compliance.members import MEMBERS, as_csv, without

MARA = MEMBERS[0]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (f"member {MARA.member_id}.", True),
        (f'{{"id":{MARA.member_id}}}'.encode(), True),
        (f"1{MARA.member_id}", False),
        (f"{MARA.member_id}0", False),
        (f"To: {MARA.email.upper()}", True),
        (MARA.email.replace(".", "x"), False),
        ("nobody", False),
        (b"\xff\xfe", False),
    ],
)
def test_a_text_names_a_person_by_id_or_address(text: str | bytes, named: bool):
    """A longer number is another one, and an address has no capitals."""
    assert MARA.is_in(text) is named


def test_one_line_leaves_a_file():
    """The others, and the header, stay as they are."""
    left = without(as_csv(MEMBERS), MARA)

    assert left == as_csv(MEMBERS[1:])
    assert not MARA.is_in(left)


def test_what_is_told_hides_the_person():
    """A place says where, not who."""
    assert MARA.hidden_in(f"features:{MARA.member_id} {MARA.email}") == "features:… …"
