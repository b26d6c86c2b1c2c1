# shellcheck shell=bash
# Python's packages for what the scripts need of it, apart from the machine's own. Sourced after
# machine.sh.

# python_folder NAME PACKAGE==VERSION...: prints the folder of an environment with these packages,
# which it makes under target/python, where it is missing; fails where that can't be done.
python_folder() {
  # shellcheck disable=SC2154 # machine.sh sets it
  local folder=$root/target/python/$1 wanted="${*:2}"
  if [[ $(cat "$folder/.packages" 2>/dev/null) != "$wanted" ]]; then
    python3 -c 'import ensurepip' 2>/dev/null || install_packages python3-venv
    say "installing Python's packages into $folder: $wanted"
    rm -rf "$folder"
    python3 -m venv "$folder" >&2 && "$folder/bin/pip" install --quiet "${@:2}" >&2 || return 1
    printf '%s' "$wanted" >"$folder/.packages"
  fi
  printf '%s\n' "$folder"
}
