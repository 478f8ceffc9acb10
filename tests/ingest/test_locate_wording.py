"""Words put to rows, each kind for its own rows."""

import polars as pl

from ingest.locate.wording import cases_of


def test_rows_that_came_in_pieces_are_worded_each_by_the_first_case_that_holds():
    pieces = [pl.DataFrame({"at": [at], "name": ["东街" if at % 3 else "西街"]}) for at in range(9)]
    rows = pl.concat(pieces, rechunk=False)
    west = pl.col("name") == "西街"
    cases = [
        (west, pl.format("在{}，第{}", "name", "at"), pl.format("in {}, {}", "name", "at")),
        (pl.lit(value=False), pl.lit("无"), pl.lit("none")),
        (
            west | True,
            pl.format("近{}，第{}", "name", "at"),
            pl.format("near {}, {}", "name", "at"),
        ),
    ]
    parted = cases_of(rows, cases, (pl.lit("?"), pl.lit("?")), beside=("at",))
    worded = [some.select("at", zh=zh, en=en) for some, (zh, en) in parted]
    assert len(worded) == 2
    assert pl.concat(worded).sort("at").rows() == [
        (at, f"近东街，第{at}", f"near 东街, {at}")
        if at % 3
        else (at, f"在西街，第{at}", f"in 西街, {at}")
        for at in range(9)
    ]
