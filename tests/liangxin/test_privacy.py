"""Names are sealed to their rows, numbers become pseudonyms, and keys that are wrong are named."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sheets import a_resident_id

from liangxin import privacy
from liangxin.errors import KeyLost, KeyWrong, LiangxinError, Misuse
from liangxin.privacy import Keys, Sealed
from liangxin.settings import Settings

NAME = "示例甲"
KEYS = privacy.new_keys()
PERSON = privacy.pseudonym(KEYS, a_resident_id())


def sealed(keys: Keys = KEYS, name: str = NAME) -> Sealed:
    return privacy.seal(keys, name, organisation_id=7, person_key=PERSON)


def opened(keys: Keys, it: Sealed, *, organisation_id: int = 7, person_key: str = PERSON) -> str:
    return privacy.unseal(keys, it, organisation_id=organisation_id, person_key=person_key)


@pytest.mark.parametrize("name", ["", NAME, "买买提·阿卜杜拉", "甲" * 200])
def test_a_sealed_name_opens_in_its_row(name: str) -> None:
    assert opened(KEYS, sealed(name=name)) == name


def test_a_sealed_name_opens_in_no_other_row() -> None:
    for elsewhere in ({"organisation_id": 8}, {"person_key": "0" * 64}):
        with pytest.raises(KeyWrong, match="altered, or moved from another row"):
            opened(KEYS, sealed(), **elsewhere)


@pytest.mark.parametrize("place", [0, 20, -1])
def test_a_sealed_name_with_one_altered_character_does_not_open(place: int) -> None:
    it = sealed()
    text = list(it.text)
    text[place] = "A" if text[place] != "A" else "B"
    with pytest.raises(KeyWrong) as refused:
        opened(KEYS, Sealed("".join(text), it.key_id))
    assert NAME not in str(refused.value)


def test_two_seals_of_one_name_differ_and_tell_no_length() -> None:
    short, long = sealed(name="甲乙"), sealed(name="甲乙丙丁")
    assert sealed().text != sealed().text
    assert len(short.text) == len(long.text)


def test_after_a_rotation_old_seals_open_and_new_ones_use_the_new_key() -> None:
    after = privacy.rotated(KEYS)
    assert after.pseudonym == KEYS.pseudonym
    assert opened(after, sealed()) == NAME
    assert sealed(after).key_id == after.sealing[-1].id != sealed().key_id
    with pytest.raises(KeyLost, match=after.sealing[-1].id):
        opened(KEYS, sealed(after))


def test_a_pseudonym_is_the_hmac_of_the_number_and_another_key_gives_another() -> None:
    assert len(PERSON) == 64
    assert privacy.pseudonym(KEYS, a_resident_id()) == PERSON
    assert privacy.pseudonym(privacy.new_keys(), a_resident_id()) != PERSON
    assert privacy.token(KEYS, PERSON) not in {PERSON, privacy.token(privacy.new_keys(), PERSON)}


def test_the_key_of_the_organisation_department_seals_nothing() -> None:
    shared = Keys(KEYS.pseudonym)
    assert privacy.pseudonym(shared, a_resident_id()) == PERSON
    with pytest.raises(KeyLost, match="sealing key is lost"):
        sealed(shared)


def test_a_key_file_is_its_owners_and_is_never_overwritten(home: Path) -> None:
    file = privacy.keys_file(Settings(home=home))
    privacy.write(KEYS, file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    before = file.read_bytes()
    with pytest.raises(Misuse, match="was left alone") as refused:
        privacy.write(privacy.new_keys(), file)
    assert "没有改动" in refused.value.zh
    assert file.read_bytes() == before
    assert [each.name for each in file.parent.iterdir()] == [file.name]
    assert privacy.load(Settings(home=home)) == KEYS


def test_a_key_file_that_others_may_read_is_not_used(home: Path) -> None:
    file = home / "keys.json"
    privacy.write(KEYS, file)
    file.chmod(0o640)
    with pytest.raises(KeyWrong, match="chmod 600"):
        privacy.read(file)


def test_a_lost_key_file_is_named_with_what_to_do(home: Path) -> None:
    with pytest.raises(KeyLost, match=r"district\.json is lost .* keys make") as refused:
        privacy.load(Settings(home=home))
    assert "请从密钥备份恢复" in refused.value.zh


def test_keys_come_from_the_setting_or_a_command_too(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = home / "elsewhere.json"
    privacy.write(KEYS, file)
    assert privacy.load(Settings(home=home, keys_file=file)) == KEYS
    command = f"{sys.executable} -c \"print(open('{file}').read())\""
    assert privacy.load(Settings(home=home, keys_command=command)) == KEYS
    monkeypatch.setenv("LIANGXIN_KEYS", privacy.as_text(KEYS))
    chosen = Settings(home=home)
    assert privacy.load(chosen) == KEYS
    assert KEYS.pseudonym.secret.hex() not in repr(chosen)
    assert json.loads(privacy.as_text(KEYS))["pseudonym"]["key"] not in repr(chosen)


@pytest.mark.parametrize(
    "command", ["/no/such/program", "sh -c 'echo secret; exit 3'", "sh -c 'echo secret'", "'"]
)
def test_a_command_that_hands_out_no_keys_is_named_and_not_quoted(command: str) -> None:
    with pytest.raises(LiangxinError, match="LIANGXIN_KEYS_COMMAND") as refused:
        privacy.load(Settings(keys_command=command))
    assert "secret" not in f"{refused.value}{refused.value.__cause__}"


def damaged() -> list[str]:
    told = json.loads(privacy.as_text(KEYS))
    other = json.loads(privacy.as_text(privacy.new_keys()))
    return [
        "",
        "[]",
        "null",
        privacy.as_text(KEYS)[:-20],
        json.dumps(told | {"format": "another/1"}),
        json.dumps(told | {"pseudonym": {**told["pseudonym"], "key": other["pseudonym"]["key"]}}),
        json.dumps(told | {"pseudonym": {**told["pseudonym"], "key": "AAAA"}}),
        json.dumps({k: v for k, v in told.items() if k != "sealing"}),
    ]


@pytest.mark.parametrize("text", damaged())
def test_damaged_keys_are_refused_and_nothing_of_them_is_said(text: str) -> None:
    with pytest.raises(KeyWrong, match=r"the keys in keys\.json are damaged") as refused:
        privacy.parse(text, "keys.json")
    assert json.loads(privacy.as_text(KEYS))["pseudonym"]["key"] not in str(refused.value)


def test_other_keys_than_the_registers_are_named() -> None:
    privacy.require_pseudonym_key(KEYS, None)
    privacy.require_pseudonym_key(KEYS, KEYS.pseudonym.id)
    with pytest.raises(KeyWrong, match=f"uses 0123456789abcdef, here is {KEYS.pseudonym.id}"):
        privacy.require_pseudonym_key(KEYS, "0123456789abcdef")


def test_no_key_shows_itself() -> None:
    assert KEYS.pseudonym.secret.hex() not in repr(KEYS)
    assert repr(KEYS.pseudonym.secret) not in repr(KEYS)


def test_a_process_that_has_keys_writes_no_memory_to_a_disk_when_it_crashes(tmp_path: Path) -> None:
    privacy.write(KEYS, privacy.keys_file(Settings(home=tmp_path)))
    program = (
        "import resource, sys, pathlib\n"
        "from liangxin import privacy\n"
        "from liangxin.settings import Settings\n"
        "hard, really, asked = resource.getrlimit(resource.RLIMIT_CORE)[1], resource.setrlimit, []\n"
        "really(resource.RLIMIT_CORE, (hard, hard))\n"
        "resource.setrlimit = lambda which, limits: (asked.append((which, *limits)), really(which, limits))\n"
        "privacy.load(Settings(home=pathlib.Path(sys.argv[1])))\n"
        "print(asked == [(resource.RLIMIT_CORE, 0, 0)], *resource.getrlimit(resource.RLIMIT_CORE))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path],
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        check=True,
    )
    # Where the machine allows no dump at all the limit is nought anyway: what was asked for tells there.
    assert done.stdout.split() == ["True", "0", "0"]
