"""Command lines and study files as nobody would write them."""

from random import Random

from fuzzing.odd import HUGE, NAMES, ODD

KEYS = [
    "study.name", "study.years", "study.scale", "study.replicates", "study.draws", "study.design", "study.vary",
    "study.groups", "study.grid", "+study.grid.market.price_bride", "study.points", "study.seed", "study.feedbacks",
    "study.feedbacks.fear", "study.policy_start", "policy_start", "years", "scale", "replicates", "draws", "design",
    "seed", "workers", "arms", "arm", "arm.title", "arm.levers", "+arm.levers.identification",
    "arm.levers.identification.coverage", "corridor", "corridor.title", "output", "output.folder", "output.groups",
    "output.series", "executor", "executor.kind", "executor.workers", "executor.address", "parameters",
    "parameters.market.price_bride", "parameters.market", "+parameters.nothing.at_all", "study", "~study", "~arms",
    "hydra.run.dir", "hydra.sweep.dir", "hydra.launcher", "hydra/launcher", "hydra.searchpath", "hydra.job.chdir",
    "hydra.output_subdir", "hydra.mode", "hydra.callbacks", "+hydra.callbacks.x._target_", "_target_", "+_target_",
    "+study._target_", "hydra", "+new", "++years", "package", "defaults", "+defaults", "", "=", "study.", ".study",
    "study..years", "study/years", "@study", "arm@study",
]  # fmt: skip

VALUES = [
    "status_quo", "letter_package", "[status_quo]", "[status_quo,letter_package]", "[a,b,c]",
    "status_quo+letter_package", "0.5", "3", "true", "null", "posterior", "sobol", "morris", "saltelli", "grid",
    "file", "latin_hypercube", "2001-01", "inline", "dask", "parquet", "${oc.env:HOME}",
    "${oc.env:NOTHING_OF_THIS_NAME}", "${oc.env:NOTHING,default}", "${study.years}", "${study}", "${.years}",
    "${nothing}", "${oc.create:{a: 1}}", "${oc.decode:'1'}", "${oc.deprecated:study.years}", "${eval:1+1}",
    "${hydra:runtime.cwd}", "${now:%Y}", "???", "{_target_: os.system}",
    "{_target_: os.system, command: 'touch sprung'}", "{'_target_': x}", "{a: {b: {c: 1}}}", "{}", "[]", "[[]]",
    "os.system", "builtins.eval", "range(1,5)", "choice(1,2)", "interval(0,1)", "glob(*)", "tag(x,choice(1,2))",
    "sort(3,1)", "shuffle(1,2)", "int('x')", "str(1)", "json_str('{')", "1,2,3", "1,", ",", "[", "]", "{", "}", "'",
    '"', "\\", "\\'", "a=b", "a:b", "file:///etc", "pkg://os", "[file:///nowhere]", "[pkg://trafficsim]",
    "../elsewhere", "[" * 40 + "]" * 40, "[" * 4_000, "{a:" * 900 + "1" + "}" * 900,
]  # fmt: skip

STUDY_FILE = """\
# @package _global_
defaults:
  - config
  - override corridor: first
  - _self_
arms: [status_quo, letter_package]
study:
  name: mine
  years: 2
  scale: 0.01
  replicates: 2
  draws: 3
  vary: [market]
  feedbacks:
    fear: false
parameters:
  market:
    price_bride: 4000
output:
  folder: results
executor:
  kind: inline
"""

LINES = [
    "_target_: os.system", "a: *b", "a: &a [*a]", "<<: {a: 1}", "- x", "? - a", "defaults: [nothing]", "hydra: {run: {dir: /}}",
    "a: " + "[" * 5_000, *(f"{name}: 1" for name in NAMES[:30]),
]  # fmt: skip
"""Lines that nobody should write into a study file."""


def value(random: Random) -> str:
    """Return a word to stand in the place of a value."""
    found = random.choice(
        [random.choice(VALUES), random.choice(VALUES), random.choice(HUGE), random.choice(ODD), random.choice(NAMES)]
    )
    return found if random.random() < 0.9 else f"'{found}'"


def words(random: Random) -> list[str]:
    """Return one to four settings."""
    found = []
    for _ in range(random.choice([1, 1, 2, 4])):
        key = random.choice(KEYS) if random.random() < 0.95 else random.choice([*NAMES, *ODD])
        found.append(key if random.random() < 0.03 else f"{key}={value(random)}")
    return found


def study_file(random: Random) -> str:
    """Return a study file with one to three of its lines another way."""
    lines = STUDY_FILE.splitlines()
    for _ in range(random.choice([1, 1, 2, 3])):
        if not lines:
            break
        place, way = random.randrange(len(lines)), random.randrange(7)
        if way == 0:
            del lines[place]
        elif way == 1:
            lines.insert(place, random.choice(lines))
        elif way == 2:
            lines[place] = "  " * random.randrange(4) + lines[place].strip()
        elif way == 3:
            lines.insert(place, "  " * random.randrange(4) + random.choice(LINES))
        else:
            key = lines[place].partition(":")[0]
            lines[place] = f"{key}: {value(random)}"
    return "\n".join(lines) + "\n"
