"""What a result does not mean: the sentences that each output carries."""

LIMITS = (
    "Scenario outcomes of a model built on allegations and survivor-sample data; not a count of real people.",
    "No effect size of any lever is known: lever strengths are assumptions with wide ranges.",
    "Intervals show luck over replicates at fixed assumptions unless a study says that it varies assumptions too.",
    "Areas are synthetic; nothing here locates anybody, and nothing here is a forecast.",
)
