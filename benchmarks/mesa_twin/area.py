"""An area of the host country: what its people have seen (step 11)."""

from trafficsim.processes.adaptation import prosecution_chance


class Area:
    """What is seen in one area and remembered for a while."""

    def __init__(self, model, number, usual_income):
        self.model = model
        self.number = number
        self.persons = 0.0
        self.removals_seen = self.protections_seen = self.prosecutions_seen = 0.0
        self.removals = self.protections = self.assurances_broken = self.reports = 0.0
        self.arrests_of_brokers = 0.0
        self.broker_income = usual_income

    def begin_month(self):
        """Nothing has been seen yet this month."""
        self.removals = self.protections = self.assurances_broken = self.reports = 0.0

    def learn(self, p, persons):
        """Remember removals, betrayals and protections relative to the persons who live here."""
        self.persons = persons
        persons, memory = max(persons, 1.0), p.memory_of_the_seen
        betrayals = self.removals + p.weight_of_broken_assurance * self.assurances_broken
        self.removals_seen = memory * self.removals_seen + (1.0 - memory) * betrayals / persons
        self.protections_seen = memory * self.protections_seen + (1.0 - memory) * self.protections / persons

    def adapt_brokers(self, p, brokers, adaptation_on):
        """Income, prosecutions and ties of the ``brokers`` of this area."""
        memory, police = p.memory_of_the_seen, self.model.police[self.number]
        active, income = 0, 0.0
        for broker in brokers:
            active += broker.active
            income += broker.income
        active = max(active, 1)
        self.broker_income = memory * self.broker_income + (1.0 - memory) * (income / active)
        reports = self.reports / active if adaptation_on else 0.0
        chance = prosecution_chance(
            p, reports, police.share_brokers, police.effort, self.model.lever, police.corruption
        )  # fmt: skip
        self.arrests_of_brokers = 0.0
        for broker in brokers:
            broker.settle_accounts(p, chance, self.broker_income, p.usual_broker_income, adaptation_on)
        prosecuted = self.arrests_of_brokers / active
        self.prosecutions_seen = memory * self.prosecutions_seen + (1.0 - memory) * prosecuted
        for broker in brokers:
            broker.perceived_risk = self.prosecutions_seen
            broker.mend_tie(p)
