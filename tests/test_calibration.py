"""The path from data to posterior: each part against an independent answer, and the whole on simulators that are known."""

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import trafficsim
from trafficsim.analysis.calibration.boxes import log_probability_within
from trafficsim.analysis.calibration.calibrating import Calibration, Settings
from trafficsim.analysis.calibration.emulator import fit_emulator
from trafficsim.analysis.calibration.history import live_history
from trafficsim.analysis.calibration.likelihood import Comparison
from trafficsim.analysis.calibration.matching import not_ruled_out
from trafficsim.analysis.calibration.observation import Arrivals, observe
from trafficsim.analysis.calibration.proving import Proof, bands, chance_of_ranks, rank_of
from trafficsim.analysis.calibration.sampling import Chain, sample, split_r_hat
from trafficsim.analysis.calibration.summing import at_ends, proof_in_words
from trafficsim.analysis.calibration.targets import LAST_YEAR, Statistic, Targets, load_targets, read_targets
from trafficsim.catalog import catalog
from trafficsim.errors import UserError
from trafficsim.processes.vocabulary import Event, Purpose, Sex, Status
from trafficsim.report.calibration import proof_told

SOURCES = Path(trafficsim.__file__).parent
TARGETS = load_targets("first")


def targets_of(*statistics: Statistic) -> Targets:
    return Targets("made", statistics, {}, ("a.x", "a.y"), {}, "0")


def value(name: str, at: float, sd: float, discrepancy: float = 0.0) -> Statistic:
    return Statistic(name, "T", "made", "", "linear", at, at, sd, discrepancy)


# --- the history and what surveys see of it -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def history():
    return live_history({}, 20240322, 0.03, "2016-01")


def test_the_month_of_first_departure_is_that_of_the_ledger(history):
    decided = history.state.ledger.monthly[:240, Event.DECIDED_TO_LEAVE]
    assert np.array_equal(np.bincount(history.departed, minlength=240), decided)


def test_arrivals_are_those_of_the_ledger_and_stays_are_positive(history):
    arrivals, ledger = Arrivals(history), history.state.ledger
    for year in (2005, 2010, 2015):
        window = slice((year - 1996) * 12, (year - 1995) * 12)
        women = ledger.monthly_by["sex"][window, Event.WENT_TO_THIRD_COUNTRY, Sex.FEMALE].sum()
        assert (arrivals.woman & (arrivals.year == year)).sum() == women
    assert (arrivals.stay_years >= 0).all()
    assert (arrivals.age >= 12).all()


def test_who_was_ever_exploited_for_a_purpose_was_sold(history):
    migrants, number = history.state.world.migrants, len(history.departed)
    sold = np.asarray(migrants.times_trafficked[:number]) > 0
    ever = np.zeros(number, bool)
    for purpose in list(Purpose)[1:]:
        ever |= history.ever(purpose)
    assert np.array_equal(ever, sold)
    assert np.array_equal(history.first_sold >= 0, sold)
    now = np.asarray(migrants.status[:number]) == Status.FORCED_MARRIAGE
    assert history.ever(Purpose.FORCED_MARRIAGE)[now].all()
    assert (history.first_sold[sold] >= history.departed[sold]).all()


def test_every_target_is_observed_at_full_scale(history):
    found = observe(history)
    assert set(TARGETS.names) <= set(found)
    ledger = history.state.ledger.monthly_by["sex"]
    assert found["C1/2009"] == pytest.approx(ledger[156:168, Event.WENT_TO_THIRD_COUNTRY, Sex.FEMALE].sum() / 0.03)


# --- the targets ----------------------------------------------------------------------------------------------------------


def test_targets_are_the_evidences_and_end_in_2015():
    known = catalog()
    arrivals = known.evidence_tables["E-A"]
    women, total = (dict(zip(arrivals["year"], arrivals[column], strict=True)) for column in ("women", "total"))
    by_name = {one.name: one for one in TARGETS.statistics}
    for year in range(2002, LAST_YEAR + 1):
        assert np.exp(by_name[f"C1/{year}"].low) == pytest.approx(women[year])
        assert by_name[f"C2/{year}"].low == pytest.approx(women[year] / total[year], abs=6e-4)
    assert {one.target for one in TARGETS.statistics} | set(TARGETS.not_fitted) == {
        f"C{number}" for number in range(1, 16)
    }
    assert not any(record.startswith("V") for record in _evidence_named())
    assert set(_evidence_named()) <= set(known.evidence)


def _evidence_named() -> list[str]:
    import yaml

    written = yaml.safe_load((SOURCES / "analysis/calibration/targets/first.yaml").read_text())
    return [name for target in written["targets"].values() for name in target["evidence"]]


def test_no_strength_of_a_lever_is_fitted():
    for name in TARGETS.fitted:
        process, _, own = name.partition(".")
        parameter = catalog().parameters[process][own]
        assert "lever" not in parameter.meaning + parameter.because.lower(), name
        assert "under full" not in parameter.meaning, name
        assert parameter.distribution != "fixed", name


def test_a_multinomial_falls_into_independent_shares():
    teens, twenties = (next(one for one in TARGETS.statistics if one.name == f"C8/{name}") for name in
                       ("10s-of-10-39", "20s-of-20-39"))  # fmt: skip
    draws = np.random.default_rng(1).multinomial(80, [17 / 80, 41 / 80, 22 / 80], 20_000) + 0.5
    logits = np.log(draws[:, 0] / draws[:, 1:].sum(1)), np.log(draws[:, 1] / draws[:, 2])
    assert teens.sd == pytest.approx(logits[0].std(), rel=0.08)
    assert twenties.sd == pytest.approx(logits[1].std(), rel=0.08)
    assert abs(np.corrcoef(*logits)[0, 1]) < 0.03


def test_a_target_after_2015_is_refused(tmp_path):
    text = (SOURCES / "analysis/calibration/targets/first.yaml").read_text()
    path = tmp_path / "first.yaml"
    path.write_text(text.replace("C1/2015: 1024", "C1/2016: 1116"))
    with pytest.raises(UserError, match="C1/2016 lies after 2015"):
        read_targets(path)


# --- what must not be seen ------------------------------------------------------------------------------------------------

LOOKING = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from pathlib import Path
from trafficsim.analysis.calibration.boxes import log_probability_within
from trafficsim.analysis.calibration.calibrating import Calibration, Settings
from trafficsim.analysis.calibration import proving, storing, summing
from trafficsim.analysis.calibration.history import live_history
from trafficsim.analysis.calibration.observation import observe
calibration = Calibration(Settings(scale=0.01, folder=Path(sys.argv[1]), runs=1, workers=1))
calibration.live(1, calibration._points(1, [], []))
read = [path for path in opened if "catalog/evidence/" in path.replace("\\\\", "/")]
print(len([path for path in opened if "targets/first.yaml" in path.replace("\\\\", "/")]), read)
"""


def test_calibration_opens_no_file_of_evidence(tmp_path):
    """Held-out patterns, and the years after 2015, stand in the files of evidence: none of them is opened."""
    done = subprocess.run([sys.executable, "-c", LOOKING, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=1) == ["1", "[]\n"]


def test_nothing_that_calibration_imports_knows_the_held_out_patterns():
    seen, left = set(), {f"trafficsim.analysis.calibration.{name}" for name in
                         ("calibrating", "proving", "storing", "summing")}  # fmt: skip
    while left:
        module = left.pop()
        seen.add(module)
        left |= _imports(module) - seen
    assert "trafficsim.processes.month" in seen  # it goes all the way down
    assert not any(module.startswith("trafficsim.analysis.validation") for module in seen)
    for module in seen:
        text = _path(module).read_text()
        assert "patterns.yaml" not in text, module
        assert "evidence_tables[" not in text, module


def _path(module: str) -> Path:
    path = SOURCES.parent / Path(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _imports(module: str) -> set[str]:
    found, tree = set(), ast.parse(_path(module).read_text())
    for_types = {  # what only a type checker reads
        inner for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }  # fmt: skip
    for node in set(ast.walk(tree)) - for_types:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("trafficsim"):
            found |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
        elif isinstance(node, ast.Import):
            found |= {each.name for each in node.names if each.name.startswith("trafficsim")}
    return {name for name in found if _path(name).is_file()}


# --- emulator, implausibility, likelihood ---------------------------------------------------------------------------------


def known_simulator(points, generator, noise=0.3):
    """Two assumptions move two statistics; a third one moves nothing."""
    x, y = points[:, 0], points[:, 1]
    means = np.column_stack([4 * x + 2 * y**2 + 3 * x * y, 3 * y - x])
    return means + noise * generator.standard_normal(means.shape), means


@pytest.fixture(scope="module")
def emulated():
    generator = np.random.default_rng(5)
    points = generator.uniform(size=(400, 3))
    seen, _ = known_simulator(points, generator)
    return fit_emulator(points, seen)


def test_the_emulator_finds_mean_and_noise(emulated):
    generator = np.random.default_rng(6)
    fresh = generator.uniform(size=(500, 3))
    _, means = known_simulator(fresh, generator)
    assert np.abs(emulated.predict(fresh) - means).mean() < 0.06
    assert np.sqrt(np.diag(emulated.residual)) == pytest.approx([0.3, 0.3], rel=0.1)
    assert (emulated.explained > 0.85).all()


def test_a_gaussian_process_takes_what_no_quadratic_can():
    generator = np.random.default_rng(7)
    points = generator.uniform(size=(300, 2))
    bent = np.sin(9 * points[:, :1]) + 0.1 * generator.standard_normal((300, 1))
    assert fit_emulator(points, bent).processes == 1
    assert fit_emulator(points, bent).explained[0] > 0.9 > fit_emulator(points, bent, processes=False).explained[0]


def test_what_is_far_off_is_ruled_out_and_the_truth_is_not(emulated):
    truth = np.array([[0.3, 0.7, 0.5]])
    _, means = known_simulator(truth, np.random.default_rng(0))
    comparison = Comparison.of(targets_of(value("T/a", means[0, 0], 0.1), value("T/b", means[0, 1], 0.1)), emulated)
    assert comparison.plausible(truth)[0]
    assert not comparison.plausible(np.array([[1.0, 0.0, 0.5]]))[0]
    points, left = not_ruled_out([comparison], 200, 3, np.random.default_rng(1))
    assert comparison.plausible(points).all()
    assert left == pytest.approx(
        comparison.plausible(np.random.default_rng(2).uniform(size=(50_000, 3))).mean(), rel=0.1
    )


def test_targets_that_nothing_can_meet_are_told(emulated):
    impossible = Comparison.of(targets_of(value("T/a", 99.0, 0.1), value("T/b", 0.0, 0.1)), emulated)
    with pytest.raises(UserError, match=r"leaves 0 of .* points: the targets and the model contradict"):
        not_ruled_out([impossible], 10, 3, np.random.default_rng(1))


def test_the_likelihood_is_that_of_scipy(emulated):
    """One value and one interval, whose errors lean on each other: the density of the one, and the other given it."""
    from scipy.stats import multivariate_normal, norm

    leaning = replace(emulated, residual=np.array([[0.09, 0.06], [0.06, 0.09]]))
    interval = Statistic("T/b", "T", "made", "", "linear", -0.5, 1.5, 0.2, 0.1)
    comparison = Comparison.of(targets_of(value("T/a", 3.0, 0.4, 0.3), interval), leaning)
    points = np.random.default_rng(3).uniform(size=(20, 3))
    expected = emulated.predict(points)
    first, second = (0.09 + 0.4**2 + 0.3**2, 0.09 + 0.2**2 + 0.1**2)
    given = norm(expected[:, 1] + 0.06 / first * (3.0 - expected[:, 0]), np.sqrt(second - 0.06**2 / first))
    theirs = multivariate_normal.logpdf(expected[:, 0], 3.0, first) + np.log(given.cdf(1.5) - given.cdf(-0.5))
    ours = comparison.log_likelihood(points)
    assert ours - ours[0] == pytest.approx(theirs - theirs[0], abs=1e-8)
    far = comparison.log_likelihood_of(np.array([[3.0, -60.0], [3.0, 60.0]]))
    assert np.isfinite(far).all()
    assert (far < -1_000).all()


def test_the_chance_within_limits_is_that_of_scipy():
    from scipy.stats import multivariate_normal

    generator = np.random.default_rng(12)
    root = generator.standard_normal((4, 4))
    covariance = root @ root.T + 0.5 * np.eye(4)
    low, high = np.array([-1.0, -2.0, 0.0, -0.5]), np.array([1.0, 0.5, 3.0, 2.0])
    means = generator.normal(0.0, 1.0, (12, 4))
    ours = log_probability_within(means, covariance, low, high)
    theirs = [
        np.log(multivariate_normal.cdf(high, mean, covariance, lower_limit=low, rng=np.random.default_rng(1)))
        for mean in means
    ]
    assert ours == pytest.approx(theirs, abs=0.08)  # of logarithms from about -2 to -9
    alone = np.log(
        [multivariate_normal.cdf(high, mean, np.diag([1.0, 2.0, 3.0, 4.0]), lower_limit=low) for mean in means]
    )
    assert log_probability_within(means, np.diag([1.0, 2.0, 3.0, 4.0]), low, high) == pytest.approx(alone, abs=1e-4)


def test_far_out_the_chance_within_limits_keeps_falling():
    ends = np.array([[-1.0, -1.0]]) + np.array([[0.0], [30.0], [60.0]])
    found = log_probability_within(
        ends, np.array([[1.0, 0.8], [0.8, 1.0]]), np.array([-2.0, -2.0]), np.array([0.0, 0.0])
    )
    assert np.isfinite(found).all()
    assert found[0] > found[1] > found[2]


# --- the sampler and the whole path ---------------------------------------------------------------------------------------


def test_the_posterior_is_that_of_a_grid(emulated):
    """A wide grid gives the posterior without any sampling."""
    comparison = Comparison.of(targets_of(value("T/a", 4.5, 0.5), value("T/b", 1.6, 0.5)), emulated)
    start = np.random.default_rng(1).uniform(0.3, 0.7, size=(24, 3))
    chain = sample(comparison.log_likelihood, start, seed=2, most_steps=6000)
    assert chain.converged
    axis = (np.arange(60) + 0.5) / 60
    grid = np.stack(np.meshgrid(axis, axis, (np.arange(5) + 0.5) / 5, indexing="ij"), -1).reshape(-1, 3)
    weight = np.exp(comparison.log_likelihood(grid) - comparison.log_likelihood(grid).max())
    mean = (weight[:, None] * grid).sum(0) / weight.sum()
    spread = np.sqrt((weight[:, None] * (grid - mean) ** 2).sum(0) / weight.sum())
    assert chain.flat().mean(0) == pytest.approx(mean, abs=0.015)
    assert chain.flat().std(0)[:2] == pytest.approx(spread[:2], rel=0.06)
    assert chain.flat()[:, 2].std() == pytest.approx(np.sqrt(1 / 12), rel=0.05)  # what moves nothing keeps its prior


def test_an_unconverged_chain_is_no_result():
    generator = np.random.default_rng(4)
    stuck = np.cumsum(generator.standard_normal((400, 8, 1)), axis=0)
    assert split_r_hat(stuck) > 1.2
    assert not Chain(stuck, 90.0, split_r_hat(stuck), 0.2).converged
    fresh = generator.uniform(size=(400, 8, 1))
    assert split_r_hat(fresh) < 1.02


def proof_of(emulated, wrongly_sure: float) -> Proof:
    """Return a proof on the known simulator; ``wrongly_sure`` shrinks the error that the posterior counts."""
    generator = np.random.default_rng(11)
    made = targets_of(value("T/a", 0.0, 0.3), value("T/b", 0.0, 0.3))
    comparison = Comparison.of(made, emulated)
    ranks = []
    pool = generator.uniform(size=(6_000, 3))
    expected = emulated.predict(pool)
    for _ in range(120):
        truth = generator.uniform(size=3)
        seen, _ = known_simulator(truth[None, :], generator)
        synthetic = comparison.with_synthetic(seen[0], generator)
        logs = synthetic.log_likelihood_of(expected) / wrongly_sure**2
        weight = np.exp(logs - logs.max())
        ranks.append(rank_of(truth, pool[generator.choice(len(pool), 63, p=weight / weight.sum())]))
    return Proof(np.array(ranks), 63, np.ones(120, bool))


def test_a_sound_path_gives_even_ranks_and_one_that_is_too_sure_does_not(emulated):
    sound, sure = proof_of(emulated, 1.0), proof_of(emulated, 0.4)
    assert (sound.chances() > 0.01).all()
    assert (sure.chances()[:2] < 0.01).all()
    assert sound.coverage(0.9).mean() == pytest.approx(0.9, abs=0.05)
    assert sure.coverage(0.9)[:2].mean() < 0.75


def test_how_many_chains_of_a_proof_had_converged_is_said():
    proof = Proof(np.zeros((5, 1), np.int64), 63, np.array([True, True, False, False, False]))
    assert "5 posteriors of simulated data with known assumptions; the chains of 2 had" in proof_told(
        proof_in_words(proof, ("life.child_tie",))
    )


def test_the_bands_hold_as_often_as_they_say():
    generator = np.random.default_rng(8)
    chances = np.array([chance_of_ranks(generator.integers(0, 64, 50), 63) for _ in range(300)])
    assert (chances < 0.05).mean() == pytest.approx(0.05, abs=0.04)
    lower, upper = bands(50, 63)
    within = 0
    for _ in range(200):
        share = (generator.integers(0, 64, 50)[:, None] <= np.arange(63)).mean(0)
        within += bool(((share >= lower) & (share <= upper)).all())
    assert within / 200 == pytest.approx(0.95, abs=0.05)


def test_waves_are_taken_up_where_they_were_left(tmp_path):
    settings = Settings(scale=0.005, folder=tmp_path, runs=4, workers=1)
    calibration = Calibration(settings)
    quantiles = calibration._points(1, [], [])
    whole = calibration.live(1, quantiles)
    path = tmp_path / "first/wave_1.npz"
    with np.load(path) as stored:
        kept = dict(stored)
    kept["found"][2:] = np.nan
    np.savez(path, **kept)

    class Watched:
        def __init__(self):
            self.done = []

        def said(self, sentence):
            pass

        def moved(self, what, done, of):
            self.done.append(done)

    watched = Watched()
    again = Calibration(settings, watched).live(1, quantiles)
    assert watched.done == [3, 4]
    np.testing.assert_array_equal(again.observed, whole.observed)
    other = Calibration(Settings(scale=0.005, folder=tmp_path, runs=4, workers=1, seed=5)).live(1, quantiles)
    assert not np.array_equal(other.observed, whole.observed, equal_nan=True)  # of another seed nothing is taken over


def test_at_both_ends_of_a_parameter_those_that_go_with_it_are_told():
    generator = np.random.default_rng(3)
    first = generator.uniform(size=20_000)
    with_it = np.clip(0.8 * first + 0.2 * generator.uniform(size=20_000), 0, 1)
    draws = np.column_stack([first, with_it, generator.uniform(size=20_000)])
    (low, low_moved), (high, high_moved) = (at_ends(draws, 0)[end] for end in ("lowest", "highest"))
    assert (low, high) == (pytest.approx(0.2, abs=0.01), pytest.approx(0.2, abs=0.01))
    assert set(low_moved) == set(high_moved) == {1}
    assert low_moved[1] == pytest.approx(0.18, abs=0.02)  # 0.8 × 0.1, and half of 0.2
    assert high_moved[1] == pytest.approx(0.82, abs=0.02)


def test_truths_that_gave_no_data_are_told():
    proof = Proof(np.zeros((5, 1), np.int64), 63, np.ones(5, bool), left_out=3)
    assert "(3 more truths gave no data" in proof_told(proof_in_words(proof, ("life.child_tie",)))
