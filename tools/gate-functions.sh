#!/bin/sh
# gate-functions.sh [DIR] - functions of at most 70 lines, 4 levels and 6 parameters, without #if in them.
# Relies on the layout that gate-format.sh holds: a function's braces stand in the first column.
dictated=' src/net/http_server.c:on_request ' # by a library's callback
cd "${1:-$(dirname "$0")/..}" || exit 1
find src tests fuzz bench -name '*.[ch]' | sort | xargs awk -v dictated="$dictated" '
function bad(at, text) { print FILENAME ":" at ": " name "() " text; failed = 1 }
function parameters(s,   i, c, deep, n) { # the commas in the outermost parentheses
	for (i = index(s, "("); i <= length(s) && (deep > 0 || !n); i++) {
		c = substr(s, i, 1)
		deep += (c == "(") - (c == ")")
		n += c == "(" && deep == 1 || c == "," && deep == 1
	}
	return n
}
function braces(line,   i, c) { # a brace that ends a line of control opens a level, one of data does not
	gsub(/\\./, "", line); gsub(/"[^"]*"|\047[^\047]*\047/, "", line)
	control = line ~ /^[ \t]*(} )?(if|else|for|while|do|switch|[A-Z][A-Z_]+)( |\(|$)|^[ \t]*{|\) {$/
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		if (c == "}" && top > 0) depth -= level[top--]
		if (c == "{") depth += level[++top] = control && i == length(line)
	}
	if (depth > 4 && line ~ /{$/ && level[top]) bad(FNR, "is nested " depth " levels deep, 4 is the most")
}
FNR == 1 { inside = 0; head = "" }
/^{$/ && head ~ /\)$/ {
	inside = 1; start = FNR; depth = top = 0
	name = head; sub(/^TEST[A-Z_]*\(/, "", name); sub(/[()].*/, "", name); sub(/.*[ *]/, "", name)
	if (parameters(head) > 6 && !index(dictated, " " FILENAME ":" name " ")) bad(FNR, "takes " parameters(head) " parameters, 6 is the most")
	checked++; next
}
/^}/ && inside { if (FNR - start > 71) bad(start, "has " (FNR - start - 1) " lines, 70 is the most") }
/^}/ { inside = 0; head = ""; next }
inside && /^[ \t]*#[ \t]*if/ { bad(FNR, "has an #if inside; let the build pick a file") }
inside { braces($0); next }
/^[ \t]*$|^#|[;}]$|^\/\*|^ \*/ { head = ""; next }
{ sub(/^[ \t]+/, " "); head = head $0 }
END { if (!checked) print "gate-functions: nothing to check"; exit failed || !checked }'
