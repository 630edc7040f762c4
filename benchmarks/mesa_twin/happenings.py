"""How something happens to a migrant: counted, noted on the path, marked; and the moves that several steps share."""

from trafficsim.processes.happenings import MARK_OF_EVENT, departure_of
from trafficsim.processes.vocabulary import Event, Permit, Stage, Status

MARKS: list[int] = MARK_OF_EVENT.tolist()


class Happenings:
    """The part of a migrant that keeps the record."""

    __slots__ = ()

    def tally(self, event, amount=1):
        """Count a month lived in a state, which leaves no trace on the path."""
        self.model.ledger.cells[event, self.area, self.purpose, self.sex, self.band, departure_of(self.motive)] += (
            amount
        )

    def note(self, event, amount=1):
        """Count an event of this life and put it on its path."""
        model = self.model
        model.ledger.cells[event, self.area, self.purpose, self.sex, self.band, departure_of(self.motive)] += amount
        self.marks |= MARKS[event]
        if model.luck.keeps_paths:
            self.path = model.luck.continued(self.path, event, model.month)

    def move(self, status, event):
        """Change status by an event."""
        self.note(event)
        self.model.ledger.moves[event, self.status, status] += 1
        self.status = status
        self.status_since = self.model.month

    def leave_holder(self):
        """End the hold of a broker or household."""
        if self.status == Status.HELD_BY_BROKERS and self.holder is not None:
            self.holder.caseload -= 1
        self.holder = None

    def fall_into_custody(self, event):
        """The host country's authorities take hold: a new chain of decisions begins."""
        self.leave_holder()
        self.move(Status.IN_CUSTODY, event)
        self.stage = Stage.DETAINED
        self.screened = self.assessed = 0
        self.luck_of_stay = self.model.luck.draws_of_stay(self.key, self.status_since)

    def be_protected(self):
        """Come under protection, with leave to remain."""
        self.leave_holder()
        self.stage = Stage.NONE
        self.until = -1
        self.move(Status.PROTECTED, Event.PROTECTED)
        self.model.areas[self.area].protections += 1.0

    def leave_host_country(self):
        """Be beyond the host country: no area, no permit of its, and a child yet to be born is not born there."""
        self.area = 0
        self.permit = Permit.NONE
        self.due = -1
