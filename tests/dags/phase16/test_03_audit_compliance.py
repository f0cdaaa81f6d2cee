"""`phase16_03_audit_compliance`: what was done is proven, and somebody is forgotten."""

import pytest

from include.compliance import register
from include.compliance.members import MEMBERS
from include.lab.settings import Lab
from plugins.hooks.personal_data import PersonalDataHook
from tests.lessons import Run, lake, query
from tests.live.rest import Rest

LESSON = "phase16_03_audit_compliance"
GROUP = "erasure_of_a_member"
TRAIL = "SELECT who, what, subject, details FROM marts.audit_trail"

pytestmark = [pytest.mark.airflow, pytest.mark.usefixtures("known_connections")]


def test_what_was_done_is_proven_and_the_erased_member_is_nowhere(run: Run, lab: Lab) -> None:
    """The admin changes a Variable: the report says so. One member goes, the others stay, twice.

    No task has told who it was.
    """
    member, rest = MEMBERS[2], Rest(lab)
    rest.post("variables", {"key": "audited", "value": "1"})
    rest.client.delete("/api/v2/variables/audited")
    for _ in range(2):
        result = run(LESSON, {"member": 3})

        assert result.state == "success"
        found = [result.returned(f"{GROUP}.find_copies", n) for n in range(len(register.load()))]
        assert all(found)
        assert not any(member.is_in(place) for places in found for place in places)
        hook = PersonalDataHook()
        assert not any(hook.find_everywhere(member).values())
        for other in MEMBERS[:2]:
            assert all(hook.find_everywhere(other).values())
        records = result.returned("check_chain")
        found_by = f"Record {(records + 1) // 2} is not as it was written"
        assert result.returned("try_tampering").startswith(found_by)
    for what in ("post_variable", "delete_variable"):
        assert [who for who, *_ in query(f"{TRAIL} WHERE what = %s", what)][-1:] == ["admin"]
    assert b"delete_variable" in lake("phase16/03_audit_compliance/report/")["index.html"]


def test_a_copy_that_no_register_knows_is_found(run: Run) -> None:
    """The run fails with its place, no erasure is recorded; without the copy, it succeeds."""
    before = len(query(f"{TRAIL} WHERE what = 'erase_person'"))

    result = run(LESSON, {"forgotten_copy": True})

    assert result.state == "failed"
    assert result.states[f"{GROUP}.prove_gone"] == "failed"
    assert len(query(f"{TRAIL} WHERE what = 'erase_person'")) == before
    assert run(LESSON).state == "success"
    assert len(query(f"{TRAIL} WHERE what = 'erase_person'")) == before + 1


@pytest.mark.parametrize("conf", [{"member": 4}, {"forgotten_copy": "yes"}])
def test_wrong_conf_is_refused_by_name(run: Run, conf: dict[str, object]) -> None:
    """Before anybody is signed up."""
    with pytest.raises(ValueError, match=next(iter(conf))):
        run(LESSON, conf=conf)
