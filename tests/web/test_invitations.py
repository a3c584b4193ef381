"""Invitations: who may withdraw whose."""

from __future__ import annotations

import re

from tests.web.clients import clinic_app, sign_in


def test_a_patient_reads_who_sees_what_before_making_an_account(store):
    clinic = clinic_app(store)
    owner = sign_in(clinic, "owner")
    person = store.add_person("Ana").id
    for whom, told in (("patient", True), ("clinician", False)):
        page = owner.post("/desk/invitations", data={"whom": whom, "name": "Kim", "person": person}).text
        link = re.search(r"/join/[\w-]{43}", page)[0]
        assert ("Who sees what: the clinicians here" in sign_in(clinic, "clinician").get(link).text) == told


def test_an_administrators_invitation_is_withdrawn_by_administrators_alone(store):
    clinic = clinic_app(store)
    owner = sign_in(clinic, "owner")
    owner.post("/desk/invitations", data={"whom": "owner", "name": "Dr Lee"})
    (one,) = store.invitations()
    path = f"/desk/invitations/{one.id}/revoke"
    assert sign_in(clinic, "clinician").post(path).status_code == 403
    assert store.invitations() == (one,)
    assert owner.post(path).status_code == 303
    assert store.invitations() == ()
