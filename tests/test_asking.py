"""What commands share that ask a question of a study."""

import pytest

from trafficsim.cli.asking import chosen, names_in, own_settings, whole_number
from trafficsim.errors import UserError


def test_own_settings_are_taken_and_the_studys_left():
    own, rest = own_settings(["scale=0.1", "method=pawn", "arms=[a,b]", "file.sqlite"], {"method": "", "size": "64"})
    assert own == {"method": "pawn", "size": "64"}
    assert rest == ["scale=0.1", "arms=[a,b]", "file.sqlite"]


@pytest.mark.parametrize(
    ("written", "names"), [("[a,b]", ["a", "b"]), ("a, b", ["a", "b"]), ("a", ["a"]), ("[]", []), ("", [])]
)
def test_lists_of_names(written, names):
    assert names_in(written) == names


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: own_settings(["size=1", "size=2"], {"size": ""}), "'size=2': size is given twice"),
        (lambda: chosen("method", "soboll", ["sobol", "pawn"]), r"method=soboll: .*'sobol'.* Allowed: sobol, pawn"),
        (lambda: whole_number("worlds", "0"), "worlds=0: it should be a whole number, 1 or more"),
        (lambda: whole_number("worlds", "many"), "worlds=many: it should be a whole number"),
        (lambda: whole_number("worlds", "-3"), "worlds=-3: it should be a whole number"),
    ],
)
def test_mistakes_are_told(ask, sentence):
    with pytest.raises(UserError, match=sentence):
        ask()
