"""Odd words, numbers and names, and texts with a few of their parts changed."""

from hypothesis import strategies as st

ODD = [
    "", "null", "true", "~", "nan", ".inf", "-1", "1e400", "9" * 400, "0x10", "2024-13", "[]", "{}", "[[[[",
    "{a: {b: {c: }}}", "*a", "&a", "!!python/object:os.system", "!!binary x", "<script>", "../../etc/passwd", "\x00",
    "\u202e", "정책", "💥", "'", '"', ": :", "- -", "%YAML 9", "---", "...", "=1+1", "policy_start", "${oc.env:HOME}",
    "a" * 5000, "1,2,3", ";", "\t",
]  # fmt: skip

NAMES = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "../../elsewhere", "/etc/passwd", "..", ".", "", " ",
    "a" * 300, "a" * 100_000, "two\nlines", "tab\there", "nul\x00inside", "\u202egnp.exe", "\u200b", "정책", "💥",
    "🏳️‍🌈", "x" + "\u0301" * 500, "'; drop table runs; --", '"', "`id`", "$(id)", "${oc.env:HOME}", "{{7*7}}", "%s%n",
    "\\", "con", "[bold]", "[link=x]", "[/]", "#let x = 1", "@cite", "$x^2$", "*bold*", "--help", "-", "\ud800",
    "\ufffe", "\x1b[2J", "&amp;", "]]>", "<!--", "\r",
]  # fmt: skip
"""What somebody could call a study, an arm, a life or a file."""

HUGE = [
    "9" * 30,
    "-" + "9" * 30,
    "1e308",
    "-1e308",
    "1e-320",
    "inf",
    "-inf",
    "nan",
    "0",
    "-0.0",
    "-1",
    "2",
    "0.5",
    "2147483648",
]
"""Numbers at and beyond the ends."""


def mutated(text: str, cut: str) -> st.SearchStrategy[str]:
    """Return texts with a few of the parts of ``text`` (between ``cut``) taken out, doubled, swapped or put another way."""
    parts = text.split(cut)

    def apply(changes: list[tuple[int, str, str, int]]) -> str:
        found = list(parts)
        for place, how, odd, other in changes:
            if not found:
                break
            place, other = place % len(found), other % len(found)
            if how == "out":
                del found[place]
            elif how == "double":
                found.insert(place, found[other])
            elif how == "swap":
                found[place], found[other] = found[other], found[place]
            elif how == "odd":
                head, colon, _ = found[place].partition(":")
                found[place] = f"{head}{colon} {odd}" if colon else odd
            elif how == "inside":
                middle = other % (len(found[place]) + 1)
                found[place] = found[place][:middle] + odd + found[place][middle:]
            else:
                found[place] = found[place][: other % (len(found[place]) + 1)]
        return cut.join(found)

    kinds = st.sampled_from(["out", "double", "swap", "odd", "odd", "inside", "short"])
    odd = st.sampled_from(ODD) | st.text(max_size=20) | st.floats().map(str) | st.integers().map(str)
    change = st.tuples(st.integers(0, 300), kinds, odd, st.integers(0, 300))
    return st.lists(change, min_size=1, max_size=4).map(apply)
