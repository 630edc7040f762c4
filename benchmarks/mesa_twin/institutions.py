"""Enforcement units and protection services."""

import math

import mesa

from trafficsim.processes.adaptation import next_effort, usual_effort
from trafficsim.processes.vocabulary import ServiceKind, UnitKind

PROVIDED_BY = {
    ServiceKind.SCREENING: ("identification",),
    ServiceKind.SHELTER: ("identification",),
    ServiceKind.HEALTH: ("assistance",),
    ServiceKind.LEGAL_AID: ("assistance",),
    ServiceKind.CHILD_AND_FAMILY: ("child_and_family", "onward_passage"),
    ServiceKind.ONWARD_PASSAGE: ("onward_passage",),
}


class EnforcementUnit(mesa.Agent):
    """Border guards, local police, or those who detain and remove."""

    def __init__(self, model, kind, area, p):
        super().__init__(model)
        self.kind = kind
        self.area = area
        self.effort = 1.0
        self.corruption = p.usual_corruption
        self.share_brokers = p.share_brokers_today
        self.share_removal = 1.0 - p.share_brokers_today
        self.share_surveillance = self.share_screening = 0.0
        self.caseload = 0

    def adapt(self, p, usual_caseload, pressure_on):
        """Effort follows caseload, save at the border; policy sets its split and lowers corruption."""
        lever = self.model.lever
        usual = usual_effort(p, self.kind, lever)
        if self.kind != UnitKind.ORIGIN_BORDER_GUARD:
            self.corruption = p.usual_corruption * (1.0 - p.accountability_against_corruption * lever.accountability)
        guards = self.kind == UnitKind.ORIGIN_BORDER_GUARD or self.kind == UnitKind.HOST_BORDER_GUARD
        caseload = usual_caseload if guards else self.caseload
        self.effort = next_effort(p, self.effort, usual, caseload, usual_caseload) if pressure_on else usual
        self.caseload = 0
        if self.kind == UnitKind.LOCAL_POLICE:
            self.share_screening = p.share_screening_under_policy * lever.identification
            self.share_brokers = p.share_brokers_today + p.share_brokers_under_policy * lever.accountability
            asked_for = self.share_screening + self.share_brokers
            if asked_for > 1.0:
                self.share_screening /= asked_for
                self.share_brokers /= asked_for
            rest = max(0.0, 1.0 - self.share_screening - self.share_brokers)
            self.share_surveillance = rest * p.share_surveillance_of_rest * lever.permit_surveillance
            self.share_removal = rest - self.share_surveillance


class ProtectionService(mesa.Agent):
    """A service of one kind in one area; it exists as far as policy provides it."""

    def __init__(self, model, kind, area):
        super().__init__(model)
        self.kind = kind
        self.area = area
        self.capacity = self.places = 0.0
        self.served = self.queue = 0

    def open(self, course):
        """Begin a month with new places; fractions of a place are saved up."""
        in_force = [lever for lever in PROVIDED_BY[self.kind] if getattr(self.model.lever, lever) > 0.0]
        capacity = 0.0
        if in_force and course.switches.queues:
            capacity = sum(course.capacity[lever] for lever in in_force) * course.scale / self.model.number_of_areas
        elif in_force or self.kind in (ServiceKind.SCREENING, ServiceKind.SHELTER):
            capacity = math.inf  # what little happens today is not rationed
        self.capacity = capacity
        self.places = min(self.places + capacity, max(capacity, 1.0))
        self.served = self.queue = 0

    def take_place(self):
        """Take a free place, or queue: True when there was one."""
        if self.places >= 1.0:
            self.places -= 1.0
            self.served += 1
            return True
        self.queue += 1
        return False
