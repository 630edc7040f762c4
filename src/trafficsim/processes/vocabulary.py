"""The words of the model: statuses, purposes, roles, kinds of event and kinds of draw, each a closed list.

Statuses and events are what results count; draws are what luck is keyed by. A draw has one place in the rules and no
two rules share one (a test holds this).
"""

from enum import IntEnum, auto

AREAS = 6
"""Areas A to F of the host country are numbered 1 to 6; 0 means outside them (at origin, in a third country)."""
AREA_LABELS = ("outside the areas", "A", "B", "C", "D", "E", "F")


class Sex(IntEnum):
    FEMALE = 0
    MALE = 1


class Status(IntEnum):
    AT_ORIGIN = 0
    IN_TRANSIT = 1
    HELD_BY_BROKERS = 2
    FORCED_MARRIAGE = 3
    SEXUAL_EXPLOITATION = 4
    FORCED_LABOUR = 5
    DOMESTIC_SERVITUDE = 6
    IN_HIDING = 7
    IN_CUSTODY = 8
    PROTECTED = 9
    IN_THIRD_COUNTRY = 10
    RETURNED_DETAINED = 11
    RETURNED_RELEASED = 12
    DEAD = 13


class Purpose(IntEnum):
    """Purpose of exploitation; each has the status of the same number plus two."""

    NONE = 0
    FORCED_MARRIAGE = 1
    SEXUAL_EXPLOITATION = 2
    FORCED_LABOUR = 3
    DOMESTIC_SERVITUDE = 4


class Motive(IntEnum):
    WORK_OR_TRADE = 0
    PERSECUTION = 1
    FAMILY = 2
    DECEPTION = 3
    ABDUCTION = 4


class Departure(IntEnum):
    """How the latest journey began; nobody's journey for children born in the host country and for brokers."""

    NONE = 0
    OWN_DECISION = 1
    DECEIVED_OR_ABDUCTED = 2


class Stratum(IntEnum):
    FIRST_BORDER_PROVINCE = 0
    SECOND_BORDER_PROVINCE = 1
    OTHER_BORDER = 2
    INTERIOR = 3


class Link(IntEnum):
    """Whether helpers from the third country or a religious group stand behind the journey."""

    NONE = 0
    THIRD_COUNTRY = 1
    RELIGIOUS = 2


class AgeBand(IntEnum):
    UNDER_12 = 0
    FROM_12_TO_17 = 1
    FROM_18_TO_29 = 2
    FROM_30_TO_39 = 3
    FROM_40 = 4


AGE_BAND_STARTS = (0, 12, 18, 30, 40)
"""The age in years at which each band begins."""


class CrossingOutcome(IntEnum):
    CROSSED = 0
    DIED = 1
    ARRESTED_AT_ORIGIN = 2
    ARRESTED_AT_HOST = 3


class Permit(IntEnum):
    NONE = 0
    SURVEILLANCE = 1
    STATUS = 2


class Stage(IntEnum):
    """Where a person in custody stands in the chain of decisions."""

    NONE = 0
    DETAINED = 1
    AWAITING_RETURN = 2
    SENTENCED = 3


class Role(IntEnum):
    RECRUITER = 0
    GUIDE = 1
    TRANSPORTER = 2
    TRANSLATOR = 3
    SELLER = 4


class Side(IntEnum):
    ORIGIN = 0
    HOST = 1


class UnitKind(IntEnum):
    ORIGIN_BORDER_GUARD = 0
    HOST_BORDER_GUARD = 1
    LOCAL_POLICE = 2
    DETENTION_AND_REMOVAL = 3


class ServiceKind(IntEnum):
    SCREENING = 0
    SHELTER = 1
    HEALTH = 2
    LEGAL_AID = 3
    CHILD_AND_FAMILY = 4
    ONWARD_PASSAGE = 5


class Registration(IntEnum):
    NONE = 0
    UNCERTAIN = 1
    FATHERS_FAMILY = 2
    WITH_MOTHERS_NAME = 3


class Care(IntEnum):
    WITH_MOTHER = 0
    FATHERS_HOUSEHOLD = 1
    ORPHANAGE = 2
    SOLD = 3
    GROWN_UP = 4
    REUNITED_ABROAD = 5
    WITH_OTHERS = 6


class Event(IntEnum):
    """Everything that the ledger counts. Names end up in results, so each says what happened, in the past tense, or which
    month was lived.
    """

    DECIDED_TO_LEAVE = 0
    DECEIVED_OR_ABDUCTED = auto()
    DESISTED = auto()
    CROSSED = auto()
    DIED_CROSSING = auto()
    ARRESTED_AT_ORIGIN_BORDER = auto()
    ARRESTED_AT_HOST_BORDER = auto()
    WENT_INTO_HIDING = auto()
    TAKEN_BY_BROKERS = auto()
    PASSED_ALONG = auto()
    ESCAPED_BROKERS = auto()
    FOUND_WHEN_BROKER_GONE = auto()
    FREED_WHEN_BROKER_GONE = auto()
    TRAFFICKED = auto()
    TRAFFICKED_AGAIN = auto()
    MARRIED_AS_CHILD = auto()
    PRICE_PAID = auto()
    EXPLOITED_MONTH = auto()
    FORCED_LABOUR_MONTH = auto()
    SEXUAL_EXPLOITATION_MONTH = auto()
    HIDING_MONTH = auto()
    UNTREATED_MONTH = auto()
    CARE_RECEIVED = auto()
    DIED_IN_HOST_COUNTRY = auto()
    CONCEIVED = auto()
    GAVE_BIRTH = auto()
    ESCAPED_EXPLOITATION = auto()
    SOLD_ON = auto()
    WENT_HOME = auto()
    WENT_TO_THIRD_COUNTRY = auto()
    COERCED_TO_CARRY = auto()
    CHARGED_FOR_COERCED_ACT = auto()
    REPORTED = auto()
    REPORT_LED_TO_CUSTODY = auto()
    PERMIT_TAKEN_UNDER_COERCION = auto()
    PERMIT_BECAME_STATUS = auto()
    PHONE_SCREENED = auto()
    MESSAGE_SENT = auto()
    PICTURE_SENT = auto()
    ASSURANCE_BROKEN = auto()
    DETECTED = auto()
    DEPARTURE_NOTICED = auto()
    SCREENED = auto()
    RISK_ASSESSED = auto()
    RISK_FOUND = auto()
    IDENTIFIED = auto()
    IDENTIFIED_OUTSIDE_CUSTODY = auto()
    REFERRED = auto()
    PROTECTED = auto()
    RELEASED_FROM_CUSTODY = auto()
    PROTECTION_LAPSED = auto()
    PROSECUTED_AS_OFFENDER = auto()
    DETAINED_MONTH = auto()
    AWAITING_RETURN_MONTH = auto()
    REMOVED = auto()
    REMOVED_AT_RISK = auto()
    TORTURED = auto()
    TORTURED_LATER = auto()
    FORCED_ABORTION = auto()
    PUNISHED_AS_LINKED = auto()
    DIED_IN_DETENTION = auto()
    RELEASED_AT_ORIGIN = auto()
    LEFT_AGAIN = auto()
    LEFT_AGAIN_FOR_CHILD = auto()
    PROTECTED_MONTH = auto()
    BROKER_PROSECUTED = auto()
    BROKER_LEFT = auto()
    BROKER_ENTERED = auto()
    EDGE_CUT = auto()
    EDGE_REGREW = auto()
    CHILD_BORN = auto()
    CHILD_REGISTERED_FATHER = auto()
    CHILD_REGISTERED_MOTHER = auto()
    CHILD_LEFT_UNCERTAIN = auto()
    CHILD_SEPARATED = auto()
    CHILD_SEPARATED_MONTH = auto()
    CHILD_TAKEN_TO_ORPHANAGE = auto()
    CHILD_SOLD = auto()
    CHILD_FORCED_LABOUR = auto()
    CHILD_SEXUALLY_EXPLOITED = auto()
    CHILD_CONTACTED = auto()
    CHILD_REUNITED = auto()
    REMEDY_GRANTED = auto()


class Mark(IntEnum):
    """What may have happened to a person since the arms parted, as bits; fates are read from these and the status."""

    REMOVED = 1
    PROTECTED = 2
    TRAFFICKED = 4
    TRAFFICKED_AGAIN = 8
    TORTURED = 16
    FORCED_ABORTION = 32
    SEPARATED_FROM_CHILD = 64
    REACHED_THIRD_COUNTRY = 128
    PROSECUTED = 256
    IDENTIFIED = 512


class Draw(IntEnum):
    """Every kind of draw. One member, one place in the rules (a test holds this)."""

    CANDIDATE_STRATUM = 0
    CANDIDATE_SEX = auto()
    CANDIDATE_AGE_BAND = auto()
    CANDIDATE_AGE = auto()
    CANDIDATE_DEPARTS = auto()
    CANDIDATE_MODE = auto()
    CANDIDATE_MOTIVE = auto()
    CANDIDATE_LINK = auto()
    CANDIDATE_TRUST = auto()
    CANDIDATE_HARDSHIP = auto()
    CANDIDATE_AT_RISK = auto()
    SEEKS_BROKER = auto()
    ATTEMPTS_CROSSING = auto()
    CROSSING_OUTCOME = auto()
    DESISTS = auto()
    ARRIVAL_AREA = auto()
    TAKEN_BY_BROKERS = auto()
    BROKER_PICK = auto()
    PASSED_ALONG = auto()
    ESCAPES_BROKERS = auto()
    FOUND_WHEN_BROKER_GONE = auto()
    PURPOSE = auto()
    STALL = auto()
    HOUSEHOLD_PREFERENCE = auto()
    SALE_WITHOUT_SCARCITY = auto()
    STALL_REFILLS = auto()
    STALL_EMPTIES = auto()
    HOUSEHOLD_WEALTH = auto()
    HOUSEHOLD_CONTROL = auto()
    HOUSEHOLD_COMPLIANCE = auto()
    ALSO_FORCED_TO_WORK = auto()
    DIES = auto()
    CONCEIVES = auto()
    CARE = auto()
    ESCAPES = auto()
    SOLD_ON = auto()
    GOES_HOME = auto()
    GOES_ONWARD = auto()
    COERCED_TO_CARRY = auto()
    CHARGED = auto()
    REPORTS = auto()
    REPORT_RECEIVED = auto()
    MET_OUTSIDE = auto()
    FINDS_BROKERS_AGAIN = auto()
    TAKES_PERMIT = auto()
    PERMIT_BECOMES_STATUS = auto()
    DETECTED = auto()
    PHONE = auto()
    PICTURE = auto()
    SCREENED = auto()
    IDENTIFIED = auto()
    ASSESSED = auto()
    RISK_FOUND = auto()
    REFERRED = auto()
    STAY_GRANTED = auto()
    PROSECUTED = auto()
    BOUGHT_OUT = auto()
    REMOVED = auto()
    SPARED_CUSTODY = auto()
    PROTECTION_ENDS = auto()
    TORTURED = auto()
    FORCED_ABORTION = auto()
    DIES_DETAINED = auto()
    LEAVES_AGAIN = auto()
    LINK_AFTER_RETURN = auto()
    CHILD_SEX = auto()
    CHILD_GOES_WITH_HER = auto()
    CHILD_ORPHANAGE = auto()
    CHILD_REGISTERED = auto()
    CHILD_MOTHERS_NAME = auto()
    CHILD_SOLD = auto()
    CHILD_LABOUR = auto()
    CHILD_EXPLOITED = auto()
    CHILD_CONTACT = auto()
    CHILD_REUNITED = auto()
    CHILD_DIES = auto()
    REMEDY = auto()
    BROKER_PROSECUTED = auto()
    BROKER_LEAVES = auto()
    BROKER_ENTERS = auto()
    EDGE_REGROWS = auto()
    PARTNER_PICK = auto()
    FIRST_SEAT_ACTIVE = auto()
    SELLER_PICK_SOLD_ON = auto()
    ALSO_SEXUALLY_EXPLOITED = auto()
    ASSURANCE_KEPT = auto()
    DEPARTURE_NOTICED = auto()
    TORTURED_LATER = auto()
    SELLER_PICK_IN_HIDING = auto()
    RELEASED_AS_REMOVAL_IS_BARRED = auto()
    BROKER_FROM_ORIGIN = auto()
    LET_PASS_AT_ORIGIN = auto()
    SPARED_AT_BORDER = auto()
    SPARED_WHEN_BROKER_GONE = auto()
    SPARED_ON_DEPARTURE = auto()
    SPARED_AFTER_REPORT = auto()
    PUNISHED_AS_LINKED = auto()


class Stream(IntEnum):
    """Where the keys of new lives come from: each is named by its cause, never by a running number."""

    CANDIDATES = 0
    HOUSEHOLDS = auto()
    HOUSEHOLDS_OF_SALES = auto()
    CHILDREN = auto()
    FIRST_BROKERS = auto()
    LATER_BROKERS = auto()


_MORE = (Registration, Care, Event)
LABELS: dict[type[IntEnum], dict[int, str]] = {
    kind: {int(member): member.name.lower().replace("_", " ") for member in kind}
    for kind in (
        Sex,
        Status,
        Purpose,
        Motive,
        Departure,
        Stratum,
        Link,
        AgeBand,
        Permit,
        Stage,
        Role,
        Side,
        UnitKind,
        ServiceKind,
        *_MORE,
    )
}
LABELS[AgeBand] = {0: "under 12", 1: "12 to 17", 2: "18 to 29", 3: "30 to 39", 4: "40 and over"}
LABELS[Purpose][0] = "none"
