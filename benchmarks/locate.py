"""Addresses placed in their sub-district, against an n-gram regression trained on the same rows.

    python benchmarks/locate.py [DISTRICT …]          default: 430702 440305 440307

Reads ``../shared/data`` (or ``LIANGXIN_SHARED_DATA``). Prints, for each district and each way of
hiding the name, the share placed at 97 % and at 99 % precision, top-1, the calibration table, and
rows a second by the clock and of processor time, the median of five times eight batches placed as by
``liangxin locate``, with every core. The peer is a character 1–4-gram TF-IDF with logistic regression
as scikit-learn builds it; where scikit-learn is not installed the same is written out on NumPy and
SciPy, its names of sub-districts removed from what it learns, for with them it does far worse.
jionlp and cpca read what is written and place nothing without it; run only where installed.
"""

import importlib.util
import itertools
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from ingest.locate.locating import Ground

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "coverage")]
DATA = Path(os.environ.get("LIANGXIN_SHARED_DATA", ROOT.parent / "shared" / "data"))
HIDDEN = {
    "sub-district hidden": "address_without_subdistrict",
    "both hidden": "address_without_both",
}
#: Timed turns, batches of each, seconds that the other process may take to start.
TURNS, BATCHES, WARM = 5, 8, 60.0
BANDS = (0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99, 1.0001)


def coverage(sure: np.ndarray, right: np.ndarray, precision: float) -> float:
    """Largest share of rows that can be placed, the surest first, at this precision."""
    order = np.argsort(-sure, kind="stable")
    reached = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(reached >= precision)
    return 0.0 if enough.size == 0 else float(enough[-1] + 1) / len(order)


def line(name: str, sure: np.ndarray, right: np.ndarray) -> str:
    return (
        f"  {name:34} top-1 {right.mean():6.1%}   placed at 97 % {coverage(sure, right, 0.97):6.1%}"
        f"   at 99 % {coverage(sure, right, 0.99):6.1%}"
    )


def calibration(sure: np.ndarray, right: np.ndarray) -> str:
    """Stated and true share in bands of confidence."""
    cells = []
    for low, high in itertools.pairwise(BANDS):
        there = (sure >= low) & (sure < high)
        if there.any():
            cells.append(f"{sure[there].mean():.2f}→{right[there].mean():.2f} ({there.sum()})")
    return "    stated→true (rows): " + "  ".join(cells)


# The peer.


def grams(text: str) -> Counter[str]:
    return Counter(text[i : i + n] for n in (1, 2, 3, 4) for i in range(len(text) - n + 1))


def regression(known: list[str], answers: np.ndarray, asked: list[str]) -> tuple[np.ndarray, float]:
    """Shares of each answer for the addresses asked about, and rows a second of answering."""
    if importlib.util.find_spec("sklearn"):
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline

        model = make_pipeline(
            TfidfVectorizer(analyzer="char", ngram_range=(1, 4)),
            LogisticRegression(C=10, max_iter=1000),
        ).fit(known, answers)
        started = time.process_time()
        shares = model.predict_proba(asked)
        return shares, len(asked) / (time.process_time() - started)
    return _regression_written_out(known, answers, asked)


def _regression_written_out(
    known: list[str], answers: np.ndarray, asked: list[str]
) -> tuple[np.ndarray, float]:
    from scipy import sparse
    from scipy.optimize import minimize

    vocabulary: dict[str, int] = {}
    for text in known:
        for gram in grams(text):
            vocabulary.setdefault(gram, len(vocabulary))

    def counted(texts: list[str]) -> "sparse.csr_matrix":
        cells = [
            (row, vocabulary[gram], count)
            for row, text in enumerate(texts)
            for gram, count in grams(text).items()
            if gram in vocabulary
        ]
        rows, columns, counts = zip(*cells, strict=True)
        return sparse.csr_matrix(
            (counts, (rows, columns)), shape=(len(texts), len(vocabulary)), dtype=float
        )

    first = counted(known)
    seen = np.bincount(first.indices, minlength=len(vocabulary))
    weigh = sparse.diags(np.log((1 + len(known)) / (1 + seen)) + 1)

    def unit(matrix: "sparse.csr_matrix") -> "sparse.csr_matrix":
        weighted = matrix @ weigh
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        return (sparse.diags(1 / np.maximum(length, 1e-12)) @ weighted).tocsr()

    features, kinds = unit(first), int(answers.max()) + 1
    truth = np.eye(kinds)[answers]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(-1, kinds)
        scores = features @ weights[:-1] + weights[-1]
        scores -= scores.max(axis=1, keepdims=True)
        total = np.log(np.exp(scores).sum(axis=1, keepdims=True))
        off = np.exp(scores - total) - truth
        value = (
            10 * (total.ravel() - (scores * truth).sum(axis=1)).sum()
            + 0.5 * (weights[:-1] ** 2).sum()
        )
        slope = np.vstack([10 * (features.T @ off) + weights[:-1], 10 * off.sum(axis=0)])
        return value, slope.ravel()

    start = np.zeros((len(vocabulary) + 1) * kinds)
    best = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 150})
    weights = best.x.reshape(-1, kinds)
    started = time.process_time()
    scores = unit(counted(asked)) @ weights[:-1] + weights[-1]
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    rate = len(asked) / (time.process_time() - started)
    return shares / shares.sum(axis=1, keepdims=True), rate


def without_names(addresses: pl.Series, codes: pl.Series, names: dict[str, str]) -> list[str]:
    """What the peer learns from: its own answer must not stand in the text."""
    bare = []
    for address, code in zip(addresses, codes, strict=True):
        text, name = address, names[code]
        for spelled in (name + "办事处", name, name.removesuffix("街道") + "办事处"):
            text = text.replace(spelled, "")
        bare.append(text)
    return bare


# Ours.


def divisions_of(district: str) -> pl.DataFrame:
    from liangxin import divisions

    listed = pl.read_csv(DATA / f"communities_{district}.csv", infer_schema=False)
    shipped = divisions.shipped()
    return pl.concat([shipped.join(listed, on="code", how="anti"), listed.select(shipped.columns)])


def against_today(masked: pl.DataFrame, listed: pl.DataFrame, code: str) -> pl.Series:
    """False where the label contradicts today's table for the community that the address names."""
    from ingest.locate import written
    from ingest.locate.cleaning import clean
    from ingest.locate.gazetteer import Gazetteer

    text = clean(masked["address_without_subdistrict"])
    named = written.community_named(text, Gazetteer.build(listed), code)["of_subdistrict"]
    return (named == masked["subdistrict_code"]).fill_null(value=True)


def district(code: str) -> None:
    from ingest.locate import locating

    known = pl.read_csv(DATA / f"addresses_{code}_known.csv", infer_schema=False)
    masked = pl.read_csv(DATA / f"addresses_{code}_masked.csv", infer_schema=False)
    listed = divisions_of(code)
    started = time.process_time()
    ground = locating.prepare(listed, known)
    print(
        f"{code}: {known.height} known, {masked.height} asked; "
        f"learned in {time.process_time() - started:.1f} s"
    )
    codes = known["subdistrict_code"].unique().sort().to_list()
    answers = known["subdistrict_code"].replace_strict(codes, range(len(codes))).to_numpy()
    names = dict(listed.select("code", "name").iter_rows())
    asked = [masked[column] for column in HIDDEN.values()]
    shares, rate = regression(
        without_names(known["address"], known["subdistrict_code"], names),
        answers,
        pl.concat([each.rename("a") for each in asked]).to_list(),
    )
    today = against_today(masked, listed, code)
    if not today.all():
        print(
            f"  {(~today).sum()} labels put a community that the address names into another "
            "sub-district than today's table; told apart below"
        )
    for place, (what, column) in enumerate(HIDDEN.items()):
        print(f" {what}")
        found = locating.locate(masked[column], ground, district=code, min_confidence=0)
        right = (found["subdistrict_code"] == masked["subdistrict_code"]).fill_null(value=False)
        sure = found["confidence"].fill_null(0).to_numpy()
        print(line("liangxin", sure, right.to_numpy()))
        print(calibration(sure, right.to_numpy()))
        placed = pl.Series(sure >= locating.DEFAULT_CONFIDENCE)
        print(
            f"    at the default of {locating.DEFAULT_CONFIDENCE}: {placed.mean():.1%} placed, "
            f"{right.filter(placed).mean():.2%} of them right"
        )
        part = shares[place * masked.height : (place + 1) * masked.height]
        theirs = pl.Series(codes).gather(part.argmax(axis=1)) == masked["subdistrict_code"]
        print(line("1–4-gram regression", part.max(axis=1), theirs.to_numpy()))
        if not today.all():
            kept = today.to_numpy()
            print(line("liangxin, labels of today", sure[kept], right.to_numpy()[kept]))
            print(calibration(sure[kept], right.to_numpy()[kept]))
            print(
                line("regression, the same rows", part.max(axis=1)[kept], theirs.to_numpy()[kept])
            )
    print(f"  regression: {rate:,.0f} rows/s")
    for what, column in HIDDEN.items():
        print(f"  {what}: {rates_of(masked[column], ground, code)}")


def distinct(addresses: pl.Series, rows: int) -> pl.Series:
    """So many different addresses: real ones, with other rooms behind them."""
    times = rows // addresses.len() + 1
    many = pl.concat([addresses + f"{room}室" for room in range(times)])
    return many.head(rows)


def rates_of(addresses: pl.Series, ground: "Ground", code: str, rows: int = 0) -> str:
    """Rows a second as `liangxin locate` places them, after warm-up: by the clock, and of processor
    time of all threads and processes.
    """
    from ingest.locate_apart import WORTH, Placing, Question
    from ingest.locate_files import BATCH

    many = distinct(addresses, rows or BATCHES * BATCH).rename("at").to_frame()
    batches = list(many.iter_slices(BATCH))
    clock, used = [], []
    with Placing(Question(ground, None, code), cores=1 if many.height < WORTH else None) as placing:
        ends = time.monotonic() + WARM
        for _ in placing.each(batches, "at"):
            pass
        while placing.beside is None and many.height >= WORTH and time.monotonic() < ends:
            time.sleep(0.1)
        for _ in placing.each(batches, "at"):  # the other process is warm then too
            pass
        processes = 1 if placing.beside is None else 2
        for _ in range(TURNS):
            began, before = time.perf_counter(), processor_seconds(placing.beside)
            for _ in placing.each(batches, "at"):
                pass
            clock.append(time.perf_counter() - began)
            used.append(processor_seconds(placing.beside) - before)
    return (
        f"{many.height / median(clock):,.0f} rows/s by the clock, "
        f"{many.height / median(used):,.0f} of processor time, {processes} processes"
    )


def processor_seconds(other: int | None) -> float:
    """What this process and the other have used."""
    used = time.process_time()
    if other is not None:
        told = Path(f"/proc/{other}/stat").read_text().rsplit(")", 1)[1].split()
        used += (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
    return used


def labelled_by_people() -> None:
    from ingest.locate import locating
    from liangxin import divisions

    rows = pl.read_csv(DATA / "addresses_labelled_by_people.csv", infer_schema=False)
    ground = locating.prepare(divisions.shipped())
    found = locating.locate(rows["address"], ground)["subdistrict_code"]
    placed = found.is_not_null()
    print(
        f"labelled by people ({rows.height}): precision "
        f"{(found == rows['subdistrict_code']).filter(placed).mean():.2%}, "
        f"recall {(found == rows['subdistrict_code']).fill_null(value=False).mean():.2%}; "
        f"{rates_of(rows['address'], ground, '')}"
    )
    for peer, place in (("jionlp", _jionlp), ("cpca", None)):
        if importlib.util.find_spec(peer) is None or place is None:
            print(f"  {peer}: not installed, not run")
        else:
            print(f"  {peer}: {place(rows):.2%} of towns read")


def _jionlp(rows: pl.DataFrame) -> float:
    import jionlp

    from liangxin import divisions

    names = dict(divisions.shipped().select("code", "name").iter_rows())
    read = [
        jionlp.parse_location(address, town_village=True)["town"] for address in rows["address"]
    ]
    wanted = [names.get(code) for code in rows["subdistrict_code"]]
    return float(np.mean([a == b for a, b in zip(read, wanted, strict=True)]))


def end_to_end() -> None:
    """Wuling's registrations, those that name their sub-district teaching the others."""
    from ingest.locate import locating
    from liangxin.register import WRITTEN

    rows = pl.read_csv(DATA / "registrations_wuling.csv", infer_schema=False)["住所"]
    listed = divisions_of("430702")
    read = locating.locate(rows, locating.prepare(listed), district="430702")
    says = read["method"].is_in(WRITTEN).fill_null(value=False)
    known = pl.DataFrame({"address": rows, "subdistrict_code": read["subdistrict_code"]})
    ground = locating.prepare(listed, known.filter(says))
    found = locating.locate(rows, ground, district="430702")
    reason, placed = found["reason"], found["subdistrict_code"].is_not_null()
    elsewhere = reason.str.contains("不在所查的区县|没有地址")
    zone = reason.str.contains("功能区") & ~elsewhere
    rest = ~zone & ~elsewhere
    print(
        f"Wuling end to end ({rows.len()}): {elsewhere.sum()} elsewhere; of {zone.sum()} rows recognised as "
        f"a zone's {placed.filter(zone).mean():.1%} placed; of the other {rest.sum()} "
        f"{placed.filter(rest).mean():.1%} placed; in all {(placed | zone).filter(~elsewhere).mean():.1%} "
        "placed or recognised"
    )


def whole_country() -> None:
    from ingest.locate import locating
    from liangxin import divisions

    rows = pl.read_csv(DATA / "registrations_60k.csv.gz", infer_schema=False)
    ground = locating.prepare(divisions.shipped())
    found = locating.locate(rows["住所"], ground)
    print(f"load of the machine: {os.getloadavg()[0]:.1f}")
    print(
        f"whole country ({rows.height}): {found['subdistrict_code'].is_not_null().mean():.1%} placed; "
        f"as they are {rates_of(rows['住所'], ground, '', rows.height)}; "
        f"as a batch with rooms {rates_of(rows['住所'], ground, '')}"
    )


if __name__ == "__main__":
    if not DATA.is_dir():
        sys.exit(f"no data in {DATA}: set LIANGXIN_SHARED_DATA")
    steps: list[Callable[[], None]] = [labelled_by_people, whole_country, end_to_end]
    for step in steps:
        step()
    for asked_for in sys.argv[1:] or ["430702", "440305", "440307"]:
        district(asked_for)
