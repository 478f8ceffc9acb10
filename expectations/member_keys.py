"""Rules for keys of the member register. No message quotes a key: it stands for a person."""

from expectations.fields import ROW_RULES, About, organisation_named
from expectations.rule import Rule

OWNER = "committee"
ORGANISATION = About(
    "party_organisation",
    "党组织名称",
    "the Party organisation's name",
    OWNER,
    "refuse",
    "organisation_of_a_key",
)

RULES: tuple[Rule, ...] = (
    *ROW_RULES,
    Rule(
        "key_is_there",
        why="A row without a key is about nobody.",
        column="key_fault",
        codes=("missing",),
        zh="没有密钥标识。请由党员库所在单位重新生成后发送。",
        en="there is no key; have it made again where the member register is kept.",
        owner=OWNER,
        field="key",
    ),
    Rule(
        "key_is_an_hmac",
        why="Anything else may be a number that can be read back into a person.",
        column="key_fault",
        codes=("format",),
        zh="密钥标识应为 64 位十六进制数（HMAC），此处不是，内容不予显示。请重新生成，切勿填写证件号码。",
        en="a key is an HMAC of 64 hexadecimal digits; this cell holds something else, which is not shown. Make it again, and never fill in a document number.",
        owner=OWNER,
        field="key",
    ),
    Rule(
        "key_occurs_once",
        why="A relation is in one place.",
        column="repeat_fault",
        codes=("conflict",),
        zh="同一密钥标识对应两个党组织，只收第一行。请在党员库中核对其组织关系。",
        en="one key stands at two Party organisations; only the first row was taken. Look up its relation in the member register.",
        owner=OWNER,
        field="party_organisation",
    ),
    *organisation_named(ORGANISATION),
)
