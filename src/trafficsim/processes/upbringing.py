"""Step 10. Children: registration, care, separation from the mother, harms, contact and reunion."""

from trafficsim.engine.compiling import compiled, rule, woven
from trafficsim.engine.draws import uniform
from trafficsim.engine.ledger import count
from trafficsim.processes.happenings import age_band, age_in_years, group_of, is_exploited, take_place, tally
from trafficsim.processes.vocabulary import (
    Care,
    Departure,
    Draw,
    Event,
    Mark,
    Purpose,
    Registration,
    ServiceKind,
    Status,
)


@rule
def has_mother(p, mother_status, mothers_holder, household, reunited, goes_with_her, together):
    """True when the mother cares for the child: in the household of birth, or taken along, or kept together by policy.

    ``goes_with_her`` is a draw that lasts the child's life: whether this mother can take this child along. A child born
    outside any household (``household`` below 0) has nobody else to be with, and stays with a mother at liberty.
    """
    if mother_status == Status.PROTECTED or mother_status == Status.IN_HIDING:
        if reunited or household < 0:
            return True
    if is_exploited(mother_status) and mothers_holder == household and household >= 0:
        return True
    if mother_status == Status.PROTECTED:
        return goes_with_her < max(p.child_goes_with_mother, together)
    if mother_status == Status.IN_HIDING:
        return goes_with_her < p.child_goes_with_mother
    if mother_status == Status.IN_CUSTODY:
        return goes_with_her < p.family_kept_together * together
    return False


@rule
def registration_chance(p, ease, separated, lever):
    """Chance a month that an unregistered child is registered; easier once the mother has gone (reported for 2008)."""
    base = p.registered_monthly * ease * (p.registration_after_separation if separated else 1.0)
    return min(1.0, base + p.reach_of_registration * lever.child_and_family)


@rule
def mothers_name_chance(p, lever):
    """Chance that a registration names the mother."""
    return p.mothers_name_under_policy * lever.child_and_family


@rule
def orphanage_chance(p, has_household, lever):
    """Chance that a child who loses its mother's care goes to an orphanage: far higher where no father's household is."""
    if not has_household:
        return p.orphanage_without_household
    return p.orphanage_after_separation * (1.0 - p.effect_of_child_protection * lever.child_and_family)


@rule
def harm_factor(p, separated, registration, in_orphanage, lever):
    """How much more, or under protection less, a child is exposed to harm than one with its mother and papers."""
    factor = p.harm_when_separated if separated else 1.0
    if registration == Registration.NONE:
        factor *= p.harm_when_unregistered
    if in_orphanage:
        factor *= p.harm_in_orphanage
    return factor * (1.0 - p.effect_of_child_protection * lever.child_and_family)


@rule
def contact_chance(p, mother_status):
    """Chance a month that a separated child gets into contact with its mother unaided."""
    if mother_status == Status.DEAD:
        return 0.0
    if mother_status == Status.RETURNED_DETAINED or mother_status == Status.RETURNED_RELEASED:
        return p.contact_with_origin
    return p.contact_monthly


@rule
def proof_of_motherhood(p, registration):
    """How much likelier reunion is where the mother's name stands in the register: she can prove that the child is hers."""
    return p.reunion_with_mothers_name if registration == Registration.WITH_MOTHERS_NAME else 1.0


@rule
def reunion_chance(p, mother_status, registration):
    """Chance a month that a separated child is reunited with its mother unaided."""
    if mother_status == Status.IN_THIRD_COUNTRY:
        return p.reunion_abroad_monthly * proof_of_motherhood(p, registration)
    if mother_status == Status.PROTECTED or mother_status == Status.IN_HIDING:
        return p.reunion_at_home_monthly * proof_of_motherhood(p, registration)
    return 0.0


@rule
def help_towards_contact(p, mother_status, lever):
    """Added chance a month of contact where policy provides a service; none across the origin's border."""
    if (
        mother_status == Status.IN_THIRD_COUNTRY
        or mother_status == Status.PROTECTED
        or mother_status == Status.IN_CUSTODY
    ):
        return p.reach_of_contact * max(lever.child_and_family, lever.onward_passage)
    return 0.0


@rule
def help_towards_reunion(p, mother_status, registration, lever):
    """Added chance a month of reunion where policy provides a service."""
    reach = p.reach_of_reunion * proof_of_motherhood(p, registration)
    if mother_status == Status.IN_THIRD_COUNTRY:
        return reach * max(lever.child_and_family, lever.onward_passage)
    if mother_status == Status.PROTECTED:
        return reach * lever.child_and_family
    return 0.0


@woven
def childs_group(children, row, month):
    """The group that the child in ``row`` is counted in."""
    band = age_band(age_in_years(month, children.birth_month[row]))
    return group_of(children.area[row], Purpose.NONE.value, children.sex[row], band, Departure.NONE.value)


@compiled
def tell(entries, children, row, month, event):
    """Count an event of the child in ``row``."""
    count(entries, month, event, childs_group(children, row, month), children.key[row], 1)


@compiled
def bring_up(month, p, circumstances, lever, stamps, children, migrants, services, entries):
    """One month of every child under 18 in the host country."""
    for row in range(children.size[0]):
        care = children.care[row]
        if children.alive[row] == 0 or care == Care.GROWN_UP or care == Care.REUNITED_ABROAD:
            continue
        key, mother = children.key[row], children.mother[row]
        if children.birth_month[row] == month:
            tell(entries, children, row, month, Event.CHILD_BORN)
        if month - children.birth_month[row] >= p.months_of_childhood:
            children.care[row] = Care.GROWN_UP.value
            migrants.children[mother] -= 1
            continue
        if uniform(key, stamps[Draw.CHILD_DIES]) < p.child_dies_monthly:
            children.alive[row] = 0
            migrants.children[mother] -= 1
            continue
        status = migrants.status[mother]
        register(month, row, p, circumstances, lever, stamps, children, entries)
        if care != Care.WITH_MOTHER:
            reach_out(month, row, status, p, lever, stamps, children, migrants, services, entries)
        else:
            # Only here, for a look at her row costs as much as all else: mothers stand in no order of their children.
            holder = migrants.holder[mother] if is_exploited(status) else -1
            if not has_mother(
                p, status, holder, children.household[row], children.reunited[row] == 1,
                uniform(key, Draw.CHILD_GOES_WITH_HER.value), lever.child_and_family,
            ):  # fmt: skip
                separate(month, row, mother, p, lever, stamps, children, migrants, entries)
        if children.care[row] != Care.REUNITED_ABROAD:
            expose(month, row, p, lever, stamps, children, entries)


@woven
def register(month, row, p, circumstances, lever, stamps, children, entries):
    """Registration of a child that has none, or only an uncertain one."""
    if children.registration[row] >= Registration.FATHERS_FAMILY:
        return
    key, separated = children.key[row], children.separated_since[row] >= 0
    chance = registration_chance(p, circumstances.registration_ease, separated, lever)
    draw = uniform(key, stamps[Draw.CHILD_REGISTERED])
    if draw < chance:
        if uniform(key, stamps[Draw.CHILD_MOTHERS_NAME]) < mothers_name_chance(p, lever):
            children.registration[row] = Registration.WITH_MOTHERS_NAME.value
            tell(entries, children, row, month, Event.CHILD_REGISTERED_MOTHER)
        else:
            children.registration[row] = Registration.FATHERS_FAMILY.value
            tell(entries, children, row, month, Event.CHILD_REGISTERED_FATHER)
    elif children.registration[row] == Registration.NONE and draw >= 1.0 - p.uncertain_status_monthly:
        children.registration[row] = Registration.UNCERTAIN.value
        tell(entries, children, row, month, Event.CHILD_LEFT_UNCERTAIN)


@compiled
def separate(month, row, mother, p, lever, stamps, children, migrants, entries):
    """The child loses its mother's care: it goes to an orphanage, or stays with the father's household, or with others."""
    children.separated_since[row] = month
    migrants.marks[mother] |= Mark.SEPARATED_FROM_CHILD.value
    tell(entries, children, row, month, Event.CHILD_SEPARATED)
    has_household = children.household[row] >= 0
    if uniform(children.key[row], stamps[Draw.CHILD_ORPHANAGE]) < orphanage_chance(p, has_household, lever):
        children.care[row] = Care.ORPHANAGE.value
        tell(entries, children, row, month, Event.CHILD_TAKEN_TO_ORPHANAGE)
    else:
        children.care[row] = Care.FATHERS_HOUSEHOLD.value if has_household else Care.WITH_OTHERS.value


@woven
def comes_about(draw, own, added, area, services):
    """True when it happens by the family's own means, or through the child and family service if it has a place."""
    if draw < own:
        return True
    return draw < own + added and take_place(services, ServiceKind.CHILD_AND_FAMILY, area)


@woven
def reach_out(month, row, status, p, lever, stamps, children, migrants, services, entries):
    """A separated child: months apart, contact from afar, reunion."""
    key, mother = children.key[row], children.mother[row]
    children.months_apart[row] += 1
    tally(entries, childs_group(children, row, month), Event.CHILD_SEPARATED_MONTH, 1)
    if children.contact[row] == 0:
        own, added = contact_chance(p, status), help_towards_contact(p, status, lever)
        if comes_about(uniform(key, stamps[Draw.CHILD_CONTACT]), own, added, children.area[row], services):
            children.contact[row] = 1
            migrants.contact[mother] = 1
            tell(entries, children, row, month, Event.CHILD_CONTACTED)
    registration = children.registration[row]
    own, added = reunion_chance(p, status, registration), help_towards_reunion(p, status, registration, lever)
    if comes_about(uniform(key, stamps[Draw.CHILD_REUNITED]), own, added, children.area[row], services):
        children.reunited[row] = 1
        children.separated_since[row] = -1
        tell(entries, children, row, month, Event.CHILD_REUNITED)
        if status == Status.IN_THIRD_COUNTRY:
            children.care[row] = Care.REUNITED_ABROAD.value
            migrants.children[mother] -= 1
        else:
            children.care[row] = Care.WITH_MOTHER.value


@woven
def expose(month, row, p, lever, stamps, children, entries):
    """Harms to a child: sale, forced labour, sexual exploitation. Scenario outcomes, never estimates."""
    key = children.key[row]
    separated = children.care[row] != Care.WITH_MOTHER
    factor = harm_factor(p, separated, children.registration[row], children.care[row] == Care.ORPHANAGE, lever)
    if separated and children.sold[row] == 0 and uniform(key, stamps[Draw.CHILD_SOLD]) < p.child_sold_monthly * factor:
        children.sold[row] = 1
        children.care[row] = Care.SOLD.value
        tell(entries, children, row, month, Event.CHILD_SOLD)
    age = (month - children.birth_month[row]) // 12
    if age < p.age_children_are_put_to_work:
        return
    if children.forced_labour[row] == 0 and uniform(key, stamps[Draw.CHILD_LABOUR]) < p.child_labour_monthly * factor:
        children.forced_labour[row] = 1
        tell(entries, children, row, month, Event.CHILD_FORCED_LABOUR)
    exploited = p.child_sexual_exploitation_monthly * factor
    if children.sexual_exploitation[row] == 0 and uniform(key, stamps[Draw.CHILD_EXPLOITED]) < exploited:
        children.sexual_exploitation[row] = 1
        tell(entries, children, row, month, Event.CHILD_SEXUALLY_EXPLOITED)
