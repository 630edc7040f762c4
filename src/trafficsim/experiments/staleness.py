"""Whether what a study draws from still fits the rules and the catalogue: a posterior is made for one state of both."""

from trafficsim.catalog.posteriors import load_posterior
from trafficsim.configuration import Configuration
from trafficsim.course import MODEL_VERSION
from trafficsim.designs import POSTERIOR


def posterior_notices(configuration: Configuration) -> list[str]:
    """Return a sentence for each reason why the posterior that the study draws from may be out of date; none: it is not."""
    study = configuration.study
    if study.design != POSTERIOR or not study.draws:
        return []
    posterior, known = load_posterior(configuration.corridor.name), configuration.assumptions()
    begins = f"The posterior of the corridor '{posterior.corridor}'"
    again = f"run 'trafficsim calibrate corridor={posterior.corridor}' again, or write study.design=latin_hypercube"
    notices = []
    version = str(posterior.about["model_version"]).partition("-")[0]
    if version != MODEL_VERSION:
        notices.append(f"{begins} was fitted to rules of version {version}; these are {MODEL_VERSION}: {again}.")
    if posterior.about["catalog_digest"] != known.digest():
        notices.append(f"{begins} was fitted with other numbers in the catalogue than these: {again}.")
    moved = [
        name
        for name, before in posterior.ranges.items()
        if list(known.parameters[name.partition(".")[0]][name.partition(".")[2]].range)
        != [float(end) for end in before]
    ]
    if moved:
        notices.append(f"{begins} was fitted within other ranges of {', '.join(moved)}: {again}.")
    return notices
