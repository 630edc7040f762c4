"""Step 7. Surveillance: permits, checks and detection."""

from trafficsim.processes.happenings import area_weight, is_exploited
from trafficsim.processes.surveillance import detection_chance, permit_becomes_status_chance, takes_permit_chance
from trafficsim.processes.vocabulary import Draw, Event, Permit, Sex, Status


class UnderSurveillance:
    """The part of a migrant that is registered, watched and detected."""

    __slots__ = ()

    def be_watched(self, p, campaign, fear_on):
        """One month of a person outside custody and protection."""
        model, status = self.model, self.status
        lever, now, exploited = model.lever, model.now, is_exploited(status)
        scheme = now.permit_scheme * lever.permit_surveillance
        self.take_permit(p, scheme, fear_on)
        compliance = self.compliance if exploited else 0.0
        watched = self.permit == Permit.SURVEILLANCE and scheme > 0.0
        if watched:
            self.be_checked(p, compliance)
        police = model.police[self.area]
        share = police.share_removal + police.share_surveillance * (1.0 if watched else p.surveillance_finds_others)
        chance = detection_chance(
            p, status, self.permit, compliance, campaign, police.effort, share,
            area_weight(p.policing_area_slope, self.area, model.number_of_areas), lever.data_firewall,
            now.origin_accepts_returns,
        )  # fmt: skip
        if model.draw(self.key, Draw.DETECTED) < chance:
            self.be_detected(p, police)

    def take_permit(self, p, scheme, fear_on):
        """Register out of fear, or have the permit turned into a status by policy."""
        model, lever, draw = self.model, self.model.lever, self.model.draw
        if self.permit == Permit.NONE and scheme > 0.0 and self.sex == Sex.FEMALE:
            taking = takes_permit_chance(
                p, model.now.permit_scheme, lever.permit_surveillance, self.status == Status.FORCED_MARRIAGE,
                self.children > 0, self.trust, fear_on,
            )  # fmt: skip
            if draw(self.key, Draw.TAKES_PERMIT) < taking:
                self.permit = Permit.SURVEILLANCE
                self.note(Event.PERMIT_TAKEN_UNDER_COERCION)
        if self.permit != Permit.STATUS and lever.permit_as_status > 0.0:
            becoming = permit_becomes_status_chance(p, lever)
            if draw(self.key, Draw.PERMIT_BECOMES_STATUS) < becoming:
                self.permit = Permit.STATUS
                self.note(Event.PERMIT_BECAME_STATUS)

    def be_checked(self, p, compliance):
        """Phone, messages and the daily picture."""
        model = self.model
        checks = int(p.phone_checks_monthly * model.lever.permit_surveillance + model.draw(self.key, Draw.PHONE))
        self.tally(Event.PHONE_SCREENED, checks)
        self.tally(Event.MESSAGE_SENT, int(p.messages_monthly))
        if self.status == Status.FORCED_MARRIAGE and model.draw(self.key, Draw.PICTURE) < compliance:
            self.tally(Event.PICTURE_SENT, int(p.pictures_monthly))

    def be_detected(self, p, police):
        """Be found by police: spared, left alone as was promised, or taken."""
        model = self.model
        if model.draw(self.key, Draw.SPARED_CUSTODY) < model.spared:
            return
        if self.permit == Permit.SURVEILLANCE:
            if model.draw(self.key, Draw.ASSURANCE_KEPT) < p.assurance_kept:
                return
            self.note(Event.ASSURANCE_BROKEN)
            model.areas[self.area].assurances_broken += 1.0
        self.fall_into_custody(Event.DETECTED)
        police.caseload += 1
