"""A source is a file that says everything about a publisher, or an error that names file and key."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ingest import crawl, sources
from ingest.sources import Ckan, FileIndex, HtmlList, JsonApi
from liangxin.errors import Misuse, UnknownSource
from liangxin.settings import Settings

CRAWLED = {
    "market_regulator_api": JsonApi,
    "portal_list": HtmlList,
    "portal_list_details": HtmlList,
    "portal_files": FileIndex,
    "open_data_rows": Ckan,
    "open_data_files": Ckan,
}
SHIPPED = [
    "annual_report",
    "civil_affairs",
    "ledger",
    "ledger_social",
    "market_regulator",
    "member_register_keys",
    "office_register",
    "screening_results",
    *CRAWLED,
]
REPAIR = '[[repairs]]\ncolumn = "状态"\nfrom = "在营业"\nto = "在营"\n'
MINIMAL = 'title = "名单"\npublisher = "某局"\nrhythm = "monthly"\n'


def a_source_file(folder: Path, name: str, content: str) -> Path:
    file = folder / f"{name}.toml"
    file.write_text(content, encoding="utf-8")
    return file


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_source_can_be_read(name: str, home: Path) -> None:
    source = sources.load(name, Settings(home=home))
    assert source.name == name
    assert source.title
    assert source.publisher


def test_all_shipped_sources_are_known_by_name(home: Path) -> None:
    assert set(SHIPPED) <= set(sources.names(Settings(home=home)))


@pytest.mark.parametrize("name", CRAWLED)
def test_the_shipped_addresses_are_examples_on_a_reserved_domain(name: str, home: Path) -> None:
    source = sources.load(name, Settings(home=home))
    address = source.address
    assert isinstance(address, CRAWLED[name])
    assert urlsplit(address.start).hostname.endswith(".example.org")
    # An example of good practice: the total is what proves a crawl whole. CKAN counts no files.
    assert address.total or name == "open_data_files"
    with pytest.raises(Misuse, match="only an example"):
        crawl.crawl(source, Settings(home=home), None, clock=None)


def test_the_numbers_of_an_annual_report_are_its_own(home: Path) -> None:
    """Its Party columns are numbered by one system; undeclared they would refuse every row."""
    books = sources.load("annual_report", Settings(home=home)).code_books
    assert (books.form, books.level) == ("annual_report", "annual_report")


def test_a_source_may_be_given_by_the_path_of_its_file(home: Path) -> None:
    file = a_source_file(home, "my_list", MINIMAL)
    source = sources.load(str(file), Settings(home=home))
    assert (source.name, source.address, source.snapshot) == ("my_list", None, True)


def test_an_added_folder_wins_over_the_shipped_sources(home: Path) -> None:
    a_source_file(home, "market_regulator_api", MINIMAL)
    a_source_file(home, "one_more", MINIMAL)
    settings = Settings(home=home, sources=str(home))
    assert sources.load("market_regulator_api", settings).title == "名单"
    assert "one_more" in sources.names(settings)


@pytest.mark.parametrize("name", ["nobody", "../market_regulator", "nowhere/list.toml", ""])
def test_an_unknown_source_is_told_with_the_known_ones(name: str, home: Path) -> None:
    with pytest.raises(UnknownSource, match="market_regulator") as caught:
        sources.load(name, Settings(home=home))
    assert "现有数据源" in caught.value.zh


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("title = ", "not valid TOML"),
        ('title = "x"\npublisher = "y"', "'rhythm'"),
        (MINIMAL + "colour = 1", "'colour'"),
        (MINIMAL + 'kind = "people"', "'kind'"),
        (MINIMAL + '[columns]\nstaff = ["人数"]', "unknown field staff"),
        (MINIMAL + '[address]\nkind = "ftp"\nstart = "x"', "'address'"),
        (MINIMAL + '[address]\nkind = "json_api"\nstart = ""', "start"),
        (
            MINIMAL + '[address]\nkind = "json_api"\nstart = "x"\nnext = "a"\npage_parameter = "p"',
            "not both",
        ),
        (MINIMAL + '[address]\nkind = "html_list"\nstart = "x"\nmax_pages = 0', "max_pages"),
        (MINIMAL + "[expected]\nminimum = -1", "expected.minimum"),
        (MINIMAL + '[address]\nstart = "x"', "'address'"),
        (MINIMAL + '[address]\nkind = "html_list"\nstart = "x"\nlinks = "a"', "'address.links'"),
        (MINIMAL + '[address]\nkind = "file_index"\nstart = "x"', "needs links"),
        (
            MINIMAL + '[address]\nkind = "file_index"\nstart = "x"\nlinks = "a"\npattern = "("',
            "'address.pattern': no regular expression",
        ),
        (MINIMAL + '[address]\nkind = "ckan"\nstart = "x"', "either package or resource"),
        (
            MINIMAL + '[address]\nkind = "ckan"\nstart = "x"\npackage = "a"\nresource = "b"',
            "either package or resource",
        ),
        (MINIMAL + '[address]\nkind = "ckan"\nresource = "b"\nlimit = 0', "'address.start'"),
        (MINIMAL + 'format = "pdf"', "'format'"),
        (MINIMAL + 'format = "json"', "'format'"),
        (
            MINIMAL + 'format = "csv"\n[address]\nkind = "json_api"\nstart = "x"',
            "'format'",
        ),
        (MINIMAL + 'drop = "in"\n[address]\nkind = "json_api"\nstart = "x"', "'drop'"),
        (MINIMAL + 'as_of_in_name = "("', "'as_of_in_name': no regular expression"),
        (
            MINIMAL + 'as_of_in_name = ".+"\n[address]\nkind = "json_api"\nstart = "x"',
            "'as_of_in_name': a source that has an address is crawled",
        ),
        (MINIMAL + 'owns = ["name", "colour"]', "'owns': Value error, unknown field colour"),
        (MINIMAL + 'owns = ["name", "ownership"]', "'owns': Value error, unknown field ownership"),
        (MINIMAL + 'office = "mayor"', "'office'"),
        (MINIMAL + REPAIR, "'repairs.1.reason'"),
        (MINIMAL + REPAIR + 'reason = " "', "'repairs.1.reason'"),
        (MINIMAL + 'kind = "member_keys"\n' + REPAIR + 'reason = "x"', "'repairs'"),
        (MINIMAL + 'kind = "ledger"\n[address]\nkind = "json_api"\nstart = "x"', "'address'"),
    ],
)
def test_a_wrong_source_file_is_told_with_file_and_key(content: str, said: str, home: Path) -> None:
    file = a_source_file(home, "wrong", content)
    with pytest.raises(UnknownSource) as caught:
        sources.load(str(file), Settings(home=home))
    assert said in caught.value.en
    assert "wrong.toml" in caught.value.en


def test_a_wrong_source_file_is_told_in_chinese_too(home: Path) -> None:
    file = a_source_file(home, "wrong", MINIMAL + '[address]\nkind = "ckan"\nstart = "x"\nrows = 1')
    with pytest.raises(UnknownSource) as caught:
        sources.load(str(file), Settings(home=home))
    assert "wrong.toml 的“address.rows”有误：没有这个键，请检查拼写。" in caught.value.zh


def test_a_source_file_that_is_not_utf8_is_told(home: Path) -> None:
    file = home / "gb.toml"
    file.write_bytes(MINIMAL.encode("gb18030"))
    with pytest.raises(UnknownSource, match=r"gb\.toml cannot be read .* save it as UTF-8"):
        sources.load(str(file), Settings(home=home))


def test_an_unknown_key_is_told_in_chinese_too(home: Path) -> None:
    file = a_source_file(home, "wrong", MINIMAL + "colour = 1")
    with pytest.raises(UnknownSource) as caught:
        sources.load(str(file), Settings(home=home))
    assert "wrong.toml 的“colour”有误：没有这个键" in caught.value.zh


def test_a_source_says_what_it_owns_who_answers_and_what_is_repaired(home: Path) -> None:
    text = MINIMAL + 'owns = ["name", "address"]\noffice = "committee"\n' + REPAIR
    source = sources.read("mine", text + 'reason = "笔误"', "mine.toml")
    assert (source.owns, source.office) == (("name", "address"), "committee")
    [repair] = source.repairs
    assert (repair.column, repair.wrong, repair.right, repair.reason) == (
        "状态",
        "在营业",
        "在营",
        "笔误",
    )
    plain = sources.read("mine", MINIMAL, "mine.toml")
    assert (plain.owns, plain.office, plain.format) == (None, "district_office", "any")


def test_every_source_is_read_and_a_wrong_file_hides_no_other(home: Path) -> None:
    a_source_file(home, "wrong", MINIMAL + "colour = 1")
    (home / "binary.toml").write_bytes(b"title = \xff")
    found = sources.everything(Settings(home=home, sources=str(home)))
    assert {name for name, each in found.items() if isinstance(each, UnknownSource)} == {
        "binary",
        "wrong",
    }
    assert {*SHIPPED} < found.keys()
