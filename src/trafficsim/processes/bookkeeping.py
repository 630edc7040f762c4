"""Step 12. Ledger: after the month, everybody is counted where they stand."""

from trafficsim.engine.compiling import compiled
from trafficsim.processes.vocabulary import Care, Sex


@compiled
def count_stocks(month, present, migrants, resting, children, by_status, by_status_and_sex, by_care):
    """Write the number of migrants in each status (and by sex) and of children in each kind of care.

    ``by_status`` int64 (months, statuses), ``by_status_and_sex`` int64 (months, statuses, 2), ``by_care`` int64
    (months, kinds of care); children who have died are not counted. ``resting`` counts lives at rest, ``present`` lists the others.
    """
    for status in range(resting.shape[0]):
        for sex in range(resting.shape[1]):
            by_status_and_sex[month, status, sex] = resting[status, sex]
    for row in present:
        by_status_and_sex[month, migrants.status[row], migrants.sex[row]] += 1
    for status in range(resting.shape[0]):
        by_status[month, status] = (
            by_status_and_sex[month, status, Sex.FEMALE] + by_status_and_sex[month, status, Sex.MALE]
        )
    for row in range(children.size[0]):
        if children.alive[row] == 1 and children.care[row] != Care.GROWN_UP:
            by_care[month, children.care[row]] += 1
