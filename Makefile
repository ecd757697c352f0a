# A thin front: meson builds, tools/ does the rest.
.PHONY: all help demo test bench-speech bench-media gates format clean

all:
	@tools/build.sh build

help:
	@echo 'make              builds build/offhook'
	@echo 'make demo         installs what lacks, fetches the models, builds, and rehearses calls with the clinic agent'
	@echo 'make test         the whole test suite; its last line is "N passed, N failed"'
	@echo 'make bench-speech how well and how fast people are understood'
	@echo 'make bench-media  what a call costs in processor time'
	@echo 'make gates        the house rules alone'
	@echo 'make format       the sources as .clang-format says'
	@echo 'make clean        removes what was built; the models stay'

demo:
	@tools/setup.sh demo
	@tools/models.sh speech voice
	@tools/build.sh build
	@tools/demo.sh

test:
	@tools/test.sh

bench-speech: all
	@tools/setup.sh test
	@tools/models.sh speech
	@build/bench/speech

bench-media: all
	@build/bench/media

gates: all
	@for gate in tools/gate-*.sh; do sh $$gate || exit 1; done

format:
	@find src tests fuzz bench -name '*.[ch]' -exec clang-format-14 -i {} +

clean:
	@rm -rf build build-clang build-asan build-tsan
