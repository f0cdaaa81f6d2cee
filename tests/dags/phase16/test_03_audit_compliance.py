"""`phase16_03_audit_compliance`: what was done is proven, and somebody is forgotten."""

from typing import Any

import pytest

from include.compliance import audit_trail, register
from include.compliance.erasure import NotErasedError
from include.compliance.members import MEMBERS
from include.compliance.stores import objects, warehouse
from include.lab.settings import Lab
from plugins.hooks.personal_data import PersonalDataHook
from tests.lessons import Run, lake, query
from tests.live.rest import Rest

LESSON = "phase16_03_audit_compliance"
GROUP = "erasure_of_a_member"
TRAIL = "SELECT who, what, subject, details FROM marts.audit_trail"

pytestmark = pytest.mark.usefixtures("known_connections")


def erasures() -> int:
    """How many have been recorded."""
    return len(query(f"{TRAIL} WHERE what = 'erase_person'"))


@pytest.mark.airflow
def test_what_was_done_is_proven_and_the_erased_member_is_nowhere(run: Run, lab: Lab) -> None:
    """The admin changes a Variable: the report says so. One member goes, the others stay.

    No task has told who it was.
    """
    member, rest = MEMBERS[2], Rest(lab)
    rest.post("variables", {"key": "audited", "value": "1"})
    rest.client.delete("/api/v2/variables/audited")

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


def test_a_copy_that_no_register_knows_is_found(bag: Any, lab: Lab) -> None:
    """Its place is told, no erasure is recorded; without the copy, the member is gone."""
    tasks = bag.dags[LESSON].task_dict
    copy, prove = (
        tasks[f"{GROUP}.{name}"].python_callable for name in ("copy_export", "prove_gone")
    )
    for table in (audit_trail.TABLES, *warehouse.TABLES):
        query(f"{table}; SELECT 1")
    conf, hook, before = {"member": 3, "forgotten_copy": True}, PersonalDataHook(), erasures()
    for store in register.load():
        hook.sign_up(store)
    copy(conf)
    for store in register.load():
        hook.erase(store, MEMBERS[2])

    with pytest.raises(NotErasedError) as error:
        prove(conf, "a run")

    place = f"s3://{objects.BUCKET}/{objects.COPY}"
    assert str(error.value) == f"The member is still in object_store: {place}."
    assert erasures() == before
    assert tasks[f"{GROUP}.prove_gone"].retries == 0
    copy({**conf, "forgotten_copy": False})
    prove(conf, "a run")
    assert erasures() == before + 1
