"""Invitations: who may withdraw whose."""

from __future__ import annotations

from tests.web.clients import clinic_app, sign_in


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
