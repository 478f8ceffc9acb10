#!/bin/sh
# Sees to what the tests use and Python packages cannot bring: a browser, a Chinese font and
# PostgreSQL's programs (the tests start a server of their own; no service is left running).
# As root on Debian or Ubuntu what is missing is installed; elsewhere this only says what will be
# skipped. Nothing here fails, except with CI=true, where every test has to run.
set -u

has_browser() {
    command -v chromium || command -v chromium-browser || command -v google-chrome
} >/dev/null 2>&1

has_font() {
    [ -n "$(fc-list :lang=zh family 2>/dev/null)" ] ||
        [ -n "$(find /usr/share/fonts \( -iname '*cjk*' -o -iname 'wqy*' \) 2>/dev/null)" ]
}

has_postgresql() {
    for folder in "$(dirname "$(command -v initdb)" 2>/dev/null)" /usr/lib/postgresql/*/bin \
        "$(pg_config --bindir 2>/dev/null)"; do
        [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && return 0
    done
    return 1
}

updated=
apt() {
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        return 1
    fi
    options="-o Acquire::Retries=1 -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=120"
    # shellcheck disable=SC2086 # several words on purpose
    if [ -z "$updated" ]; then
        updated=yes
        apt-get $options update -qq >/dev/null 2>&1
    fi
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive UCF_FORCE_CONFFOLD=1 apt-get $options -y -qq \
        -o Dpkg::Options::=--force-confold install --no-install-recommends "$@" >/dev/null 2>&1
}

# Debian's package would make a database and start it, now and at every boot.
install_postgresql() {
    [ "$(id -u)" = 0 ] || return 1
    clusters=/etc/postgresql-common/createcluster.conf
    if [ ! -e "$clusters" ] && command -v apt-get >/dev/null 2>&1; then
        mkdir -p "${clusters%/*}"
        {
            echo "# Written by liangxin's deploy/test_tools.sh; delete for the package's own habit."
            echo "create_main_cluster = false"
        } >"$clusters"
    fi
    policy=/usr/sbin/policy-rc.d
    ours=
    if [ ! -e "$policy" ]; then
        ours=yes
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    apt postgresql
    [ -z "$ours" ] || rm -f "$policy"
}

has_office() {
    command -v soffice || command -v libreoffice
} >/dev/null 2>&1

missing=
lacks() {
    echo "test tools: $1" >&2
    missing=yes
}

has_browser || apt chromium
has_font || apt fonts-noto-cjk || apt fonts-wqy-microhei
has_postgresql || install_postgresql

has_browser || lacks "no Chromium or Chrome on PATH; the browser tests will be skipped."
has_font || lacks "no Chinese font; Chinese in the browser tests' pictures will be empty boxes."
has_postgresql || lacks "no PostgreSQL (initdb, postgres); tests will run on SQLite only."

# Half a gigabyte for one more reader of two files: where it is, it is used; it is never installed.
has_office || echo "test tools: no LibreOffice; bulletins are opened by the libraries alone." >&2

if [ -n "$missing" ] && [ "${CI:-}" = true ]; then
    echo "test tools: CI=true, so nothing may be skipped." >&2
    exit 1
fi
exit 0
