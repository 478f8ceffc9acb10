"""What a plan states about itself: its value, what no plan can beat, and by which rules. Pure."""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Certificate:
    """Value and bound of one plan, both recounted by the checker and never taken from a solver."""

    value: int  # smaller is better; see ``levels`` for what it is made of
    bound: int  # no permitted plan has a smaller value
    levels: tuple[tuple[str, int], ...]  # the value in parts, the most important first
    proven: tuple[str, ...]  # the parts in which no permitted plan is better
    method: str
    rule_set: str
    candidates_zh: str  # which pairs were looked at first, in words
    candidates_en: str
    seed: int
    candidate_bound: int | None = None  # no plan over the candidates has a smaller value

    @property
    def is_best_of_candidates(self) -> bool:
        """Whether it is proven that no plan over the stated candidates is better."""
        return self.is_optimal or self.value == self.candidate_bound

    @property
    def is_optimal(self) -> bool:
        """Whether it is proven that no permitted plan is better."""
        return self.value == self.bound

    @property
    def gap(self) -> Fraction | None:
        """(value - bound) / value; null where the value is 0 and the bound is not."""
        if self.value == self.bound:
            return Fraction(0)
        return Fraction(self.value - self.bound, abs(self.value)) if self.value else None

    @property
    def zh(self) -> str:
        """One sentence for the page."""
        if self.is_optimal:
            return "已证明没有更好的方案：全部允许的人选都已比较，没有删减。"
        if self.is_best_of_candidates:
            return f"已证明在候选范围内没有更好的方案（候选：{self.candidates_zh}；候选之外的人选没有比较完）。"
        return (
            f"未证明最优：本方案 {self.value}，可证明的下限 {self.bound}（下限针对全部允许的人选；"
            f"起始候选：{self.candidates_zh}）。"
        )

    @property
    def en(self) -> str:
        """The same sentence in English."""
        if self.is_optimal:
            return "Proven: no plan is better; every permitted pair was compared, none left out."
        if self.is_best_of_candidates:
            return (
                f"Proven: no plan of the candidates is better (candidates: {self.candidates_en}; pairs "
                "beside them were not all compared)."
            )
        return (
            f"Not proven optimal: this plan {self.value}, proven bound {self.bound} (over every "
            f"permitted pair; first candidates: {self.candidates_en})."
        )
