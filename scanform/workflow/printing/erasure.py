"""Contact data of one place erased (GDPR, article 17): whoever was asked is forgotten, what was answered is kept.

Gone from the store: name, address and further columns, also in the place's history and on its printed forms, and in the
files of printed texts beside the layouts. The place keeps its id, its token, its disposition and its answers, and the
district and carrier by which answers are counted.
"""

from dataclasses import dataclass

from scanform.model.place import Place
from scanform.store import issued, places
from scanform.workflow.printing.place_register import find_place
from scanform.workflow.printing.printed_texts import keep_recipients
from scanform.workflow.project.moments import now
from scanform.workflow.project.project import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """The place as it is now; whether anything was left to erase; its printed forms that bore a name or an address."""

    place: Place
    anything: bool
    forms: int


def erase_contact(project: Project, name: str, *, carrier: bool, reviewer: str) -> Erased:
    """Erase the contact data of the place with this id or token, with `carrier` also who runs it; a second time nothing
    is left and nothing changes. Raises UsageError for an unknown place.
    """
    with project.store.writing() as tx:
        before = find_place(places.places(tx), name)
        forms = issued.forget_recipient(tx, before.token)
        fields = (*places.CONTACT, "carrier") if carrier else places.CONTACT
        changed = places.erase(tx, before, fields, reviewer=reviewer, at=now(), forms=bool(forms))
        place = find_place(places.places(tx), before.place_id)
    keep_recipients(project)
    project.store.compact()  # each time: an earlier run may have been stopped before it
    return Erased(place=place, anything=changed, forms=forms)
