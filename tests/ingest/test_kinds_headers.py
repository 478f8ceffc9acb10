"""Headers of real ledgers, rosters and registers (domain notes §5) find the fields they mean."""

import pytest

from ingest import headers
from ingest.kinds import KINDS

DEVELOPMENT_ZONE = """\
单位|序号|企业坐落地/园区|企业坐落地/楼宇|企业坐落地/其他|园区级别(国家级、市级、区级及以下)|\
是否为亿元楼宇(是、否)|所在园区/商务楼宇名称|企业基本情况/企业名称|企业基本情况/企业注册地|\
企业基本情况/企业经营地|企业基本情况/联系电话|企业基本情况/企业类型/私营企业|\
企业基本情况/企业类型/港澳台商投资企业|企业基本情况/企业类型/外商投资企业|\
企业基本情况/年营业收入(万元)|企业基本情况/从业人员数量(名)|企业基本情况/是否规模以上企业|\
企业出资人情况/企业出资人姓名|企业出资人情况/是否是党员|企业出资人情况/是否兼任党组织书记|\
企业出资人情况/是否担任区县级以上(含区县)"两代表一委员"|党组织设置情况/是否建立党组织|\
党组织设置情况/党组织成立时间|党组织设置情况/组建形式/单独建立|党组织设置情况/组建形式/联合建立|\
党组织设置情况/组建形式/网格建立|党组织设置情况/类别/党支部|党组织设置情况/类别/党总支|\
党组织设置情况/类别/党委|党组织设置情况/未建立党组织原因/没有党员|\
党组织设置情况/未建立党组织原因/企业出资人不支持|\
党组织设置情况/未建立党组织原因/上级党组织未及时指导|党组织设置情况/未建立党组织原因/其他原因|\
党组织设置情况/未建党组织的是否选派党建工作指导员、联络员|书记/党组织书记姓名|\
书记/来源/出资人担任|书记/来源/中层管理人员担任|书记/来源/上级党组织选派|\
书记/来源/其他人员担任|党务工作者/人数|党务工作者/专职人数|\
党员队伍/组织关系在非公企业的党员总数|党员队伍/35岁以下人数|党员队伍/中层管理人员人数|\
党员队伍/中高级专业技术人员人数|党员队伍/生产经营一线职工人数|\
党员队伍/组织关系不在非公企业的党员总数|党员队伍/农村党员数|党员队伍/近3年新发展党员数|\
党员队伍/近3年处置不合格党员数|党员队伍/是否每年对党员轮训一遍|\
党员队伍/党员是否按时足额主动交纳党费|群团/工会|群团/共青团|群团/妇联|\
基础保障/是否有单独活动场所|基础保障/使用面积|\
基础保障/党建工作经费是否纳入企业管理费年度预算|制度/三会一课|制度/民主评议党员|\
制度/党员党性分析|制度/换届"""
SOCIAL_LEDGER = """\
序号|社会组织名称|社会组织性质|社会组织类别|登记机构|业务主管单位|住地|年检结果/合格|\
年检结果/基本合格|年检结果/不合格|年检结果/未参检|从业人员总数|专职人数|兼职人数|从业中共党员数|\
负责人是否党员|负责人是否兼任党组织书记|负责人是否担任区县级以上"两代表一委员"|是否成立党组织|\
未建立原因/没有党员|未建立原因/企业出资人不支持|未建立原因/上级党组织未及时指导|\
未建立原因/其他原因|党组织成立时间|上次换届时间|党组织名称|党组织联系电话|\
组建形式/在会员中建|组建形式/在理事会中建|组建形式/在业务主管部门联合建|组建形式/其他|\
是否选派党建工作指导员或联络员|类别/党支部|类别/党总支|类别/党委|类别/联合党支部|\
联合党支部覆盖社会组织数量(个)|上级党组织名称|书记名称|来源|党务副书记/人数|党务副书记/专职|\
党务副书记/兼职|其它党务工作者|纳入社会组织党组织管理的党员总数|\
组织关系在社会组织党组织的党员数|35岁以下|大学及以上学历|高中及以下学历|近三年新发展|\
近3年处置不合格|经费/市区财政|经费/区管党费|活动场所|党费总额"""
#: What the sheet is -> the kind, its headers, and those that nothing here needs.
SHEETS = {
    "5.1 a development zone's ledger": (
        "ledger",
        DEVELOPMENT_ZONE,
        {"单位", "序号", "企业出资人情况/企业出资人姓名"},
    ),
    "5.2 a ledger of social organisations": (
        "ledger_social",
        SOCIAL_LEDGER,
        {"序号", "经费/市区财政", "经费/区管党费", "活动场所", "党费总额"},
    ),
    "5.3 a screening form": (
        "ledger",
        (
            "序号|地区|社区|企业名称|党组织名称|是否纳入全省非公平台管理|是否是非公有制互联网企业|地址|"
            "法人姓名|法人政治面貌|法人是否兼任党组织书记|职工数量|企业经营状况|是否缴纳社保|社保缴纳职工数|"
            "社会保险号|社保缴纳属地|组织关系已转入党员数|组织关系未转入党员数|是否建立党组织|党组织组建方式|"
            "党组织建制类型|党组织成立时间|党组织负责人姓名|党内外职务|负责人电话|是否成立群团组织|"
            "是否规模以上企业|标准化建设是否达标|当前非公党组织摸排进展情况|备注"
        ),
        {"序号", "法人姓名", "社会保险号", "社保缴纳属地", "党内外职务", "备注"},
    ),
    "5.4 a phone's compact ledger": (
        "ledger",
        (
            "单位名称|单位地址|所在地区|出资人（负责人）姓名|从业人数|是否规模以上企业|党员人数|"
            "是否成立党组织|党组织成立时间|党组织设置形式|党组织组建方式|党组织书记姓名|标准化建设是否达标|"
            "党组织书记号码"
        ),
        {"出资人（负责人）姓名"},
    ),
    "5.5 a village's form of both coverages": (
        "ledger",
        (
            "组织名称|创办时间|主营业务|年产值(万元)/成效|状态|组织类型|组织类别|组织总人数|党员人数|负责人|"
            "负责人身份|覆盖情况/组织覆盖/党组织名称|覆盖情况/组织覆盖/成立时间|覆盖情况/组织覆盖/组建方式|"
            "覆盖情况/组织覆盖/书记名称|覆盖情况/组织覆盖/书记电话|覆盖情况/工作覆盖/党建指导员姓名|"
            "覆盖情况/工作覆盖/手机号"
        ),
        {"组织类型", "负责人", "负责人身份"},
    ),
    "5.6 a regulator's app": (
        "ledger",
        (
            "企业名称|从业人员|年营业收入|所属乡镇|是否经营场所在专业市场内|是否组建党组织|是否组建团组织|"
            "是否组建妇联|是否组建工会|是否派驻党建指导员|联系电话|主要社会职务|政治面貌|"
            "是否党/团组织书记|党/团组织名称|证件类型|证件号码"
        ),
        {"主要社会职务", "证件类型", "证件号码"},
    ),
    "5.9 the Party block of an annual report": (
        "ledger",
        (
            "UNISCID|ENTNAME|从业人数|党员(预备党员)人数|党组织建制|党组织组建方式|法定代表人是否党员|"
            "是否党组织书记|组建时间|本年度组建标志"
        ),
        set(),
    ),
    "5.10 civil affairs' export": (
        "social",
        (
            "统一社会信用代码|登记证号|登记机关代码|批准日期|社会组织名称|社会组织类型|资金来源|状态|住所|"
            "办公地址|法人姓名|联系方式|负责人|业务主管单位|是否具备建立中共党组织条件|是否有中共党组织|"
            "中共党员数量"
        ),
        {"登记机关代码", "资金来源", "办公地址", "法人姓名", "联系方式", "负责人", "业务主管单位"},
    ),
    "5.11 a grid's table of firms": (
        "ledger",
        "统一社会信用代码|企业名称|企业类别|企业地址|联系方式|员工数|状态|经度|纬度",
        {"经度", "纬度"},
    ),
    "5.12 a staff roster": (
        "roster",
        (
            "正式|分序|部门|岗位|姓名|性别|民族|籍贯|户籍|出生|学历|学位|学校|专业|职称|资格|婚姻状况|党派|"
            "入党时间|参加工作|身份证号|到岗日|劳动合同期限|试用期|联系方式|紧急联络人"
        ),
        {
            *(
                "正式",
                "分序",
                "部门",
                "岗位",
                "性别",
                "民族",
                "籍贯",
                "户籍",
                "出生",
                "学历",
                "学位",
            ),
            *("学校", "专业", "职称", "资格", "婚姻状况", "入党时间", "参加工作", "劳动合同期限"),
            *("试用期", "联系方式", "紧急联络人"),
        },
    ),
    "5.13 a register of members": (
        "members",
        (
            "档案编号|姓名|性别|身份证号|出生日期|所在党支部|入党时间|入党时所在党支部|转正时间|"
            "转正时所在党支部|第一入党介绍人|入党志愿书编号|状态"
        ),
        {"档案编号", "入党时所在党支部", "转正时所在党支部", "第一入党介绍人", "入党志愿书编号"},
    ),
    "4.5 a list of instructors": (
        "instructors",
        "姓名|专职/兼职|电话|身份证号|所属企业|担任职务|驻派等级|指导企业|走访频率|次数|备注",
        {"备注"},
    ),
}


@pytest.mark.parametrize("sheet", SHEETS)
def test_headers_of_a_real_sheet_are_fields(sheet: str) -> None:
    kind, line, unread = SHEETS[sheet]
    names = line.split("|")
    matched = headers.match_closely(names, {}, headers.vocabulary(kind))
    assert set(names) - set(matched.columns.values()) == unread
    assert matched.close == {}


@pytest.mark.parametrize(
    ("sheet", "field", "header"),
    [
        ("5.1 a development zone's ledger", "members_in", "党员队伍/组织关系在非公企业的党员总数"),
        (
            "5.1 a development zone's ledger",
            "reason_other",
            "党组织设置情况/未建立党组织原因/其他原因",
        ),
        ("5.1 a development zone's ledger", "seat_other", "企业坐落地/其他"),
        ("5.3 a screening form", "level", "党组织建制类型"),
        ("5.3 a screening form", "insured", "社保缴纳职工数"),
        ("5.4 a phone's compact ledger", "secretary_phone", "党组织书记号码"),
        ("5.5 a village's form of both coverages", "founded_on", "创办时间"),
        ("5.5 a village's form of both coverages", "built_on", "覆盖情况/组织覆盖/成立时间"),
        ("5.5 a village's form of both coverages", "staff", "组织总人数"),
        ("5.6 a regulator's app", "investor_status", "政治面貌"),
        ("5.9 the Party block of an annual report", "members", "党员(预备党员)人数"),
        ("5.9 the Party block of an annual report", "built_on", "组建时间"),
        ("5.2 a ledger of social organisations", "members_employed", "从业中共党员数"),
        ("5.2 a ledger of social organisations", "deputies_full_time", "党务副书记/专职"),
        ("5.12 a staff roster", "political_status", "党派"),
        ("5.12 a staff roster", "hired_on", "到岗日"),
        ("4.5 a list of instructors", "organisations", "指导企业"),
        ("4.5 a list of instructors", "visit_times", "次数"),
    ],
)
def test_a_header_is_the_field_it_means(sheet: str, field: str, header: str) -> None:
    kind, line, _ = SHEETS[sheet]
    columns = headers.match_closely(line.split("|"), {}, headers.vocabulary(kind)).columns
    assert columns[field] == header


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_real_sheet_has_the_columns_that_its_kind_needs(sheet: str) -> None:
    kind, line, _ = SHEETS[sheet]
    if kind in KINDS:
        columns = headers.match_closely(line.split("|"), {}, headers.vocabulary(kind)).columns
        assert columns.keys() >= set(KINDS[kind].columns_needed)


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_a_kind_reads_has_a_name_and_none_else_has(kind: str) -> None:
    assert set(headers.vocabulary(kind)) == set(KINDS[kind].columns)


@pytest.mark.parametrize("kind", [*KINDS, "social"])
def test_no_name_means_two_fields(kind: str) -> None:
    names = [
        headers.plain(name)
        for listed in headers.vocabulary(kind).values()
        for name in dict.fromkeys(map(headers.plain, listed))
    ]
    assert len(names) == len(set(names))
