"""What `trafficsim -h` and `trafficsim COMMAND -h` say."""

INTRODUCTION = """\
Simulate lives along a migration corridor under different policies, and compare the same lives between them.

The results are scenario outcomes of a model built on allegations and survivor-sample data; not a count of real people.
"""

FIRST_STEPS = """\
first steps:
  trafficsim compare study=teaching replicates=2     a small study: four arms, table and figures in a minute or so
  trafficsim catalog arms                            the policies that can be compared
  trafficsim catalog parameters market               the numbers behind the market, with ranges and sources
  trafficsim compare -h                              everything that a study can be told
"""

EXIT_CODES = """\
exit codes:
  0     done
  1     some replicates failed, or what was checked is not as it should be (studies, reproduce, bundle, doctor)
  2     a mistake or a want of room, told in a sentence
  130   stopped with Ctrl-C; what was done is kept, and the same command goes on
"""

SETTINGS = """\
settings, each written KEY=VALUE (quote what the shell would take for its own, such as 'arms=[a,b]'):
  arms=[A,B,...]        the arms to compare; the first is the baseline; join two with '+': letter_package+border_reopened
  arm=NAME              {arm}
  arm.levers.L.coverage=0.5   how far lever L of that arm reaches (also start, ramp_months, capacity)
  draws=20              plausible worlds: draws of the posterior that calibration left, and of the ranges of what it did not
                        fit (design=latin_hypercube or sobol: over the ranges of all assumptions, study.vary=[market,
                        custody.NAME] for some only); draws=0 keeps the assumptions as they stand
  replicates=4          how often each arm is run in each world; replicate 3 of each arm meets the same luck
  design=grid '+study.grid.market.NAME=[1,2]'   every combination of values;  design=file study.points=FILE.csv  your own
  scale=1.0             simulated people for each real one (0.0005 to 200)
  years=10  policy_start=2024-04  seed=20240322
  workers=0 (0: every core)   executor=inline, processes or dask (executor.address=tcp://HOST:8786 for a cluster of yours)
  parameters.market.NAME=VALUE     a value within the range that the catalogue gives
  study.feedbacks.fear=false       switch a feedback off
  study=teaching        choose a file of the group study (also: corridor, parameters, output, executor)
  output.folder=results  output.events=true (every event of every life)  output.monthly=false (no series by month)
  output=totals         the total of each run and nothing else, about a hundredth of the room
  output.series=parquet what is kept by month goes into Parquet files beside the database, a tenth of the room
"""

WHERE_STUDIES_GO = """\
Each study leaves a folder output.folder/NAME-HASH with study.sqlite and figures; the same settings have the same hash.
Until all replicates are finished the file is called study.unfinished.sqlite. Ctrl-C, or whatever else ends the study,
leaves the finished ones in it, and the same command does what is missing.
"""

WHERE_SWEEPS_GO = """\
A sweep leaves a folder output.folder/NAME (study.name=NAME) with study.sqlite and study.log. Every run in the file is named
by all that decides its result, so that the same command does only what is missing, after Ctrl-C, a power cut or a full
disk, and a changed arm or a further seed is all that is lived through anew. A run that fails is written down with its
reason, and the sweep goes on.
"""

HYDRA = """\
options, as in any Hydra program:
  -m, --multirun        one job for each combination of values: KEY=A,B  KEY=range(1,4)  'arm=glob(*_only)'
  --config-dir DIR      your own files: DIR/arm/mine.yaml, DIR/study/mine.yaml, ...
  --config-name NAME    your own primary file, found in DIR
  --cfg job             show the composed configuration instead of running it
  --info, --hydra-help  how it was composed, and Hydra's own help
"""

COMPARE_EXAMPLES = """\
examples:
  trafficsim compare study=teaching
  trafficsim compare 'arms=[status_quo,non_refoulement_only,letter_package]' draws=64
  trafficsim compare 'arms=[border_reopened,letter_package+border_reopened]'
  trafficsim compare study=teaching draws=0 replicates=20     luck alone, at the assumptions as they stand
  trafficsim compare 'arms=[status_quo]' arm=non_refoulement_only arm.levers.non_refoulement.coverage=0.5
  trafficsim compare -m 'arms=[status_quo]' arm=identification_only arm.levers.identification.coverage=0.15,0.5,0.9
"""

SWEEP_EXAMPLES = """\
examples:
  trafficsim sweep study.name=prices draws=256 replicates=4 scale=0.1 output=totals --dry-run
  trafficsim sweep study.name=prices draws=256 replicates=4 scale=0.1 output=totals
  trafficsim sweep study.name=grid design=grid '+study.grid.market.price_bride=[2000,4000]' 'arms=[status_quo,permit_reform]'
  trafficsim sweep study.name=mine design=file study.points=points.csv executor=dask executor.address=tcp://head-node:8786
"""

RUN_EXAMPLES = """\
examples:
  trafficsim run arm=status_quo scale=0.05
  trafficsim run -m arm=permit_reform,surveillance_removed replicates=5
"""

REPORT = """\
report.html is one file that works offline and without scripts; report.pdf says the same and needs the library typst
(pip install 'trafficsim[report]'). Both hold sentences to quote, each with its interval, verdict and source; the policies and
the law that asks for them; results, claims, what they lean on, how far the model can be trusted, limits, provenance, and how to
cite the study. Every number leads to a note that says where it comes from. The same study makes the same bytes.

examples:
  trafficsim report results/teaching-1a2b3c4d5e6f/study.sqlite
  trafficsim report results/prices/study.sqlite --study prices-1a2b3c4d5e6f --folder report_on_prices
  trafficsim report results/teaching-1a2b3c4d5e6f/study.unfinished.sqlite --folder first_look
"""

REPRODUCE_EXAMPLES = """\
Nothing but the file is needed: not the settings, arms or points of whoever made it. Exit code 0: identical, bit for bit;
1: different; 2: there is no such run, or the file is damaged.

examples:
  trafficsim reproduce results/prices/study.sqlite 1a2b3c4d
  trafficsim reproduce results/prices/study.sqlite 12 --json
"""

BUNDLE_EXAMPLES = """\
A bundle holds the study alone as a results file, its configuration, the catalogue, the versions of all software, a
description that other programs read (RO-Crate), and the SHA-256 of everything. The same study makes the same bytes. No host,
user or folder of the computer that made it is named. Exit code 0: written, or all is well; 1: something is not as it was written.

examples:
  trafficsim bundle results/prices/study.sqlite
  trafficsim bundle results/prices/study.sqlite --study prices-1a2b3c4d5e6f --to prices.zip --author "Jane Doe"
  trafficsim bundle --verify prices.zip
  trafficsim bundle --verify prices.zip --rerun 3     three of its runs are lived through again
"""

ROBUST = """\
settings of its own:
  harms=[A,B,...]       the harms to rights-holders that are looked at, each by itself; they are never added up
  satisfy='refoulement<=0.5, trafficked_again<=1'   conditions, in parts of the first arm's level in the same world; in how
                        many worlds they hold, one by one and all together
all others are those of a study ('trafficsim compare -h'); without a file it is run first, with draws=64, replicates=2,
scale=0.1 and output=totals unless you say otherwise, into results/robust/study.sqlite; the same command goes on with it.

Regret: the harm beyond that under the best arm on your list in the same world. Arms that add to surveillance or enforcement,
or move an outside condition such as the border, are shown for comparison and never counted among those to choose.

examples:
  trafficsim robust 'arms=[status_quo,non_refoulement_only,letter_package]' draws=128
  trafficsim robust results/robust/study.sqlite harms=[refoulement,deaths] 'satisfy=refoulement<=0.2'
  trafficsim robust results/robust/study.sqlite --csv
"""

INTERACTIONS = """\
settings of its own:
  levers=[A,B,...]      from 2 to 11 protective levers (default: the eleven that the letter asks for); each is off, or as in its
                        single arm, LEVER_only
  harms=[A,B,...]       the harms to rights-holders that are looked at
all others are those of a study ('trafficsim compare -h'); without a file it is run first, with draws=16, replicates=2,
scale=0.1 and output=totals unless you say otherwise, into results/interactions/study.sqlite; the same command goes on with it.

Eleven levers take 128 arms (a fractional factorial of resolution V): all single levers and all 55 pairs can be told from each
other, though pairs not from sets of three. Interaction depends on the scale: told are counts (against the two added up) and
ratios (against the two multiplied).

examples:
  trafficsim interactions draws=8
  trafficsim interactions 'levers=[non_refoulement,identification,lawful_stay,assistance]' draws=64
  trafficsim interactions results/interactions/study.sqlite harms=[trafficked_again]
"""

AGENDA = """\
settings of its own:
  harms=[A,B,...]       the harms to rights-holders that are asked about: how they differ from the first arm's, and whether less
  satisfy='refoulement<=0.5, trafficked_again<=1'   conditions, in parts of the first arm's level in the same world: do they hold
  by=spread             rank by how much the spread of a difference would shrink; by=verdict: by how much rarer a wrong verdict
                        would be
  differences=relative  in parts of the first arm's level in the same world; differences=counts: in the harm's unit, which
                        depend on how many people there are in a world as well
all others are those of a study ('trafficsim compare -h'); without a file it is run first, with three arms, draws=1000
(or as many as the posterior holds), replicates=1, scale=0.1 and output=totals unless you say otherwise, into
results/agenda/study.sqlite; the same command goes on with it.

Parameters are ranked by the one question that they tell most about, for an average over questions would weigh harms against each
other. What is below the noise floor, or has not converged, is not ranked.

examples:
  trafficsim agenda
  trafficsim agenda 'arms=[status_quo,lawful_stay_only]' draws=512 harms=[months_in_detention]
  trafficsim agenda results/agenda/study.sqlite by=verdict
"""

FATES = """\
Each simulated life is compared with itself: luck is the same under every policy. A harm is counted once a life, where it came
at least once after the arms parted. Who left under one arm alone is told as such.

examples:
  trafficsim fates results/teaching-1a2b3c4d5e6f/study.sqlite
  trafficsim fates results/teaching-1a2b3c4d5e6f/study.sqlite --arm letter_package --harm removed
  trafficsim fates results/teaching-1a2b3c4d5e6f/study.sqlite --arm letter_package --matrix --json
"""

SENSITIVITY = """\
settings of its own, each written KEY=VALUE:
  method=morris         screening: how much each assumption changes, by itself and with others; the cheapest
  method=sobol          shares of the variance, of first and of total order; the dearest
  method=pawn, delta    how far the distribution moves where an assumption is known; from any study of independent points
  method=regional       which assumptions decide whether a difference is above or below zero
  indicator=removals    or several: indicator=[removals,trafficked]
  arms=[status_quo,letter_package]   the first is the baseline (baseline=NAME: another)
  of=difference         what each arm changes against the baseline (the default), or of=level
  size=N                trajectories (morris, 10), rows of the two samples (sobol, 256: a power of two), or worlds (512)
  groups=process        all uncertain assumptions of a process count as one (the default of sobol without study.vary);
                        groups=none: each by itself
  tolerance=0.2         how wide the interval of a converged index may be, as a share of the largest index
and any of the study's: scale=0.1  replicates=1  years=10  seed=...  study.vary=[market,custody.NAME]  parameters.market.NAME=...

Where a FILE is named, its newest study (--study: another) is asked; nothing is lived through. Without one, the study that the
method asks for is lived through in results/sensitivity-METHOD/study.sqlite, as far as it is not there yet: after Ctrl-C the same
command goes on, and a larger size takes over what a smaller one did.

An index whose interval is too wide, or which half of the worlds tell otherwise, has not converged: no number is given for it.

examples:
  trafficsim sensitivity method=morris indicator=removals
  trafficsim sensitivity method=sobol indicator=[removals,trafficked] size=512 scale=0.05
  trafficsim sensitivity method=sobol study.vary=[market.price_bride,custody] groups=none
  trafficsim sensitivity results/study/study.sqlite method=pawn indicator=[removals,protected] of=level
  trafficsim sensitivity method=regional indicator=departures 'arms=[status_quo,non_refoulement_only]'
"""

LIFE = """\
LIFE is 16 hexadecimal digits, as the table events of a results file has them. Without it some lives that part are listed, of
each kind: spared a harm, harmed anew, another fate.

settings of its own:
  arms=[A,B]            the two policies (default: [status_quo,letter_package])
  replicate=0  draw=0   which replicate, and in which draw of assumptions where the settings have draws
all others are those of a study ('trafficsim compare -h'); seed, scale and dates decide who lives, so keep them the same.

examples:
  trafficsim life study=teaching
  trafficsim life 0093aa527dfea5af study=teaching
  trafficsim life 'arms=[status_quo,non_refoulement_only]' scale=0.05 replicate=3
"""

EXPLAIN = """\
Both files keep every event (output.events=true) and have the same seed, scale and dates, so that the same people live in both, with
the same luck. They may come from two versions of trafficsim, of Python or of a library, or from two sets of assumptions. What was
told otherwise is listed first; then the first month in which a life differs, the rule that decided the event, and what came of it.

exit code 0: nothing differs (or two arms were compared); 1: something does.

examples:
  trafficsim explain before/study.sqlite after/study.sqlite
  trafficsim explain results/study/study.sqlite --arms status_quo letter_package
"""

CLAIMS = """\
Two sweeps are lived through first, unless they are there already: one over worlds that fit the data (design posterior), one
over the wide prior (latin_hypercube), each under all the policies that the claims need. They go into one file,
results/claims/study.sqlite; Ctrl-C keeps what is done, and the same command goes on.

settings, each written KEY=VALUE:
  worlds=200            plausible worlds in each of the two sweeps
  replicates=2          runs of each policy in each world; from 2 on luck can be told from assumptions
  scale=0.2             simulated people for each real one; a larger scale leaves less to luck
  years=10  seed=20240322  corridor=NAME  workers=0  output.folder=results  and what else a study takes (trafficsim compare -h)

verdicts: robust, conditional, unsupported, refuted; "more runs are needed" where luck still decides. What they mean, how they
come about and how to write a claim of your own: docs/guides/claims.md. A claim that holds in the model is no proof.

examples:
  trafficsim claims --list
  trafficsim claims package_halves_refoulement --list       its test, counter-argument, evidence and sources
  trafficsim claims                                         all of them
  trafficsim claims package_halves_refoulement worlds=400   one in full: conditions, assumptions, sources
  trafficsim claims --csv > claims.csv
  trafficsim claims --config-dir mine my_claim
"""

EFFECTS = """\
Intervals and p values are about luck at the study's assumptions; in a study that draws assumptions, intervals hold the middle
of the plausible worlds and nothing is tested. Without --indicator: the headline indicators. --csv and --json give the numbers.

examples:
  trafficsim effects results/teaching-1a2b3c4d5e6f/study.sqlite
  trafficsim effects results/teaching-1a2b3c4d5e6f/study.sqlite --by departure --indicator refoulement --ratio
  trafficsim effects results/teaching-1a2b3c4d5e6f/study.sqlite --by year --arm letter_package --indicator trafficked
  trafficsim effects results/teaching-1a2b3c4d5e6f/study.sqlite --width 10%    how many replicates for \u00b1 10 % of the baseline
"""

CALIBRATE = """\
settings, each written KEY=VALUE:
  corridor=first        which corridor; it needs targets of its own
  waves=2  runs=1600    histories of the first wave; each later one has half as many, the check of the posterior an eighth
  scale=0.2             simulated people for each real one
  draws=512             draws of the posterior that are kept
  proofs=64             posteriors of simulated data with known assumptions (0: no proof)
  steps=30000           the most that the sampler makes; a chain that has not converged by then is refused
  seed=20240322  workers=0 (0: every core)  folder=results/calibration

Waves are kept in FOLDER/CORRIDOR; Ctrl-C loses nothing, and the same command goes on. Only the years 1996 to 2015 are read.
The posterior goes to FOLDER/CORRIDOR/posterior; with --install into the package, where design=posterior draws from.

examples:
  trafficsim calibrate --report              what the data say of assumptions, which targets are not met, figures
  trafficsim calibrate                       all of it again: about half an hour on two cores
  trafficsim calibrate waves=1 runs=400 scale=0.1 proofs=0      a first look
"""

VALIDATE = """\
settings, each written KEY=VALUE:
  corridor=first        which corridor; it needs a posterior
  draws=128             draws of the posterior, one history each from 1996 to 2025
  scale=0.5             simulated people for each real one
  seed=20240322  workers=0 (0: every core)  folder=results/validation

The rules for passing are those of the evidence (trafficsim catalog evidence V). The model's discrepancy is not added to the
predictions: a pattern can fail.

examples:
  trafficsim validate
  trafficsim validate draws=32 scale=0.1
"""

APP = """\
The page runs on this machine alone (127.0.0.1), loads nothing from elsewhere, and needs no network. What it shows stands in its
address, which can be shared with whoever runs the page too. Stored studies are read from the folder results, or from
another that is named, and from nowhere else.

examples:
  trafficsim app                          at http://127.0.0.1:8765
  trafficsim app --port 0 --no-browser    at any free port; the address is printed
  trafficsim app --folder experiments/results    with the studies of another folder

It needs the extra app: pip install 'trafficsim[app]'
"""
