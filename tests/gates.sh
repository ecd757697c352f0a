#!/usr/bin/env bash
# gates.sh - each gate passes the tree as it is, catches what is planted in a copy of it, and fails on nothing
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
passed=0 failed=0

verdict() { # WHAT OK OUTPUT
	if [ "$2" = yes ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'FAILED %s\n%s\n' "$1" "$3" | head -n 12
	fi
}

# catches GATE EXPECTED FILE TEXT - with TEXT at the end of FILE the gate fails and names file, line and fault
catches() {
	local out ok=no
	cp "$copy/$3" "$copy/before" 2>/dev/null || : >"$copy/before"
	printf '%b' "$4" >>"$copy/$3"
	out=$(sh "$top/tools/gate-$1.sh" "$copy") || { [[ $out =~ $3:[0-9]+.*$2 ]] && ok=yes; }
	verdict "gate-$1 catches: $2" $ok "$out"
	mv "$copy/before" "$copy/$3"
}

mkdir -p "$copy/tests" "$copy/fuzz" "$copy/bench" "$copy/empty/src" "$copy/empty/tests" "$copy/empty/fuzz" "$copy/empty/bench"
cp -r "$top/src" "$top/.clang-format" "$copy/"

for gate in floors headers banned format files functions; do
	out=$(sh "$top/tools/gate-$gate.sh" "$copy") && ok=yes || ok=no
	verdict "gate-$gate passes the tree" $ok "$out"
	out=$(sh "$top/tools/gate-$gate.sh" "$copy/empty") && ok=no || ok=no
	[[ $out == *"nothing to check"* ]] && ok=yes
	verdict "gate-$gate fails on nothing" $ok "$out"
done

catches floors 'base/ may not include wire/' src/base/buf.c '#include "wire/wav.h"\n'
catches floors 'leg/ may not include provider/' src/leg/planted.h '#include "provider/stt.h"\n'
catches floors '<yaml.h> already has its door' src/base/zz.c '#include <yaml.h>\n'
catches headers 'does not compile alone' src/base/buf.h 'static inline struct nowhere planted(void);\nstruct nowhere x;\n'
catches headers 'does not compile alone' src/base/planted.h 'struct twice {\n\tint x;\n};\n'
catches banned 'the heap is reached' src/base/buf.c 'void *x(void)\n{\n\treturn malloc(1);\n}\n'
catches banned 'has no limit' src/base/buf.c 'void x(char *p)\n{\n\tstrcpy(p, "y");\n}\n'
catches banned 'cannot fail rightly' src/base/buf.c 'int x(void)\n{\n\treturn atoi("1");\n}\n'
catches banned 'nothing sleeps' src/net/udp.c 'void x(void)\n{\n\tsleep(1);\n}\n'
catches banned 'time is passed in' src/net/udp.c 'long x(void)\n{\n\treturn time(NULL);\n}\n'
catches banned 'a struct is called struct' src/base/buf.h 'typedef struct buf buf_t;\n'
catches format 'clang-format' src/base/buf.c 'int  x ;\n'
catches files '250 is the most' src/base/buf.h "$(printf '/* */\\n%.0s' {1..250})"
catches files '700 is the most' src/base/buf.c "$(printf '/* */\\n%.0s' {1..700})"
catches functions 'has 71 lines' src/base/buf.c "int x(void)\n{\n$(printf '\\tx();\\n%.0s' {1..71})}\n"
catches functions 'takes 7 parameters' src/base/buf.c 'int x(int a, int b, int c, int d,\n      int e, int (*f)(int, int), int g)\n{\n}\n'
catches functions 'nested 5 levels' src/base/buf.c \
	'int x(void)\n{\n\tif (a) {\n\tfor (;;) {\n\tLIST_EACH(a, b) {\n\tdo {\n\twhile (x &&\n\t y) {\n\t}\n}\n'
catches functions '#if inside' src/base/buf.c 'int x(void)\n{\n#ifdef Y\n#endif\n}\n'

# What only looks like a fault passes.
printf '%b' 'int y(int a)\n{\n\t/* free() and malloc() in words, "strcpy(" too */\n\tops->free(a);\n\treturn mem_free("atoi(x)");\n}\n' >>"$copy/src/base/buf.c"
out=$(sh "$top/tools/gate-banned.sh" "$copy") && ok=yes || ok=no
verdict 'gate-banned lets words in comments and strings pass' $ok "$out"

printf 'int planted;\nint main(void) { return planted; }\n' >"$copy/p.c"
${CC:-cc} -rdynamic -o "$copy/p" "$copy/p.c"
out=$(sh "$top/tools/gate-exports.sh" "$copy/p") && ok=no || { [[ $out == *"exports planted"* ]] && ok=yes || ok=no; }
verdict 'gate-exports catches an exported name' $ok "$out"
${CC:-cc} -o "$copy/p" "$copy/p.c"
out=$(sh "$top/tools/gate-exports.sh" "$copy/p") && ok=yes || ok=no
verdict 'gate-exports passes a program that exports nothing' $ok "$out"
out=$(sh "$top/tools/gate-exports.sh" "$copy/none") && ok=no || { [[ $out == *"nothing to check"* ]] && ok=yes; }
verdict 'gate-exports fails on nothing' $ok "$out"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
