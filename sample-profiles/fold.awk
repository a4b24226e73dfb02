# Collapses `perf script` text to folded stacks, one sample counting 1, whatever its event and period:
#     gzip -dc csvstat.perf.txt.gz | awk -f fold.awk | LC_ALL=C sort > csvstat.folded
# Root is the command name; kernel frames end in _[k], inlined ones in _[i]; a frame without a symbol is
# its module in brackets. For the recordings here (a command name without spaces), not for all perf text.

function finish() {
    if (command != "") count[command stack]++
    command = stack = ""
}

/^$/ { finish(); next }
/^#/ { next }

/^[^ \t]/ { # csvstat  5447  1072.514394:    1001001 cpu-clock:
    finish()
    command = $1
    next
}

{ # <address> <symbol>+0x<offset> (<module>), leaf first
    module = $NF
    gsub(/^\(|\)$/, "", module)
    name = $2
    for (i = 3; i < NF; i++) name = name " " $i
    sub(/\+0x[0-9a-f]+$/, "", name)
    if (name == "[unknown]" && module != "[unknown]") {
        sub(/.*\//, "", module)
        name = "[" module "]"
    }
    if (module ~ /^\[kernel|\.ko$/) name = name "_[k]"
    if (module == "inlined") name = name "_[i]"
    stack = ";" name stack
}

END {
    finish()
    for (line in count) print line, count[line]
}
