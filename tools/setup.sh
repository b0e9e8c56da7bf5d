#!/bin/sh
# Sourced by ./demo and ./test: makes a bare Debian machine ready. POSIX sh, safe to repeat, quick when nothing is missing.
#
# setup_programs NAME...   system programs: tesseract tesseract-deu pdftoppm jbig2dec chromium postgresql node npm
# setup_python [EXTRA]     virtual environment in .venv with the project and an optional extra
#
# PYTHON names another interpreter (3.11 or newer), for instance PYTHON=/usr/bin/python3 ./demo

# What Python compiles is kept beside what is installed: every program that the tests and the demo start would else compile the whole project again.
unset PYTHONDONTWRITEBYTECODE
PYTHONPYCACHEPREFIX=$PWD/.venv/pycache
export PYTHONPYCACHEPREFIX

stop() {
    printf 'scanform: %s\n' "$*" >&2
    exit 6
}

package_of() {
    case $1 in
        python3) echo python3 ;;
        tesseract) echo tesseract-ocr ;;
        tesseract-deu) echo tesseract-ocr-deu ;;
        pdftoppm) echo poppler-utils ;;
        venv) echo python3-venv ;;
        node) echo nodejs ;;
        *) echo "$1" ;;
    esac
}

is_there() {
    case $1 in
        tesseract-deu) command -v tesseract >/dev/null 2>&1 && tesseract --list-langs 2>/dev/null | grep -qx deu ;;
        postgresql) command -v initdb >/dev/null 2>&1 || [ -n "$(find /usr/lib/postgresql -name initdb 2>/dev/null)" ] ;;
        venv) "${PYTHON:-python3}" -c 'import ensurepip, venv' >/dev/null 2>&1 ;;
        *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

# Installs the Debian packages of the programs that are missing; as root directly, else with sudo where that asks nothing or a terminal can answer.
setup_programs() {
    missing=
    for program in "$@"; do
        is_there "$program" || missing="$missing $(package_of "$program")"
    done
    [ -n "$missing" ] || return 0
    as_root=
    if [ "$(id -u)" -ne 0 ]; then
        if command -v sudo >/dev/null 2>&1 && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
            as_root=sudo
        else
            stop "missing:$missing. Please ask an administrator to run: apt-get install$missing"
        fi
    fi
    command -v apt-get >/dev/null 2>&1 || stop "missing:$missing. Please install these programs (Debian's names) with the package manager of this system."
    printf 'Installing:%s\n' "$missing"
    log=$(mktemp)
    # shellcheck disable=SC2086  # a list of package names
    if ! { $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        rm -f "$log"
        stop "could not install:$missing. Is the network there? Then run: apt-get install$missing"
    fi
    rm -f "$log"
    for program in "$@"; do
        is_there "$program" || stop "$program is still missing after installing $(package_of "$program")"
    done
}

# Makes .venv with the project; "[dev]" as argument adds what the tests need. A complete .venv is left alone.
setup_python() {
    [ -n "${PYTHON:-}" ] || setup_programs python3
    interpreter=$(command -v "${PYTHON:-python3}") || stop "there is no ${PYTHON:-python3}"
    "$interpreter" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || stop "$interpreter is older than Python 3.11; name a newer one with PYTHON=..."
    wanted="$("$interpreter" -c 'import sys; print(sys.base_prefix, sys.version.split()[0])') $(cat pyproject.toml constraints.txt | cksum)"
    if [ -x .venv/bin/python ]; then
        case $(cat .venv/scanform-setup 2>/dev/null) in
            "$wanted$1" | "${wanted}[dev]") return 0 ;;
            "$wanted"*) ;;
            *) rm -rf .venv ;;
        esac
    fi
    printf 'Setting up the Python packages in .venv, once ...\n'
    if [ ! -x .venv/bin/python ]; then
        setup_programs venv
        "$interpreter" -m venv .venv || stop "could not make a virtual environment in .venv"
    fi
    log=$(mktemp)
    if ! .venv/bin/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".$1" >"$log" 2>&1; then
        tail -n 5 "$log" >&2
        rm -f "$log"
        stop "could not install the Python packages. Is the network there? Then run this again."
    fi
    rm -f "$log"
    printf '%s' "$wanted$1" >.venv/scanform-setup
}
