# A thin front: meson builds, tools/ does the rest.
.PHONY: all help demo rehearse test bench-speech bench-turns bench-turn bench-faults bench-replay bench-interrupt bench-cancel bench-media bench-intents bench-thinking bench-ws gates format clean

all:
	@tools/build.sh build

help:
	@echo 'make              builds build/offhook'
	@echo 'make demo         installs what lacks, fetches the models, builds, and rehearses calls with the clinic agent'
	@echo 'make rehearse     the same with every rehearsal of every agent'
	@echo 'make test         the whole test suite; its last line is "N passed, N failed"'
	@echo 'make bench-speech how well and how fast people are understood'
	@echo 'make bench-turns  how soon the answer starts, in real calls'
	@echo 'make bench-turn   the same with recogniser, language model and voice on a network'
	@echo 'make bench-faults 1,000 calls over services that fail one request in five'
	@echo 'make bench-replay whether a word is lost when the recogniser dies in the middle'
	@echo 'make bench-interrupt how soon it stops, and what does not stop it'
	@echo 'make bench-cancel how soon a voice on a network is told of an interruption'
	@echo 'make bench-intents how well wishes are told apart'
	@echo 'make bench-thinking how fast a language model in this process reads and speaks'
	@echo 'make bench-media  what a call costs in processor time'
	@echo 'make bench-ws     what a message to a vendor costs in processor time'
	@echo 'make gates        the house rules alone'
	@echo 'make format       the sources as .clang-format says'
	@echo 'make clean        removes what was built; the models stay'

demo:
	@tools/setup.sh demo
	@tools/models.sh speech voice
	@tools/build.sh build
	@tools/demo.sh

rehearse:
	@tools/setup.sh demo
	@tools/models.sh speech voice
	@tools/build.sh build
	@build/offhook rehearse agents/*/rehearsals/*.yaml

test:
	@tools/test.sh

# People's prompts, offline and by real calls.
bench-speech: all
	@tools/setup.sh test
	@tools/models.sh speech
	@build/bench/speech --only base
	@tools/bench-calls.sh speech listener build/bench-speech flite 4
	@build/bench/heard build/bench-speech

# VOICE=kokoro measures the other voice, CALLS=4 so many calls at once.
bench-turns: all
	@tools/setup.sh
	@tools/models.sh speech $(if $(filter kokoro,$(VOICE)),voice)
	@tools/bench-calls.sh turns readback build/bench-turns $(or $(VOICE),flite) $(or $(CALLS),2)
	@build/bench/response turns build/bench-turns

# Services at the usual budget, then at a typical one.
bench-turn: all
	@tools/setup.sh test
	@tools/models.sh speech
	@tools/bench-turn.sh build/bench-turn $(or $(CALLS),50)
	@tools/bench-turn.sh build/bench-turn-typical $(or $(CALLS),50) 100 350 275

# ROUNDS of 50 calls: over services alone, and with the engines of our own process behind them.
bench-faults: all
	@tools/setup.sh test
	@tools/models.sh speech
	@tools/bench-faults.sh build/bench-faults services $(or $(ROUNDS),20)
	@tools/bench-faults.sh build/bench-fallbacks fallbacks $(or $(ROUNDS),20)

# As many calls as it takes to have SEEDS recognisers die in them, CALLS at once.
bench-replay: all
	@tools/setup.sh test
	@tools/models.sh speech
	@tools/bench-replay.sh build/bench-replay $(or $(SEEDS),100) $(or $(CALLS),25)

bench-interrupt: all
	@tools/setup.sh
	@tools/models.sh speech $(if $(filter kokoro,$(VOICE)),voice)
	@tools/bench-calls.sh interruptions talker build/bench-interruptions $(or $(VOICE),flite) $(or $(CALLS),2)
	@build/bench/response interruptions build/bench-interruptions
	@tools/bench-calls.sh asides talker build/bench-asides $(or $(VOICE),flite) $(or $(CALLS),2)
	@build/bench/response asides build/bench-asides

bench-cancel: all
	@tools/setup.sh test
	@tools/models.sh speech
	@tools/bench-cancel.sh build/bench-cancel $(or $(CALLS),3)

bench-intents: all
	@tools/setup.sh
	@tools/models.sh speech
	@build/bench/intents agents/clinic/agent.yaml models tests/data/understanding/intents_eval.tsv tests/data/understanding/out_of_scope_eval.tsv

# MODEL=FILE.gguf measures another; OFFHOOK_LIBLLAMA another library.
bench-thinking: all
	@tools/models.sh llama mind
	@build/bench/thinking $(MODEL)

bench-media: all
	@build/bench/media

bench-ws: all
	@build/bench/ws

gates: all
	@for gate in tools/gate-*.sh; do sh $$gate || exit 1; done

format:
	@find src tests fuzz bench -name '*.[ch]' -exec clang-format-14 -i {} +

clean:
	@rm -rf build build-clang build-asan build-tsan
