"""Wordings and codes of publishers to the classes and codes of this product. Pure and columnar.

Text first, code second (registers file the same text under different codes). What is empty or
unknown is ``REVIEW``, or has no code and a fault that says why: a person decides, this package
never guesses. A bare digit means nothing until its code book is declared, for systems number
differently. All tables are data in ``liangxin/reference``, with source and year.

Modules: `enterprises` (kind, ownership class, enterprise type), `statuses` (registration),
`social` (kinds of social organisation), `people` (political status), `tables`.
"""

from liangxin.classify.enterprises import (
    DISAGREE,
    OUTSIDE,
    REVIEW,
    SOCIAL,
    kind,
    ownership,
    professional,
    type_class,
    type_disagreement,
    type_fault,
)
from liangxin.classify.people import is_member, political_status
from liangxin.classify.social import BRANCH_OF_SERVICE_INSTITUTION, social_fault, social_kind
from liangxin.classify.statuses import status, status_fault
from liangxin.classify.tables import BARE_CODE, NOT_A_STATUS, UNKNOWN, table
from liangxin.wording import plain

__all__ = [
    "BARE_CODE",
    "BRANCH_OF_SERVICE_INSTITUTION",
    "DISAGREE",
    "NOT_A_STATUS",
    "OUTSIDE",
    "REVIEW",
    "SOCIAL",
    "UNKNOWN",
    "is_member",
    "kind",
    "ownership",
    "plain",
    "political_status",
    "professional",
    "social_fault",
    "social_kind",
    "status",
    "status_fault",
    "table",
    "type_class",
    "type_disagreement",
    "type_fault",
]
