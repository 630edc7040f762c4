"""The tables of the model: every column that an agent has, declared once.

Months are counted from January 1996; -1 stands for "never" or "nobody". Places are areas A to F as 1 to 6, never real
ones. These declarations are what the docs, the agents and the results file describe.
"""

from typing import Any, NamedTuple

import numpy as np

from trafficsim.engine.tables import Column, TableDeclaration
from trafficsim.processes import vocabulary as words

_i8, _i16, _u16, _i32, _u32, _u64, _f64 = (
    np.int8, np.int16, np.uint16, np.int32, np.uint32, np.uint64, np.float64,
)  # fmt: skip

MIGRANTS = TableDeclaration(
    "Migrants",
    [
        Column("key", _u64, "", "name of the life that its luck is drawn by"),
        Column("path", _u32, "", "running hash of all that happened; equal paths are equal lives"),
        Column("marks", _u16, "bits", "what happened since the arms parted (Mark)"),
        Column("status", _i8, "", "where the person stands", labels=words.Status),
        Column("status_since", _i16, "month", "when this status began"),
        Column(
            "rested_as", _i8, "", "status in which the life has come to rest, -1 while rules can touch it", default=-1
        ),
        Column("sex", _i8, "", "sex", labels=words.Sex),
        Column("birth_month", _i16, "month", "month of birth, negative before 1996"),
        Column("stratum", _i8, "", "stratum of origin", labels=words.Stratum),
        Column("motive", _i8, "", "why or how the journey began", labels=words.Motive),
        Column("hardship", _f64, "0 to 1", "personal hardship at origin"),
        Column("link", _i8, "", "helpers behind the journey", labels=words.Link),
        Column("intends", _i8, "0 or 1", "means to leave now"),
        Column("guided", _i8, "0 or 1", "crossed with a broker"),
        Column("area", _i8, "", "area of the host country, 0 outside"),
        Column("holder", _i32, "row", "broker or household that holds the person, -1 for none", default=-1),
        Column("purpose", _i8, "", "main purpose of the latest exploitation", labels=words.Purpose),
        Column("also_forced_to_work", _i8, "0 or 1", "forced labour beside the main purpose"),
        Column("also_sexually_exploited", _i8, "0 or 1", "sexual exploitation beside the main purpose"),
        Column("control", _f64, "0 to 1", "how closely the household or venue controls the person"),
        Column("compliance", _f64, "0 to 1", "readiness of that household or venue to serve surveillance"),
        Column("times_trafficked", _i8, "count", "times sold or handed into exploitation"),
        Column("past_returns", _i8, "count", "times forcibly returned"),
        Column("permit", _i8, "", "temporary residence permit", labels=words.Permit),
        Column("stage", _i8, "", "stage of the custody decision", labels=words.Stage),
        Column("until", _i16, "month", "end of the sentence or detention, -1 for none", default=-1),
        Column("at_risk", _i8, "0 or 1", "would face serious harm if returned"),
        Column("identified", _i8, "0 or 1", "recognised as a victim of trafficking"),
        Column("screened", _i8, "0 or 1", "screened in this stay in custody"),
        Column("assessed", _i8, "0 or 1", "risk on return assessed in this stay in custody"),
        Column("protected_from_removal", _i8, "0 or 1", "found to be at risk and so not to be removed"),
        Column("due", _i16, "month", "month in which a pregnancy ends, -1 for none", default=-1),
        Column("children", _i8, "count", "children in the host country under 18"),
        Column("youngest", _i32, "row", "latest child's row, -1 for none", default=-1),
        Column("trust", _f64, "0 to 1", "trust that the authorities would protect rather than remove"),
        Column("treated", _i8, "0 or 1", "had health care when last needed"),
        Column("contact", _i8, "0 or 1", "in contact with a child from afar"),
        Column("remedied", _i8, "0 or 1", "was granted a remedy"),
    ],
)

CHILDREN = TableDeclaration(
    "Children",
    [
        Column("key", _u64, "", "name of the life that its luck is drawn by"),
        Column("mother", _i32, "row", "row of the mother"),
        Column("elder", _i32, "row", "the mother's next older child, -1 for none", default=-1),
        Column("household", _i32, "row", "household of birth, -1 for none", default=-1),
        Column("birth_month", _i16, "month", "month of birth"),
        Column("sex", _i8, "", "sex", labels=words.Sex),
        Column("area", _i8, "", "area of the host country"),
        Column("alive", _i8, "0 or 1", "alive"),
        Column("registration", _i8, "", "civil registration", labels=words.Registration),
        Column("care", _i8, "", "with whom the child lives", labels=words.Care),
        Column("separated_since", _i16, "month", "when the child lost its mother's care, -1 if it has it", default=-1),
        Column("months_apart", _i16, "months", "months lived apart from the mother"),
        Column("sold", _i8, "0 or 1", "was sold"),
        Column("forced_labour", _i8, "0 or 1", "was put to forced labour"),
        Column("sexual_exploitation", _i8, "0 or 1", "was sexually exploited or abused"),
        Column("contact", _i8, "0 or 1", "has contact with the mother from afar"),
        Column("reunited", _i8, "0 or 1", "was reunited with the mother"),
    ],
)

BROKERS = TableDeclaration(
    "Brokers",
    [
        Column("key", _u64, "", "name that its luck is drawn by; a replacement has a new one"),
        Column("role", _i8, "", "place in the network", labels=words.Role),
        Column("side", _i8, "", "side of the border", labels=words.Side),
        Column("area", _i8, "", "area served"),
        Column("from_origin", _i8, "0 or 1", "comes from the country of origin"),
        Column("active", _i8, "0 or 1", "works now; an inactive one lies low or has left"),
        Column("partner", _i32, "row", "the next in the network, -1 where the tie is cut", default=-1),
        Column("capital", _f64, "yuan of the letter's scale", "money kept"),
        Column("income", _f64, "yuan of the letter's scale", "income of the month"),
        Column("caseload", _i32, "persons", "persons held now"),
        Column("perceived_risk", _f64, "probability per month", "expected risk of prosecution"),
        Column("entered", _i16, "month", "when this broker began"),
    ],
)

HOUSEHOLDS = TableDeclaration(
    "Households",
    [
        Column("key", _u64, "", "name that its luck is drawn by"),
        Column("kind", _i8, "", "what it seeks a person for", labels=words.Purpose),
        Column("area", _i8, "", "area"),
        Column("wealth", _f64, "yuan of the letter's scale", "the most it would pay"),
        Column("control", _f64, "0 to 1", "how closely it controls whom it holds"),
        Column("compliance", _f64, "0 to 1", "readiness to serve surveillance"),
        Column("paid", _f64, "yuan of the letter's scale", "what it paid"),
        Column("seeking", _i8, "0 or 1", "seeks now"),
        Column("holds", _i32, "row", "the migrant it took in last, -1 for none", default=-1),
        Column("children", _i16, "count", "children born in it"),
        Column("entered", _i16, "month", "when it began to seek"),
    ],
)

ENFORCEMENT_UNITS = TableDeclaration(
    "EnforcementUnits",
    [
        Column("kind", _i8, "", "kind of unit", labels=words.UnitKind),
        Column("area", _i8, "", "area, 0 for the origin side"),
        Column("effort", _f64, "index, 1 = usual", "how hard it works"),
        Column("share_removal", _f64, "0 to 1", "part of effort spent on removal"),
        Column("share_surveillance", _f64, "0 to 1", "part of effort spent on surveillance"),
        Column("share_screening", _f64, "0 to 1", "part of effort spent on screening for victims"),
        Column("share_brokers", _f64, "0 to 1", "part of effort spent on action against brokers"),
        Column("corruption", _f64, "0 to 1", "openness to bribes"),
        Column("caseload", _i32, "persons", "persons dealt with this month"),
    ],
)

PROTECTION_SERVICES = TableDeclaration(
    "ProtectionServices",
    [
        Column("kind", _i8, "", "kind of service", labels=words.ServiceKind),
        Column("area", _i8, "", "area"),
        Column("capacity", _f64, "persons per month", "new places a month; infinite where policy sets no limit"),
        Column("places", _f64, "persons", "places free now"),
        Column("served", _i32, "persons", "persons served this month"),
        Column("queue", _i32, "persons", "persons turned away this month"),
    ],
)

MARKETS = TableDeclaration(
    "Markets",
    [
        Column("area", _i8, "", "area"),
        Column("purpose", _i8, "", "purpose", labels=words.Purpose),
        Column("price", _f64, "yuan of the letter's scale", "price of a person in the youngest age band"),
        Column("offers", _i32, "persons", "persons offered this month"),
        Column("seekers", _i32, "households", "households seeking at the start of the month"),
        Column("sold", _i32, "persons", "persons sold this month"),
        Column("first_stall", _i32, "row", "first stall of this market"),
        Column("stalls", _i32, "count", "number of stalls"),
    ],
)

STALLS = TableDeclaration(
    "Stalls",
    [
        Column("household", _i32, "row", "the household that seeks here, -1 for none", default=-1),
        Column("market", _i32, "row", "market that this stall belongs to"),
        Column("offer", _i32, "row", "offer tentatively accepted, -1 for none", default=-1),
    ],
)

SOCIETY = TableDeclaration(
    "Society",
    [
        Column("persons", _f64, "persons", "migrants in the area, smoothed"),
        Column("removals_seen", _f64, "per person and month", "removals known in the area, smoothed"),
        Column("protections_seen", _f64, "per person and month", "protections known in the area, smoothed"),
        Column("prosecutions_seen", _f64, "per broker and month", "prosecutions of brokers known, smoothed"),
        Column("removals", _f64, "persons", "removals this month"),
        Column("protections", _f64, "persons", "protections this month"),
        Column("assurances_broken", _f64, "persons", "assurances broken this month"),
        Column("reports", _f64, "persons", "reports this month"),
        Column("arrests_of_brokers", _f64, "brokers", "brokers prosecuted this month"),
        Column("broker_income", _f64, "yuan per active broker", "income, smoothed"),
    ],
)


class World(NamedTuple):
    """All tables of a run. Rows of brokers, units, services, markets, stalls and areas are fixed; the others grow."""

    migrants: Any
    children: Any
    brokers: Any
    households: Any
    units: Any
    services: Any
    markets: Any
    stalls: Any
    society: Any


DECLARATIONS: dict[str, TableDeclaration] = {
    "migrants": MIGRANTS,
    "children": CHILDREN,
    "brokers": BROKERS,
    "households": HOUSEHOLDS,
    "units": ENFORCEMENT_UNITS,
    "services": PROTECTION_SERVICES,
    "markets": MARKETS,
    "stalls": STALLS,
    "society": SOCIETY,
}
