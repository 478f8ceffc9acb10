"""Every kind of fault is found in one pass, in the right cell, and nothing else is."""

from pathlib import Path

from factories import TODAY
from faults import FAULTS, write_workbook

from ingest import checking
from liangxin.settings import Settings

KINDS_OF_FAULT = 60


def test_sixty_kinds_of_fault_are_found_in_one_pass_each_in_its_cell(tmp_path: Path) -> None:
    file, out = tmp_path / "登记.xlsx", tmp_path / "back.xlsx"
    spoilt = write_workbook(file, 5_000, every=25)
    assert len({each.kind for each in spoilt}) == len(FAULTS) >= KINDS_OF_FAULT
    report = checking.check(file, "registrations", Settings(home=tmp_path), today=TODAY, out=out)
    found = {(fault["cell"], fault["rule"]) for fault in report.faults}
    missed = [each for each in spoilt if (each.cell, each.rule) not in found]
    assert not missed
    assert found == {(each.cell, each.rule) for each in spoilt}
    assert report.rows == 5_000 == report.accepted + report.refused + report.skipped
